//! What another program tells the plugin. The body and its oracle:
//! `tests/support/plugin_protocol.rs`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("plugin_protocol");
