//! Files and pipes of Windows.

use super::kind;
use crate::store::access;
use crate::ui::signals;
use firstkey_core::flow::stop::StorageTrouble;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Opens a file or pipe.
pub(super) fn open(path: &Path) -> Result<File, StorageTrouble> {
    File::open(path).map_err(|error| if path.is_dir() { StorageTrouble::Link } else { kind(&error) })
}

/// The next bytes, waited for; 0 at the end, `None` if a signal asked the program to end.
pub(super) fn next(from: &File, room: &mut [u8]) -> io::Result<Option<usize>> {
    let mut from = from;
    signals::interruptible(|| from.read(room))
}

/// What tells a file from every other on this computer.
pub(super) fn which(file: &File) -> Option<(u64, u64)> {
    access::which(file)
}
