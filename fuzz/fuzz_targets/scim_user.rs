//! Users as identity providers send them. The body and its oracle:
//! `firstkey_server::fuzzing::scim_user`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("scim_user");
