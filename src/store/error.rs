//! What can go wrong with a file or folder, and where.

use super::access::meaning;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use std::path::{Path, PathBuf};

/// A file or folder could not be used, or must not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{trouble:?}: {}", path.display())]
pub struct StoreError {
    /// What is wrong.
    pub trouble: StorageTrouble,
    /// Where.
    pub path: PathBuf,
}

impl StoreError {
    /// Names what is wrong and where.
    pub(super) fn at(path: &Path, trouble: StorageTrouble) -> Self {
        Self { trouble, path: path.to_owned() }
    }

    /// Translates what the system said of the folder that a new file is to be in.
    pub(super) fn of_folder(folder: &Path, error: impl Into<std::io::Error>) -> Self {
        let trouble = match meaning(&error.into()) {
            // A file in the place of the folder is no folder either.
            StorageTrouble::Missing | StorageTrouble::Link => StorageTrouble::NoFolder,
            other => other,
        };
        Self::at(folder, trouble)
    }

    /// Translates what the system said.
    pub(crate) fn from_os(path: &Path, error: impl Into<std::io::Error>) -> Self {
        Self::at(path, meaning(&error.into()))
    }
}

impl From<StoreError> for LocalTrouble {
    fn from(error: StoreError) -> Self {
        Self::State { trouble: error.trouble, path: error.path.to_string_lossy().into_owned() }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{StoreError, meaning};
    use firstkey_core::flow::stop::StorageTrouble;
    use rustix::io::Errno;
    use std::path::Path;

    #[test]
    fn what_the_system_says_has_one_meaning_each() {
        for (errno, trouble) in [
            (Errno::NOSPC, StorageTrouble::Full),
            (Errno::DQUOT, StorageTrouble::Full),
            (Errno::FBIG, StorageTrouble::Full),
            (Errno::ROFS, StorageTrouble::ReadOnly),
            (Errno::ACCESS, StorageTrouble::ReadOnly),
            (Errno::PERM, StorageTrouble::ReadOnly),
            (Errno::EXIST, StorageTrouble::Exists),
            (Errno::NOENT, StorageTrouble::Missing),
            (Errno::LOOP, StorageTrouble::Link),
            (Errno::IO, StorageTrouble::Other),
        ] {
            assert_eq!(StoreError::from_os(Path::new("/x"), errno).trouble, trouble, "{errno:?}");
        }
        assert_eq!(meaning(&std::io::Error::other("no number")), StorageTrouble::Other);
    }
}
