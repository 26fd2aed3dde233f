//! Files in the format of age (<https://c2sp.org/age>), sealed to public keys and opened with the
//! account's own.
//!
//! The format itself, its header and its stream of chunks, is the crate `age`; what is here is what
//! touches the private key and what says how it ended. Promise: the private key has no text form;
//! plaintext comes out chunk by chunk, each one authenticated. Must never: touch a file, a terminal
//! or a network, which is for whoever reads and writes here.

pub mod key;
pub mod line;
pub mod plugin;
pub mod recipient;
pub mod stream;
#[cfg(test)]
mod tests;

pub use key::AgeKey;
pub use line::AccountLine;
pub use recipient::Recipients;
