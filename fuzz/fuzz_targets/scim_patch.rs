//! PATCH requests of identity providers. The body and its oracle:
//! `firstkey_server::fuzzing::scim_patch`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("scim_patch");
