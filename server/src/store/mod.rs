//! Everything that is kept: typed commands in, typed answers out, one transaction each.
//!
//! Promises: an answer is given only after its transaction is on disk; a command is applied whole or not at all; what one command decides, no other can
//! have changed meanwhile. Must never: hold a token or a server key. SQL is spoken here and nowhere else; the functions take and give plain values, so that
//! another database can stand beside this one.

mod admin_audit;
mod admin_invites;
mod admin_letters;
mod admin_numbers;
mod admin_organisations;
mod admin_people;
mod audit;
mod changes;
mod copy;
mod db;
mod directory;
mod enrolment;
mod fate;
mod groups;
#[cfg(any(test, feature = "fuzzing"))]
#[cfg_attr(not(test), allow(dead_code, reason = "the search of `explore` uses all of it, fuzzing a part"))]
pub(crate) mod held;
mod invites;
mod joining;
mod listing;
mod logins;
mod mailbag;
mod migrate;
mod people;
mod readers;
mod resets;
mod rows;
mod scim_tokens;
mod sessions;
mod setup;
mod tokens;
mod told;
mod upkeep;
mod view;
mod writer;

pub(crate) use admin_invites::{InviteRow, WantedInvites};
pub(crate) use admin_letters::LetterLine;
pub(crate) use admin_numbers::Numbers;
pub(crate) use admin_organisations::{OrganisationChange, OrganisationRow};
pub(crate) use admin_people::{AccountRow, Confirmed, MembershipRow, Wanted};
pub use audit::Chain;
pub(crate) use audit::Logged;
pub(crate) use changes::{Change, ChangeKind, Changed, NewKit, NewPassword};
pub use copy::Copied;
pub(crate) use db::{Address, Location};
pub(crate) use enrolment::{Completion, Enrolment, Finished};
pub(crate) use fate::LetterRow;
pub(crate) use groups::{Group, GroupDraft, GroupEdit, GroupKey, GroupOutcome, Joining, Load, Member, MemberChange};
pub(crate) use invites::{Claimed, Offer, Resent};
pub(crate) use joining::Acceptance;
pub(crate) use listing::{Found, Narrow};
pub(crate) use logins::{Began, LoginRow, Proven, Standing, Way};
pub(crate) use mailbag::{Letter, Letters, News, Taken};
pub(crate) use people::{Draft, Edited, Person, PersonKey, Placed};
pub(crate) use resets::{Reset, ResetStart};
pub(crate) use rows::{Bundle, Mode, Policy, Why};
pub(crate) use scim_tokens::{NewToken, Rotated, TokenRow};
pub(crate) use sessions::{Ending, ListedSession, NewSession, NoSession, Purpose, Seen};
pub(crate) use setup::RealmRow;
pub(crate) use view::Stored;

use db::Db;
use readers::Readers;
use std::sync::Arc;
use tokio::sync::Notify;
use writer::Writer;

/// The database cannot do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL said no, or the connection broke.
    #[error("the database refused: {}", refusal(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// There is no connection; the next command tries again.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The connection broke while the transaction was being committed.
    #[error("the connection to the database broke during the commit; check whether the change was made")]
    Uncertain,
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

/// What PostgreSQL said, without the values that it likes to quote.
fn refusal(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.to_string(),
    }
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The database: one writer with group commit, several readers.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Arc<Writer>,
    readers: Readers,
    letters_waiting: Arc<Notify>,
    told: told::Told,
    location: Location,
    /// In the place of writer and readers where every order of events is tried.
    #[cfg(any(test, feature = "fuzzing"))]
    held: Option<Arc<held::Held>>,
}

impl Store {
    /// Opens the database, brings it to the newest version and starts the writer. Waits for the database: call it where waiting is allowed.
    fn open_here(location: Location) -> Result<Self> {
        let db = location.connect()?;
        migrate::run(&db)?;
        Ok(Self {
            writer: Arc::new(Writer::start(location.clone(), db)?),
            readers: Readers::new(location.clone()),
            location,
            letters_waiting: Arc::new(Notify::new()),
            told: told::Told::default(),
            #[cfg(any(test, feature = "fuzzing"))]
            held: None,
        })
    }

    /// The same, from a task.
    pub(crate) async fn open(location: Location) -> Result<Self> {
        tokio::task::spawn_blocking(move || Self::open_here(location)).await.map_err(|_| StoreError::Closed)?
    }

    /// Rings when a letter may have been written.
    pub(crate) fn letters_waiting(&self) -> Arc<Notify> {
        Arc::clone(&self.letters_waiting)
    }

    /// Tells somebody of every failure from now on.
    pub(crate) fn tell(&self, listener: impl Fn(&StoreError) + Send + Sync + 'static) {
        self.told.listen(listener);
    }

    /// Runs one command in a transaction of the writer; the answer comes after the commit.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        #[cfg(any(test, feature = "fuzzing"))]
        if let Some(held) = &self.held {
            return held.write(work);
        }
        let answer = self.writer.run(work).await;
        self.letters_waiting.notify_one();
        self.told.pass(answer)
    }

    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        #[cfg(any(test, feature = "fuzzing"))]
        if let Some(held) = &self.held {
            return held.read(work);
        }
        self.told.pass(self.readers.run(work).await)
    }
}
