//! What another program tells the plugin. The body and its oracle:
//! `tests/support/plugin_protocol.rs`.
#![no_main]

#[allow(dead_code, reason = "the seeds are for the program that writes them")]
#[path = "../../tests/support/plugin_protocol.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
