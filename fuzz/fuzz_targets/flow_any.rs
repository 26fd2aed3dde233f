//! Whole runs in which person, server, disk and driver may do anything. The body and its oracle:
//! `firstkey_testkit::flow_any`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("flow_any");
