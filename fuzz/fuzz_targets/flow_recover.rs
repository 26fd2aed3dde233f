//! New locks for an account while line and answers may be anything. The body and its oracle:
//! `firstkey_testkit::account_any`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstkey_testkit::account_any::change(data));
