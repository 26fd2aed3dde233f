//! Whole runs before a hostile server of the other dialect. The body and its oracle:
//! `firstkey_testkit::infisical::flow`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::infisical::flow::run(data));
