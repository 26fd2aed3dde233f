//! Whatever is pasted where a link is asked for, and any link in any two decorations. The body and
//! its oracle: `tests/support/pasted_link.rs`.
#![no_main]

#[allow(dead_code, reason = "the list of decorations is for the tests")]
#[path = "../../tests/support/pasted_link.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
