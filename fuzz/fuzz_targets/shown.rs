//! The file that `audit open` reads. The body and its oracle: `firstkey::fuzzing::shown`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::shown::run(data));
