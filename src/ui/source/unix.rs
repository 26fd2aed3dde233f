//! Who may read a file that the person named, on Unix: owner and mode.

use super::kind;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags};
use std::fs::{File, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Opens what an open descriptor stands for.
pub(super) fn descriptor(number: u32) -> Result<File, StorageTrouble> {
    super::open(&PathBuf::from(format!("/dev/fd/{number}")))
}

/// Opens a file if it is no link, without waiting for a pipe.
pub(super) fn open_unlinked(path: &Path) -> Result<File, StorageTrouble> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(rustix::io::Errno::LOOP) => Err(StorageTrouble::Link),
        Err(errno) => Err(kind(&errno.into())),
    }
}

/// Whether a plain file is its owner's, who is this user, alone.
pub(super) fn private(_: &File, about: &Metadata) -> Result<(), StorageTrouble> {
    private_by(about)
}

/// The same of one that is not opened.
pub(super) fn private_unopened(_: &Path, about: &Metadata) -> Result<(), StorageTrouble> {
    private_by(about)
}

fn private_by(about: &Metadata) -> Result<(), StorageTrouble> {
    let user = rustix::process::geteuid().as_raw();
    if about.uid() != user && user != 0 {
        return Err(StorageTrouble::NotOurs);
    }
    if about.permissions().mode() & 0o077 != 0 { Err(StorageTrouble::TooOpen) } else { Ok(()) }
}

/// Whether this user may read it; it is not opened.
pub(super) fn readable(path: &Path) -> Result<(), StorageTrouble> {
    let readable = rustix::fs::accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS);
    readable.map_err(|errno| kind(&errno.into()))
}
