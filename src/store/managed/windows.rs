//! The managed configuration on the disk of Windows.
//!
//! Promise: the folder of the file and the file itself are judged by what was opened, and held so
//! that nobody can put others in their place meanwhile. The folder around them is the system's.

use super::Found;
use crate::managed::owner::Unfit;
use crate::store::access::{self, others_can_change};
use firstkey_core::flow::stop::StorageTrouble;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// Opens the file if there is one.
pub(super) fn open(path: &Path) -> Found<Option<File>> {
    let failed = |at: &Path, error: &std::io::Error| match (error.kind(), access::meaning(error)) {
        (ErrorKind::PermissionDenied, _) => (at.to_owned(), Unfit::NotReadable),
        (_, StorageTrouble::Link) => (at.to_owned(), Unfit::NotPlain),
        _ => (at.to_owned(), Unfit::Failed),
    };
    let is_absent = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
    let Some(folder) = path.parent() else { return Ok(None) };
    let held = match access::hold_folder(folder) {
        Ok(held) => held.ok_or_else(|| (folder.to_owned(), Unfit::NotPlain))?,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(folder, &error)),
    };
    let file = match access::hold_plain_file(path) {
        Ok(file) => file.ok_or_else(|| (path.to_owned(), Unfit::NotPlain))?,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(path, &error)),
    };
    others_can_change(&held, true).map_err(|why| (folder.to_owned(), why))?;
    others_can_change(&file, false).map_err(|why| (path.to_owned(), why))?;
    Ok(Some(file))
}
