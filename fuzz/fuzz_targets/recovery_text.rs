//! Whatever is typed for a code. The body and its oracle: `firstkey_testkit::recovery_text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::recovery_text::run(data));
