//! One file in the state folder: replaced durably, read guardedly, removed.
//!
//! Promise: after [`write`] returned, the new contents survive a power cut; before, the old ones do. A frame with a checksum tells a whole file from one that was cut
//! off or changed. Must never: follow a link, or read a file that another user could have written.

use super::place::Place;
use super::trouble;
use crate::crypto::hazmat;
use crate::flow::stop::{LocalTrouble, StorageTrouble};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};

/// First line of every framed file, then 32 bytes of SHA-256, then the contents.
const MAGIC: &[u8; 6] = b"FKST1\n";
/// More than any file here can rightly hold, in bytes.
const MAX: usize = 4 * 1024 * 1024;

/// The name of the file that is written before it takes the place of `name`.
fn aside(name: &str) -> String {
    format!("{name}.new")
}

/// Replaces `name` with `contents`, durably.
pub fn write(place: &Place, name: &str, contents: &[u8]) -> Result<(), LocalTrouble> {
    try_write(place, name, contents).map_err(|error| {
        // Half a file helps nobody; if it cannot even be removed, the next write replaces it.
        let _ = rustix::fs::unlinkat(place.folder(), aside(name), AtFlags::empty());
        place.trouble_with(name, trouble(error))
    })
}

fn try_write(place: &Place, name: &str, contents: &[u8]) -> Result<(), Errno> {
    let aside = aside(name);
    // Left over from a run that was killed; it never counted.
    match rustix::fs::unlinkat(place.folder(), &aside, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(place.folder(), &aside, flags, Mode::RUSR | Mode::WUSR)?);
    let framed = [MAGIC.as_slice(), &hazmat::sha256(contents), contents].concat();
    file.write_all(&framed).and_then(|()| file.sync_all()).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    rustix::fs::renameat(place.folder(), &aside, place.folder(), name)?;
    rustix::fs::fsync(place.folder())
}

/// The contents of `name`; `None` if it is not there.
pub fn read(place: &Place, name: &str) -> Result<Option<Vec<u8>>, LocalTrouble> {
    match try_read(place, name) {
        Ok(contents) => Ok(Some(contents)),
        Err(StorageTrouble::Missing) => Ok(None),
        Err(trouble) => Err(place.trouble_with(name, trouble)),
    }
}

fn try_read(place: &Place, name: &str) -> Result<Vec<u8>, StorageTrouble> {
    // Non-blocking, so that a pipe in a file's place cannot hold us up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(place.folder(), name, flags, Mode::empty()).map_err(trouble)?;
    let about = rustix::fs::fstat(&file).map_err(trouble)?;
    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile || about.st_nlink != 1 {
        return Err(StorageTrouble::Link);
    }
    if about.st_uid != rustix::process::geteuid().as_raw() {
        return Err(StorageTrouble::NotOurs);
    }
    if about.st_mode & 0o077 != 0 {
        return Err(StorageTrouble::TooOpen);
    }
    let mut framed = Vec::new();
    File::from(file).take(MAX as u64 + 1).read_to_end(&mut framed).map_err(|_| StorageTrouble::Other)?;
    if framed.len() > MAX {
        return Err(StorageTrouble::TooLong);
    }
    let contents = framed.strip_prefix(MAGIC).and_then(|rest| rest.split_at_checked(32));
    match contents {
        Some((digest, contents)) if hazmat::sha256(contents) == digest => Ok(contents.to_vec()),
        _ => Err(StorageTrouble::Damaged),
    }
}

/// Removes `name`, durably; that it is not there is fine.
pub fn remove(place: &Place, name: &str) -> Result<(), LocalTrouble> {
    match rustix::fs::unlinkat(place.folder(), name, AtFlags::empty()) {
        Ok(()) => rustix::fs::fsync(place.folder()).map_err(|error| place.trouble_with(name, trouble(error))),
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(place.trouble_with(name, trouble(error))),
    }
}
