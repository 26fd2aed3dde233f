//! Certificates as a server shows them. The body and its oracle:
//! `firstkey::fuzzing::certificate`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("certificate");
