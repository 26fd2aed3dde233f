//! Bodies of the account protocol. The body and its oracle: `firstkey_server::fuzzing::api_bodies`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("api_bodies");
