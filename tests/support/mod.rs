//! What several tests share: a real server in this process, a wire that records and lies, letters,
//! and the real client as a child process.
//!
//! Promises: loopback only; every wait is for an event, none for time to pass.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shared by test binaries, each of which uses a part of it; tests touch files, processes and the network"
)]

pub mod authority;
pub mod client;
pub mod completed;
pub mod deployment;
pub mod infisical;
pub mod inside;
pub mod keys;
pub mod letters;
pub mod memory;
pub mod nobody;
pub mod pty;
pub mod row;
pub mod secrets;
pub mod sitting;
pub mod wire;
