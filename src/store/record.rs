//! Records: the pins of completed accounts (`<public id>.pin`) and what was sent in the last run
//! (`last.audit`).
//!
//! Promise: what is read back is exactly what was saved. Must never: hold a secret; a pin is public
//! facts, the audit record is bytes that left anyway.

use super::checkpoint::{list_kind, load_framed, save_framed};
use super::error::StoreError;
use super::file::remove;
use super::frame::Magic;
use super::name::{FileName, Kind, Stem};
use super::place::Place;

pub(super) const PIN: Magic = Magic("FKPN1");
pub(super) const DIALECT_PIN: Magic = Magic("FKIP1");
pub(super) const PEER: Magic = Magic("FKPR1");
pub(super) const AUDIT: Magic = Magic("FKAU1");
pub(super) const DEFAULTS: Magic = Magic("FKDF1");
pub(super) const TRIED: Magic = Magic("FKTR1");

/// Longest pin in bytes.
pub const LONGEST_PIN: usize = 16 * 1024;
/// Longest file of defaults in bytes: an address of a server and one of a person.
pub const LONGEST_DEFAULTS: usize = 4 * 1024;
/// Longest audit record in bytes: a run sends a few requests of at most 64 KiB each.
pub const LONGEST_AUDIT: usize = 1024 * 1024;

/// Saves a pin durably, in place of an older one with the same id.
pub fn save_pin(place: &Place, id: &Stem, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &FileName::new(id, Kind::Pin), PIN, LONGEST_PIN, payload)
}

/// Loads a pin.
pub fn load_pin(place: &Place, id: &Stem) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &FileName::new(id, Kind::Pin), PIN, LONGEST_PIN)
}

/// Ids of all pins, sorted.
pub fn list_pins(place: &Place) -> Result<Vec<Stem>, StoreError> {
    list_kind(place, Kind::Pin)
}

/// Saves a pin of the other dialect durably, in place of an older one with the same id.
pub fn save_dialect_pin(place: &Place, id: &Stem, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &FileName::new(id, Kind::DialectPin), DIALECT_PIN, LONGEST_PIN, payload)
}

/// Loads such a pin.
pub fn load_dialect_pin(place: &Place, id: &Stem) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &FileName::new(id, Kind::DialectPin), DIALECT_PIN, LONGEST_PIN)
}

/// Ids of all such pins, sorted.
pub fn list_dialect_pins(place: &Place) -> Result<Vec<Stem>, StoreError> {
    list_kind(place, Kind::DialectPin)
}

/// Removes such a pin durably; that it is not there is fine.
pub fn discard_dialect_pin(place: &Place, id: &Stem) -> Result<(), StoreError> {
    remove(place, &FileName::new(id, Kind::DialectPin))
}

/// Saves what is remembered of a colleague durably, in place of an older record with the same id.
pub fn save_peer(place: &Place, id: &Stem, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &FileName::new(id, Kind::Peer), PEER, LONGEST_PIN, payload)
}

/// Loads it.
pub fn load_peer(place: &Place, id: &Stem) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &FileName::new(id, Kind::Peer), PEER, LONGEST_PIN)
}

/// Removes it durably; that it is not there is fine.
pub fn discard_peer(place: &Place, id: &Stem) -> Result<(), StoreError> {
    remove(place, &FileName::new(id, Kind::Peer))
}

/// Ids of all such records, sorted.
pub fn list_peers(place: &Place) -> Result<Vec<Stem>, StoreError> {
    list_kind(place, Kind::Peer)
}

/// Saves this computer's tries at an invite durably, in place of those of before.
pub fn save_tried(place: &Place, id: &Stem, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &FileName::new(id, Kind::Tried), TRIED, LONGEST_PIN, payload)
}

/// Loads them.
pub fn load_tried(place: &Place, id: &Stem) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &FileName::new(id, Kind::Tried), TRIED, LONGEST_PIN)
}

/// Removes them durably; that they are not there is fine.
pub fn discard_tried(place: &Place, id: &Stem) -> Result<(), StoreError> {
    remove(place, &FileName::new(id, Kind::Tried))
}

/// Ids of all invites that were tried, sorted.
pub fn list_tried(place: &Place) -> Result<Vec<Stem>, StoreError> {
    list_kind(place, Kind::Tried)
}

/// Saves the record of this run in place of the last one.
pub fn save_last_audit(place: &Place, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &last_audit(), AUDIT, LONGEST_AUDIT, payload)
}

/// Loads the record of the last run.
pub fn load_last_audit(place: &Place) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &last_audit(), AUDIT, LONGEST_AUDIT)
}

/// Saves the person's defaults durably, in place of those of before.
pub fn save_defaults(place: &Place, payload: &[u8]) -> Result<(), StoreError> {
    save_framed(place, &defaults(), DEFAULTS, LONGEST_DEFAULTS, payload)
}

/// Loads them.
pub fn load_defaults(place: &Place) -> Result<Vec<u8>, StoreError> {
    load_framed(place, &defaults(), DEFAULTS, LONGEST_DEFAULTS)
}

fn defaults() -> FileName {
    FileName::new(&Stem::read("own").expect("invariant: three letters are a stem"), Kind::Defaults)
}

fn last_audit() -> FileName {
    FileName::new(&Stem::read("last").expect("invariant: four letters are a stem"), Kind::Audit)
}
