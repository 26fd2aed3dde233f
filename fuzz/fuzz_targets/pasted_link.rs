//! Whatever is pasted where a link is asked for, and any link in any two decorations. The body and
//! its oracle: `tests/support/pasted_link.rs`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("pasted_link");
