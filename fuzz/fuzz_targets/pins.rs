//! What is remembered on a disk. The body and its oracle: `firstkey_testkit::pins`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("pins");
