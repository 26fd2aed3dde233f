//! Whatever is pasted for a link. The body and its oracle: `firstkey_testkit::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::link::run(data));
