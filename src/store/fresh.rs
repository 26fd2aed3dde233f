//! A new file that the person named: the recovery kit.
//!
//! Promise: afterwards the file is whole and readable by its owner alone, or it is not there; a
//! file that was there is untouched. The contents are the one secret that this program ever writes,
//! because the person asked for it. A machine that stops in the very middle can leave a file
//! `.firstkey-*` beside it, for its owner alone, with the code of an account that was not made yet
//! and now never will be. Must never: overwrite, follow a link, or keep a copy.

use super::error::StoreError;
use super::file::write_aside;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// Makes the file.
///
/// # Errors
/// `Exists` if anything, even a link that leads nowhere, has that name; `NoFolder` if the folder is
/// not there; else what the system said.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |error: Errno| StoreError::from_os(path, error);
    // A closing slash or `..` names a folder.
    let name = path.file_name().filter(|_| !path.as_os_str().as_encoded_bytes().ends_with(b"/"));
    let name = name.ok_or_else(|| StoreError::at(path, StorageTrouble::Link))?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = fs::open(above, flags, Mode::empty()).map_err(|error| StoreError::of_folder(above, error))?;
    let folder = std::os::fd::AsFd::as_fd(&folder);

    if fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
        return Err(StoreError::at(path, StorageTrouble::Exists));
    }
    let aside = write_aside(folder, ".firstkey-", bytes).map_err(|error| StoreError::from_os(path, error))?;
    if let Err(error) = move_into_place(folder, &aside, name) {
        let _ = fs::unlinkat(folder, &aside, AtFlags::empty());
        return Err(failed(error));
    }
    fs::fsync(folder).map_err(failed)
}

/// Gives the file its name unless somebody took the name in the meantime.
pub(super) fn move_into_place(folder: BorrowedFd<'_>, aside: &str, name: &OsStr) -> Result<(), Errno> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    match fs::renameat_with(folder, aside, folder, name, fs::RenameFlags::NOREPLACE) {
        // File systems that cannot do it in one step.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        done => return done,
    }
    fs::linkat(folder, aside, folder, name, AtFlags::empty())?;
    fs::unlinkat(folder, aside, AtFlags::empty())
}

#[cfg(test)]
#[path = "fresh_tests.rs"]
mod tests;
