//! A recovery kit as a file, as text or as a page. The body and its oracle:
//! `firstkey::fuzzing::kit_file`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("kit_file");
