//! Whatever is pasted for a link of the other dialect. The body and its oracle:
//! `firstkey_testkit::infisical::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::infisical::link::run(data));
