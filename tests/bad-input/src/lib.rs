//! What the fuzzers do with an input, with the seeds they begin from and a mutator with a fixed seed
//! for the smoke test, which so runs precisely what they run.
//!
//! ```
//! use allocinstr_bad_input::{Outcome, TARGETS, seeds};
//!
//! let target = TARGETS.iter().find(|target| target.name == "decode").unwrap();
//! assert_eq!((target.body)(b"\0asm"), Outcome::Refused);
//! assert_eq!((target.body)(&seeds::handwritten()[0]), Outcome::Accepted);
//! ```

mod bodies;
pub mod mutate;
pub mod seeds;
mod setup;

pub use bodies::{Outcome, decode, instrument_and_validate, model_file, section_codec};
pub use setup::{Chosen, Instrumented, Refusal, Setup, instrument};

/// One fuzzer.
pub struct Target {
    /// As `cargo fuzz` calls it.
    pub name: &'static str,
    /// What it does with an input; it panics where we are wrong.
    pub body: fn(&[u8]) -> Outcome,
    /// What it begins from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All fuzzers.
pub const TARGETS: [Target; 4] = [
    Target {
        name: "decode",
        body: decode,
        seeds: seeds::modules,
    },
    Target {
        name: "instrument_and_validate",
        body: instrument_and_validate,
        seeds: seeds::modules_with_setups,
    },
    Target {
        name: "section_codec",
        body: section_codec,
        seeds: seeds::sections,
    },
    Target {
        name: "model_file",
        body: model_file,
        seeds: seeds::models,
    },
];
