//! A new file that grows while it is written, and appears when it is whole.
//!
//! Promise: until [`Output::commit`] says so, nothing has the name that was asked for; a file that
//! was there is untouched unless it may be replaced, and then it is replaced at once; the new one
//! is for its owner alone. A process that is killed can leave a file `.firstkey-*` beside it, for
//! its owner alone. Must never: leave half a file under its name, or follow a link.

use super::access::{self, Folder};
use super::error::StoreError;
use super::file::make_aside;
use firstkey_core::flow::stop::StorageTrouble;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is being written.
pub struct Output {
    file: File,
    folder: Folder,
    /// Its name until it is whole; nothing once it is.
    aside: Option<String>,
    name: OsString,
    path: PathBuf,
    replace: bool,
}

impl Output {
    /// Begins; `replace` says whether a plain file of that name may be replaced.
    ///
    /// # Errors
    /// `Exists` if something has that name and may not be replaced; `Link` if it is no plain file,
    /// or names a folder; else what the system said.
    pub fn begin(path: &Path, replace: bool) -> Result<Self, StoreError> {
        let name = path.file_name().filter(|_| !access::ends_as_folder(path));
        let name = name.ok_or_else(|| StoreError::at(path, StorageTrouble::Link))?.to_owned();
        let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = Folder::open(above).map_err(|error| StoreError::of_folder(above, error))?;
        if let Some(is_plain) = folder.is_plain(&name) {
            let trouble = if is_plain || !replace { StorageTrouble::Exists } else { StorageTrouble::Link };
            if !(replace && is_plain) {
                return Err(StoreError::at(path, trouble));
            }
        }
        let failed = |error: io::Error| StoreError::from_os(path, error);
        let (file, aside) = make_aside(&folder, ".firstkey-").map_err(failed)?;
        Ok(Self { file, folder, aside: Some(aside), name, path: path.to_owned(), replace })
    }

    /// Flushes it to the disk and gives it its name.
    pub fn commit(mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.file.sync_all().map_err(|error| StoreError::from_os(&path, error))?;
        let aside = self.aside.take().expect("invariant: it is committed once");
        let moved = if self.replace {
            self.folder.replace(OsStr::new(&aside), &self.name)
        } else {
            self.folder.move_new(OsStr::new(&aside), &self.name)
        };
        if let Err(error) = moved {
            self.aside = Some(aside);
            return Err(StoreError::from_os(&path, error));
        }
        self.folder.sync().map_err(|error| StoreError::from_os(&path, error))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            let _ = self.folder.remove(OsStr::new(aside));
        }
    }
}

#[cfg(all(test, unix))]
#[path = "output_tests.rs"]
mod tests;
