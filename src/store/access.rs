//! What the store asks of the system's files: one module for each system, with the same names.
//!
//! Promise: whoever uses [`Folder`] needs no other way to the disk: a folder is judged when it is
//! opened and held open, a file is made for its owner alone and judged when it is opened. Must
//! never: say what trouble means to a person beyond [`StorageTrouble`].
//!
//! [`StorageTrouble`]: firstkey_core::flow::stop::StorageTrouble

#[cfg(any(windows, test))]
mod acl;
#[cfg(any(windows, test))]
mod names;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// What a file of the store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be read.
    Reading,
    /// To be locked; it is made if it is not there.
    Locking,
}
