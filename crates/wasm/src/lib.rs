//! The wasm front end: bytes in, bytes and a site table out.
//!
//! ```
//! use allocinstr_sites::{Attribution, Bytes, Model, Options, Plan, Storage, Survey, detect};
//! use allocinstr_wasm::{DebugSources, RewriteOptions, decode, rewrite, symbolize};
//!
//! // (module (memory 1) (func $malloc …) (func $f (export "f") (drop (call $malloc (i32.const 8)))))
//! let input = [
//!     b"\0asm\x01\0\0\0\x01\x09\x02\x60\x01\x7f\x01\x7f\x60\0\0\x03\x03\x02\0\x01\x05\x03\x01\0\x01".as_slice(),
//!     b"\x07\x05\x01\x01f\0\x01\x0a\x0e\x02\x04\0\x41\x10\x0b\x07\0\x41\x08\x10\0\x1a\x0b",
//!     b"\0\x10\x04name\x01\x09\x01\0\x06malloc",
//! ]
//! .concat();
//! let mut module = decode(&input, None)?;
//! let models = Model::built_in();
//! let model = detect(&module.program, &models)?;
//! let survey = Survey::new(&module.program, model, Attribution::Dispatch)?;
//! symbolize(&mut module, &survey, model, DebugSources::default());
//! let options = Options {
//!     regex: regex::Regex::new(".*")?,
//!     include_runtime: false,
//!     attribute: Attribution::Dispatch,
//!     max_sites: 8192,
//!     bytes: Bytes::Requested,
//!     storage: Storage::Memory,
//!     log_fn: None,
//! };
//! let plan = Plan::new(&module.program, &survey, model, &options, String::new());
//! assert_eq!(plan.table.sites[0].size, Some(8));
//! let output = rewrite(&module, &plan, &RewriteOptions::default())?;
//! assert!(output.module.len() > input.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod error;
mod names;
mod rewrite;
mod source_map;
mod symbolize;
mod walrus;

pub use decode::{Module, decode};
pub use error::{Error, Result};
pub use rewrite::{Engine, MapPlace, Output, RewriteOptions, Rewritten, rewrite};
pub use source_map::SourceMap;
pub use symbolize::{DebugFile, DebugSources, symbolize};

/// Name of the custom section with the site table.
pub const SECTION: &str = "allocinstr";
/// Bytes of a function body that engines take at most (WebAssembly JavaScript Interface, "Implementation-defined Limits").
const MOST_BODY_BYTES: usize = 7_654_321;
/// Name of the custom section that says where the source map is.
const SOURCE_MAPPING_URL: &str = "sourceMappingURL";
/// Name of the exported memory with the counters, or of the exported function that reads them.
const COUNTERS_EXPORT: &str = "allocinstr";

/// The payload of an instrumented module's site table section.
pub fn site_table_section(module: &[u8]) -> Result<Option<&[u8]>> {
    symbolize::custom_section(module, SECTION)
}

/// The URL of the source map that a module names; `None` if it names none, or is malformed.
pub fn source_mapping_url(module: &[u8]) -> Option<&str> {
    let data = symbolize::custom_section(module, SOURCE_MAPPING_URL).ok()??;
    wasmparser::BinaryReader::new(data, 0)
        .read_unlimited_string()
        .ok()
}
