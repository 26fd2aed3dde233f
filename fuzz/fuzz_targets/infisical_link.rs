//! Whatever is pasted for a link of the other dialect. The body and its oracle: `firstkey::fuzzing::infisical::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::infisical::link::run(data));
