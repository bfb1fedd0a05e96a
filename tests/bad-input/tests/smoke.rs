//! Ten thousand mutants through what the fuzzers do, the same ones every time.

use allocinstr_bad_input::{Outcome, TARGETS, Target, mutate};

const MUTANTS: usize = 2500;

/// Runs the mutants of one target; panics are the target's. Of the seeds and mutants at least `least`
/// must be accepted and refused, else nothing but the first bytes was ever looked at.
fn smoke(name: &str, least: usize) {
    let target: &Target = TARGETS
        .iter()
        .find(|t| t.name == name)
        .expect("it is there");
    let mut random = fastrand::Rng::with_seed(0x0a11_0c1a_57e5);
    let mut seeds = (target.seeds)();
    // What is large is slow, and mostly more of the same.
    seeds.sort_by_key(Vec::len);
    let small = seeds.partition_point(|seed| seed.len() < 2048);
    seeds.truncate(small.max(3));
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..MUTANTS {
        let seed = &seeds[random.usize(..seeds.len())];
        match (target.body)(&mutate::mutate(seed, &mut random)) {
            Outcome::Accepted => accepted += 1,
            Outcome::Refused => refused += 1,
        }
    }
    assert!(
        accepted >= least && refused >= least,
        "{name}: {accepted} accepted, {refused} refused"
    );
}

#[test]
fn mutants_are_decoded() {
    smoke("decode", 400);
}

#[test]
fn mutants_are_instrumented_and_validated() {
    smoke("instrument_and_validate", 250);
}

#[test]
fn mutants_of_sections_are_read() {
    smoke("section_codec", 10);
}

#[test]
fn mutants_of_model_files_are_read() {
    smoke("model_file", 100);
}

#[test]
fn every_seed_runs() {
    for target in TARGETS {
        for seed in (target.seeds)() {
            (target.body)(&seed);
        }
    }
}

#[test]
fn a_module_cut_anywhere_is_no_module() {
    let module = allocinstr_bad_input::seeds::fixture("as-feed/O3/in.wasm");
    // Before the functions are declared it may end between two sections.
    for length in 0..module.len() {
        let cut = &module[..length];
        for how in [1, 5] {
            let input = [&[how], cut].concat();
            let outcome = allocinstr_bad_input::instrument_and_validate(&input);
            let valid = wasmparser::Validator::new().validate_all(cut).is_ok();
            assert!(valid || outcome == Outcome::Refused, "cut at {length}");
        }
    }
}
