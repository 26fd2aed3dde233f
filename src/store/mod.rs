//! Where state lives, and how it survives.
//!
//! Promise: the folder is ours, 0700, and no link; every file in it is ours, 0600, a plain file and no link, opened by name only relative to the opened folder; a
//! file is replaced whole (written aside, synced, renamed, folder synced) or not at all; one run at a time works on an invite. Must never: hold a secret, or say
//! "saved" before the disk has it.

pub mod file;
pub mod lock;
pub mod place;
pub mod shelf;

use crate::flow::stop::StorageTrouble;
use rustix::io::Errno;

/// What an error of the operating system means for the person.
pub(crate) fn trouble(error: Errno) -> StorageTrouble {
    match error {
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => StorageTrouble::Full,
        Errno::ROFS | Errno::ACCESS | Errno::PERM => StorageTrouble::ReadOnly,
        Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO => StorageTrouble::Link,
        Errno::NOENT => StorageTrouble::Missing,
        Errno::EXIST => StorageTrouble::Exists,
        _ => StorageTrouble::Other,
    }
}
