//! Which allocator model fits a program.

use crate::model::Model;
use crate::program::Program;

/// No model fits.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// No built-in model recognises the program.
    #[error(
        "no allocator found: looked for {looked_for}{hint}\n\
         try: --allocator 'NAME-REGEX=SIZE-RULE' if you know its name, --model-file for a whole model{step}"
    )]
    NoModel {
        /// What was looked for, by model.
        looked_for: String,
        /// What the program lacks, or why it has none.
        hint: &'static str,
        /// What else could be done.
        step: &'static str,
    },
}

/// The first of `models` that recognises `program`.
pub fn detect<'a>(program: &Program, models: &'a [Model]) -> Result<&'a Model, DetectError> {
    let (hint, step) = without_allocator(program);
    models
        .iter()
        .find(|model| recognises(model, program))
        .ok_or_else(|| DetectError::NoModel {
            looked_for: models
                .iter()
                .map(|model| format!("{} ({})", model.example, model.name))
                .collect::<Vec<_>>()
                .join(", "),
            hint,
            step,
        })
}

/// Why `program` seems to have no allocator, and what can be done about it.
fn without_allocator(program: &Program) -> (&'static str, &'static str) {
    let modules = || program.functions.iter().filter_map(|f| f.import.as_ref());
    let is_go = program.producers.iter().any(|name| name.starts_with("Go "))
        || modules().any(|(module, _)| module == "go" || module == "gojs");
    let is_rust = program
        .producers
        .iter()
        .any(|name| name.starts_with("rustc"));
    // emcc -O3 shortens the names of imports and exports.
    let is_minified = modules().next().is_some() && modules().all(|(module, _)| module.len() == 1);
    if is_go {
        (
            "; Go's own compiler passes arguments in memory, where no call shows its size",
            ", or compile it with TinyGo",
        )
    } else if program.managed {
        (
            "; its objects are the engine's (wasm GC)",
            ", or look at them with the engine's own heap profiler",
        )
    } else if program.has_names() {
        ("", "")
    } else if is_minified {
        (
            "; the program has no function names",
            ", or build with names (emcc --profiling-funcs); without them, malloc is exported under the short \
             name that the JavaScript beside it gives to _malloc",
        )
    } else if is_rust {
        (
            "; the program has no function names",
            ", or build with names (Rust: no `strip` in the Cargo profile, wasm-opt with -g)",
        )
    } else {
        (
            "; the program has no function names",
            ", or build with names",
        )
    }
}

fn recognises(model: &Model, program: &Program) -> bool {
    let detect = &model.detect;
    let produced = |name: &String| detect.producers.is_match(name);
    program.producers.iter().any(produced)
        || program.functions.iter().any(|function| {
            let import = function.import.as_ref().map(|(_, field)| field);
            function
                .symbol
                .iter()
                .any(|symbol| detect.symbols.is_match(symbol))
                || function
                    .exports
                    .iter()
                    .chain(import)
                    .any(|name| detect.externals.is_match(name))
        })
}
