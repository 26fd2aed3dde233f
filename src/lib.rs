//! firstkey: how a person who was provisioned by their company's identity provider gets their own keys, so that nobody else ever has them.
//!
//! ```text
//!            secret                 newtypes for everything secret
//!              ^
//!            crypto                 pure: keys, KDF, envelopes, recovery code, fingerprint
//!              ^
//!             wire                  pure: the one door out, parsers for everything that comes in
//!              ^
//!             flow                  pure: state machines; all policy lives here
//!              ^
//!     port   store   ui             impure edges, behind the traits that `drive` defines
//!              ^
//!            drive                  the only loop: effect in, reply out
//!              ^
//!          cli + main
//! ```
//!
//! A module uses only what is above it. `secret`, `crypto`, `wire` and `flow` are the library without default features: no file system, network,
//! environment, clock, process or printing. The feature `client` (default) adds the edges.
//!
//! # Invariants
//!
//! | # | invariant |
//! |---|---|
//! | I1 | Only [`wire::disclose::Disclose`] types leave. |
//! | I2 | No sent bytes, file, log or output contain the password, MK, a KEK, AK, a private key or the recovery code in any usual encoding. |
//! | I3 | The password is never asked for under refused KDF parameters or a weakened policy. |
//! | I4 | Nothing that changes the account is sent before the kit was shown and proven and the checkpoint saved. |
//! | I5 | A resumed run sends the same bytes. |
//! | I6 | Success implies that the account opens from what the server returns, and equals what was sent. |
//! | I7 | After the end, or after the person stopped it, nothing more is sent. |
//! | I8 | Every flow ends within a bounded number of steps, for any replies. |
//! | I9 | Server text reaches the terminal only as [`wire::text::Printable`]. |

#![deny(unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]

#[cfg(feature = "age")]
pub mod age;
pub mod crypto;
#[cfg(feature = "client")]
pub mod doctor;
pub mod flow;
pub mod infisical;
pub mod secret;
pub mod wire;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

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
