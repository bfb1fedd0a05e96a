//! Generated modules with a grafted allocator, in wasmtime under fuel: instrumented they give the same
//! results, traps, calls of imports, memories and globals, and count what the allocator itself has counted.

#![expect(clippy::print_stdout, reason = "what was compared is for people")]

mod graft;

use allocinstr_bad_input::{Chosen, Refusal, Setup, instrument};
use allocinstr_engine_tests::{Allocated, Counters};
use allocinstr_sites::{SiteTable, Storage};
use allocinstr_wasm::{Engine as Rewriter, Error};
use graft::graft;
use std::collections::BTreeMap;
use wasmtime::{Config, Engine, Extern, ExternType, Func, Instance, Module, Store, Trap, Val};

const SEEDS: u64 = 500;
/// Counting takes some, too.
const FUEL: [u64; 2] = [10_000_000, 100_000_000];
/// Functions and rounds of loops.
const STEPS: u32 = 2_000;
const STACK: [usize; 2] = [256 << 10, 1 << 20];

fn generated(seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..))
        .take(8192)
        .collect();
    let config = wasm_smith::Config {
        // wasmtime does not know them.
        compact_imports_enabled: false,
        export_everything: true,
        generate_custom_sections: true,
        max_imports: 8,
        max_memories: 2,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        max_table_elements: 1000,
        min_exports: 1,
        min_funcs: 3,
        min_globals: 1,
        min_types: 1,
        threads_enabled: false,
        ..wasm_smith::Config::default()
    };
    let mut bytes = arbitrary::Unstructured::new(&bytes);
    let module = wasm_smith::Module::new(config, &mut bytes);
    let mut module = module.expect("there are bytes enough");
    // Traps in its own code, so that it does after the same steps when it is instrumented.
    module
        .ensure_termination(STEPS)
        .expect("no function is invalid on purpose");
    module.to_bytes()
}

/// What a module did, as far as it can be seen.
#[derive(Debug, Default, PartialEq)]
struct Behaviour {
    /// Calls of imports, and what calls of exports gave.
    events: Vec<String>,
    /// Globals, and hashes of memories, by export.
    state: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    /// With the counters, ours and the allocator's own, unless it was never instantiated.
    Ended(Behaviour, Option<Counters>, Option<Allocated>),
    /// What was done until then depends on the engine.
    OutOfFuel,
    OutOfStack,
}

fn show(value: &Val) -> String {
    match value {
        Val::I32(_) | Val::I64(_) | Val::F32(_) | Val::F64(_) => format!("{value:?}"),
        Val::V128(value) => format!("{:#x}", value.as_u128()),
        Val::FuncRef(value) => format!("func {}", value.is_some()),
        Val::ExternRef(value) => format!("extern {}", value.is_some()),
        Val::AnyRef(value) => format!("any {}", value.is_some()),
        Val::ExnRef(value) => format!("exn {}", value.is_some()),
        Val::ContRef(value) => format!("cont {}", value.is_some()),
    }
}

/// Runs a module, with `table` an instrumented one; `None` if it needs an import that cannot be made.
fn run(bytes: &[u8], table: Option<&SiteTable>) -> Option<Outcome> {
    let is_instrumented = usize::from(table.is_some());
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .max_wasm_stack(STACK[is_instrumented])
        .wasm_gc(true)
        .wasm_function_references(true)
        .wasm_exceptions(true)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_wide_arithmetic(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(wasmtime::OptLevel::None);
    let engine = Engine::new(&config).expect("the configuration is constant");
    let module = Module::new(&engine, bytes).expect("it is valid");
    let mut store = Store::new(&engine, Vec::<String>::new());
    store
        .set_fuel(FUEL[is_instrumented])
        .expect("it is consumed");
    let mut imports = Vec::new();
    for import in module.imports() {
        imports.push(match import.ty() {
            ExternType::Func(ty) => {
                let results: Option<Vec<Val>> = ty.results().map(|ty| ty.default_value()).collect();
                let results = results?;
                let name = format!("{}.{}", import.module(), import.name());
                let call = move |mut caller: wasmtime::Caller<'_, Vec<String>>,
                                 arguments: &[Val],
                                 out: &mut [Val]| {
                    let arguments: Vec<String> = arguments.iter().map(show).collect();
                    caller
                        .data_mut()
                        .push(format!("{name}({})", arguments.join(", ")));
                    out.clone_from_slice(&results);
                    Ok(())
                };
                Extern::Func(Func::new(&mut store, ty, call))
            }
            ty => ty.default_value(&mut store).ok()?,
        });
    }
    let note = |store: &mut Store<Vec<String>>, name: &str, result: wasmtime::Result<Vec<Val>>| {
        let event = match result {
            Ok(values) => format!("{:?}", values.iter().map(show).collect::<Vec<_>>()),
            Err(error) => match error.downcast_ref::<Trap>() {
                Some(Trap::OutOfFuel) => return Err(Outcome::OutOfFuel),
                Some(Trap::StackOverflow) => return Err(Outcome::OutOfStack),
                Some(trap) => format!("{trap:?}"),
                None if error.is::<wasmtime::ThrownException>() => {
                    store.take_pending_exception();
                    "exception".to_owned()
                }
                None => "error".to_owned(),
            },
        };
        store.data_mut().push(format!("{name} -> {event}"));
        Ok(())
    };
    let instance = match Instance::new(&mut store, &module, &imports) {
        Ok(instance) => instance,
        Err(error) => {
            return Some(match note(&mut store, "instantiate", Err(error)) {
                Err(ended) => ended,
                Ok(()) => {
                    let events = store.into_data();
                    let state = BTreeMap::new();
                    Outcome::Ended(Behaviour { events, state }, None, None)
                }
            });
        }
    };
    let exports: Vec<(String, Extern)> = instance
        .exports(&mut store)
        .map(|export| (export.name().to_owned(), export.into_extern()))
        .filter(|(name, _)| name != "allocinstr")
        .collect();
    let functions = exports.iter().filter_map(|(name, export)| match export {
        Extern::Func(function) => Some((name, *function)),
        _ => None,
    });
    for (name, function) in functions {
        let ty = function.ty(&store);
        let arguments: Option<Vec<Val>> = ty.params().map(|ty| ty.default_value()).collect();
        let Some(mut arguments) = arguments else {
            continue;
        };
        for (index, argument) in arguments.iter_mut().enumerate() {
            match argument {
                Val::I32(value) => *value = 24 + index as i32,
                Val::I64(value) => *value = 40 + index as i64,
                _ => (),
            }
        }
        let mut results = vec![Val::I32(0); ty.results().len()];
        let result = function.call(&mut store, &arguments, &mut results);
        if let Err(ended) = note(&mut store, name, result.map(|()| results)) {
            return Some(ended);
        }
    }
    let mut state = BTreeMap::new();
    let mut own = Allocated::default();
    for (name, export) in exports {
        let seen = match export {
            Extern::Global(global) => {
                let value = global.get(&mut store);
                match name.as_str() {
                    "own_count" => own.count = value.unwrap_i64() as u64,
                    "own_bytes" => own.bytes = value.unwrap_i64() as u64,
                    _ => (),
                }
                show(&value)
            }
            Extern::Memory(memory) => {
                let mut hash = std::hash::DefaultHasher::new();
                std::hash::Hash::hash(memory.data(&store), &mut hash);
                format!("{:#x}", std::hash::Hasher::finish(&hash))
            }
            Extern::Table(table) => format!("table of {}", table.size(&store)),
            _ => continue,
        };
        state.insert(name, seen);
    }
    let counters = table.map(|table| Counters::read(&mut store, &instance, table));
    let events = store.into_data();
    Some(Outcome::Ended(
        Behaviour { events, state },
        counters,
        Some(own),
    ))
}

#[test]
fn instrumented_modules_do_what_they_did_and_count_it() {
    let mut counts = BTreeMap::<String, u32>::new();
    for seed in 0..SEEDS {
        let mut count = |what: &str| *counts.entry(what.to_owned()).or_default() += 1;
        let Some(original) = graft(&generated(seed)) else {
            count("not compared: no functions");
            continue;
        };
        let (expected, own) = match run(&original, None) {
            Some(Outcome::Ended(behaviour, _, own)) => (behaviour, own),
            Some(ended) => {
                count(&format!("not compared: {ended:?}"));
                continue;
            }
            None => {
                count("not compared: an import that cannot be made");
                continue;
            }
        };
        count("compared");
        if own.is_none() {
            count("compared, trapped at once");
        }
        for engine in [Rewriter::Stream, Rewriter::Walrus] {
            for storage in [Storage::Memory, Storage::Globals] {
                let kind = format!("seed {seed}, {engine:?}, {storage:?}");
                let setup = Setup {
                    chosen: Chosen::Rule("^bump$=0"),
                    // Calls of the functions that are not selected are measured.
                    regex: "[02468]\\]?$",
                    engine,
                    storage,
                    ..Setup::default()
                };
                let output = match instrument(&original, &setup) {
                    Ok(output) => output,
                    Err(Refusal::Module(Error::Walrus { message })) => {
                        let digit = |c: char| if c.is_ascii_digit() { '#' } else { c };
                        let reason: String = message.chars().map(digit).collect();
                        count(&format!("refused by walrus: {reason}"));
                        continue;
                    }
                    Err(refusal) => panic!("{kind}: {refusal:?}"),
                };
                match run(&output.bytes, Some(&output.plan.table)) {
                    Some(Outcome::Ended(found, counters, found_own)) => {
                        assert_eq!(found, expected, "{kind}");
                        assert_eq!(found_own, own, "{kind}");
                        if let (Some(counters), Some(own)) = (counters, own) {
                            assert_eq!(counters.total(), own, "{kind}");
                            count(&format!("counted, {engine:?}, {storage:?}"));
                            if counters.pool.count < own.count {
                                count(&format!("counted, {engine:?}, {storage:?}, at sites"));
                            }
                        }
                    }
                    other => panic!("{kind}: {other:?}"),
                }
            }
        }
    }
    for (what, count) in &counts {
        println!("{count:6} {what}");
    }
    // A runner that runs nothing sees no difference.
    for (what, least) in [
        ("compared", 430),
        ("counted, Stream, Memory, at sites", 330),
        ("counted, Stream, Globals, at sites", 330),
        ("counted, Walrus, Memory, at sites", 300),
        ("counted, Walrus, Globals, at sites", 300),
    ] {
        let count = counts.get(what).copied().unwrap_or_default();
        assert!(count >= least, "{what}: {count}");
    }
}
