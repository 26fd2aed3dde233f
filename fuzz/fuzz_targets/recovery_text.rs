//! Whatever is typed for a code. The body and its oracle: `firstkey_testkit::recovery_text`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("recovery_text");
