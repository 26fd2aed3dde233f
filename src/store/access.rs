//! What the store asks of the system's files: one module for each system, with the same names.
//!
//! Promise: whoever uses [`Folder`] needs no other way to the disk: a folder is judged when it is
//! opened and held open, a file is made for its owner alone and judged when it is opened. Must
//! never: say what trouble means to a person beyond [`StorageTrouble`].
//!
//! [`StorageTrouble`]: firstkey_core::flow::stop::StorageTrouble

#[cfg(any(windows, test))]
mod acl;
mod names;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use crate::system::System;
use std::ffi::OsStr;
use std::path::Path;
#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// Whether the last name of a path is one that a file can have on this system: Windows takes some
/// names for devices or for streams of other files, and cuts the ends of others off.
pub(crate) fn can_be_a_file(path: &Path) -> bool {
    let named = || path.file_name().and_then(OsStr::to_str).is_some_and(names::is_of_a_file);
    System::here() != System::Windows || named()
}

/// What a file of the store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be read.
    Reading,
    /// To be locked; it is made if it is not there.
    Locking,
}
