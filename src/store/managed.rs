//! The managed configuration on the disk.
//!
//! Promise: the file counts only if nobody but those who may manage the computer can have put it
//! there or change it: root on Unix, the system and the administrators on Windows. Must never:
//! write, or read another file because somebody names one: [`load`] takes no argument.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use crate::managed::owner::Unfit;
use crate::managed::{LONGEST, Managed, ManagedTrouble, path};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What was found on the way, or what is wrong with what.
type Found<T> = Result<T, (PathBuf, Unfit)>;

/// What is set on this computer; nothing, if there is no file.
///
/// # Errors
/// There is a file, and it does not count or says something that it cannot say.
pub fn load() -> Result<Managed, ManagedTrouble> {
    let path = Path::new(path());
    read(path, system::open(path))
}

fn read(path: &Path, opened: Found<Option<File>>) -> Result<Managed, ManagedTrouble> {
    match opened {
        Ok(Some(file)) => Managed::read(&text(path, file)?),
        Ok(None) => Ok(Managed::default()),
        Err((path, why)) => Err(unfit(&path, why)),
    }
}

fn unfit(path: &Path, why: Unfit) -> ManagedTrouble {
    ManagedTrouble::Unfit { path: path.display().to_string(), why }
}

fn text(path: &Path, file: File) -> Result<String, ManagedTrouble> {
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(|_| unfit(path, Unfit::Failed))?;
    if bytes.len() > LONGEST {
        return Err(unfit(path, Unfit::NotText));
    }
    String::from_utf8(bytes).map_err(|_| unfit(path, Unfit::NotText))
}

#[cfg(all(test, unix))]
#[path = "managed_tests.rs"]
mod tests;
