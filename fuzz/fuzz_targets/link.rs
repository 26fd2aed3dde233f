//! Whatever is pasted for a link. The body and its oracle: `firstkey::fuzzing::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::link::run(data));
