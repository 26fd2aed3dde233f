//! firstkey: the terminal client with which a provisioned person gets keys that nobody else has.
//!
//! ```text
//!       firstkey-core               pure: secrets, cryptography, the door, the flows
//!              ^
//!     port   store   ui             edges, behind the traits that `drive` defines
//!              ^
//!            drive                  the only loop: effect in, reply out
//!              ^
//!          cli + main
//! ```
//!
//! The edges are here: terminal, files, network, process. Every decision is in `firstkey_core`,
//! which states the invariants.

#![deny(unsafe_code)]

#[cfg(feature = "age")]
pub mod age;
#[cfg(feature = "client")]
pub mod audit;
#[cfg(feature = "client")]
pub mod cli;
#[cfg(feature = "client")]
pub mod doctor;
#[cfg(feature = "client")]
pub mod drive;
#[cfg(feature = "client")]
pub mod exit;
#[cfg(all(feature = "client", any(test, feature = "fuzzing")))]
pub mod fuzzing;
#[cfg(all(feature = "client", feature = "infisical"))]
pub mod infisical;
#[cfg(feature = "client")]
pub mod managed;
pub mod pasted;
#[cfg(feature = "client")]
pub mod port;
#[cfg(feature = "client")]
pub mod run;
#[cfg(feature = "client")]
pub mod store;
#[cfg(feature = "client")]
pub mod system;
#[cfg(feature = "client")]
pub mod ui;
