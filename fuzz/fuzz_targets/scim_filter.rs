//! Filters of SCIM queries. The body and its oracle: `firstkey_server::fuzzing::scim_filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_server::fuzzing::scim_filter::run(data));
