//! Bodies of the account protocol. The body and its oracle: `firstkey_server::fuzzing::api_bodies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_server::fuzzing::api_bodies::run(data));
