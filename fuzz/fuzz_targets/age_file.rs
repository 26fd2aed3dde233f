//! A sealed file that somebody sends. The body and its oracle: `tests/support/age_file.rs`.
#![no_main]

#[allow(dead_code, reason = "the seeds are for the program that writes them")]
#[path = "../../tests/support/age_file.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
