//! Who may read a file that the person named, on Windows: owner and access list.

use super::kind;
use crate::store::access;
use firstkey_core::flow::stop::StorageTrouble;
use std::fs::{File, Metadata};
use std::path::Path;

/// Programs have no numbered descriptors here but for standard input; the command line refuses the
/// others before.
pub(super) fn descriptor(_: u32) -> Result<File, StorageTrouble> {
    Err(StorageTrouble::Missing)
}

/// Opens a file if it is a plain one and no link.
pub(super) fn open_unlinked(path: &Path) -> Result<File, StorageTrouble> {
    access::open_plain_file(path).map_err(|error| kind(&error))?.ok_or(StorageTrouble::Link)
}

/// Whether a plain file is its owner's, who is this user, alone.
pub(super) fn private(file: &File, _: &Metadata) -> Result<(), StorageTrouble> {
    access::judge_owner_and_list(file)
}

/// The same of one that is opened for its rights alone.
pub(super) fn private_unopened(path: &Path, _: &Metadata) -> Result<(), StorageTrouble> {
    let file = access::open_to_judge(path).map_err(|error| kind(&error))?;
    access::judge_owner_and_list(&file)
}

/// Whether this user may read it.
pub(super) fn readable(path: &Path) -> Result<(), StorageTrouble> {
    super::open(path).map(drop)
}
