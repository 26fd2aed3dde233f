//! Where the key file is: in the data folder, or where the system puts what it has unsealed.
//!
//! Promises: the place is decided by the configuration and the system alone, in one order; a key
//! outside of the data folder is read only if nobody but this user and root can read it.

use crate::lent_secret::is_lent;
use rustix::process::geteuid;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Its name in the server's folder.
pub(crate) const FILE: &str = "server.key";
/// The credential's name; systemd puts it into a folder of the service's own.
const CREDENTIAL: &str = "firstkey-server.key";
/// The variable with that folder (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// A place of the key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// In the data folder, which is its owner's alone.
    Folder(PathBuf),
    /// Where `key_file` says.
    Named(PathBuf),
    /// Among the credentials of the service.
    Credential(PathBuf),
}

/// A key file may not be read where it is.
#[derive(Debug, thiserror::Error)]
pub enum PlaceRefused {
    /// Others can read it.
    #[error("The key file {path} is accessible to other users (mode {mode:04o}). Run: chmod 600 {path}")]
    Public {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is somebody else's.
    #[error("The key file {path} belongs to another user (id {owner}). It must be root's, or this user's.")]
    Owner {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// It is something else.
    #[error("{0} is no file, so it is no key file.")]
    NoFile(PathBuf),
}

impl KeyPlace {
    /// Of this process: what the configuration names, else the credential, else the data folder.
    pub(crate) fn of(named: Option<&Path>, data: &Path) -> Self {
        let credentials = std::env::var_os(CREDENTIALS).filter(|folder| !folder.is_empty());
        Self::choose(data, named, credentials.as_deref().map(Path::new))
    }

    /// In that folder.
    pub(crate) fn in_folder(data: &Path) -> Self {
        Self::Folder(data.join(FILE))
    }

    fn choose(data: &Path, named: Option<&Path>, credentials: Option<&Path>) -> Self {
        let credential = credentials.map(|folder| folder.join(CREDENTIAL));
        match (named, credential) {
            (Some(path), _) => Self::Named(path.to_owned()),
            // A service may have other credentials. One that cannot be read is an error later, and
            // no reason to take another key.
            (None, Some(path)) if path.symlink_metadata().is_ok() => Self::Credential(path),
            _ => Self::in_folder(data),
        }
    }

    /// Whether this program may put another file there.
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self, Self::Credential(_))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Named(path) | Self::Credential(path) => path,
        }
    }

    /// Whether a file with these properties may be read as a key.
    pub(crate) fn admit(&self, about: &Metadata) -> Result<(), PlaceRefused> {
        // systemd lets the service's user read by an access list where it can; then the mode shows
        // the list's mask in the place of the group.
        let forbidden = match self {
            Self::Folder(_) => return Ok(()),
            Self::Named(_) => 0o077,
            Self::Credential(_) => 0o037,
        };
        let (path, mode, owner) = (self.path().to_owned(), about.mode() & 0o7777, about.uid());
        if !about.is_file() {
            Err(PlaceRefused::NoFile(path))
        } else if owner != 0 && owner != geteuid().as_raw() {
            Err(PlaceRefused::Owner { path, owner })
        } else if mode & forbidden != 0 && !is_lent(about) {
            Err(PlaceRefused::Public { path, mode })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CREDENTIAL, KeyPlace};
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    #[test]
    fn what_is_named_comes_before_the_credential_and_that_before_the_folder() {
        let (data, credentials) = (Path::new("/data"), tempfile::tempdir().expect("a folder"));
        let named = Path::new("/run/key");
        let choose = |named| KeyPlace::choose(data, named, Some(credentials.path()));
        assert_eq!(KeyPlace::choose(data, None, None), KeyPlace::Folder("/data/server.key".into()));
        assert_eq!(choose(None), KeyPlace::Folder("/data/server.key".into()), "other credentials alone");
        let credential = credentials.path().join(CREDENTIAL);
        std::os::unix::fs::symlink("nowhere", &credential).expect("a link to nowhere");
        assert_eq!(choose(None), KeyPlace::Credential(credential.clone()), "unreadable is not absent");
        assert_eq!(choose(Some(named)), KeyPlace::Named(named.into()));
    }

    #[test]
    fn a_key_outside_of_the_folder_is_its_users_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, b"").expect("written");
        let admitted = |place: &KeyPlace, mode| {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
            place.admit(&std::fs::metadata(&path).expect("there")).is_ok()
        };
        let (named, credential) = (KeyPlace::Named(path.clone()), KeyPlace::Credential(path.clone()));
        for (mode, by_name, as_credential) in [
            (0o600, true, true),
            (0o400, true, true),
            (0o440, false, true),
            (0o460, false, false),
            (0o404, false, false),
            (0o601, false, false),
        ] {
            assert_eq!(admitted(&named, mode), by_name, "{mode:o}");
            assert_eq!(admitted(&credential, mode), as_credential, "{mode:o}");
        }
        assert!(named.admit(&std::fs::metadata(folder.path()).expect("there")).is_err(), "no file");
    }
}
