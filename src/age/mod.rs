//! Files in the format of age (<https://c2sp.org/age>), sealed to public keys and opened with the
//! account's own.
//!
//! Files are sealed by the crate `age`. They are opened here, by the same grammar: the crate reads
//! a header in a time that grows with its square, and copies every chunk three times. Tests and a
//! fuzz target hold the two against each other. Promise: the private key has no text form;
//! plaintext comes out chunk by chunk, each one authenticated; no input is read further than it is
//! believed. Must never: touch a file, a terminal or a network, which is for whoever reads and
//! writes here.

pub mod beginning;
pub mod guard;
pub mod header;
pub mod key;
pub mod line;
pub mod payload;
pub mod plugin;
pub mod recipient;
pub mod stream;
#[cfg(test)]
mod tests;

pub use key::AgeKey;
pub use line::AccountLine;
pub use recipient::Recipients;
