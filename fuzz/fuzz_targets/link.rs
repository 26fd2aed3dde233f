//! Whatever is pasted for a link. The body and its oracle: `firstkey_testkit::link`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("link");
