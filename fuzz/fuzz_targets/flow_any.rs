//! Whole runs in which person, server, disk and driver may do anything. The body and its oracle: `firstkey::fuzzing::flow_any`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::flow_any::run(data));
