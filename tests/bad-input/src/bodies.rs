//! What the fuzzers do. Whatever the input, nothing may panic; and what is said here must hold.

use crate::setup::{Chosen, Refusal, Setup, instrument};
use allocinstr_report::Snapshot;
use allocinstr_sites::{
    Attribution, Bytes, Model, Options, Plan, SiteTable, Storage, Survey, detect,
};
use allocinstr_wasm::{
    DebugFile, DebugSources, Engine, Error, MapPlace, RewriteOptions, SourceMap, rewrite, symbolize,
};
use std::sync::OnceLock;
use wasmparser::{Validator, WasmFeatures};

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was read, or instrumented.
    Accepted,
    /// It was refused.
    Refused,
}

impl From<bool> for Outcome {
    fn from(accepted: bool) -> Outcome {
        match accepted {
            true => Outcome::Accepted,
            false => Outcome::Refused,
        }
    }
}

/// From a module to its site table, with nothing validated before.
pub fn decode(bytes: &[u8]) -> Outcome {
    let mut module = match allocinstr_wasm::decode(bytes, None) {
        Ok(module) => module,
        Err(error) => {
            check_place(&error, bytes);
            return Outcome::Refused;
        }
    };
    let mut everything = Model::user();
    everything.add_allocator(".*=?").expect("it is a rule");
    let built_in = Model::built_in();
    let detected = detect(&module.program, &built_in).ok();
    for model in detected.into_iter().chain([&everything]) {
        let Ok(survey) = Survey::new(&module.program, model, Attribution::Host) else {
            continue;
        };
        symbolize(&mut module, &survey, model, DebugSources::default());
        let options = options(Attribution::Host, Storage::Memory);
        let plan = Plan::new(&module.program, &survey, model, &options, "0".repeat(32));
        let read = SiteTable::from_json(plan.table.to_json().as_bytes());
        assert_eq!(read.expect("what was written is read"), plan.table);
        let within = |offset: u64| offset < bytes.len() as u64;
        assert!(plan.table.sites.iter().all(|site| within(site.offset)));
    }
    Outcome::Accepted
}

/// The first byte says how the rest, a module, is instrumented. An output must be valid, and must not
/// come of an input that is not.
pub fn instrument_and_validate(input: &[u8]) -> Outcome {
    let Some((&how, bytes)) = input.split_first() else {
        return Outcome::Refused;
    };
    let bit = |n: u8| how >> n & 1 == 1;
    let setup = Setup {
        chosen: match how & 3 {
            0 => Chosen::Detected,
            1 => Chosen::All,
            2 => Chosen::First,
            _ => Chosen::Imported,
        },
        storage: if bit(2) {
            Storage::Globals
        } else {
            Storage::Memory
        },
        inline: bit(3),
        no_names: bit(4),
        attribute: if bit(5) {
            Attribution::Host
        } else {
            Attribution::Dispatch
        },
        max_sites: if bit(6) { 2 } else { 8192 },
        engine: Engine::Stream,
        ..Setup::default()
    };
    let instrumented = match instrument(bytes, &setup) {
        Ok(instrumented) => instrumented,
        Err(Refusal::Module(error)) => {
            assert!(!matches!(error, Error::InvalidOutput { .. }), "{error}");
            check_place(&error, bytes);
            return Outcome::Refused;
        }
        Err(Refusal::NoAllocator | Refusal::Survey(_)) => return Outcome::Refused,
    };
    let validate = |bytes| Validator::new_with_features(WasmFeatures::all()).validate_all(bytes);
    validate(bytes).expect("the input of a valid output is valid");
    validate(&instrumented.bytes).expect("the output is valid");
    if instrumented.rewritten {
        let section = allocinstr_wasm::site_table_section(&instrumented.bytes);
        let section = section.expect("it is valid").expect("it is there");
        match SiteTable::from_json(section) {
            Ok(table) => assert_eq!(table, instrumented.plan.table),
            Err(error) => assert!(setup.no_names, "{error}"),
        }
        assert!(
            allocinstr_wasm::decode(&instrumented.bytes, None).is_err(),
            "what is instrumented is not instrumented again"
        );
    }
    Outcome::Accepted
}

/// Everything that is read besides modules and models: the site table, snapshots, source maps, debug
/// files, and the sections `name` and `producers`, which engines may ignore when they are malformed.
pub fn section_codec(bytes: &[u8]) -> Outcome {
    let mut accepted = false;
    if let Ok(table) = SiteTable::from_json(bytes) {
        let again = SiteTable::from_json(table.to_json().as_bytes());
        assert_eq!(again.expect("what was written is read"), table);
        accepted = true;
    }
    if let Ok(snapshot) = Snapshot::from_json(bytes) {
        let json = serde_json::to_vec(&snapshot).expect("it was JSON");
        let again = Snapshot::from_json(&json);
        assert_eq!(again.expect("what was written is read"), snapshot);
        accepted = true;
    }
    let source_map = SourceMap::parse(bytes).ok();
    let debug_file = DebugFile::parse(bytes).ok();
    accepted |= source_map.is_some() || debug_file.is_some();
    let from = DebugSources {
        source_map: source_map.as_ref(),
        debug_file,
    };
    instrument_small(small_bytes(), from).expect("debug data is no reason to refuse a module");
    for name in ["name", "producers", "sourceMappingURL"] {
        let module = small_with(name, bytes);
        let output = instrument_small(&module, DebugSources::default())
            .expect("engines ignore what is malformed in a custom section");
        let url = allocinstr_wasm::source_mapping_url(&output);
        assert_eq!(url, None, "the output has another map");
    }
    accepted.into()
}

/// A model file, used on a small module; and the rule that each of its lines may be.
pub fn model_file(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    let mut rules = Model::user();
    for line in text.lines().take(100) {
        // Most are none.
        let _ = rules.add_allocator(line);
    }
    let _ = plan_small(&rules);
    match Model::parse(text) {
        Ok(model) => {
            // Not every model fits.
            let _ = detect(&small().program, std::slice::from_ref(&model));
            let _ = plan_small(&model);
            Outcome::Accepted
        }
        Err(_) => Outcome::Refused,
    }
}

/// An error is about a place in the file.
fn check_place(error: &Error, bytes: &[u8]) {
    if let Error::Malformed { offset, message } = error {
        assert!(!message.is_empty());
        assert!(*offset <= bytes.len() as u64, "{error} is beyond the end");
    }
}

fn options(attribute: Attribution, storage: Storage) -> Options {
    Options {
        regex: regex::Regex::new(".*").expect("it is constant"),
        include_runtime: true,
        attribute,
        max_sites: 8192,
        bytes: Bytes::Heap,
        storage,
        log_fn: None,
    }
}

/// A module for what is not one.
fn small_bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        wat::parse_str(
            r#"(module
              (memory 1)
              (table funcref (elem $calloc))
              (func $calloc (export "calloc") (param i32 i32) (result i32) i32.const 16)
              (func $through (export "through")
                (drop (call $calloc (i32.const 3) (i32.const 4))))
              (func $top (export "top")
                (call $through)
                (drop (call_indirect (param i32 i32) (result i32)
                  (i32.const 1) (i32.const 2) (i32.const 0)))))"#,
        )
        .expect("it is constant")
    })
}

fn small() -> allocinstr_wasm::Module<'static> {
    allocinstr_wasm::decode(small_bytes(), None).expect("it is valid")
}

fn plan_small(model: &Model) -> Result<Plan, allocinstr_sites::SurveyError> {
    let mut module = small();
    let survey = Survey::new(&module.program, model, Attribution::Host)?;
    symbolize(&mut module, &survey, model, DebugSources::default());
    let options = options(Attribution::Host, Storage::Memory);
    let plan = Plan::new(&module.program, &survey, model, &options, "0".repeat(32));
    rewrite(&module, &plan, &RewriteOptions::default()).expect("the module is valid");
    Ok(plan)
}

/// The small module with another custom section after it.
fn small_with(name: &str, data: &[u8]) -> Vec<u8> {
    let leb = |mut value: usize, out: &mut Vec<u8>| {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    };
    let mut custom = Vec::new();
    leb(name.len(), &mut custom);
    custom.extend(name.as_bytes());
    custom.extend(data);
    let mut bytes = small_bytes().to_vec();
    bytes.push(0);
    leb(custom.len(), &mut bytes);
    bytes.extend(custom);
    bytes
}

fn instrument_small<'a>(bytes: &'a [u8], from: DebugSources<'a>) -> Result<Vec<u8>, Error> {
    let mut module = allocinstr_wasm::decode(bytes, from.debug_file.as_ref())?;
    let mut model = Model::user();
    model.add_allocator(".*=?").expect("it is a rule");
    let survey = Survey::new(&module.program, &model, Attribution::Host);
    let survey = survey.expect("every function is an allocator");
    let carried = RewriteOptions {
        source_map: from.source_map.map(|map| (map, MapPlace::Inline)),
        ..RewriteOptions::default()
    };
    symbolize(&mut module, &survey, &model, from);
    let options = options(Attribution::Host, Storage::Memory);
    let plan = Plan::new(&module.program, &survey, &model, &options, "0".repeat(32));
    Ok(rewrite(&module, &plan, &carried)?.module.to_bytes())
}
