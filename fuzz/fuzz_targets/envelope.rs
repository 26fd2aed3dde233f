//! Envelopes as a server could return them. The body and its oracle: `firstkey_testkit::envelope`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::envelope::run(data));
