//! Whatever is typed or pasted at a terminal. The body and its oracle:
//! `firstkey::fuzzing::typed_line`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("typed_line");
