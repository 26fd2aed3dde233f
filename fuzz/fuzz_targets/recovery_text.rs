//! Whatever is typed for a code. The body and its oracle: `firstkey::fuzzing::recovery_text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::recovery_text::run(data));
