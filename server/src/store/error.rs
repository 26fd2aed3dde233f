//! Why the database cannot do what it is asked.

use tokio_postgres::error::SqlState;

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

impl StoreError {
    /// Why, in the fewest words.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Unavailable(said) => said.clone(),
            other => other.to_string(),
        }
    }

    /// In how many seconds a caller may try again.
    pub(crate) const RETRY_AFTER: i64 = 5;

    /// Whether somebody else holds what is needed.
    pub(super) fn is_locked(&self) -> bool {
        match self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            ),
            Self::Postgres(error) => error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE),
            _ => false,
        }
    }
}

/// What PostgreSQL said, without the values that it likes to quote.
fn refusal(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) if *said.code() == SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("{} ({}). {}", said.message(), said.code().code(), grant(said.message()))
        }
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.to_string(),
    }
}

/// What the database's owner has to run, by what was denied.
fn grant(denied: &str) -> &'static str {
    if denied.contains("for schema") {
        "The owner of the database runs: GRANT USAGE, CREATE ON SCHEMA public TO the role of the address"
    } else if denied.contains("for sequence") {
        "The owner of the database runs: GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO the role of the address"
    } else if denied.contains("must be owner") {
        "New tables are made by the role that owns the present ones: run `check` or `serve` once with the address of that role"
    } else {
        "The owner of the tables runs: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO the role of the address"
    }
}

/// An answer of the database.
pub(super) type Result<T> = std::result::Result<T, StoreError>;
