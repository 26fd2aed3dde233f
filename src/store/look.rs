//! The state folder as it is found, for whoever asks why it cannot be used.
//!
//! Promise: the same judgement as the store's own, file by file; nothing is changed but for one
//! file that is made and removed again. Must never: make the folder, sweep it, or read what is in a
//! file.

use super::error::StoreError;
use super::file::{judge_file, make_aside, write_and_flush};
use super::name::Kind;
use super::place::{Place, TEMPORARY};
use crate::doctor::folder::{Folder, Step, Writing};
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{self, Access, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// What the test file holds; by it the file is known again.
const PROBE: &[u8] = b"a test by firstkey doctor\n";

/// How the folder is found.
pub fn folder(path: &Path) -> Folder {
    let shown = path.display().to_string();
    match Place::open_untouched(path) {
        Ok(place) => {
            let (files, refused) = files(&place);
            Folder::There { path: shown, files, refused, free_kib: free_kib(&place) }
        }
        Err(error) if error.trouble == StorageTrouble::Missing => absent(path, shown),
        Err(error) => {
            let found =
                fs::lstat(path).ok().filter(|found| FileType::from_raw_mode(found.st_mode) == FileType::Directory);
            let mode = found.map(|found| found.st_mode & 0o7777);
            Folder::Refused { path: shown, trouble: error.trouble, mode }
        }
    }
}

/// The nearest folder above that is there has to take a new one.
fn absent(path: &Path, shown: String) -> Folder {
    let above = path.ancestors().skip(1).find(|above| above.as_os_str().is_empty() || fs::stat(*above).is_ok());
    let above = above.filter(|above| !above.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    let is_folder = fs::stat(&above).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Directory);
    let can_be_made = is_folder && fs::access(&above, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    Folder::Absent { path: shown, above: above.display().to_string(), can_be_made }
}

/// How many files of the store there are, and which of them it refuses.
fn files(place: &Place) -> (usize, Vec<(String, StorageTrouble)>) {
    let names: Vec<_> = place.names().unwrap_or_default().into_iter().filter(|name| Kind::is_any_of(name)).collect();
    let judged = names.iter().filter_map(|name| {
        let path = place.path_of(name);
        let found = fs::statat(place.folder(), name.as_str(), AtFlags::SYMLINK_NOFOLLOW);
        let judged =
            found.map_err(|error| StoreError::from_os(&path, error)).and_then(|found| judge_file(&path, &found));
        judged.err().map(|error| (name.clone(), error.trouble))
    });
    (names.len(), judged.collect())
}

fn free_kib(place: &Place) -> Option<u64> {
    let disk = fs::fstatvfs(place.folder()).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize) / 1024)
}

/// Makes a file as the store does, gives it another name, reads it, and removes it. A run that is
/// killed in between leaves what the next one sweeps.
pub fn probe(path: &Path) -> Writing {
    let failed =
        |step: Step, error: std::io::Error| Writing::Failed { step, trouble: StoreError::from_os(path, error).trouble };
    let place = match Place::open_untouched(path) {
        Ok(place) => place,
        Err(error) => return Writing::Failed { step: Step::Write, trouble: error.trouble },
    };
    let _writing = place.writing();
    let (file, made) = match make_aside(place.folder(), TEMPORARY) {
        Ok(made) => made,
        Err(error) => return failed(Step::Write, error.into()),
    };
    let renamed = format!("{made}-renamed");
    let tried = write_and_flush(file, PROBE).map_err(|error| (Step::Write, error)).and_then(|()| {
        place.sync().map_err(|error| (Step::Sync, std::io::Error::other(error)))?;
        fs::renameat(place.folder(), &made, place.folder(), &renamed).map_err(|error| (Step::Rename, error.into()))?;
        is_whole(&place, &renamed).map_err(|error| (Step::Read, error))
    });
    // Under whichever of its names it is.
    let removed = match fs::unlinkat(place.folder(), &renamed, AtFlags::empty()) {
        Err(Errno::NOENT) => fs::unlinkat(place.folder(), &made, AtFlags::empty()),
        other => other,
    };
    match (tried, removed) {
        (Err((step, error)), _) => failed(step, error),
        (Ok(()), Err(error)) => failed(Step::Remove, error.into()),
        (Ok(()), Ok(())) => Writing::Done,
    }
}

fn is_whole(place: &Place, name: &str) -> Result<(), std::io::Error> {
    let file = fs::openat(place.folder(), name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = [0; PROBE.len() + 1];
    let count = rustix::io::read(&file, &mut bytes)?;
    if bytes[..count] == *PROBE { Ok(()) } else { Err(std::io::Error::other("another content")) }
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
