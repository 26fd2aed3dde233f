//! Every request that the account server takes, in sequences. The body and its oracle:
//! `firstkey_server::fuzzing::api_any`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("api_any");
