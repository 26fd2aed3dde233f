//! The door (I1): what may not leave does not compile, and secrets cannot be printed, copied or
//! serialised.
//!
//! Each file in `attempts/` is one attempt; the `.stderr` file beside it holds what the compiler
//! (Rust 1.95) says to it; `TRYBUILD=overwrite cargo test -p firstkey-door` writes them anew for
//! another one.

#[test]
fn whatever_may_not_leave_does_not_compile() {
    trybuild::TestCases::new().compile_fail("attempts/*.rs");
}
