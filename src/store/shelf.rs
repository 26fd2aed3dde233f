//! Checkpoints, pins and the record of what was sent, on disk.
//!
//! | file | holds | goes |
//! |---|---|---|
//! | `<invite id>.pending` | a [`Checkpoint`] | when its account was read back |
//! | `<invite id>.pin` | a [`Pin`] | stays |
//! | `last.audit` | the requests of the last run | with the next run |
//! | `lock` | nothing | stays |
//!
//! Promise: the pin is durable before the checkpoint goes. Must never: let a checkpoint be lost because something beside it could not be written.

use super::file;
use super::lock::Lock;
use super::place::Place;
use crate::audit::Record;
use crate::crypto::context::InviteId;
use crate::drive::Shelf;
use crate::flow::checkpoint::{Checkpoint, Pin, Unreadable};
use crate::flow::stop::{LocalTrouble, StorageTrouble};
use crate::wire::outbound::Outbound;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const PENDING: &str = "pending";
const PIN: &str = "pin";
const RECORD: &str = "last.audit";

/// The state folder of one run, locked.
pub struct StateShelf {
    place: Place,
    record: Record,
    // Declared last, so that it is let go last.
    _lock: Lock,
}

fn name(invite: InviteId, kind: &str) -> String {
    format!("{invite}.{kind}")
}

impl StateShelf {
    /// Opens and locks the folder; makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self, LocalTrouble> {
        let place = Place::open(path)?;
        let lock = Lock::take(&place)?;
        Ok(Self { place, record: Record::default(), _lock: lock })
    }

    /// Where checkpoints lie, for people.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// All checkpoints.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, LocalTrouble> {
        self.all(PENDING, Checkpoint::read)
    }

    /// All pins.
    pub fn pins(&self) -> Result<Vec<Pin>, LocalTrouble> {
        self.all(PIN, Pin::read)
    }

    fn all<T>(&self, kind: &str, parse: impl Fn(&[u8]) -> Result<T, Unreadable>) -> Result<Vec<T>, LocalTrouble> {
        let ending = format!(".{kind}");
        let mut all = Vec::new();
        for name in self.place.names()?.iter().filter(|name| name.ends_with(&ending)) {
            if let Some(contents) = file::read(&self.place, name)? {
                let damaged = |Unreadable| self.place.trouble_with(name, StorageTrouble::Damaged);
                all.push(parse(&contents).map_err(damaged)?);
            }
        }
        Ok(all)
    }
}

impl Shelf for StateShelf {
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), LocalTrouble> {
        file::write(&self.place, &name(checkpoint.invite, PENDING), &checkpoint.encode())
    }

    fn conclude(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        file::write(&self.place, &name(pin.invite, PIN), &pin.encode())?;
        file::remove(&self.place, &name(pin.invite, PENDING))
    }

    fn record(&mut self, request: &Outbound) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.record.append(request, now);
        // A full disk must not stop an account from being finished; `audit` then says that there is no record.
        let _ = file::write(&self.place, RECORD, &self.record.encode());
    }
}

/// The record of the last run, if there is one.
pub fn last_record(path: &Path) -> Result<Option<Vec<u8>>, LocalTrouble> {
    match Place::open_existing(path) {
        Ok(place) => file::read(&place, RECORD),
        Err(LocalTrouble::State { trouble: StorageTrouble::Missing, .. }) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}
