//! Users as identity providers send them. The body and its oracle:
//! `firstkey_server::fuzzing::scim_user`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_server::fuzzing::scim_user::run(data));
