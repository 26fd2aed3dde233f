//! Whole runs before a hostile server of the other dialect. The body and its oracle: `firstkey::fuzzing::infisical::flow`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::infisical::flow::run(data));
