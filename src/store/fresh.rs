//! A new file that the person named: the recovery kit, a secret key.
//!
//! Promise: afterwards the file is whole and on the disk, or it is not there; a file that was there
//! is untouched. It is readable by its owner alone, unless the disk keeps no owners (a USB stick, a
//! Windows disk): [`Guard`] says so, and whoever asked for the file tells the person. The contents
//! are the one secret that this program ever writes, because the person asked for it. A machine
//! that stops in the very middle can leave a file `.firstkey-*` beside it, as closed as the disk
//! allows, with the code of an account that was not made yet and now never will be. Must never:
//! overwrite, follow a link, or keep a copy.

use super::access::{self, Folder};
use super::error::StoreError;
use super::file::make_aside;
use firstkey_core::flow::stop::StorageTrouble;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Who may read a file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Its rights, as the disk has them.
    mode: u32,
    /// Whether it belongs to this user.
    ours: bool,
}

impl Guard {
    /// That of an open file.
    fn of(file: &File) -> io::Result<Self> {
        let (mode, ours) = access::rights(file)?;
        Ok(Self { mode, ours })
    }

    /// That of the file at `path`; closed if it cannot be told.
    pub fn at(path: &Path) -> Self {
        File::open(path).ok().and_then(|file| Self::of(&file).ok()).unwrap_or(Self { mode: 0o600, ours: true })
    }

    /// Whether its owner alone may read it.
    pub fn is_closed(self) -> bool {
        let others = self.mode & 0o077;
        self.ours && others == 0
    }

    /// `0600`.
    pub fn shown(self) -> String {
        format!("{:04o}", self.mode)
    }
}

/// Makes the file.
///
/// # Errors
/// `Exists` if anything, even a link that leads nowhere, has that name; `NoFolder` if the folder is
/// not there; else what the system said.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<Guard, StoreError> {
    write_new_on(path, bytes, access::close_to_others)
}

/// Makes the file on a disk that closes files to others by `close`.
fn write_new_on(path: &Path, bytes: &[u8], close: impl Fn(&File) -> io::Result<()>) -> Result<Guard, StoreError> {
    let failed = |error: io::Error| StoreError::from_os(path, error);
    // A closing slash or `..` names a folder.
    let name = path.file_name().filter(|_| !access::ends_as_folder(path));
    let name = name.ok_or_else(|| StoreError::at(path, StorageTrouble::Link))?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = Folder::open(above).map_err(|error| StoreError::of_folder(above, error))?;

    if folder.is_plain(name).is_some() {
        return Err(StoreError::at(path, StorageTrouble::Exists));
    }
    let (file, aside) = make_aside(&folder, ".firstkey-").map_err(failed)?;
    let remove = |name: &OsStr| {
        let _ = folder.remove(name);
    };
    let guard = fill(file, bytes, close).map_err(|error| {
        remove(OsStr::new(&aside));
        StoreError::from_os(path, error)
    })?;
    folder.move_new(OsStr::new(&aside), name).map_err(|error| {
        remove(OsStr::new(&aside));
        failed(error)
    })?;
    access::sync_if_possible(&folder).map_err(|error| {
        // It may be gone after a power cut, so it is not left to be believed.
        remove(name);
        failed(error)
    })?;
    Ok(guard)
}

/// Gives a file another name in its folder, unless something has that name.
pub fn rename_new(path: &Path, new: &Path) -> Result<(), StoreError> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: io::Error| StoreError::from_os(path, error);
    let (Some(old), Some(name)) = (path.file_name(), new.file_name()) else {
        return Err(StoreError::at(path, StorageTrouble::Link));
    };
    let folder = Folder::open(above).map_err(failed)?;
    folder.move_new(old, name).and_then(|()| access::sync_if_possible(&folder)).map_err(failed)
}

/// Closes the file to others, as far as its disk can, before anything is in it; then fills it.
fn fill(mut file: File, bytes: &[u8], close: impl Fn(&File) -> io::Result<()>) -> io::Result<Guard> {
    close(&file)?;
    let guard = Guard::of(&file)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(guard)
}

#[cfg(all(test, unix))]
#[path = "fresh_tests.rs"]
mod tests;
