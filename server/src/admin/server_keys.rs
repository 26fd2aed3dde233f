//! Rotation of the server's key: a new one for new passwords, who is left on the old ones, and the
//! end of an old one that nobody uses.
//!
//! Promise: the file holds a key, durably, before the database names it, and the database names it
//! no more before the file loses it; so whoever kills this program at any moment leaves a server
//! that starts, and runs the command again. Must never: take away a key that somebody uses.

use crate::key_file::{KeyFile, KeyFileError, KeyMark};
use crate::realm::{Realm, RealmError};
use crate::store::{KeyUse, Retirement};
use serde::Serialize;
use std::path::Path;

/// One of the server's keys.
#[derive(Clone, Debug, Serialize)]
pub struct KeyShown {
    /// Its number.
    pub number: u32,
    /// `new passwords`, `old`, `retired`, or `in the file alone`: not yet used.
    pub state: &'static str,
    /// When it was first used, in seconds since 1970.
    pub since: Option<i64>,
    /// Accounts that it opens.
    pub accounts: i64,
    /// Those of removed people among them.
    pub removed: i64,
    /// Opened invitations and sessions that may still register a password with it.
    pub begun: i64,
    /// Whether the key file holds it.
    pub in_file: bool,
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// New passwords take this key from now on.
    Now {
        /// Its number.
        number: u32,
        /// Whether it was in the file before.
        was_there: bool,
    },
    /// A file with this key was written, and nothing else.
    Written {
        /// Its number.
        number: u32,
    },
}

/// A key cannot be rotated or retired.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefused {
    /// The store or the folder failed.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Somebody else was faster.
    #[error("The key was rotated by somebody else just now. Nothing was changed. See `firstkey-server key status`.")]
    Meanwhile,
    /// The file has the next key already.
    #[error(
        "The key file holds key {0} already, which is not used yet. To use it, run `firstkey-server key rotate` without --out."
    )]
    Waits(u32),
    /// There is no such key.
    #[error("There is no key {0}. `firstkey-server key status` shows all.")]
    Unknown(u32),
    /// It is needed for new passwords.
    #[error("Key {0} is the one for new passwords. Rotate first: `firstkey-server key rotate`.")]
    Newest(u32),
    /// Somebody needs it.
    #[error("{}", in_use(.0))]
    InUse(KeyShown),
}

fn in_use(key: &KeyShown) -> String {
    let KeyShown { number, accounts, removed, begun, .. } = key;
    let mut text = format!(
        "Key {number} is in use, so nothing was changed: {accounts} accounts, {removed} of them of removed people; {begun} opened invitations and sessions."
    );
    if accounts > removed {
        text.push_str(&format!(
            "\nThese people move when they set a new password: firstkey-server key people {number}"
        ));
    }
    if *removed > 0 {
        text.push_str("\nErase who was removed: firstkey-server person erase");
    }
    if *begun > 0 {
        text.push_str("\nWhat was begun ends by itself: a session after 10 minutes, an invitation when it expires.");
    }
    text
}

impl Realm {
    /// The keys that the database knows, and those that the file alone holds.
    pub async fn server_keys(&self) -> Result<Vec<KeyShown>, KeyRefused> {
        let uses = self.store.key_uses(self.clock.now()).await.map_err(RealmError::from)?;
        let file = KeyFile::read(self.keys.place())?;
        let newest = newest(&uses);
        let mut shown: Vec<KeyShown> = uses.iter().map(|key| self::shown(key, newest, &file)).collect();
        let later = file.numbers().filter(|number| uses.iter().all(|key| key.number != *number));
        shown.extend(later.map(|number| KeyShown {
            number,
            state: "in the file alone",
            since: None,
            accounts: 0,
            removed: 0,
            begun: 0,
            in_file: true,
        }));
        Ok(shown)
    }

    /// The addresses of those who are on that key, for a letter to them.
    pub async fn people_on_server_key(&self, number: u32) -> Result<Vec<String>, RealmError> {
        Ok(self.store.people_on_key(number).await?)
    }

    /// Makes the next key and uses it for new passwords; `out` is a new file to write it to, where
    /// this program cannot replace the key file itself, and then it is not used yet.
    pub async fn rotate_server_key(&self, out: Option<&Path>, by: &str) -> Result<Rotated, KeyRefused> {
        let place = self.keys.place();
        let uses = self.store.key_uses(self.clock.now()).await.map_err(RealmError::from)?;
        let number = uses.iter().map(|key| key.number).max().unwrap_or_default() + 1;
        let file = KeyFile::read(place)?;
        let was_there = file.canary(number).is_some();
        if let Some(out) = out {
            if was_there {
                return Err(KeyRefused::Waits(number));
            }
            file.with_new(number, place.path())?.write_new(out)?;
            return Ok(Rotated::Written { number });
        }
        if !was_there {
            file.with_new(number, place.path())?.replace(place)?;
        }
        // Read again: what is named is what is there.
        let canary = KeyFile::read(place)?.canary(number).ok_or(KeyRefused::Meanwhile)?;
        let mark = KeyMark { number, canary };
        let is_named = self.store.name_key(mark, by.to_owned(), self.clock.now()).await.map_err(RealmError::from)?;
        if is_named { Ok(Rotated::Now { number, was_there }) } else { Err(KeyRefused::Meanwhile) }
    }

    /// Ends a key that nobody uses, and takes it out of the file, or writes a new file without it.
    pub async fn retire_server_key(&self, number: u32, out: Option<&Path>, by: &str) -> Result<(), KeyRefused> {
        let place = self.keys.place();
        let file = KeyFile::read(place)?;
        if out.is_none() && !place.is_ours() {
            return Err(KeyFileError::Sealed(place.path().to_owned()).into());
        }
        let retired = self.store.retire_key(number, by.to_owned(), self.clock.now()).await.map_err(RealmError::from)?;
        match retired {
            Retirement::Done => {}
            Retirement::Unknown => return Err(KeyRefused::Unknown(number)),
            Retirement::Newest => return Err(KeyRefused::Newest(number)),
            Retirement::InUse(key) => return Err(KeyRefused::InUse(shown(&key, None, &file))),
        }
        let is_there = file.canary(number).is_some();
        match out {
            Some(out) => file.without(number).write_new(out)?,
            None if is_there => file.without(number).replace(place)?,
            None => {}
        }
        Ok(())
    }
}

fn newest(uses: &[KeyUse]) -> Option<u32> {
    uses.iter().filter(|key| key.retired_at.is_none()).map(|key| key.number).max()
}

fn shown(key: &KeyUse, newest: Option<u32>, file: &KeyFile) -> KeyShown {
    let state = match key.retired_at {
        Some(_) => "retired",
        None if newest == Some(key.number) => "new passwords",
        None => "old",
    };
    KeyShown {
        number: key.number,
        state,
        since: Some(key.made_at),
        accounts: key.accounts,
        removed: key.removed,
        begun: key.begun,
        in_file: file.canary(key.number).is_some(),
    }
}
