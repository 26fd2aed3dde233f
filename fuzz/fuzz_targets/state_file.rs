//! Files of the state folder as they may be found on a disk. The body and its oracle:
//! `firstkey::fuzzing::state_file`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("state_file");
