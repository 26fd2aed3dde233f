//! Backup and restore.
//!
//! Two things, kept in two places: the database (a file that this makes while the server runs), and
//! the key file, which changes only when the key is rotated. Whoever has both can test guesses of
//! passwords as the server could; whoever has one of them has nothing to test with. Without the key
//! file no password opens anything any more, and a new one does not help: the ciphertext then opens
//! by recovery code alone.
//!
//! Promise: a file that is there is whole and on the disk; nothing is ever overwritten; a key that
//! does not belong to the database is refused before anything is written. A file to restore may be
//! anybody's: it has this program's tables, columns and sizes, or it is refused.

use crate::data_folder;
use crate::key_place::KeyPlace;
use crate::keys::{self, ServerKeys};
use crate::realm::{Realm, RealmError};
use crate::secret_file::sync_folder_of;
use crate::store::{Copied, Location, Store};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

impl Realm {
    /// Writes everything but the key into a new file that nobody else can read. The server may run
    /// meanwhile.
    pub async fn back_up(&self, out: &Path) -> Result<Copied, RealmError> {
        let failed = |source| RealmError::File { path: out.to_owned(), source };
        if out.exists() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let unfinished = beside(out, ".unfinished");
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
        drop(made.map_err(|source| RealmError::File { path: unfinished.clone(), source })?);
        let copied = self.store.copy_into(unfinished.clone()).await;
        let kept = copied.map_err(RealmError::from).and_then(|copied| {
            // Not over a file that somebody has made meanwhile.
            let kept = File::open(&unfinished).and_then(|file| file.sync_all());
            kept.and_then(|()| std::fs::hard_link(&unfinished, out))
                .and_then(|()| sync_folder_of(out))
                .map_err(failed)?;
            Ok(copied)
        });
        drop(std::fs::remove_file(&unfinished));
        kept
    }

    /// Copies the key file of that folder into a new file that nobody else can read.
    pub fn back_up_key(dir: &Path, out: &Path) -> Result<(), RealmError> {
        Self::back_up_key_at(&KeyPlace::in_folder(dir), out)
    }

    /// The same of the key file at that place.
    pub(crate) fn back_up_key_at(place: &KeyPlace, out: &Path) -> Result<(), RealmError> {
        Ok(keys::copy(place, out)?)
    }

    /// Makes a deployment in an empty or absent folder out of a backup and, if given, its key file.
    pub async fn restore(
        dir: &Path,
        from: &Path,
        key: Option<&Path>,
        database: Option<&str>,
    ) -> Result<Copied, RealmError> {
        let failed = |source| RealmError::File { path: from.to_owned(), source };
        let mut backup = File::open(from).map_err(failed)?;
        if !backup.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")));
        }
        let location = Self::prepare_folder(dir, database)?;
        data_folder::prepare_empty(dir)?;
        // Reading may bring the file to a newer version: that is done to a copy.
        let copy = dir.join("restoring.db");
        let restored = async {
            let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy).map_err(failed)?;
            io::copy(&mut backup, &mut made).map_err(failed)?;
            drop(made);
            // Nothing of it is executed, read or brought forward before it is known to have the
            // tables of this program and no others.
            Store::check_backup(copy.clone()).await?;
            let source = Store::open(Location::Sqlite(copy.clone())).await?;
            let row = source.realm().await?.ok_or(RealmError::Invalid("The backup holds no server."))?;
            drop(source);
            if let Some(key) = key {
                ServerKeys::check(key, &row.keys)?;
            }
            let store = Store::open(location).await?;
            if store.realm().await?.is_some() {
                return Err(RealmError::Exists(dir.to_owned()));
            }
            let copied = store.fill_from(copy.clone()).await?;
            if let Some(key) = key {
                keys::put(key, dir)?;
            }
            if let Some(database) = database {
                Self::remember_database(dir, database)?;
            }
            Ok(copied)
        }
        .await;
        for ending in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(beside(&copy, ending)));
        }
        restored
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
