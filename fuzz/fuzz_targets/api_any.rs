//! Every request that the account server takes, in sequences. The body and its oracle:
//! `firstkey_server::fuzzing::api_any`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_server::fuzzing::api_any::run(data));
