//! What is remembered on a disk. The body and its oracle: `firstkey_testkit::pins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::pins::run(data));
