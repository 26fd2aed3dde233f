//! Where a link or a password comes from when nobody types it: a file, a descriptor, standard
//! input.
//!
//! Promise: what is read goes straight into memory of fixed size that is wiped; a file that others
//! may read gives no password; a password is opened and read when it is due, and whether it is
//! there was looked at before. Must never: take a password from the command line or the
//! environment.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(super) use super::input::kind;
use super::input::{Unread, open, read_up_to, stdin, unmarked};
use crate::port::disk;
use firstkey_core::crypto::prepare::MAX_BYTES;
use firstkey_core::flow::stop::{Halt, LocalTrouble, StorageTrouble};
use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;
use zeroize::{Zeroize, Zeroizing};

/// The most bytes of an invite file that are looked at: a whole mail.
const MAX_INVITE: usize = crate::pasted::MAX_BYTES;
/// The longest password in UTF-16, with a mark before it and a line end after it.
const MAX_PASSWORD: usize = 2 * MAX_BYTES + 6;

/// Where the invite link comes from.
pub enum InviteSource {
    /// The command line: convenient, and in the shell's history.
    Argument(Zeroizing<Vec<u8>>),
    /// A file that only its owner may read, as that of a password: whoever reads it first can claim
    /// the invite.
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
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, Halt> {
        match self {
            Self::Argument(text) => Ok(Zeroizing::new(text.to_vec())),
            Self::File(path) => {
                let read = open_private(path).map_err(Unread::from).and_then(|file| read_up_to(&file, MAX_INVITE));
                read.map_err(|unread| unread.of(&path.display().to_string()))
            }
            Self::Stdin => {
                let read = stdin().map_err(Unread::from).and_then(|input| read_up_to(&input, MAX_INVITE));
                read.map_err(|unread| unread.of("standard input"))
            }
        }
    }
}

impl PasswordSource {
    /// Whether it is there and could be read, before anything is sent. A file is not opened:
    /// whoever writes to a pipe is not disturbed.
    pub fn check(&self) -> Result<(), LocalTrouble> {
        let checked = match self {
            Self::File(path) => check_file(path),
            Self::Descriptor(number) => descriptor(*number).and_then(|file| no_terminal(&file)),
        };
        checked.map_err(|trouble| LocalTrouble::Input { trouble, path: self.name() })
    }

    /// Reads the password without a byte order mark before it and a line end after it; it may be
    /// read once only.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, Halt> {
        let read = match self {
            Self::File(path) => open_private(path).map_err(Unread::from).and_then(|file| secret(&file)),
            Self::Descriptor(number) => descriptor(*number).map_err(Unread::from).and_then(|file| secret(&file)),
        };
        read.map_err(|unread| unread.of(&self.name()))
    }

    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Descriptor(0) => "standard input".to_owned(),
            Self::Descriptor(number) => format!("descriptor {number}"),
        }
    }
}

fn descriptor(number: u32) -> Result<File, StorageTrouble> {
    if number == 0 { stdin() } else { system::descriptor(number) }
}

fn no_terminal(from: &File) -> Result<(), StorageTrouble> {
    // A terminal would show it while it is typed; the prompt exists for that.
    if from.is_terminal() { Err(StorageTrouble::Link) } else { Ok(()) }
}

fn check_file(path: &Path) -> Result<(), StorageTrouble> {
    let about = std::fs::metadata(path).map_err(|error| kind(&error))?;
    if about.is_dir() {
        return Err(StorageTrouble::Link);
    }
    if about.is_file() {
        system::private_unopened(path, &about)?;
        if about.len() == 0 {
            return Err(StorageTrouble::Damaged);
        }
    }
    system::readable(path)
}

/// Reads a file that its owner alone may read, up to `most` bytes.
pub fn read_private(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, Unread> {
    read_up_to(&open_private(path)?, most)
}

/// The same of a plain file only: neither a link nor a pipe, which would make a reader wait. On a
/// disk that keeps no owners nobody can close a file, and it is read all the same.
pub fn read_private_file(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    read_file(path, most, |file, about| match system::private(file, about) {
        Err(_) if !disk::keeps_owners(file) => Ok(()),
        judged => judged,
    })
}

/// The same of a file whose rights were judged when it was made.
pub fn read_plain_file(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    read_file(path, most, |_, _| Ok(()))
}

fn read_file(
    path: &Path,
    most: usize,
    judge: impl Fn(&File, &std::fs::Metadata) -> Result<(), StorageTrouble>,
) -> Result<Zeroizing<Vec<u8>>, StorageTrouble> {
    let file = system::open_unlinked(path)?;
    let about = file.metadata().map_err(|error| kind(&error))?;
    if !about.is_file() {
        return Err(StorageTrouble::Link);
    }
    judge(&file, &about)?;
    read_up_to(&file, most).map_err(|unread| match unread {
        Unread::Trouble(trouble) => trouble,
        // A plain file is there at once; a signal that came meanwhile ends the next question.
        Unread::Stopped => StorageTrouble::Other,
    })
}

/// Opens a file that must be private if it is a plain one; pipes of the shell are private by
/// themselves.
fn open_private(path: &Path) -> Result<File, StorageTrouble> {
    let file = open(path)?;
    let about = file.metadata().map_err(|error| kind(&error))?;
    if about.is_dir() {
        return Err(StorageTrouble::Link);
    }
    if about.is_file() {
        system::private(&file, &about)?;
    }
    Ok(file)
}

fn secret(from: &File) -> Result<Zeroizing<Vec<u8>>, Unread> {
    no_terminal(from)?;
    let mut bytes = unmarked(read_up_to(from, MAX_PASSWORD)?).ok_or(StorageTrouble::Damaged)?;
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let length = line.unwrap_or(&bytes).len();
    if length > MAX_BYTES {
        return Err(StorageTrouble::TooLong.into());
    }
    bytes[length..].zeroize();
    bytes.truncate(length);
    if bytes.is_empty() { Err(StorageTrouble::Damaged.into()) } else { Ok(bytes) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::CWD;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    fn file(contents: &[u8], mode: u32) -> (tempfile::TempDir, PasswordSource) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("pw");
        write(&path, contents).expect("a file for the test");
        set_permissions(&path, Permissions::from_mode(mode)).expect("permissions for the test");
        (folder, PasswordSource::File(path))
    }

    fn trouble(source: &PasswordSource) -> StorageTrouble {
        match source.check().map_err(Halt::Local).and_then(|()| source.read()) {
            Err(Halt::Local(LocalTrouble::Input { trouble, .. })) => trouble,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it was read"),
        }
    }

    #[test]
    fn one_line_end_and_one_mark_are_taken_off_and_nothing_else() {
        for (contents, password) in [
            (&b"a b \n"[..], &b"a b "[..]),
            (b"ab\r\n", b"ab"),
            (b"ab\n\n", b"ab\n"),
            (b"ab", b"ab"),
            (b"ab\r", b"ab\r"),
            (b"\xef\xbb\xbfab\r\n", b"ab"),
            (b"\xff\xfea\0b\0\r\0\n\0", b"ab"),
        ] {
            let (_folder, source) = file(contents, 0o600);
            assert!(source.check().is_ok());
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
    fn an_invite_file_that_others_may_read_is_refused_and_a_pipe_is_taken() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("invite.url");
        write(&path, b"https://accounts.example.org/i").expect("written");
        for mode in [0o640, 0o604, 0o620, 0o644, 0o666] {
            set_permissions(&path, Permissions::from_mode(mode)).expect("its mode");
            let refused = InviteSource::File(path.clone()).read().expect_err("refused");
            let Halt::Local(LocalTrouble::Input { trouble, path: named }) = refused else { panic!("{refused:?}") };
            assert_eq!((trouble, named), (StorageTrouble::TooOpen, path.display().to_string()), "{mode:o}");
        }
        set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode");
        assert!(InviteSource::File(path).read().is_ok_and(|link| link.starts_with(b"https://")));
        let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
        rustix::io::write(&writer, b"https://accounts.example.org/i").expect("written");
        drop(writer);
        let pipe = PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader)));
        assert!(InviteSource::File(pipe).read().is_ok_and(|link| link.starts_with(b"https://")));
    }

    #[test]
    fn empty_missing_and_endless_files_are_refused_by_name() {
        assert_eq!(trouble(&file(b"\n", 0o600).1), StorageTrouble::Damaged);
        assert_eq!(trouble(&file(&[b'x'; 1025], 0o600).1), StorageTrouble::TooLong);
        assert!(file(&[b'x'; 1024], 0o600).1.read().is_ok());
        assert_eq!(trouble(&PasswordSource::File("/nonexistent/pw".into())), StorageTrouble::Missing);
        assert_eq!(trouble(&PasswordSource::File("/".into())), StorageTrouble::Link);
    }

    #[test]
    fn whether_a_password_is_there_is_seen_without_opening_it() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("pipe");
        rustix::fs::mkfifoat(CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).expect("a pipe");
        let source = PasswordSource::File(path.clone());
        let without_waiting = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        assert!(source.check().is_ok());
        let opened = rustix::fs::open(&path, without_waiting, rustix::fs::Mode::empty());
        assert_eq!(opened.err(), Some(rustix::io::Errno::NXIO), "nobody has it open");
        assert_eq!(trouble(&file(b"", 0o600).1), StorageTrouble::Damaged);
        let missing = PasswordSource::File("/nonexistent/pw".into()).check();
        assert!(matches!(missing, Err(LocalTrouble::Input { trouble: StorageTrouble::Missing, .. })));
    }
}
