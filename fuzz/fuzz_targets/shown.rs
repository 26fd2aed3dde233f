//! The file that `audit open` reads. The body and its oracle: `firstkey_testkit::shown`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("shown");
