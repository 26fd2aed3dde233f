//! Files that hold a secret: readable by their owner alone, or not read at all.

use crate::lent_secret::is_lent;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longest secret file: a key with its certificate chain is far shorter.
const LONGEST: u64 = 64 * 1024;

/// A secret file is not used.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It cannot be read.
    #[error("The secret file {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read it.
    #[error(
        "{path} holds a secret, and other users of this machine can read it (mode {mode:04o}). Run: chmod 600 {path}"
    )]
    Public {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is no secret file.
    #[error("{0} is too long to be a secret. It must be the wrong file.")]
    Long(PathBuf),
}

/// Reads a file whole that only its owner can read.
pub(crate) fn private_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let unreadable = |source| SecretFileError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    // Of the opened file, so that nothing can be put in its place in between.
    let about = file.metadata().map_err(unreadable)?;
    if about.is_file() && about.mode() & 0o077 != 0 && !is_lent(&about) {
        return Err(SecretFileError::Public { path: path.to_owned(), mode: about.mode() & 0o7777 });
    }
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(about.size().min(LONGEST)).unwrap_or(0) + 1024));
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST { Err(SecretFileError::Long(path.to_owned())) } else { Ok(bytes) }
}

/// A secret of one line, such as a password.
pub(crate) fn private_line(path: &Path) -> Result<Zeroizing<String>, SecretFileError> {
    let bytes = private_file(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretFileError::Unreadable {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, "it is no text"),
    })?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Writes a new file that nobody else can read; it is on the disk when this returns.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder_of(path)
}

/// Puts on the disk that the folder of this path holds it.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
