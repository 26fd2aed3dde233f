//! PATCH requests of identity providers. The body and its oracle:
//! `firstkey_server::fuzzing::scim_patch`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_server::fuzzing::scim_patch::run(data));
