//! Whether a write could be committed at this moment.
//!
//! Promise: asked by tries, not by beliefs: a transaction that writes is committed, over a
//! connection of its own. It waits for nobody for longer than a moment, however the database is.
//! Must never: hold up anybody who writes, or try more than once at a time.

use super::db::{Db, Location};
use super::error::{Result, StoreError};
use crate::key_file::KeyMark;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

/// How long an answer is good for: whoever asks more often hears it again.
const FRESH: Duration = Duration::from_millis(500);
/// How long somebody else's turn to write is waited for.
const TURN: Duration = Duration::from_secs(1);
/// How long the whole may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Why no write could be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unready {
    /// Nobody answers, or not in time.
    Silent,
    /// A commit is not confirmed in time.
    Unconfirmed,
    /// There is no room.
    Full,
    /// It only reads.
    ReadOnly,
    /// Somebody else has the turn to write and does not give it back.
    Locked,
    /// It refuses for another reason, which is in the log.
    Refused,
    /// It holds no server.
    Empty,
}

impl Unready {
    /// A fixed sentence: it is said to anybody.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Silent => "the database does not answer",
            Self::Unconfirmed => "the database does not confirm a commit; its standby may be away",
            Self::Full => "the database has no room to write",
            Self::ReadOnly => "the database cannot be written to",
            Self::Locked => "another program holds the database",
            Self::Refused => "the database refuses a write",
            Self::Empty => "the database holds no server",
        }
    }

    /// For numbers and logs.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Unconfirmed => "unconfirmed",
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Locked => "locked",
            Self::Refused => "refused",
            Self::Empty => "empty",
        }
    }

    pub(super) fn of(error: &StoreError) -> Self {
        use rusqlite::ErrorCode;
        match error {
            error if error.is_locked() => Self::Locked,
            StoreError::Unavailable(_) | StoreError::Closed => Self::Silent,
            StoreError::Uncertain => Self::Unconfirmed,
            StoreError::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => Self::Full,
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::ReadOnly,
                _ => Self::Refused,
            },
            StoreError::Postgres(error) => match error.code().map(tokio_postgres::error::SqlState::code) {
                None | Some("57P01" | "57P02" | "57P03") => Self::Silent,
                Some("53100") => Self::Full,
                Some("25006") => Self::ReadOnly,
                _ => Self::Refused,
            },
            _ => Self::Refused,
        }
    }
}

/// What was found: the keys that the database belongs to.
pub(crate) type Found = std::result::Result<Vec<KeyMark>, Unready>;

/// The connection that tries, and what it found last.
#[derive(Clone, Default)]
pub(super) struct Probe {
    open: Arc<Mutex<Option<Db>>>,
    last: Arc<tokio::sync::Mutex<Option<(Instant, Found)>>>,
}

/// How the database says what it belongs to; none if it holds no server.
pub(super) type Belongs = fn(&Db) -> Result<Option<Vec<KeyMark>>>;

impl Probe {
    /// Tries to write to the database of that place; gives the server's keys that it belongs to.
    pub(super) async fn ask(&self, location: &Location, belongs: Belongs) -> Found {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let (open, location) = (Arc::clone(&self.open), location.clone());
        let trying = tokio::task::spawn_blocking(move || {
            let mut open = match open.try_lock() {
                Ok(open) => open,
                Err(TryLockError::Poisoned(open)) => open.into_inner(),
                // The last try has not ended yet.
                Err(TryLockError::WouldBlock) => return Err(Unready::Unconfirmed),
            };
            let db = match open.take().filter(|db| !db.is_gone()) {
                Some(db) => db,
                None => location.connect().map_err(|error| Unready::of(&error))?,
            };
            let found = look(&db, belongs);
            *open = Some(db);
            found
        });
        let found = match tokio::time::timeout(LIMIT, trying).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(Unready::Refused),
            Err(_) => Err(Unready::Silent),
        };
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

fn look(db: &Db, belongs: Belongs) -> Found {
    let marks = db.reading(belongs).map_err(|error| Unready::of(&error))?.ok_or(Unready::Empty)?;
    db.try_to_write(TURN).map_err(|error| Unready::of(&error))?;
    Ok(marks)
}
