//! The dialect's edge: flags, terminal, network and disk in the place of a
//! [`firstkey_infisical::flow::World`].
//!
//! Promise: what a flag answers is asked of nobody; secrets come from the terminal, a file or a descriptor; every request is in
//! the record before it is sent. Must never: decide anything; that is `flow`.

pub mod command;
mod desk;
mod event;

pub use desk::Desk;
