//! Files, pipes and descriptors of Unix.

use super::kind;
use crate::ui::signals;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Opens a file or pipe without waiting for whoever writes to it, and without making a terminal
/// this process's own.
pub(super) fn open(path: &Path) -> Result<File, StorageTrouble> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map(File::from).map_err(|errno| kind(&errno.into()))
}

/// The next bytes, waited for; 0 at the end, `None` if a signal asked the program to end.
pub(super) fn next(from: &File, room: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        if !signals::readable(from.as_fd())? {
            return Ok(None);
        }
        match rustix::io::read(from, &mut *room) {
            Ok(count) => return Ok(Some(count)),
            // Somebody else took it.
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// What tells a file from every other on this computer.
pub(super) fn which(file: &File) -> Option<(u64, u64)> {
    let facts = file.metadata().ok()?;
    Some((facts.dev(), facts.ino()))
}
