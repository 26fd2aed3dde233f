//! Why the database cannot do what it is asked.

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

/// An answer of the database.
pub(super) type Result<T> = std::result::Result<T, StoreError>;
