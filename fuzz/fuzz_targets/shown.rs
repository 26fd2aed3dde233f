//! The file that `audit open` reads. The body and its oracle: `firstkey_testkit::shown`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::shown::run(data));
