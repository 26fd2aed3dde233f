//! Where a link or a password comes from when nobody types it: a file, a descriptor, standard
//! input.
//!
//! Promise: what is read goes straight into memory of fixed size that is wiped; a file that others
//! may read gives no password. Must never: take a password from the command line or the
//! environment.

use firstkey_core::crypto::prepare::MAX_BYTES;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// The most bytes of an invite file that are looked at: a whole mail.
const MAX_INVITE: usize = crate::pasted::MAX_BYTES;
/// A line end after the password.
const LINE_END: usize = 2;
/// A byte order mark before it.
const MARK: usize = 3;

/// Where the invite link comes from.
pub enum InviteSource {
    /// The command line: convenient, and in the shell's history.
    Argument(Zeroizing<Vec<u8>>),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Where the password comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// A file that only its owner may read.
    File(PathBuf),
    /// An open file descriptor; 0 is standard input.
    Descriptor(u32),
}

impl InviteSource {
    /// Reads the link; it may be read once only.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, LocalTrouble> {
        match self {
            Self::Argument(text) => Ok(Zeroizing::new(text.to_vec())),
            Self::File(path) => {
                let name = path.display().to_string();
                let file = File::open(path).map_err(|error| input(&name, kind(&error)))?;
                read_up_to(&file, MAX_INVITE).map_err(|trouble| input(&name, trouble))
            }
            Self::Stdin => {
                read_up_to(rustix::stdio::stdin(), MAX_INVITE).map_err(|trouble| input("standard input", trouble))
            }
        }
    }
}

impl PasswordSource {
    /// Reads the password without its line end; it may be read once only.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, LocalTrouble> {
        let (name, read) = match self {
            Self::File(path) => (path.display().to_string(), open_private(path).and_then(|file| secret(&file))),
            Self::Descriptor(0) => ("standard input".to_owned(), secret(rustix::stdio::stdin())),
            Self::Descriptor(number) => {
                let open = File::open(format!("/dev/fd/{number}")).map_err(|error| kind(&error));
                (format!("descriptor {number}"), open.and_then(|file| secret(&file)))
            }
        };
        read.map_err(|trouble| input(&name, trouble))
    }
}

/// Reads a file that its owner alone may read, up to `most` bytes.
pub fn read_private(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    read_up_to(open_private(path)?, most)
}

/// The same of a plain file only: neither a link nor a pipe, which would make a reader wait.
pub fn read_private_file(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(StorageTrouble::Link),
        Err(errno) => return Err(kind(&errno.into())),
    };
    let about = file.metadata().map_err(|error| kind(&error))?;
    if !about.is_file() {
        return Err(StorageTrouble::Link);
    }
    private(&about)?;
    read_up_to(file, most)
}

/// Reads a file that holds no secret, or standard input for `-`, up to `most` bytes.
pub fn read_plain(path: &Path, most: usize) -> Result<Vec<u8>, LocalTrouble> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let read = if is_stdin {
        read_up_to(rustix::stdio::stdin(), most)
    } else {
        File::open(path).map_err(|error| kind(&error)).and_then(|file| read_up_to(&file, most))
    };
    read.map(|bytes| bytes.to_vec()).map_err(|trouble| input(&name, trouble))
}

fn input(path: &str, trouble: StorageTrouble) -> LocalTrouble {
    LocalTrouble::Input { trouble, path: path.to_owned() }
}

/// What an error of the operating system says about a file.
pub(super) fn kind(error: &io::Error) -> StorageTrouble {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => StorageTrouble::Missing,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StorageTrouble::ReadOnly,
        ErrorKind::AlreadyExists => StorageTrouble::Exists,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageTrouble::Full,
        ErrorKind::IsADirectory => StorageTrouble::Link,
        _ => StorageTrouble::Other,
    }
}

/// Opens a file that must be private if it is a plain one; pipes of the shell are private by
/// themselves.
fn open_private(path: &Path) -> Result<File, StorageTrouble> {
    let file = File::open(path).map_err(|error| kind(&error))?;
    let about = file.metadata().map_err(|error| kind(&error))?;
    if about.is_dir() {
        return Err(StorageTrouble::Link);
    }
    if about.is_file() {
        private(&about)?;
    }
    Ok(file)
}

/// Whether a plain file is its owner's, who is this user, alone.
pub(super) fn private(about: &std::fs::Metadata) -> Result<(), StorageTrouble> {
    let user = rustix::process::geteuid().as_raw();
    if about.uid() != user && user != 0 {
        return Err(StorageTrouble::NotOurs);
    }
    if about.permissions().mode() & 0o077 != 0 { Err(StorageTrouble::TooOpen) } else { Ok(()) }
}

fn secret(from: impl AsFd) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    // A terminal would show it while it is typed; the prompt exists for that.
    if rustix::termios::isatty(&from) {
        return Err(StorageTrouble::Link);
    }
    let mut bytes = as_utf8(read_up_to(from, 2 * (MAX_BYTES + LINE_END) + MARK)?)?;
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let length = line.unwrap_or(&bytes).len();
    if length > MAX_BYTES {
        return Err(StorageTrouble::TooLong);
    }
    bytes[length..].zeroize();
    bytes.truncate(length);
    if bytes.is_empty() { Err(StorageTrouble::Damaged) } else { Ok(bytes) }
}

/// Without the byte order mark that Windows puts before a text, which nobody types and which is no
/// part of a password (RFC 8265 section 4.2: it is not in the FreeformClass). With its mark, UTF-16
/// is read as the text that it is.
fn as_utf8(mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    let unit = match bytes.as_slice() {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xef, 0xbb, 0xbf, ..] => {
            bytes.copy_within(3.., 0);
            let length = bytes.len() - 3;
            bytes[length..].zeroize();
            bytes.truncate(length);
            return Ok(bytes);
        }
        _ => return Ok(bytes),
    };
    let mut text = Zeroizing::new(Vec::with_capacity(2 * bytes.len()));
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    for c in char::decode_utf16(units) {
        text.extend_from_slice(c.map_err(|_| StorageTrouble::Damaged)?.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(text)
}

/// Reads to the end, in place: the buffer has its full size from the start and leaves no copies.
fn read_up_to(from: impl AsFd, most: usize) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    let mut bytes = Zeroizing::new(vec![0; most + 1]);
    let mut length = 0;
    while length < bytes.len() {
        match rustix::io::read(&from, &mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(kind(&errno.into())),
        }
    }
    if length > most {
        return Err(StorageTrouble::TooLong);
    }
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};

    fn file(contents: &[u8], mode: u32) -> (tempfile::TempDir, PasswordSource) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("pw");
        write(&path, contents).expect("a file for the test");
        set_permissions(&path, Permissions::from_mode(mode)).expect("permissions for the test");
        (folder, PasswordSource::File(path))
    }

    fn trouble(source: &PasswordSource) -> StorageTrouble {
        match source.read() {
            Err(LocalTrouble::Input { trouble, .. }) => trouble,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it was read"),
        }
    }

    #[test]
    fn one_line_end_is_taken_off_and_nothing_else() {
        for (contents, password) in [
            (&b"a b \n"[..], &b"a b "[..]),
            (b"ab\r\n", b"ab"),
            (b"ab\n\n", b"ab\n"),
            (b"ab", b"ab"),
            (b"ab\r", b"ab\r"),
        ] {
            let (_folder, source) = file(contents, 0o600);
            assert_eq!(source.read().expect("readable").as_slice(), password);
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_password() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        for contents in [
            "\u{feff}b\u{e9}ttery staple\r\n".as_bytes().to_vec(),
            utf16("b\u{e9}ttery staple\r\n", u16::to_le_bytes),
            utf16("b\u{e9}ttery staple\r\n", u16::to_be_bytes),
        ] {
            let (_folder, source) = file(&contents, 0o600);
            assert_eq!(source.read().expect("readable").as_slice(), "b\u{e9}ttery staple".as_bytes());
        }
        assert_eq!(trouble(&file(b"\xef\xbb\xbf\n", 0o600).1), StorageTrouble::Damaged);
        assert_eq!(trouble(&file(b"\xff\xfe\x00\xd8\n\x00", 0o600).1), StorageTrouble::Damaged);
    }

    #[test]
    fn a_password_file_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o644] {
            assert_eq!(trouble(&file(b"secret", mode).1), StorageTrouble::TooOpen, "{mode:o}");
        }
    }

    #[test]
    fn empty_missing_and_endless_files_are_refused_by_name() {
        assert_eq!(trouble(&file(b"\n", 0o600).1), StorageTrouble::Damaged);
        assert_eq!(trouble(&file(&[b'x'; 1025], 0o600).1), StorageTrouble::TooLong);
        assert!(file(&[b'x'; 1024], 0o600).1.read().is_ok());
        assert_eq!(trouble(&PasswordSource::File("/nonexistent/pw".into())), StorageTrouble::Missing);
        assert_eq!(trouble(&PasswordSource::File("/".into())), StorageTrouble::Link);
    }
}
