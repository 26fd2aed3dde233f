//! The state folder: found, made and judged once, then held open, so that nobody can put another in
//! its place.
//!
//! Promise: a [`Place`] is a folder that belongs to this user alone. Must never: mend what somebody
//! else left open; the person decides.

use super::error::StoreError;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Beginning of the names of files that are being written. The dot keeps them apart from every
/// [`super::name::FileName`].
pub(super) const TEMPORARY: &str = ".tmp-";

/// The state folder, opened and judged.
pub struct Place {
    folder: OwnedFd,
    path: PathBuf,
}

impl Place {
    /// Where state lives unless the person says otherwise: `~/.local/state/firstkey` on Linux
    /// (XDG), the application folder on macOS. `None` without a home.
    pub fn usual() -> Option<PathBuf> {
        use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};
        let app = AppStrategyArgs { app_name: "firstkey".to_owned(), ..AppStrategyArgs::default() };
        let strategy = choose_native_strategy(app).ok()?;
        Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
    }

    /// Opens the folder; makes it, and missing ones above it, for this user alone.
    ///
    /// # Errors
    /// `NotOurs`, `TooOpen` (group or others have any right) or `Link` (a link, or no folder) if it
    /// exists and must not be used; else what the system said.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: Errno| StoreError::from_os(path, error);
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            let mut maker = std::fs::DirBuilder::new();
            std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
            maker.recursive(true).create(above).map_err(|error| StoreError::from_os(above, error))?;
        }
        match fs::mkdir(path, Mode::RWXU) {
            Ok(()) => {
                let place = Self::open_existing(path)?;
                // So that the new entry is there after a power cut as well.
                fs::open(above_or_here(path), FOLDER, Mode::empty()).and_then(fs::fsync).map_err(failed)?;
                Ok(place)
            }
            Err(Errno::EXIST) => Self::open_existing(path),
            // A read-only system answers before it looks whether the folder is there.
            Err(error) => Self::open_existing(path).map_err(|_| failed(error)),
        }
    }

    /// Opens the folder if it is there; `Missing` if not. Makes nothing.
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        let place = Self::open_untouched(path)?;
        place.sweep();
        Ok(place)
    }

    /// The same, and leaves what is in it as it is.
    pub(super) fn open_untouched(path: &Path) -> Result<Self, StoreError> {
        let judge_unopened = |error: Errno| match fs::lstat(path) {
            Ok(found) => judge_folder(path, &found).err().unwrap_or_else(|| StoreError::from_os(path, error)),
            Err(_) => StoreError::from_os(path, error),
        };
        let folder = fs::open(path, FOLDER | OFlags::NOFOLLOW, Mode::empty()).map_err(judge_unopened)?;
        let found = fs::fstat(&folder).map_err(|error| StoreError::from_os(path, error))?;
        judge_folder(path, &found)?;
        Ok(Self { folder, path: path.to_owned() })
    }

    /// Where it is, for sentences.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it, for sentences: files are opened by [`Place::folder`] and name.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Makes the folder's own entries durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        fs::fsync(&self.folder).map_err(|error| StoreError::from_os(&self.path, error))
    }

    /// Names of all entries that are text.
    pub(super) fn names(&self) -> Result<Vec<String>, StoreError> {
        let failed = |error: Errno| StoreError::from_os(&self.path, error);
        let entries = fs::Dir::read_from(&self.folder).map_err(failed)?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            names.extend(text(entry.file_name()));
        }
        names.sort();
        Ok(names)
    }

    /// Says "somebody writes here" to other runs' [`Place::sweep`] until the answer is dropped. A
    /// file system without such locks has no sweeping either.
    pub(super) fn writing(&self) -> Option<OwnedFd> {
        let folder = fs::openat(&self.folder, c".", FOLDER, Mode::empty()).ok()?;
        fs::flock(&folder, FlockOperation::LockShared).ok()?;
        Some(folder)
    }

    /// Removes what a run that was killed in the middle of writing left behind, unless somebody is
    /// writing now. Best effort: such files are never read.
    fn sweep(&self) {
        let Ok(folder) = fs::openat(&self.folder, c".", FOLDER, Mode::empty()) else { return };
        if fs::flock(&folder, FlockOperation::NonBlockingLockExclusive).is_err() {
            return;
        }
        for name in self.names().unwrap_or_default() {
            if name.starts_with(TEMPORARY) {
                let _ = fs::unlinkat(&folder, name, AtFlags::empty());
            }
        }
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

fn above_or_here(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn text(name: &CStr) -> Option<String> {
    name.to_str().ok().filter(|name| *name != "." && *name != "..").map(str::to_owned)
}

fn judge_folder(path: &Path, found: &Stat) -> Result<(), StoreError> {
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return Err(StoreError::at(path, StorageTrouble::Link));
    }
    judge_owner_and_mode(path, found)
}

/// Ours, and closed to everybody else.
pub(super) fn judge_owner_and_mode(path: &Path, found: &Stat) -> Result<(), StoreError> {
    if found.st_uid != rustix::process::geteuid().as_raw() {
        return Err(StoreError::at(path, StorageTrouble::NotOurs));
    }
    if Mode::from_raw_mode(found.st_mode).intersects(Mode::RWXG | Mode::RWXO) {
        return Err(StoreError::at(path, StorageTrouble::TooOpen));
    }
    Ok(())
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
