//! Whole runs in which person, server, disk and driver may do anything. The body and its oracle:
//! `firstkey_testkit::flow_any`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::flow_any::run(data));
