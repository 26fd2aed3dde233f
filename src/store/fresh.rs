//! A new file that the person named: the recovery kit, a secret key.
//!
//! Promise: afterwards the file is whole and on the disk, or it is not there; a file that was there
//! is untouched. It is readable by its owner alone, unless the disk keeps no owners (a USB stick, a
//! Windows disk): [`Guard`] says so, and whoever asked for the file tells the person. The contents
//! are the one secret that this program ever writes, because the person asked for it. A machine
//! that stops in the very middle can leave a file `.firstkey-*` beside it, as closed as the disk
//! allows, with the code of an account that was not made yet and now never will be. Must never:
//! overwrite, follow a link, or keep a copy.

use super::error::StoreError;
use super::file::{PRIVATE, make_aside};
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
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
    fn of(file: impl AsFd) -> Result<Self, Errno> {
        let found = fs::fstat(file)?;
        let ours = found.st_uid == rustix::process::geteuid().as_raw();
        Ok(Self { mode: found.st_mode & 0o777, ours })
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
    write_new_on(path, bytes, close)
}

/// Makes the file on a disk that closes files to others by `close`.
fn write_new_on(
    path: &Path,
    bytes: &[u8],
    close: impl Fn(BorrowedFd<'_>) -> Result<(), Errno>,
) -> Result<Guard, StoreError> {
    let failed = |error: Errno| StoreError::from_os(path, error);
    // A closing slash or `..` names a folder.
    let name = path.file_name().filter(|_| !path.as_os_str().as_encoded_bytes().ends_with(b"/"));
    let name = name.ok_or_else(|| StoreError::at(path, StorageTrouble::Link))?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = fs::open(above, flags, Mode::empty()).map_err(|error| StoreError::of_folder(above, error))?;
    let folder = folder.as_fd();

    if fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
        return Err(StoreError::at(path, StorageTrouble::Exists));
    }
    let (file, aside) = make_aside(folder, ".firstkey-").map_err(failed)?;
    let remove = |name: &OsStr| {
        let _ = fs::unlinkat(folder, name, AtFlags::empty());
    };
    let guard = fill(file, bytes, close).map_err(|error| {
        remove(OsStr::new(&aside));
        StoreError::from_os(path, error)
    })?;
    move_into_place(folder, OsStr::new(&aside), name).map_err(|error| {
        remove(OsStr::new(&aside));
        failed(error)
    })?;
    sync(folder).map_err(|error| {
        // It may be gone after a power cut, so it is not left to be believed.
        remove(name);
        failed(error)
    })?;
    Ok(guard)
}

/// Gives a file another name in its folder, unless something has that name.
pub fn rename_new(path: &Path, new: &Path) -> Result<(), StoreError> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: Errno| StoreError::from_os(path, error);
    let (Some(old), Some(name)) = (path.file_name(), new.file_name()) else {
        return Err(StoreError::at(path, StorageTrouble::Link));
    };
    let folder =
        fs::open(above, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    move_into_place(folder.as_fd(), old, name).and_then(|()| sync(folder.as_fd())).map_err(failed)
}

/// Closes the file to others, as far as its disk can, before anything is in it; then fills it.
fn fill(file: OwnedFd, bytes: &[u8], close: impl Fn(BorrowedFd<'_>) -> Result<(), Errno>) -> Result<Guard, io::Error> {
    close(file.as_fd())?;
    let guard = Guard::of(&file)?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(guard)
}

/// A disk that keeps no rights refuses them or takes no notice; what it has afterwards counts.
fn close(file: BorrowedFd<'_>) -> Result<(), Errno> {
    match fs::fchmod(file, PRIVATE) {
        Err(Errno::PERM | Errno::ACCESS | Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(()),
        other => other,
    }
}

/// Makes the folder's entries durable, where its disk can.
fn sync(folder: BorrowedFd<'_>) -> Result<(), Errno> {
    match fs::fsync(folder) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(()),
        other => other,
    }
}

/// Gives the file its name unless somebody took the name in the meantime.
pub(super) fn move_into_place(folder: BorrowedFd<'_>, aside: &OsStr, name: &OsStr) -> Result<(), Errno> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    match fs::renameat_with(folder, aside, folder, name, fs::RenameFlags::NOREPLACE) {
        // File systems that cannot do it in one step.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        done => return done,
    }
    match fs::linkat(folder, aside, folder, name, AtFlags::empty()) {
        Ok(()) => fs::unlinkat(folder, aside, AtFlags::empty()),
        // Sticks and Windows disks have no second names.
        Err(Errno::PERM | Errno::NOSYS | Errno::NOTSUP | Errno::MLINK) => move_onto_own(folder, aside, name),
        Err(error) => Err(error),
    }
}

/// Takes the name with an empty file of our own, which nobody else can take then, and replaces
/// that.
fn move_onto_own(folder: BorrowedFd<'_>, aside: &OsStr, name: &OsStr) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    drop(fs::openat(folder, name, flags, PRIVATE)?);
    fs::renameat(folder, aside, folder, name).inspect_err(|_| {
        let _ = fs::unlinkat(folder, name, AtFlags::empty());
    })
}

#[cfg(test)]
#[path = "fresh_tests.rs"]
mod tests;
