//! The example of docs/OWN-TARGET.md: the name that a person shows. The body and its oracle:
//! `firstkey_fuzz::example`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("example");
