//! An index one past the end is ours in the output; in the original it is an error, and stays one.

use allocinstr_bad_input::{Chosen, Refusal, Setup, instrument};
use allocinstr_sites::Storage;
use allocinstr_wasm::Error;

/// Instruments a module around `fields`, with `what` out of range, in both storages.
fn refused(fields: &str, message: &str) {
    let text = format!(
        "(module (type $t (func (param i32) (result i32)))
           (func $alloc (type $t) local.get 0)
           (func $f (export \"f\") (drop (call $alloc (i32.const 8))))
           {fields})"
    );
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{fields}: {error}"));
    for storage in [Storage::Memory, Storage::Globals] {
        let setup = Setup {
            chosen: Chosen::First,
            storage,
            ..Setup::default()
        };
        match instrument(&bytes, &setup) {
            Err(Refusal::Module(error @ Error::Malformed { .. })) => {
                let error = error.to_string();
                assert!(error.contains(message), "{fields}: {error}");
            }
            Err(other) => panic!("{fields}: {other:?}"),
            Ok(_) => panic!("{fields} was instrumented"),
        }
    }
}

#[test]
fn a_module_without_a_memory_does_not_get_ours() {
    refused(
        "(func (drop (i32.load 0 (i32.const 0))))",
        "unknown memory 0",
    );
    refused("(func (drop (memory.size 0)))", "unknown memory 0");
    refused("(export \"m\" (memory 0))", "unknown memory 0");
    refused("(data (memory 0) (i32.const 0) \"x\")", "unknown memory 0");
}

#[test]
fn the_memory_after_the_last_is_not_ours() {
    refused(
        "(memory 1) (func (drop (i32.load 1 (i32.const 0))))",
        "unknown memory 1",
    );
    refused(
        "(memory 1) (func (memory.fill 1 (i32.const 0) (i32.const 0) (i32.const 0)))",
        "unknown memory 1",
    );
    refused("(memory 1) (export \"m\" (memory 1))", "unknown memory 1");
}

#[test]
fn the_global_after_the_last_is_not_ours() {
    refused("(func (drop (global.get 0)))", "unknown global");
    refused(
        "(global i32 (i32.const 0)) (func (global.set 1 (i64.const 0)))",
        "unknown global",
    );
    refused("(export \"g\" (global 0))", "unknown global 0");
}

#[test]
fn the_types_after_the_last_are_not_ours() {
    refused(
        "(func (block (type 2) unreachable) unreachable)",
        "unknown type",
    );
    refused("(func (local (ref null 2)))", "unknown type 2");
    refused("(table 1 (ref null 2))", "unknown type 2");
    refused("(global (ref null 2) (ref.null 2))", "unknown type 2");
    refused("(func (drop (ref.null 2)))", "unknown type 2");
}

#[test]
fn functions_in_dead_code_are_not_ours() {
    refused("(func unreachable (call 3))", "unknown function 3");
}

#[test]
fn the_data_segment_after_the_last_is_not_ours() {
    refused(
        "(memory 1) (data \"x\") (func (data.drop 0) (data.drop 1))",
        "unknown data segment 1",
    );
}

#[test]
fn a_reference_to_an_import_does_not_become_exact() {
    // As one to a function of the module is, such as the trampoline of the import.
    let bytes = wat::parse_str(
        r#"(module
          (type $t (func (param i32) (result i32)))
          (import "m" "alloc" (func $alloc (type $t)))
          (global (ref (exact $t)) (ref.func $alloc))
          (func (export "f") (drop (call $alloc (i32.const 8)))))"#,
    );
    let setup = Setup {
        chosen: Chosen::Imported,
        ..Setup::default()
    };
    match instrument(&bytes.expect("it can be encoded"), &setup) {
        Err(Refusal::Module(error @ Error::Malformed { .. })) => {
            assert!(error.to_string().contains("type mismatch"), "{error}");
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was instrumented"),
    }
}
