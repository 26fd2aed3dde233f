//! What is remembered on a disk. The body and its oracle: `firstkey::fuzzing::pins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::pins::run(data));
