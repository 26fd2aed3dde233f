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
pub mod doctor;
#[cfg(all(feature = "client", feature = "infisical"))]
pub mod infisical;

// The edges: what the pure part must not do is their purpose.
macro_rules! edges {
    ($($name:ident),*) => {
        $(
            #[cfg(feature = "client")]
            #[allow(clippy::disallowed_methods, clippy::disallowed_types)]
            pub mod $name;
        )*
    };
}
edges!(audit, cli, drive, exit, port, run, store, ui);
