//! Envelopes as a server could return them. The body and its oracle: `firstkey_testkit::envelope`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("envelope");
