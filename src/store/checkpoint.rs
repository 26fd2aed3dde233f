//! Checkpoints: uploads that were about to be sent and whose fate is open, one file each (`<public
//! id>.pending`).
//!
//! Promise: what is read back is exactly what was saved. Must never: look inside; that is
//! [`firstkey_core::flow::checkpoint`].

use super::error::StoreError;
use super::file::{read_guarded, remove, write_durably};
use super::frame::{self, Magic};
use super::name::{FileName, Kind, Stem};
use super::place::Place;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{self, AtFlags};

pub(super) const MAGIC: Magic = Magic("FKCP1");

/// Longest payload in bytes: twice the largest request body.
pub const LONGEST: usize = 128 * 1024;

/// Saves it durably, in place of an older one with the same id.
///
/// # Errors
/// `TooLong` above [`LONGEST`]; else what [`write_durably`] says.
pub fn save(place: &Place, id: &Stem, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &FileName::new(id, Kind::Pending), MAGIC, LONGEST, payload)
}

/// Loads it.
///
/// # Errors
/// `Damaged` if it is cut off or altered; else what [`read_guarded`] says.
pub fn load(place: &Place, id: &Stem) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &FileName::new(id, Kind::Pending), MAGIC, LONGEST)
}

/// Removes it durably; that it is not there is fine.
pub fn discard(place: &Place, id: &Stem) -> Result<(), StoreError> {
    remove(place, &FileName::new(id, Kind::Pending))
}

/// Ids of all that are there, sorted; whether they can be read shows when they are loaded.
pub fn list(place: &Place) -> Result<Vec<Stem>, StoreError> {
    list_kind(place, Kind::Pending)
}

/// The same, the one that was written first in front; where that cannot be told, by name.
pub fn list_oldest_first(place: &Place) -> Result<Vec<Stem>, StoreError> {
    let mut ids = list(place)?;
    ids.sort_by_cached_key(|id| {
        let found = fs::statat(place.folder(), FileName::new(id, Kind::Pending).as_str(), AtFlags::SYMLINK_NOFOLLOW);
        found.ok().map(|found| (found.st_mtime, found.st_mtime_nsec))
    });
    Ok(ids)
}

pub(super) fn save_framed(
    place: &Place,
    name: &FileName,
    magic: Magic,
    longest: usize,
    payload: &[u8],
) -> Result<(), StoreError> {
    if payload.len() > longest {
        return Err(StoreError::at(&place.path_of(name.as_str()), StorageTrouble::TooLong));
    }
    write_durably(place, name, &frame::wrap(magic, payload))
}

pub(super) fn load_framed(place: &Place, name: &FileName, magic: Magic, longest: usize) -> Result<Vec<u8>, StoreError> {
    let file = read_guarded(place, name, longest + frame::overhead(magic))?;
    let damaged = || StoreError::at(&place.path_of(name.as_str()), StorageTrouble::Damaged);
    frame::unwrap(magic, &file).map(<[u8]>::to_vec).ok_or_else(damaged)
}

pub(super) fn list_kind(place: &Place, kind: Kind) -> Result<Vec<Stem>, StoreError> {
    Ok(place.names()?.iter().filter_map(|name| Stem::of_file(name, kind)).collect())
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
