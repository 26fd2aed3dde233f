//! Whatever is pasted for a link of the other dialect. The body and its oracle:
//! `firstkey_testkit::infisical::link`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("infisical_link");
