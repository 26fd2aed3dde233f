//! What another program tells the plugin. The body and its oracle: `firstkey::fuzzing::plugin_protocol`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey::fuzzing::plugin_protocol::run(data));
