//! What is kept on disk: checkpoints of uploads whose fate is open, pins of completed accounts, the
//! record of the last run, and the kit file that a person asked for.
//!
//! Promise: a file is whole or absent, even if the machine stops in between; only its owner can
//! read it; nobody else's file, folder or link is ever read or written in its place. Must never:
//! hold a secret, with one exception that the person asks for by name: the kit file.

pub(crate) mod access;
pub mod checkpoint;
mod error;
pub mod file;
pub mod forget;
mod frame;
pub mod fresh;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod lock;
pub mod look;
pub mod managed;
pub mod name;
pub mod output;
pub mod place;
pub mod record;
pub mod shelf;

pub use error::StoreError;
pub use place::Place;
