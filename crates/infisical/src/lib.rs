//! firstkey-infisical: the protocol of Infisical servers of the end-to-end-encrypted era
//! (docs/INFISICAL.md).
//!
//! ```text
//!   link  claims     what a person pastes
//!   srp  keys  kit   the cryptography, exactly as the clients of the time did it
//!   rules            which passwords may be set
//!   door             the complete list of what may leave: no member is called `password`
//!   answer  says     what comes back, read strictly; what a refusal means
//!   probe            which generation a server is of
//!   pin              what is remembered of an account
//!   flow             what is done in which order; all policy
//! ```
//!
//! Promise: only this crate knows a format of this dialect. It is pure: what it needs of the
//! outside it asks of a [`World`]; the client brings terminal, network and disk. Nothing
//! sensitive leaves before [`probe`] has shown a server that does not want the password itself.
//! Must never: send a password, or anything to a server of a later generation.
//!
//! [`World`]: firstkey_core::flow::world::World

#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod answer;
pub mod claims;
pub mod door;
pub mod flow;
pub mod hexadecimal;
pub mod keys;
pub mod kit;
pub mod link;
pub mod pin;
pub mod probe;
pub mod rules;
pub mod says;
pub mod srp;
