//! The `firstkey` command.
fn main() {}
