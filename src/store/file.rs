//! Reading, writing and removing one file of the state folder.
//!
//! Promise: a written file is whole on the disk, name included, when [`write_durably`] says so;
//! before that the old one is. Must never: follow a link, or read a file that somebody else could
//! have written.

use super::access::{self, Folder, Purpose};
use super::error::StoreError;
use super::name::FileName;
use super::place::{Place, TEMPORARY};
use firstkey_core::flow::stop::StorageTrouble;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

/// Tries at a name that nobody has.
const NAMES_TO_TRY: u32 = 100;

/// Replaces the file, or makes it: written aside, flushed to the disk, renamed into place, the
/// folder flushed.
pub fn write_durably(place: &Place, name: &FileName, bytes: &[u8]) -> Result<(), StoreError> {
    let path = place.path_of(name.as_str());
    let _writing = place.writing();
    let aside = write_aside(place.folder(), TEMPORARY, bytes).map_err(|error| StoreError::from_os(&path, error))?;
    if let Err(error) = place.folder().replace(OsStr::new(&aside), OsStr::new(name.as_str())) {
        let _ = place.folder().remove(OsStr::new(&aside));
        return Err(StoreError::from_os(&path, error));
    }
    place.sync()
}

/// Writes and flushes a new file with a name of its own and says which; nothing stays behind if it
/// fails.
pub(super) fn write_aside(folder: &Folder, prefix: &str, bytes: &[u8]) -> io::Result<String> {
    let (file, name) = make_aside(folder, prefix)?;
    let written = write_and_flush(file, bytes);
    if written.is_err() {
        let _ = folder.remove(OsStr::new(&name));
    }
    written.map(|()| name)
}

pub(super) fn make_aside(folder: &Folder, prefix: &str) -> io::Result<(File, String)> {
    let process = std::process::id();
    for number in 0..NAMES_TO_TRY {
        let name = format!("{prefix}{process}-{number}");
        match folder.make(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (file, name)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

pub(super) fn write_and_flush(mut file: File, bytes: &[u8]) -> io::Result<()> {
    access::make_private(&file)?;
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
    let file = place.folder().open_guarded(name.as_str(), &path, Purpose::Reading)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| StoreError::from_os(&path, error))?;
    if bytes.len() > most {
        return Err(StoreError::at(&path, StorageTrouble::TooLong));
    }
    Ok(bytes)
}

/// Removes the file durably; that it is not there is fine.
pub fn remove(place: &Place, name: &FileName) -> Result<(), StoreError> {
    match place.folder().remove(OsStr::new(name.as_str())) {
        Ok(()) => place.sync(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::from_os(&place.path_of(name.as_str()), error)),
    }
}

#[cfg(all(test, unix))]
#[path = "file_tests.rs"]
mod tests;
