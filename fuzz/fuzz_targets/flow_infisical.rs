//! Whole runs before a hostile server of the other dialect. The body and its oracle:
//! `firstkey_testkit::infisical::flow`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("flow_infisical");
