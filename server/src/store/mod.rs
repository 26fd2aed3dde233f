//! Everything that is kept: typed commands in, typed answers out, one transaction each.
//!
//! Promises: an answer is given only after its transaction is on disk; a command is applied whole or not at all; what one command decides, no other can
//! have changed meanwhile. Must never: hold a token or a server key. SQL is spoken here and nowhere else; the functions take and give plain values, so that
//! another database can stand beside this one.

mod audit;
mod enrolment;
mod invites;
mod logins;
mod mailbag;
mod migrate;
mod people;
mod readers;
mod rows;
mod setup;
mod view;
mod writer;

pub(crate) use enrolment::{Completion, Enrolment, Finished};
pub(crate) use invites::{Claimed, Offer, Resent};
pub(crate) use logins::{Began, LoginRow};
pub(crate) use mailbag::{Letter, Letters};
pub(crate) use people::{Draft, Edited, Person, PersonKey, Placed};
pub(crate) use rows::{Bundle, Mode, Policy, Why};
pub(crate) use setup::RealmRow;
pub(crate) use view::Stored;

use readers::Readers;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Notify;
use writer::Writer;

/// The database cannot do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The transaction that this command was part of was not committed; nothing changed.
    #[error("the database could not write; nothing was changed")]
    NotCommitted,
    /// A stored value is not what was written.
    #[error("the database holds a value that this program did not write: {0}")]
    Corrupt(&'static str),
    /// A newer program has been here.
    #[error(
        "the database is of version {found}, made by a newer firstkey-server; this one knows {known}. Use the newer program"
    )]
    Newer {
        /// The version found.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The store is closing.
    #[error("the database is shutting down")]
    Closed,
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The database: one writer with group commit, several readers.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Arc<Writer>,
    readers: Readers,
    letters_waiting: Arc<Notify>,
}

impl Store {
    /// Opens the file, brings it to the newest version and starts the writer.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut db = connect(path)?;
        migrate::run(&mut db)?;
        Ok(Self {
            writer: Arc::new(Writer::start(db)?),
            readers: Readers::new(path),
            letters_waiting: Arc::new(Notify::new()),
        })
    }

    /// Rings when a letter may have been written.
    pub(crate) fn letters_waiting(&self) -> Arc<Notify> {
        Arc::clone(&self.letters_waiting)
    }

    /// Runs one command in a transaction of the writer; the answer comes after the commit.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let answer = self.writer.run(work).await;
        self.letters_waiting.notify_one();
        answer
    }

    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.readers.run(work).await
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: a commit that was answered survives a power cut.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(db)
}
