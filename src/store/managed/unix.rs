//! The managed configuration on the disk of a Unix.
//!
//! Promise: the way from the root folder to the file is walked step by step, each step judged by
//! what was opened, so that nobody but root can have put the file there or change it meanwhile.

use super::Found;
use crate::managed::owner::{Facts, Unfit, What, judge};
use rustix::fd::AsFd;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The number of root.
const ROOT: u32 = 0;
/// Most links on the way.
const MOST_LINKS: usize = 16;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);
const PLAIN: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens the file if there is one.
pub(super) fn open(path: &Path) -> Found<Option<File>> {
    walk(path, Path::new("/"), ROOT)
}

/// The same of another file, with another owner for root; what is above `ground` is not judged.
/// Tests alone have anything but the root folder and root there. What is wrong on the way matters
/// only if there is a file at its end.
pub(super) fn walk(path: &Path, ground: &Path, root: u32) -> Found<Option<File>> {
    let mut trouble = None;
    let mut note = |at: &Path, found: &Stat| {
        if let Err(why) = judge(&facts(found), root)
            && at.starts_with(ground)
        {
            trouble.get_or_insert((at.to_owned(), why));
        }
    };
    let mut names: VecDeque<PathBuf> = parts(path);
    let mut at = PathBuf::from("/");
    let failed = |at: &Path, error: Errno| match error {
        Errno::ACCESS | Errno::PERM => (at.to_owned(), Unfit::NotReadable),
        Errno::NOTDIR | Errno::LOOP => (at.to_owned(), Unfit::NotPlain),
        _ => (at.to_owned(), Unfit::Failed),
    };
    let mut folder = fs::open("/", FOLDER, Mode::empty()).map_err(|error| failed(&at, error))?;
    note(&at, &fs::fstat(&folder).map_err(|error| failed(&at, error))?);
    let mut links = 0;
    while let Some(name) = names.pop_front() {
        let here = at.join(&name);
        let found = match fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => found,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(&here, error)),
        };
        if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
            note(&here, &found);
            links += 1;
            if links > MOST_LINKS {
                return Err((here, Unfit::Circle));
            }
            let target = fs::readlinkat(&folder, &name, Vec::new()).map_err(|error| failed(&here, error))?;
            let target = PathBuf::from(target.to_string_lossy().into_owned());
            if target.is_absolute() {
                folder = fs::open("/", FOLDER, Mode::empty()).map_err(|error| failed(&at, error))?;
                at = PathBuf::from("/");
            }
            for part in parts(&target).into_iter().rev() {
                names.push_front(part);
            }
            continue;
        }
        let is_last = names.is_empty();
        let flags = if is_last { PLAIN } else { FOLDER };
        let opened = fs::openat(&folder, &name, flags, Mode::empty()).map_err(|error| failed(&here, error))?;
        let found = fs::fstat(opened.as_fd()).map_err(|error| failed(&here, error))?;
        note(&here, &found);
        if is_last {
            return match trouble {
                Some(trouble) => Err(trouble),
                None if facts(&found).what == What::File => Ok(Some(File::from(opened))),
                None => Err((here, Unfit::NotPlain)),
            };
        }
        (folder, at) = (opened, here);
    }
    Err((at, Unfit::NotPlain))
}

/// The names on the way, `..` among them: it is opened and judged like any other.
fn parts(path: &Path) -> VecDeque<PathBuf> {
    use std::path::Component;
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::ParentDir => Some(PathBuf::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

#[allow(clippy::useless_conversion, reason = "the type of the mode differs between systems")]
fn facts(found: &Stat) -> Facts {
    let what = match FileType::from_raw_mode(found.st_mode) {
        FileType::Directory => What::Folder,
        FileType::Symlink => What::Link,
        FileType::RegularFile => What::File,
        _ => What::Other,
    };
    Facts { what, owner: found.st_uid, group: found.st_gid, mode: u32::from(Mode::from_raw_mode(found.st_mode).bits()) }
}
