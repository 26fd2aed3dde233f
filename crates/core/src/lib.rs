//! firstkey-core: what has to be trusted in firstkey.
//!
//! ```text
//!            secret                 types for everything secret
//!              ^
//!            crypto                 keys, key derivation, envelopes, recovery code, fingerprint
//!              ^
//!             wire                  the one door out, parsers for everything that comes in
//!              ^
//!             flow                  state machines; all policy lives here
//! ```
//!
//! A module uses only what is above it. Promise: this crate is pure. It has no file system,
//! network, environment, clock, process or terminal; randomness is an argument. Its `Cargo.toml`
//! names no crate that could reach them, and clippy refuses the standard library's own. Must
//! never: print, or hold a sentence for people.
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

#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod crypto;
pub mod flow;
pub mod secret;
pub mod wire;
