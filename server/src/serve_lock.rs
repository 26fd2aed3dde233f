//! One server at a time for a folder whose database is a file: a lock that ends with the process,
//! however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Its file, which stays and says nothing by being there.
const FILE: &str = "serve.lock";

/// Held while the server runs: the lock ends when its file is closed.
pub(crate) struct ServeLock {
    _open: File,
}

/// The folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockRefused {
    /// Another server has it.
    #[error(
        "Another server serves the folder {0} already. One at a time can, because its database is a file; several need PostgreSQL (docs/RUNNING.md). If that one is to be replaced, end it first."
    )]
    Taken(PathBuf),
    /// The system refused.
    #[error("The file {path} cannot be locked: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ServeLock {
    /// Takes it, or says who has it.
    pub(crate) fn take(data: &Path) -> Result<Self, LockRefused> {
        let path = data.join(FILE);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        match file.map(|file| (file.try_lock(), file)) {
            Ok((Ok(()), file)) => Ok(Self { _open: file }),
            Ok((Err(TryLockError::WouldBlock), _)) => Err(LockRefused::Taken(data.to_owned())),
            Ok((Err(TryLockError::Error(source)), _)) | Err(source) => Err(LockRefused::Io { path, source }),
        }
    }
}
