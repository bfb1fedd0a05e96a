//! The floor of `make bench`: what anything must do that gives a module back in full, with the same
//! libraries as `allocinstr`: read the file, walk and validate it, copy every section, write the file.

use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Validator, WasmFeatures};

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        panic!("usage: floor IN.wasm OUT.wasm");
    };
    let bytes = std::fs::read(&input).expect("the input is readable");
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&bytes)
        .expect("the input is valid");
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        let payload = payload.expect("the input is valid");
        if let Some((id, range)) = payload.as_section() {
            let data = &bytes[range.start as usize..range.end as usize];
            copy.section(&RawSection { id, data });
        }
    }
    std::fs::write(&output, copy.finish()).expect("the output is writable");
}
