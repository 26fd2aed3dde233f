//! The state folder: found or made, checked, and opened once.
//!
//! Promise: what is behind an opened [`Place`] belongs to this user alone and stays the same folder, whatever happens to its path. Must never: mend permissions that
//! somebody else may have used already; it says what to do instead.

use super::trouble;
use crate::flow::stop::{LocalTrouble, StorageTrouble};
use etcetera::BaseStrategy;
use rustix::fs::{CWD, Mode, OFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// An opened state folder.
pub struct Place {
    path: PathBuf,
    folder: OwnedFd,
}

impl Place {
    /// The folder that `--state-dir` names, or the system's place for state (`~/.local/state/firstkey` on Linux).
    pub fn choose(named: Option<PathBuf>) -> Result<PathBuf, LocalTrouble> {
        if let Some(path) = named {
            return Ok(path);
        }
        let homeless = |_| LocalTrouble::State { trouble: StorageTrouble::Missing, path: "the home folder".to_owned() };
        let strategy = etcetera::choose_base_strategy().map_err(homeless)?;
        Ok(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("firstkey"))
    }

    /// Opens the folder, making it first if it is not there.
    pub fn open(path: &Path) -> Result<Self, LocalTrouble> {
        let at = |trouble| LocalTrouble::State { trouble, path: path.display().to_string() };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| at(from_io(&error)))?;
        }
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(at(trouble(error))),
        }
        Self::open_existing(path)
    }

    /// Opens the folder; [`StorageTrouble::Missing`] if it is not there.
    pub fn open_existing(path: &Path) -> Result<Self, LocalTrouble> {
        let at = |trouble| LocalTrouble::State { trouble, path: path.display().to_string() };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let folder = rustix::fs::openat(CWD, path, flags, Mode::empty()).map_err(|error| at(trouble(error)))?;
        let about = rustix::fs::fstat(&folder).map_err(|error| at(trouble(error)))?;
        if about.st_uid != rustix::process::geteuid().as_raw() {
            return Err(at(StorageTrouble::NotOurs));
        }
        if about.st_mode & 0o077 != 0 {
            return Err(at(StorageTrouble::TooOpen));
        }
        Ok(Self { path: path.to_owned(), folder })
    }

    /// Where it is, for people.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The opened folder.
    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// A trouble with a file in it.
    pub(super) fn trouble_with(&self, name: &str, trouble: StorageTrouble) -> LocalTrouble {
        LocalTrouble::State { trouble, path: self.path.join(name).display().to_string() }
    }

    /// The names in it, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>, LocalTrouble> {
        let failed = |error| LocalTrouble::State { trouble: trouble(error), path: self.path.display().to_string() };
        let mut names: Vec<String> = rustix::fs::Dir::read_from(&self.folder)
            .map_err(failed)?
            .filter_map(|entry| entry.ok().and_then(|entry| entry.file_name().to_str().ok().map(str::to_owned)))
            .collect();
        names.sort();
        Ok(names)
    }
}

fn from_io(error: &std::io::Error) -> StorageTrouble {
    rustix::io::Errno::from_io_error(error).map_or(StorageTrouble::Other, trouble)
}
