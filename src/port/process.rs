//! The process and the system that it runs on: what may be locked, where memory goes when it is
//! short, standard input and output as the files that they are.
//!
//! Promise: what the system does not say is `None`. Must never: read or write anything of a
//! stream by itself.

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_vendor = "apple")]
pub(crate) use apple::forbid_debuggers;
#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
