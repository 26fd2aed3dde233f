//! Opening an account while line and answers may be anything. The body and its oracle:
//! `firstkey_testkit::account_any`.
#![cfg_attr(feature = "libfuzzer", no_main)]

firstkey_fuzz::target!("flow_unlock");
