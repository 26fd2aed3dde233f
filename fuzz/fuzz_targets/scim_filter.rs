//! Filters of SCIM queries. The body and its oracle: `firstkey_server::fuzzing::scim_filter`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("scim_filter");
