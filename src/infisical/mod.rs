//! The dialect's edge: flags, terminal, network and disk as the
//! [`World`](firstkey_core::flow::world::World) of its flows.
//!
//! Promise: what a flag answers is asked of nobody; secrets come from the terminal, a file or a
//! descriptor; every request is in the record before it is sent. Must never: decide anything; that
//! is `flow`.

pub mod command;
mod event;
mod world;

pub use world::{DialectWorld, links};
