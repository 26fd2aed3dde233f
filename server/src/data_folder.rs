//! The folder that holds a deployment: made for its owner alone, or taken as it is if it is that
//! already.
//!
//! Promises: a folder that was there keeps its mode and its owner; no symbolic link is followed at
//! its place or at any that is made on the way to it. Must never: make a folder of others private
//! by itself; the sentence says which command does.

use rustix::process::geteuid;
use std::fs::{DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A folder is not used.
#[derive(Debug, thiserror::Error)]
pub enum FolderRefused {
    /// There is a link in its place.
    #[error("{0} is a symbolic link, which is not followed. Give the folder itself.")]
    Link(PathBuf),
    /// There is something else in its place.
    #[error("{0} is not a folder.")]
    NoFolder(PathBuf),
    /// It belongs to somebody else.
    #[error(
        "{path} belongs to another user (id {owner}), and this command runs as user {user}. Run it as that user, or give another folder."
    )]
    Foreign {
        /// Which folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// Others can enter it.
    #[error("Other users of this machine can enter {path} (mode {mode:04o}). Run: chmod 700 {path}")]
    Open {
        /// Which folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something is in it.
    #[error("{0} is not empty. Give a folder that does not exist yet, or an empty one.")]
    NotEmpty(PathBuf),
    /// The system refused.
    #[error("The folder {path} cannot be used: {source}")]
    Io {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What is in it and must be its owner's alone.
const PRIVATE: [&str; 5] = ["server.key", "database.url", "firstkey.db", "firstkey.db-wal", "firstkey.db-shm"];

/// Somebody else can read what is the server's alone.
#[derive(Debug, thiserror::Error)]
#[error("{path} is accessible to other users (mode {mode:04o}). Run: chmod {wanted:o} {path}")]
pub(crate) struct NotClosed {
    path: PathBuf,
    mode: u32,
    wanted: u32,
}

impl NotClosed {
    /// The command that closes it.
    pub(crate) fn remedy(&self) -> String {
        format!("Run: chmod {:o} {}", self.wanted, self.path.display())
    }
}

/// Whether the folder and the secrets in it are their owner's alone; what is not there is closed.
pub(crate) fn is_closed(dir: &Path) -> Result<(), NotClosed> {
    let closed = |path: PathBuf, wanted| match std::fs::metadata(&path) {
        Ok(about) if about.mode() & 0o077 != 0 => Err(NotClosed { path, mode: about.mode() & 0o7777, wanted }),
        _ => Ok(()),
    };
    closed(dir.to_owned(), 0o700)?;
    PRIVATE.iter().try_for_each(|name| closed(dir.join(name), 0o600))
}

/// Makes the folder and what is missing on the way to it, or checks the one that is there.
pub(crate) fn prepare(dir: &Path) -> Result<(), FolderRefused> {
    match look(dir)? {
        Some(about) => check(dir, &about),
        None => make(dir),
    }
}

/// The same; what is in a folder that is there is refused, whatever it is.
pub(crate) fn prepare_empty(dir: &Path) -> Result<(), FolderRefused> {
    prepare(dir)?;
    let mut entries = std::fs::read_dir(dir).map_err(|source| io_error(dir, source))?;
    if entries.next().is_some() { Err(FolderRefused::NotEmpty(dir.to_owned())) } else { Ok(()) }
}

/// What stands there, links not followed; `None` if nothing does.
fn look(path: &Path) -> Result<Option<Metadata>, FolderRefused> {
    // With a slash at its end the system would follow a link.
    let named: PathBuf = path.components().collect();
    match std::fs::symlink_metadata(named) {
        Ok(about) => Ok(Some(about)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(io_error(path, source)),
    }
}

fn check(path: &Path, about: &Metadata) -> Result<(), FolderRefused> {
    let (path, user) = (path.to_owned(), geteuid().as_raw());
    let mode = about.mode() & 0o7777;
    if about.is_symlink() {
        Err(FolderRefused::Link(path))
    } else if !about.is_dir() {
        Err(FolderRefused::NoFolder(path))
    } else if about.uid() != user {
        Err(FolderRefused::Foreign { path, owner: about.uid(), user })
    } else if mode & 0o077 != 0 {
        Err(FolderRefused::Open { path, mode })
    } else {
        Ok(())
    }
}

/// Makes one folder after the other. Whoever puts something in the place of one meanwhile is
/// noticed, because making it fails.
fn make(dir: &Path) -> Result<(), FolderRefused> {
    let named: PathBuf = dir.components().collect();
    let mut missing = vec![named.as_path()];
    for parent in named.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
        match look(parent)? {
            // What is there on the way may be a link of the administrator; it was not made here.
            Some(_) => break,
            None => missing.push(parent),
        }
    }
    for path in missing.into_iter().rev() {
        DirBuilder::new().mode(0o700).create(path).map_err(|source| io_error(path, source))?;
    }
    // Another umask cannot open it to others, and what was made is what is there.
    let about = look(&named)?.ok_or_else(|| io_error(dir, io::ErrorKind::NotFound.into()))?;
    check(&named, &about)
}

fn io_error(path: &Path, source: io::Error) -> FolderRefused {
    FolderRefused::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::{FolderRefused, prepare, prepare_empty};
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).expect("there").mode() & 0o7777
    }

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("allowed");
    }

    #[test]
    fn what_is_missing_is_made_for_its_owner_alone() {
        let place = tempfile::tempdir().expect("a folder");
        let dir = place.path().join("a/b/c/");
        prepare_empty(&dir).expect("made");
        for made in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode(&place.path().join(made)), 0o700);
        }
        prepare_empty(&dir).expect("it is there, empty and private");
        std::fs::write(dir.join(".hidden"), b"").expect("written");
        prepare(&dir).expect("private");
        assert!(matches!(prepare_empty(&dir), Err(FolderRefused::NotEmpty(_))));
    }

    #[test]
    fn a_folder_that_was_there_keeps_its_mode_and_the_command_that_mends_it_is_said() {
        let place = tempfile::tempdir().expect("a folder");
        for bits in [0o755, 0o750, 0o701, 0o770, 0o1777] {
            let dir = place.path().join(format!("{bits:o}"));
            std::fs::create_dir(&dir).expect("made");
            chmod(&dir, bits);
            let refused = prepare(&dir).expect_err("others can enter").to_string();
            assert!(refused.ends_with(&format!("Run: chmod 700 {}", dir.display())), "{refused}");
            assert_eq!(mode(&dir), bits, "nothing was changed");
            chmod(&dir, 0o700);
            prepare(&dir).expect("mended");
        }
    }

    #[test]
    fn links_are_not_followed_however_they_are_spelt() {
        let place = tempfile::tempdir().expect("a folder");
        let (victim, link, dangling) =
            (place.path().join("victim"), place.path().join("link"), place.path().join("dangling"));
        std::fs::create_dir(&victim).expect("made");
        chmod(&victim, 0o700);
        symlink(&victim, &link).expect("linked");
        symlink(place.path().join("nowhere"), &dangling).expect("linked");
        for spelling in ["link", "link/", "link/.", "link//", "dangling", "dangling/"] {
            let refused = prepare(&place.path().join(spelling));
            assert!(matches!(refused, Err(FolderRefused::Link(_))), "{spelling}: {refused:?}");
        }
        assert!(prepare(&dangling.join("data")).is_err(), "nothing is made through a link to nowhere");
        assert!(!place.path().join("nowhere").exists());
        std::fs::write(place.path().join("file"), b"").expect("written");
        assert!(matches!(prepare(&place.path().join("file")), Err(FolderRefused::NoFolder(_))));
    }
}
