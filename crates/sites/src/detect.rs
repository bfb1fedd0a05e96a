//! Which allocator model fits a program.

use crate::model::Model;
use crate::program::Program;

/// No model fits.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// No built-in model recognises the program.
    #[error(
        "no allocator found: looked for {looked_for}{hint}\n\
         try: --allocator 'NAME-REGEX=SIZE-RULE' if you know its name, --model-file for a whole model{names}"
    )]
    NoModel {
        /// What was looked for, by model.
        looked_for: String,
        /// What the program lacks.
        hint: &'static str,
        /// What could give it that.
        names: &'static str,
    },
}

/// The first of `models` that recognises `program`.
pub fn detect<'a>(program: &Program, models: &'a [Model]) -> Result<&'a Model, DetectError> {
    models
        .iter()
        .find(|model| recognises(model, program))
        .ok_or_else(|| DetectError::NoModel {
            looked_for: models
                .iter()
                .map(|model| format!("{} ({})", model.example, model.name))
                .collect::<Vec<_>>()
                .join(", "),
            hint: if program.has_names() {
                ""
            } else {
                "; the program has no function names"
            },
            names: if program.has_names() {
                ""
            } else {
                ", or build with names"
            },
        })
}

fn recognises(model: &Model, program: &Program) -> bool {
    let detect = &model.detect;
    detect
        .producers
        .iter()
        .any(|p| program.producers.iter().any(|name| p.is_match(name)))
        || program.functions.iter().any(|function| {
            let import = function.import.as_ref().map(|(_, field)| field);
            function
                .symbol
                .iter()
                .any(|s| detect.symbols.iter().any(|p| p.is_match(s)))
                || function
                    .exports
                    .iter()
                    .chain(import)
                    .any(|name| detect.externals.iter().any(|p| p.is_match(name)))
        })
}
