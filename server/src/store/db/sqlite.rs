//! SQLite: write-ahead log, every commit on the disk before it is answered.

use super::cell::{Cell, Row};
use super::value::Value;
use crate::store::error::Result;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, params_from_iter};
use std::fs::{OpenOptions, Permissions};
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// How long another program's transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(8);
/// Statements that are kept prepared.
const PREPARED: usize = 128;
/// KiB of pages that a connection keeps: a whole batch of the writer fits, so that nothing is
/// written twice. Readers take less, see [`READER`].
const CACHE_KIB: i64 = 32 * 1024;
/// Pages in the write-ahead log, 64 MiB, at which a writer moves them into the database itself.
/// Long before that it is done beside it.
const LOG_PAGES: i64 = 16_384;
/// What makes a connection one that only reads.
pub(super) const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -4096";

pub(super) struct Connection(rusqlite::Connection);

impl Connection {
    pub(super) fn open(path: &Path) -> Result<Self> {
        close_to_others(path);
        let db = rusqlite::Connection::open(path)?;
        db.busy_timeout(PATIENCE)?;
        db.set_prepared_statement_cache_capacity(PREPARED);
        // Plans that do not look at the values: otherwise a statement that a partial index might
        // serve is planned anew each time.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: a commit that was answered survives a power cut.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        // What a savepoint must be able to take back stays in memory, not in a file per command.
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.pragma_update(None, "trusted_schema", false)?;
        // What is deleted or replaced is overwritten, as far as it has not been moved within its
        // page before; see `compact`.
        db.pragma_update(None, "secure_delete", true)?;
        Ok(Self(db))
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        Ok(self.prepare(sql)?.execute(params_from_iter(values))? as u64)
    }

    pub(super) fn each<F>(&self, sql: &str, values: &[Value<'_>], mut visit: F) -> Result<()>
    where
        F: FnMut(Row) -> Result<ControlFlow<()>>,
    {
        let mut statement = self.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|at| row.get_ref(at).map(cell)).collect::<rusqlite::Result<_>>()?;
            if visit(Row::new(cells))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    /// Whether a write could be committed now.
    pub(super) fn try_to_write(&self, within: Duration) -> Result<()> {
        self.0.busy_timeout(within)?;
        let tried = self.0.execute_batch("BEGIN IMMEDIATE; UPDATE realm SET contact = contact; COMMIT");
        if tried.is_err() && !self.0.is_autocommit() {
            drop(self.0.execute_batch("ROLLBACK"));
        }
        self.0.busy_timeout(PATIENCE)?;
        Ok(tried?)
    }

    /// Writes the file anew without what was deleted, and empties the write-ahead log. Holds up
    /// other writers meanwhile; false if a reader kept the log from being emptied.
    pub(super) fn compact(&self) -> Result<bool> {
        // The copy may be larger than the memory; it holds what is kept, and no more.
        self.0.execute_batch("PRAGMA temp_store = FILE; VACUUM")?;
        let busy: i64 = self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.0.prepare_cached(sql)?)
    }
}

/// A new file is made for this user alone, whatever the umask; its journal takes the same mode. One
/// that is there and open to others is closed. What fails here is said by whoever opens the file.
fn close_to_others(path: &Path) {
    if path == Path::new(":memory:") {
        return;
    }
    drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        if let Ok(about) = std::fs::metadata(&name)
            && about.mode() & 0o077 != 0
        {
            drop(std::fs::set_permissions(&name, Permissions::from_mode(0o600)));
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Blob(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        })
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        // The schema is strict and has no real numbers.
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(value) => Cell::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Cell::Blob(value.to_vec()),
    }
}
