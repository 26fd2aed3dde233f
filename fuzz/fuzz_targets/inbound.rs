//! Answers of a server, and files as they may be found on a disk. The body and its oracle:
//! `firstkey_testkit::inbound`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("inbound");
