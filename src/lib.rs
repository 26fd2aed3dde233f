//! firstkey: how a person who was provisioned by their company's identity provider gets their own keys, so that nobody else ever has them.

#![deny(unsafe_code)]

pub mod crypto;
pub mod secret;
