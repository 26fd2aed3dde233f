//! A sealed file that somebody sends. The body and its oracle: `tests/support/age_file.rs`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("age_file");
