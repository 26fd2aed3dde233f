//! The state folder as it is found, for whoever asks why it cannot be used.
//!
//! Promise: the same judgement as the store's own, file by file; nothing is changed but for one
//! file that is made and removed again. Must never: make the folder, sweep it, or read what is in a
//! file.

use super::access;
use super::error::StoreError;
use super::file::{make_aside, write_and_flush};
use super::name::Kind;
use super::place::{Place, TEMPORARY};
use crate::doctor::folder::{Folder, Step, Writing};
use firstkey_core::flow::stop::StorageTrouble;
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What the test file holds; by it the file is known again.
const PROBE: &[u8] = b"a test by firstkey doctor\n";

/// How the folder is found.
pub fn folder(path: &Path) -> Folder {
    let shown = path.display().to_string();
    match Place::open_untouched(path) {
        Ok(place) => {
            let (files, refused) = files(&place);
            Folder::There { path: shown, files, refused, free_kib: place.folder().free_kib() }
        }
        Err(error) if error.trouble == StorageTrouble::Missing => absent(path, shown),
        Err(error) => Folder::Refused { path: shown, trouble: error.trouble, mode: access::folder_mode(path) },
    }
}

/// The nearest folder above that is there has to take a new one.
fn absent(path: &Path, shown: String) -> Folder {
    let above = path.ancestors().skip(1).find(|above| above.as_os_str().is_empty() || above.metadata().is_ok());
    let above = above.filter(|above| !above.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    let can_be_made = access::takes_new_folders(&above);
    Folder::Absent { path: shown, above: above.display().to_string(), can_be_made }
}

/// How many files of the store there are, and which of them it refuses.
fn files(place: &Place) -> (usize, Vec<(String, StorageTrouble)>) {
    let names: Vec<_> = place.names().unwrap_or_default().into_iter().filter(|name| Kind::is_any_of(name)).collect();
    let judged = names.iter().filter_map(|name| {
        let judged = place.folder().judge(name, &place.path_of(name));
        judged.err().map(|error| (name.clone(), error.trouble))
    });
    (names.len(), judged.collect())
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
        Err(error) => return failed(Step::Write, error),
    };
    let renamed = format!("{made}-renamed");
    let folder = place.folder();
    let tried = write_and_flush(file, PROBE).map_err(|error| (Step::Write, error)).and_then(|()| {
        place.sync().map_err(|error| (Step::Sync, std::io::Error::other(error)))?;
        folder.replace(OsStr::new(&made), OsStr::new(&renamed)).map_err(|error| (Step::Rename, error))?;
        is_whole(&place, &renamed).map_err(|error| (Step::Read, error))
    });
    // Under whichever of its names it is.
    let removed = match folder.remove(OsStr::new(&renamed)) {
        Err(error) if error.kind() == ErrorKind::NotFound => folder.remove(OsStr::new(&made)),
        other => other,
    };
    match (tried, removed) {
        (Err((step, error)), _) => failed(step, error),
        (Ok(()), Err(error)) => failed(Step::Remove, error),
        (Ok(()), Ok(())) => Writing::Done,
    }
}

fn is_whole(place: &Place, name: &str) -> Result<(), std::io::Error> {
    let mut bytes = [0; PROBE.len() + 1];
    let count = place.folder().open_plain(name)?.read(&mut bytes)?;
    if bytes[..count] == *PROBE { Ok(()) } else { Err(std::io::Error::other("another content")) }
}

#[cfg(all(test, unix))]
#[path = "look_tests.rs"]
mod tests;
