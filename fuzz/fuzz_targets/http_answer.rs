//! What a server writes on a connection. The body and its oracle:
//! `firstkey::fuzzing::http_answer`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("http_answer");
