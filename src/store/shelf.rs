//! Checkpoints, pins and the record of what was sent, on disk.
//!
//! | file | holds | goes |
//! |---|---|---|
//! | `<invite id>.pending` | a [`Checkpoint`] | when its account was read back |
//! | `<account id>.pin` | a [`Pin`] | stays |
//! | `<realm and account>.peer` | a [`Peer`]: a colleague's public keys | stays |
//! | `<digest>.e2ee-pin` | a pin of an account on a server of another dialect | stays |
//! | `<invite id>.tried` | a [`Tried`]: digests of the claim keys that were sent | when its account was read back |
//! | `last.audit` | the requests of the last run | with the next run |
//! | `own.defaults` | the person's [`Defaults`] | stays |
//! | `run-....lock` | nothing | with the run |
//!
//! Promise: the pin is durable before the checkpoint goes. Must never: let a checkpoint be lost
//! because something beside it could not be written.

use super::lock::Lock;
use super::name::Stem;
use super::{Place, StoreError, checkpoint, record};
use crate::audit::{Record, Sent};
use crate::drive::Shelf;
use firstkey_core::crypto::context::InviteId;
use firstkey_core::flow::checkpoint::{Checkpoint, Pin, Unreadable};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::peer::Peer;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use firstkey_core::flow::tried::{self, Tried, Try};
use firstkey_core::wire::outbound::Outbound;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One run at a time in a folder: two on one account would make two sets of keys, and two on any
/// would mix their records.
pub(super) const WHOLE_FOLDER: &[u8] = b"the whole folder";

/// The state folder of one run, locked.
pub struct StateShelf {
    place: Place,
    record: Record,
    // Declared last, so that it is let go last.
    _lock: Lock,
}

fn stem(invite: InviteId) -> Stem {
    of_uuid(&invite.to_string())
}

fn of_uuid(id: &str) -> Stem {
    Stem::read(id).expect("invariant: a UUID is letters, digits and dashes")
}

/// Both ids: a server can give an account any id, and must not get at what is remembered of another
/// server's people.
fn of_peer(peer: &Peer) -> Stem {
    let ids = [peer.context.realm.0, peer.context.account.0].concat();
    let text = ids.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Stem::read(&text).expect("invariant: 64 hexadecimal digits are a stem")
}

impl StateShelf {
    /// Opens and locks the folder; makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self, LocalTrouble> {
        let place = Place::open(path)?;
        let lock = Lock::take(&place, WHOLE_FOLDER)?;
        Ok(Self { place, record: Record::default(), _lock: lock })
    }

    /// All checkpoints, oldest first.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, LocalTrouble> {
        checkpoint::list_oldest_first(&self.place)?
            .iter()
            .map(|id| self.parse(checkpoint::load(&self.place, id)?, Checkpoint::read))
            .collect()
    }

    /// This computer's own tries at invites. What cannot be read is none: without it, somebody is
    /// warned too often and never too seldom.
    pub fn tried(&self) -> Result<Vec<Tried>, LocalTrouble> {
        let ids = record::list_tried(&self.place)?;
        Ok(ids.iter().filter_map(|id| Tried::read(&record::load_tried(&self.place, id).ok()?).ok()).collect())
    }

    /// Keeps the digest of a claim key before it is sent. Best effort, like the record.
    fn note_try(&self, request: &Outbound) {
        let Some((invite, digest)) = tried::of_claim(request) else { return };
        let kept = record::load_tried(&self.place, &stem(invite)).ok().and_then(|file| Tried::read(&file).ok());
        let kept = kept.filter(|kept| kept.invite == invite && kept.origin == *request.origin());
        let mut tried = kept.unwrap_or_else(|| Tried::new(request.origin().clone(), invite));
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        tried.add(Try { digest, at });
        let _ = record::save_tried(&self.place, &stem(invite), &tried.encode());
    }

    /// All pins.
    pub fn pins(&self) -> Result<Vec<Pin>, LocalTrouble> {
        record::list_pins(&self.place)?
            .iter()
            .map(|id| self.parse(record::load_pin(&self.place, id)?, Pin::read))
            .collect()
    }

    /// What the person set as defaults; nothing, if nothing was set.
    pub fn defaults(&self) -> Result<Defaults, LocalTrouble> {
        defaults_in(&self.place)
    }

    /// Keeps them durably.
    pub fn keep_defaults(&mut self, defaults: &Defaults) -> Result<(), LocalTrouble> {
        Ok(record::save_defaults(&self.place, &defaults.encode())?)
    }

    /// All colleagues that are remembered.
    pub fn peers(&self) -> Result<Vec<Peer>, LocalTrouble> {
        peers(&self.place)
    }

    /// Remembers a colleague durably, then forgets those that it takes the place of.
    pub fn keep_peer(&mut self, peer: &Peer, instead_of: &[Peer]) -> Result<(), LocalTrouble> {
        record::save_peer(&self.place, &of_peer(peer), &peer.encode())?;
        for old in instead_of.iter().filter(|old| of_peer(old) != of_peer(peer)) {
            record::discard_peer(&self.place, &of_peer(old))?;
        }
        Ok(())
    }

    /// All pins of the other dialect, each read by `read`.
    pub fn dialect_pins<T>(&self, read: impl Fn(&[u8]) -> Result<T, Unreadable>) -> Result<Vec<T>, LocalTrouble> {
        let pins = record::list_dialect_pins(&self.place)?;
        pins.iter().map(|id| self.parse(record::load_dialect_pin(&self.place, id)?, &read)).collect()
    }

    /// Stores a pin of the other dialect durably; `stem` is hexadecimal.
    pub fn keep_dialect_pin(&mut self, stem: &str, payload: &[u8]) -> Result<(), LocalTrouble> {
        let path = self.place.path().display().to_string();
        let stem = Stem::read(stem).ok_or(LocalTrouble::State { trouble: StorageTrouble::Other, path })?;
        Ok(record::save_dialect_pin(&self.place, &stem, payload)?)
    }

    /// Removes a pin of the other dialect durably; that it is not there is fine.
    pub fn forget_dialect_pin(&mut self, stem: &str) -> Result<(), LocalTrouble> {
        match Stem::read(stem) {
            Some(stem) => Ok(record::discard_dialect_pin(&self.place, &stem)?),
            None => Ok(()),
        }
    }

    /// Adds what was kept of a request to the record, before it is sent. `make` takes the time in
    /// seconds since 1970.
    pub fn record_sent(&mut self, make: impl FnOnce(u64) -> Sent) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.record.push(make(now));
        // A full disk must not stop an account from being finished; `audit` then says that there is
        // no record.
        let _ = record::save_last_audit(&self.place, &self.record.encode());
    }

    fn parse<T>(&self, contents: Vec<u8>, read: impl Fn(&[u8]) -> Result<T, Unreadable>) -> Result<T, LocalTrouble> {
        parse(&self.place, contents, read)
    }
}

impl Shelf for StateShelf {
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), LocalTrouble> {
        Ok(checkpoint::save(&self.place, &stem(checkpoint.invite), &checkpoint.encode())?)
    }

    fn conclude(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        record::save_pin(&self.place, &of_uuid(&pin.context.account.to_string()), &pin.encode())?;
        let Some(invite) = pin.invite else { return Ok(()) };
        let _ = record::discard_tried(&self.place, &stem(invite));
        match checkpoint::discard(&self.place, &stem(invite)) {
            // A second run in the same folder cannot be; a person with a file manager can.
            Ok(()) | Err(StoreError { trouble: StorageTrouble::Missing, .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn record(&mut self, request: &Outbound) {
        self.note_try(request);
        self.record_sent(|now| Sent::of(request, now));
    }
}

/// Pins and checkpoints, for a command that changes nothing: the folder is neither made nor locked.
pub fn known(path: &Path) -> Result<(Vec<Pin>, Vec<Checkpoint>), LocalTrouble> {
    known_in(Place::open_existing(path))
}

/// The same, and what a run that was killed left behind stays where it is.
pub fn known_untouched(path: &Path) -> Result<(Vec<Pin>, Vec<Checkpoint>), LocalTrouble> {
    known_in(Place::open_untouched(path))
}

fn known_in(place: Result<Place, StoreError>) -> Result<(Vec<Pin>, Vec<Checkpoint>), LocalTrouble> {
    let place = match place {
        Ok(place) => place,
        Err(error) if error.trouble == StorageTrouble::Missing => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(error.into()),
    };
    let pins = record::list_pins(&place)?;
    let pins = pins.iter().map(|id| parse(&place, record::load_pin(&place, id)?, Pin::read));
    let pins = pins.collect::<Result<_, _>>()?;
    let saved = checkpoint::list(&place)?;
    let saved = saved.iter().map(|id| parse(&place, checkpoint::load(&place, id)?, Checkpoint::read));
    Ok((pins, saved.collect::<Result<_, _>>()?))
}

fn defaults_in(place: &Place) -> Result<Defaults, LocalTrouble> {
    match record::load_defaults(place) {
        Ok(file) => parse(place, file, Defaults::read),
        Err(error) if error.trouble == StorageTrouble::Missing => Ok(Defaults::default()),
        Err(error) => Err(error.into()),
    }
}

/// The person's defaults, for a command that changes nothing.
pub fn known_defaults(path: &Path) -> Result<Defaults, LocalTrouble> {
    match Place::open_existing(path) {
        Ok(place) => defaults_in(&place),
        Err(error) if error.trouble == StorageTrouble::Missing => Ok(Defaults::default()),
        Err(error) => Err(error.into()),
    }
}

fn peers(place: &Place) -> Result<Vec<Peer>, LocalTrouble> {
    record::list_peers(place)?.iter().map(|id| parse(place, record::load_peer(place, id)?, Peer::read)).collect()
}

/// Colleagues that are remembered, for a command that changes nothing.
pub fn known_peers(path: &Path) -> Result<Vec<Peer>, LocalTrouble> {
    match Place::open_existing(path) {
        Ok(place) => peers(&place),
        Err(error) if error.trouble == StorageTrouble::Missing => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The same, and what a run that was killed left behind stays where it is.
pub fn known_peers_untouched(path: &Path) -> Result<Vec<Peer>, LocalTrouble> {
    peers(&Place::open_untouched(path)?)
}

/// Pins of the other dialect, each read by `read`, in the same way.
pub fn known_dialect_pins<T>(
    path: &Path,
    read: impl Fn(&[u8]) -> Result<T, Unreadable>,
) -> Result<Vec<T>, LocalTrouble> {
    let place = Place::open_untouched(path)?;
    let pins = record::list_dialect_pins(&place)?;
    pins.iter().map(|id| parse(&place, record::load_dialect_pin(&place, id)?, &read)).collect()
}

fn parse<T>(
    place: &Place,
    contents: Vec<u8>,
    read: impl Fn(&[u8]) -> Result<T, Unreadable>,
) -> Result<T, LocalTrouble> {
    let path = place.path().display().to_string();
    read(&contents).map_err(|Unreadable| LocalTrouble::State { trouble: StorageTrouble::Damaged, path })
}

/// The record of the last run, if there is one.
pub fn last_record(path: &Path) -> Result<Option<Vec<u8>>, LocalTrouble> {
    let missing =
        |error: StoreError| if error.trouble == StorageTrouble::Missing { Ok(None) } else { Err(error.into()) };
    match Place::open_existing(path) {
        Ok(place) => record::load_last_audit(&place).map(Some).or_else(missing),
        Err(error) => missing(error),
    }
}

#[cfg(all(test, unix))]
#[path = "shelf_tests.rs"]
mod tests;
