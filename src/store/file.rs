//! Reading, writing and removing one file of the state folder.
//!
//! Promise: a written file is whole on the disk, name included, when [`write_durably`] says so;
//! before that the old one is. Must never: follow a link, or read a file that somebody else could
//! have written.

use super::error::StoreError;
use super::name::FileName;
use super::place::{Place, TEMPORARY, judge_owner_and_mode};
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fd::OwnedFd;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// Owner may read and write, nobody else anything.
pub(super) const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Tries at a name that nobody has.
const NAMES_TO_TRY: u32 = 100;

/// Replaces the file, or makes it: written aside, flushed to the disk, renamed into place, the
/// folder flushed.
pub fn write_durably(place: &Place, name: &FileName, bytes: &[u8]) -> Result<(), StoreError> {
    let path = place.path_of(name.as_str());
    let _writing = place.writing();
    let aside = write_aside(place.folder(), TEMPORARY, bytes).map_err(|error| StoreError::from_os(&path, error))?;
    if let Err(error) = fs::renameat(place.folder(), &aside, place.folder(), name.as_str()) {
        let _ = fs::unlinkat(place.folder(), &aside, AtFlags::empty());
        return Err(StoreError::from_os(&path, error));
    }
    place.sync()
}

/// Writes and flushes a new file with a name of its own and says which; nothing stays behind if it
/// fails.
pub(super) fn write_aside(folder: BorrowedFd<'_>, prefix: &str, bytes: &[u8]) -> Result<String, std::io::Error> {
    let (file, name) = make_aside(folder, prefix)?;
    let written = write_and_flush(file, bytes);
    if written.is_err() {
        let _ = fs::unlinkat(folder, &name, AtFlags::empty());
    }
    written.map(|()| name)
}

pub(super) fn make_aside(folder: BorrowedFd<'_>, prefix: &str) -> Result<(OwnedFd, String), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let process = std::process::id();
    for number in 0..NAMES_TO_TRY {
        let name = format!("{prefix}{process}-{number}");
        match fs::openat(folder, &name, flags, PRIVATE) {
            Err(Errno::EXIST) => {}
            made => return made.map(|file| (file, name)),
        }
    }
    Err(Errno::EXIST)
}

pub(super) fn write_and_flush(file: OwnedFd, bytes: &[u8]) -> Result<(), std::io::Error> {
    // A mask can take rights away; without the owner's own the file could not be read back.
    fs::fchmod(&file, PRIVATE)?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads a file that is ours, plain, closed to others, has no second name and is at most `most`
/// bytes long.
///
/// # Errors
/// `Missing`; `Link` (a link, a second name, a pipe, a folder...); `NotOurs`; `TooOpen`; `TooLong`;
/// else what the system said.
pub fn read_guarded(place: &Place, name: &FileName, most: usize) -> Result<Vec<u8>, StoreError> {
    let path = place.path_of(name.as_str());
    let file = open_guarded(place.folder(), name.as_str(), &path, OFlags::RDONLY)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::from(file).take(limit).read_to_end(&mut bytes).map_err(|error| StoreError::from_os(&path, error))?;
    if bytes.len() > most {
        return Err(StoreError::at(&path, StorageTrouble::TooLong));
    }
    Ok(bytes)
}

/// Opens and judges what was opened, so that nothing can change in between.
pub(super) fn open_guarded(
    folder: BorrowedFd<'_>,
    name: &str,
    path: &Path,
    flags: OFlags,
) -> Result<OwnedFd, StoreError> {
    // Not waiting: a pipe would otherwise hold us until somebody writes into it.
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = fs::openat(folder, name, flags, PRIVATE).map_err(|error| {
        // What could not be opened can still be named: a link, somebody else's file.
        let found = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok();
        let judged = found.and_then(|found| judge_file(path, &found).err());
        judged.unwrap_or_else(|| StoreError::from_os(path, error))
    })?;
    let found = fs::fstat(file.as_fd()).map_err(|error| StoreError::from_os(path, error))?;
    judge_file(path, &found)?;
    Ok(file)
}

/// Ours, plain, with one name, closed to everybody else.
pub(super) fn judge_file(path: &Path, found: &Stat) -> Result<(), StoreError> {
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || found.st_nlink > 1 {
        return Err(StoreError::at(path, StorageTrouble::Link));
    }
    judge_owner_and_mode(path, found)
}

/// Removes the file durably; that it is not there is fine.
pub fn remove(place: &Place, name: &FileName) -> Result<(), StoreError> {
    match fs::unlinkat(place.folder(), name.as_str(), AtFlags::empty()) {
        Ok(()) => place.sync(),
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(StoreError::from_os(&place.path_of(name.as_str()), error)),
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
