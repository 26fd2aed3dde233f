//! Everything that the state folder holds, and its removal file by file.
//!
//! Promise: a removed file stays removed after a power cut; only files of our own names are
//! touched. Must never: make the folder, or take a file that cannot be read for one of another
//! account.

use super::checkpoint::{self, list_kind};
use super::file;
use super::lock::Lock;
use super::name::{FileName, Kind, Stem};
use super::record;
use super::shelf::WHOLE_FOLDER;
use super::{Place, StoreError};
use crate::audit::Record;
use firstkey_core::flow::checkpoint::{Checkpoint, Pin, Unreadable};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::peer::Peer;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use firstkey_core::flow::tried::Tried;
use std::path::{Path, PathBuf};

/// What a file holds. `D` is a pin of the other dialect.
#[derive(Debug)]
pub enum Contents<D> {
    /// An account that was completed.
    Pin(Box<Pin>),
    /// A colleague.
    Peer(Box<Peer>),
    /// An account on a server of the other dialect.
    DialectPin(D),
    /// An upload whose fate is open.
    Checkpoint(Box<Checkpoint>),
    /// What was sent in the last run.
    Record(Record),
    /// What the person set as defaults.
    Defaults(Defaults),
    /// Own tries at an invite.
    Tried(Box<Tried>),
    /// Something that cannot be read.
    Damaged(Kind),
}

/// A file of the folder.
#[derive(Debug)]
pub struct Entry<D> {
    name: FileName,
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub contents: Contents<D>,
}

/// The state folder, locked for the removal.
pub struct Leaving {
    place: Place,
    // Its own file goes with it: the last one in the folder.
    _lock: Lock,
}

impl Leaving {
    /// Opens and locks the folder; `None` if it is not there.
    pub fn open(path: &Path) -> Result<Option<Self>, LocalTrouble> {
        match Place::open_existing(path) {
            Ok(place) => {
                let lock = Lock::take(&place, WHOLE_FOLDER)?;
                Ok(Some(Self { place, _lock: lock }))
            }
            Err(StoreError { trouble: StorageTrouble::Missing, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All files of our own names, in the order in which they go: what names an account goes last,
    /// so that a removal that was cut off can be asked for again.
    pub fn entries<D>(&self, read: impl Fn(&[u8]) -> Result<D, Unreadable>) -> Result<Vec<Entry<D>>, LocalTrouble> {
        let mut entries = Vec::new();
        for kind in [Kind::Audit, Kind::Defaults, Kind::Tried, Kind::Pending, Kind::Peer, Kind::DialectPin, Kind::Pin] {
            for stem in list_kind(&self.place, kind)? {
                let name = FileName::new(&stem, kind);
                let path = self.place.path_of(name.as_str());
                entries.push(Entry { name, path, contents: self.contents(kind, &stem, &read) });
            }
        }
        Ok(entries)
    }

    fn contents<D>(&self, kind: Kind, stem: &Stem, read: &impl Fn(&[u8]) -> Result<D, Unreadable>) -> Contents<D> {
        let place = &self.place;
        let contents = match kind {
            Kind::Audit => {
                record::load_last_audit(place).ok().and_then(|file| Record::read(&file).ok()).map(Contents::Record)
            }
            Kind::Defaults => {
                record::load_defaults(place).ok().and_then(|file| Defaults::read(&file).ok()).map(Contents::Defaults)
            }
            Kind::Tried => record::load_tried(place, stem)
                .ok()
                .and_then(|file| Tried::read(&file).ok())
                .map(|tried| Contents::Tried(Box::new(tried))),
            Kind::Pending => checkpoint::load(place, stem)
                .ok()
                .and_then(|file| Checkpoint::read(&file).ok())
                .map(|saved| Contents::Checkpoint(Box::new(saved))),
            Kind::Pin => record::load_pin(place, stem)
                .ok()
                .and_then(|file| Pin::read(&file).ok())
                .map(|pin| Contents::Pin(Box::new(pin))),
            Kind::Peer => record::load_peer(place, stem)
                .ok()
                .and_then(|file| Peer::read(&file).ok())
                .map(|peer| Contents::Peer(Box::new(peer))),
            Kind::DialectPin => {
                record::load_dialect_pin(place, stem).ok().and_then(|file| read(&file).ok()).map(Contents::DialectPin)
            }
        };
        contents.unwrap_or(Contents::Damaged(kind))
    }

    /// Removes it durably.
    pub fn remove<D>(&self, entry: &Entry<D>) -> Result<(), LocalTrouble> {
        Ok(file::remove(&self.place, &entry.name)?)
    }
}

#[cfg(all(test, unix))]
#[path = "forget_tests.rs"]
mod tests;
