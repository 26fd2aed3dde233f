//! Answers of a server, and files as they may be found on a disk. The body and its oracle:
//! `firstkey_testkit::inbound`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::inbound::run(data));
