//! Checkpoints, pins and the record of what was sent, on disk.
//!
//! | file | holds | goes |
//! |---|---|---|
//! | `<invite id>.pending` | a [`Checkpoint`] | when its account was read back |
//! | `<invite id>.pin` | a [`Pin`] | stays |
//! | `last.audit` | the requests of the last run | with the next run |
//! | `run-....lock` | nothing | with the run |
//!
//! Promise: the pin is durable before the checkpoint goes. Must never: let a checkpoint be lost because something beside it could not be written.

use super::lock::Lock;
use super::name::Stem;
use super::{Place, StoreError, checkpoint, record};
use crate::audit::Record;
use crate::crypto::context::InviteId;
use crate::drive::Shelf;
use crate::flow::checkpoint::{Checkpoint, Pin, Unreadable};
use crate::flow::stop::{LocalTrouble, StorageTrouble};
use crate::wire::outbound::Outbound;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One run at a time in a folder: two on one account would make two sets of keys, and two on any would mix their records.
const LOCK: &[u8] = b"the whole folder";

/// The state folder of one run, locked.
pub struct StateShelf {
    place: Place,
    record: Record,
    // Declared last, so that it is let go last.
    _lock: Lock,
}

fn stem(invite: InviteId) -> Stem {
    Stem::read(&invite.to_string()).expect("invariant: a UUID is letters, digits and dashes")
}

impl StateShelf {
    /// Opens and locks the folder; makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self, LocalTrouble> {
        let place = Place::open(path)?;
        let lock = Lock::take(&place, LOCK)?;
        Ok(Self { place, record: Record::default(), _lock: lock })
    }

    /// All checkpoints.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, LocalTrouble> {
        checkpoint::list(&self.place)?.iter().map(|id| self.parse(checkpoint::load(&self.place, id)?, Checkpoint::read)).collect()
    }

    /// All pins.
    pub fn pins(&self) -> Result<Vec<Pin>, LocalTrouble> {
        record::list_pins(&self.place)?.iter().map(|id| self.parse(record::load_pin(&self.place, id)?, Pin::read)).collect()
    }

    fn parse<T>(&self, contents: Vec<u8>, read: impl Fn(&[u8]) -> Result<T, Unreadable>) -> Result<T, LocalTrouble> {
        let path = self.place.path().display().to_string();
        read(&contents).map_err(|Unreadable| LocalTrouble::State { trouble: StorageTrouble::Damaged, path })
    }
}

impl Shelf for StateShelf {
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), LocalTrouble> {
        Ok(checkpoint::save(&self.place, &stem(checkpoint.invite), &checkpoint.encode())?)
    }

    fn conclude(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        let id = stem(pin.invite);
        record::save_pin(&self.place, &id, &pin.encode())?;
        match checkpoint::discard(&self.place, &id) {
            // A second run in the same folder cannot be; a person with a file manager can.
            Ok(()) | Err(StoreError { trouble: StorageTrouble::Missing, .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn record(&mut self, request: &Outbound) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.record.append(request, now);
        // A full disk must not stop an account from being finished; `audit` then says that there is no record.
        let _ = record::save_last_audit(&self.place, &self.record.encode());
    }
}

/// The record of the last run, if there is one.
pub fn last_record(path: &Path) -> Result<Option<Vec<u8>>, LocalTrouble> {
    let missing = |error: StoreError| if error.trouble == StorageTrouble::Missing { Ok(None) } else { Err(error.into()) };
    match Place::open_existing(path) {
        Ok(place) => record::load_last_audit(&place).map(Some).or_else(missing),
        Err(error) => missing(error),
    }
}
