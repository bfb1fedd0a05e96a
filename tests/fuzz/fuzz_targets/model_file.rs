#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    allocinstr_bad_input::model_file(input);
});
