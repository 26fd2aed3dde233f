//! Envelopes as a server could return them. The body and its oracle: `firstkey::fuzzing::envelope`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::envelope::run(data));
