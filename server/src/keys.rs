//! The server's own secrets, in memory; [`crate::key_file`] is their file, beside the database.
//!
//! A key file may hold several keys, each with a number. An account is bound to the one that its
//! password was registered with; new passwords take the newest that the database names. What the
//! keys have in common never changes: the OPAQUE key pair, which computers pin, and the secret of
//! made-up people and of the realm's signing key.
//!
//! Promise: a key that the database names and this does not have yet is looked for in the file,
//! which another process may have replaced; the database holds a canary for each key, and another
//! server's is never used. A stolen database without this file cannot be attacked at all; without
//! it nobody gets in, so the server refuses to start rather than tell people that their passwords
//! are wrong.

use crate::key_file::{KeyFile, KeyFileError, KeyMark};
use crate::key_place::{FILE, KeyPlace};
use firstkey_core::crypto::opaque::Suite;
use firstkey_core::secret::Ed25519Seed;
use opaque_ke::ServerSetup;
use ring::hmac;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// No file that this server can read has that key.
#[derive(Debug)]
pub(crate) struct NoSuchKey;

/// One key: its OPRF seed, and the key pair that all have.
#[derive(Clone)]
struct Key {
    setup: Arc<ServerSetup<Suite>>,
    canary: [u8; 32],
}

/// What the server needs to hold conversations with its people.
pub(crate) struct ServerKeys {
    keys: RwLock<BTreeMap<u32, Key>>,
    place: KeyPlace,
    /// Makes up answers for people who do not exist, always the same ones.
    pub(crate) fakes: hmac::Key,
    /// Signs the answers that decide about a new password (protocol section 8).
    pub(crate) realm: Ed25519Seed,
}

impl ServerKeys {
    /// Makes the first key and its file; refuses to overwrite one.
    pub(crate) fn make(dir: &Path) -> Result<Self, KeyFileError> {
        Ok(Self::of(&KeyFile::make(dir)?, KeyPlace::in_folder(dir)))
    }

    /// Reads the file and holds it against what the database knows.
    pub(crate) fn open(place: &KeyPlace, marks: &[KeyMark]) -> Result<Self, KeyFileError> {
        let file = KeyFile::read(place)?;
        judge(&file, place.path(), marks)?;
        Ok(Self::of(&file, place.clone()))
    }

    /// Whether the file at that path belongs to the database with these keys.
    pub(crate) fn check(path: &Path, marks: &[KeyMark]) -> Result<(), KeyFileError> {
        judge(&KeyFile::read_given(path)?, path, marks)
    }

    fn of(file: &KeyFile, place: KeyPlace) -> Self {
        Self { keys: RwLock::new(keys_of(file)), place, fakes: file.fakes(), realm: file.realm() }
    }

    /// Where it is read from.
    pub(crate) fn place(&self) -> &KeyPlace {
        &self.place
    }

    /// OPAQUE with that key.
    pub(crate) fn setup(&self, number: u32) -> Result<Arc<ServerSetup<Suite>>, NoSuchKey> {
        self.key(number).map(|key| key.setup).ok_or(NoSuchKey)
    }

    /// The newest key that is in memory.
    pub(crate) fn newest(&self) -> u32 {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys().next_back().copied().unwrap_or_default()
    }

    /// What the database keeps to recognise the keys that are in memory.
    pub(crate) fn marks(&self) -> Vec<KeyMark> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|(&number, key)| KeyMark { number, canary: key.canary }).collect()
    }

    /// Whether these are the keys of the database that knows these.
    pub(crate) fn belong_to(&self, marks: &[KeyMark]) -> bool {
        let is_right = |mark: &KeyMark| self.key(mark.number).is_some_and(|key| key.canary == mark.canary);
        !marks.is_empty() && marks.iter().all(is_right)
    }

    fn key(&self, number: u32) -> Option<Key> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        known.or_else(|| self.look_for(number))
    }

    /// Takes what the file has got since; never from another server's.
    fn look_for(&self, number: u32) -> Option<Key> {
        let file = KeyFile::read(&self.place).ok()?;
        if tag(&file.fakes()) != tag(&self.fakes) {
            return None;
        }
        let found = keys_of(&file);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for (number, key) in found {
            keys.entry(number).or_insert(key);
        }
        keys.get(&number).cloned()
    }
}

/// Tells one server's secret from another's.
fn tag(fakes: &hmac::Key) -> [u8; 32] {
    let tag = hmac::sign(fakes, b"firstkey/v1/server-key-file");
    tag.as_ref().try_into().expect("invariant: HMAC-SHA-256 gives 32 bytes")
}

fn keys_of(file: &KeyFile) -> BTreeMap<u32, Key> {
    let key = |number| Some((number, Key { setup: Arc::new(file.setup(number)?), canary: file.canary(number)? }));
    file.numbers().filter_map(key).collect()
}

fn judge(file: &KeyFile, path: &Path, marks: &[KeyMark]) -> Result<(), KeyFileError> {
    let has = |mark: &&KeyMark| file.canary(mark.number) == Some(mark.canary);
    match marks.iter().find(|mark| !has(mark)) {
        None if !marks.is_empty() => Ok(()),
        Some(lacking) if file.canary(lacking.number).is_none() && marks.iter().any(|mark| has(&mark)) => {
            Err(KeyFileError::Old { path: path.to_owned(), number: lacking.number })
        }
        _ => Err(KeyFileError::Foreign(path.to_owned())),
    }
}

/// Copies the key file at that place into a new file.
pub(crate) fn copy(from: &KeyPlace, out: &Path) -> Result<(), KeyFileError> {
    KeyFile::read(from)?.write_new(out)
}

/// Puts a copy of a key file in its place in a folder, unless it is there already.
pub(crate) fn put(from: &Path, dir: &Path) -> Result<(), KeyFileError> {
    let place = dir.join(FILE);
    if place.exists() { Ok(()) } else { KeyFile::read_given(from)?.write_new(&place) }
}
