//! Answers of a server of the other dialect, pins and kits. The body and its oracle:
//! `firstkey_testkit::infisical::inbound`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("infisical_inbound");
