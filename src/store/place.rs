//! The state folder: found, made and judged once, then held open, so that nobody can put another in
//! its place.
//!
//! Promise: a [`Place`] is a folder that belongs to this user alone. Must never: mend what somebody
//! else left open; the person decides.

use super::access::{self, Folder, Turn};
use super::error::StoreError;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Beginning of the names of files that are being written. The dot keeps them apart from every
/// [`super::name::FileName`].
pub(super) const TEMPORARY: &str = ".tmp-";

/// The state folder, opened and judged.
pub struct Place {
    folder: Folder,
    path: PathBuf,
}

impl Place {
    /// Where state lives unless the person says otherwise: `~/.local/state/firstkey` on Linux
    /// (XDG), the application folder on macOS, `%LOCALAPPDATA%\firstkey` on Windows. `None` without
    /// a home.
    pub fn usual() -> Option<PathBuf> {
        access::usual_place()
    }

    /// Opens the folder; makes it, and missing ones above it, for this user alone.
    ///
    /// # Errors
    /// `NotOurs`, `TooOpen` (group or others have any right) or `Link` (a link, or no folder) if it
    /// exists and must not be used; else what the system said.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| StoreError::from_os(path, error);
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            access::make_folders(above).map_err(|error| StoreError::from_os(above, error))?;
        }
        match access::make_folder(path) {
            Ok(()) => {
                let place = Self::open_existing(path)?;
                // So that the new entry is there after a power cut as well.
                Folder::open(above_or_here(path)).and_then(|above| above.sync()).map_err(failed)?;
                Ok(place)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::open_existing(path),
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
        let folder = Folder::open_own(path)?;
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

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Makes the folder's own entries durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.folder.sync().map_err(|error| StoreError::from_os(&self.path, error))
    }

    /// Names of all entries that are text.
    pub(super) fn names(&self) -> Result<Vec<String>, StoreError> {
        self.folder.names().map_err(|error| StoreError::from_os(&self.path, error))
    }

    /// Says "somebody writes here" to other runs' [`Place::sweep`] until the answer is dropped. A
    /// file system without such locks has no sweeping either.
    pub(super) fn writing(&self) -> Option<Turn> {
        self.folder.writing()
    }

    /// Removes what a run that was killed in the middle of writing left behind, unless somebody is
    /// writing now. Best effort: such files are never read.
    fn sweep(&self) {
        let Some(_nobody_writes) = self.folder.nobody_writes() else { return };
        for name in self.names().unwrap_or_default() {
            if name.starts_with(TEMPORARY) {
                let _ = self.folder.remove(OsStr::new(&name));
            }
        }
    }
}

fn above_or_here(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
#[path = "place_tests.rs"]
mod tests;
