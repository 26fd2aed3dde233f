//! Answers of a server of the other dialect, pins and kits. The body and its oracle:
//! `firstkey_testkit::infisical::inbound`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::infisical::inbound::run(data));
