//! Files, pipes and descriptors that give something: opened without waiting, waited for so that a
//! signal ends the wait, read up to a limit.
//!
//! | what is read | at most |
//! |---|---|
//! | password | [`MAX_BYTES`](firstkey_core::crypto::prepare::MAX_BYTES), as text |
//! | certificates of `--ca-file` and `SSL_CERT_FILE`, and each file of `SSL_CERT_DIR` | [`MAX_CERTIFICATES`] |
//!
//! Promise: a pipe that nobody writes to holds nobody: Ctrl-C, SIGTERM and SIGHUP end every wait.
//! What is read lies in memory of fixed size that is wiped. A byte order mark is no part of a text.
//! Must never: read without a limit, or block in `open(2)` or `read(2)`.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use crate::port::process;
use firstkey_core::flow::stop::{Halt, LocalTrouble, StorageTrouble};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;
use zeroize::Zeroizing;

/// The most bytes of certificates in one file; all that a system trusts have about
/// 230,000.
pub const MAX_CERTIFICATES: usize = 1024 * 1024;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// A signal asked the program to end.
    Stopped,
    /// The file, pipe or descriptor.
    Trouble(StorageTrouble),
}

impl Unread {
    /// The same of what has this name.
    pub fn of(self, name: &str) -> Halt {
        match self {
            Self::Stopped => Halt::Cancelled,
            Self::Trouble(trouble) => Halt::Local(LocalTrouble::Input { trouble, path: name.to_owned() }),
        }
    }
}

impl From<StorageTrouble> for Unread {
    fn from(trouble: StorageTrouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// What an error of the operating system says about a file.
pub(crate) fn kind(error: &io::Error) -> StorageTrouble {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => StorageTrouble::Missing,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StorageTrouble::ReadOnly,
        ErrorKind::AlreadyExists => StorageTrouble::Exists,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageTrouble::Full,
        ErrorKind::IsADirectory => StorageTrouble::Link,
        _ => StorageTrouble::Other,
    }
}

/// Opens a file or pipe without waiting for whoever writes to it, and without making a terminal
/// this process's own.
pub fn open(path: &Path) -> Result<File, StorageTrouble> {
    system::open(path)
}

/// Standard input as the file that it is.
pub fn stdin() -> Result<File, StorageTrouble> {
    process::stdin().map_err(|error| kind(&error))
}

/// What tells a file from every other on this computer.
pub fn which(file: &File) -> Option<(u64, u64)> {
    system::which(file)
}

/// Reads to the end, in place: the buffer has its full size from the start and leaves no copies.
///
/// # Errors
/// `Stopped` by a signal; `TooLong` above `most` bytes; else what the system said.
pub fn read_up_to(from: &File, most: usize) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let mut bytes = Zeroizing::new(vec![0; most + 1]);
    let mut length = 0;
    while length < bytes.len() {
        match next(from, &mut bytes[length..]) {
            Ok(Some(0)) => break,
            Ok(Some(count)) => length += count,
            Ok(None) => return Err(Unread::Stopped),
            Err(error) => return Err(kind(&error).into()),
        }
    }
    if length > most {
        return Err(StorageTrouble::TooLong.into());
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The next bytes, waited for; 0 at the end, `None` if a signal asked the program to end.
pub fn next(from: &File, room: &mut [u8]) -> io::Result<Option<usize>> {
    system::next(from, room)
}

/// Reads a file that holds no secret, or standard input for `-`, up to `most` bytes.
pub fn read_plain(path: &Path, most: usize) -> Result<Vec<u8>, Halt> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let opened = if is_stdin { stdin() } else { open(path) };
    let read = opened.map_err(Unread::from).and_then(|file| read_up_to(&file, most));
    read.map(|bytes| bytes.to_vec()).map_err(|unread| unread.of(&name))
}

/// Takes off the mark that Windows tools put before text, and makes UTF-8 of UTF-16 behind one.
/// Without a mark every byte stays. `None` if what is behind the mark is no such text.
pub fn unmarked(bytes: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    let (units, of): (_, fn([u8; 2]) -> u16) = match bytes.as_slice() {
        [0xff, 0xfe, units @ ..] => (units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => (units, u16::from_be_bytes),
        utf8 => {
            let text = utf8.strip_prefix(UTF8_MARK).map(|text| Zeroizing::new(text.to_vec()));
            return Some(text.unwrap_or(bytes));
        }
    };
    if units.len() % 2 != 0 {
        return None;
    }
    // At most three bytes for two: it never grows.
    let mut text = Zeroizing::new(Vec::with_capacity(units.len() * 2));
    let units = units.chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
    for c in char::decode_utf16(units) {
        let mut encoded = Zeroizing::new([0; 4]);
        text.extend_from_slice(c.ok()?.encode_utf8(&mut *encoded).as_bytes());
    }
    Some(text)
}

#[cfg(all(test, unix))]
#[path = "input_tests.rs"]
mod tests;
