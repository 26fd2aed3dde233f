//! One way to speak to two databases: SQLite in a file, PostgreSQL behind a socket.
//!
//! Promise: every statement of the store is one text that both understand, with parameters written
//! `?1`; values go beside it and never into it. An audit entry noted by a command that is taken
//! back is taken back with it. Must never: leave a transaction open behind an error.

mod cell;
mod postgres;
mod sqlite;
mod value;

pub(crate) use cell::{Cell, FromCell, Row};
pub(crate) use postgres::Address;
pub use postgres::DatabaseWaits;
pub(crate) use value::{Value, values};

use super::audit::{self, Pending};
use super::error::{Result, StoreError};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a deployment keeps its data.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<Address>),
}

/// One connection.
pub(crate) struct Db {
    inner: Inner,
    /// Audit entries of the open transaction.
    noted: RefCell<Vec<Pending>>,
    /// On whose behalf the present command runs.
    acts_for: RefCell<Option<String>>,
}

enum Inner {
    Sqlite(sqlite::Connection),
    Postgres(Box<postgres::Connection>),
}

/// A statement with its values, for [`Db::execute_all`].
pub(crate) type Statement<'a> = (&'a str, Vec<Value<'a>>);

impl Location {
    /// A new connection.
    pub(super) fn connect(&self) -> Result<Db> {
        let inner = match self {
            Self::Sqlite(path) => Inner::Sqlite(sqlite::Connection::open(path)?),
            Self::Postgres(address) => Inner::Postgres(Box::new(postgres::Connection::open(address)?)),
        };
        Ok(Db { inner, noted: RefCell::default(), acts_for: RefCell::default() })
    }

    /// Whether one program at a time serves it.
    pub(super) fn is_for_one_server(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl Db {
    /// Runs a statement; gives the number of rows that it changed.
    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        match &self.inner {
            Inner::Sqlite(db) => db.execute(sql, values),
            Inner::Postgres(db) => db.execute(sql, values),
        }
    }

    /// Runs several statements in their order, on PostgreSQL without waiting for each answer before
    /// the next is sent.
    pub(crate) fn execute_all(&self, statements: &[Statement<'_>]) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(db) => statements.iter().try_for_each(|(sql, values)| db.execute(sql, values).map(drop)),
            Inner::Postgres(db) => db.execute_all(statements),
        }
    }

    /// All rows of a query.
    pub(crate) fn rows(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.each(sql, values, |row| {
            rows.push(row);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// Row after row, without holding them all, until `visit` has enough.
    pub(crate) fn each<F>(&self, sql: &str, values: &[Value<'_>], visit: F) -> Result<()>
    where
        F: FnMut(Row) -> Result<ControlFlow<()>>,
    {
        match &self.inner {
            Inner::Sqlite(db) => db.each(sql, values, visit),
            Inner::Postgres(db) => db.each(sql, values, visit),
        }
    }

    /// The first row, if there is one.
    pub(crate) fn row(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Row>> {
        let mut first = None;
        self.each(sql, values, |row| {
            first = Some(row);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// The row of a query that always has one.
    pub(crate) fn one(&self, sql: &str, values: &[Value<'_>]) -> Result<Row> {
        self.row(sql, values)?.ok_or(StoreError::Corrupt("a row is missing"))
    }

    /// Whether the query has a row.
    pub(crate) fn exists(&self, sql: &str, values: &[Value<'_>]) -> Result<bool> {
        Ok(self.row(sql, values)?.is_some())
    }

    /// Statements without parameters, as they stand in a file.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(db) => db.batch(sql),
            Inner::Postgres(db) => db.batch(sql),
        }
    }

    /// Begins a transaction that excludes every other writer of this deployment, whatever server it
    /// belongs to.
    pub(super) fn begin(&self) -> Result<()> {
        self.noted.borrow_mut().clear();
        match &self.inner {
            Inner::Sqlite(db) => db.batch("BEGIN IMMEDIATE"),
            Inner::Postgres(db) => db.begin(),
        }
    }

    /// Begins to read: until [`Db::roll_back`] everything is as it is now, whatever others write.
    pub(super) fn begin_snapshot(&self) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(db) => db.batch("BEGIN"),
            Inner::Postgres(db) => db.begin_snapshot(),
        }
    }

    /// Writes the audit entries of the transaction and commits.
    pub(super) fn commit(&self) -> Result<()> {
        audit::write(self, self.noted.take())?;
        match &self.inner {
            Inner::Sqlite(db) => db.batch("COMMIT"),
            Inner::Postgres(db) => db.commit(),
        }
    }

    /// Takes the transaction back. Best effort: a connection that is gone has done it already.
    pub(super) fn roll_back(&self) {
        self.noted.borrow_mut().clear();
        if let Inner::Postgres(db) = &self.inner {
            db.forget_mark();
        }
        drop(self.batch("ROLLBACK"));
    }

    /// Marks the place to which a failing command is taken back; the mark before it is given up.
    pub(super) fn mark(&self, is_first: bool) -> Result<usize> {
        let sql = if is_first { "SAVEPOINT command" } else { "RELEASE command; SAVEPOINT command" };
        match &self.inner {
            Inner::Sqlite(db) => db.batch(sql)?,
            Inner::Postgres(db) => db.mark(sql),
        }
        Ok(self.noted.borrow().len())
    }

    /// Takes everything back to the mark.
    pub(super) fn back_to_mark(&self, noted: usize) -> Result<()> {
        self.noted.borrow_mut().truncate(noted);
        match &self.inner {
            Inner::Postgres(db) if db.is_at_mark() => Ok(()),
            _ => self.batch("ROLLBACK TO command"),
        }
    }

    /// Keeps an audit entry until the commit.
    pub(super) fn note(&self, entry: Pending) {
        self.noted.borrow_mut().push(entry);
    }

    /// From now on it is this one who asks, or nobody.
    pub(super) fn act_for(&self, who: Option<String>) {
        *self.acts_for.borrow_mut() = who;
    }

    /// Who asks for what is done now.
    pub(super) fn acts_for(&self) -> Option<String> {
        self.acts_for.borrow().clone()
    }

    /// The text that differs between the two, for the few places where nothing else will do.
    pub(crate) fn either<'a>(&self, sqlite: &'a str, postgres: &'a str) -> &'a str {
        match &self.inner {
            Inner::Sqlite(_) => sqlite,
            Inner::Postgres(_) => postgres,
        }
    }

    /// Moves what the write-ahead log holds into the database, as far as nobody is in the way.
    pub(super) fn checkpoint(&self) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(db) => db.batch("PRAGMA wal_checkpoint(PASSIVE)"),
            Inner::Postgres(_) => Ok(()),
        }
    }

    /// Takes what was deleted out of the files, as far as that is ours to do: PostgreSQL's own
    /// housekeeping does it there. False if somebody who reads was in the way.
    pub(super) fn compact(&self) -> Result<bool> {
        match &self.inner {
            Inner::Sqlite(db) => db.compact(),
            Inner::Postgres(_) => Ok(true),
        }
    }

    /// Lets PostgreSQL look at how many rows there are and what they hold; SQLite plans without.
    pub(super) fn count_rows(&self) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(db) => {
                db.be_patient();
                db.batch("SET statement_timeout = 0; ANALYZE; RESET statement_timeout")
            }
        }
    }

    /// Whether there is somebody at the other end.
    pub(super) fn answers(&self) -> bool {
        match &self.inner {
            Inner::Sqlite(_) => true,
            Inner::Postgres(db) => db.answers(),
        }
    }

    /// Whether the connection is gone for good; another one has to be made.
    pub(super) fn is_gone(&self) -> bool {
        match &self.inner {
            Inner::Sqlite(_) => false,
            Inner::Postgres(db) => db.is_gone(),
        }
    }

    /// Makes this connection one that cannot change anything.
    pub(super) fn read_only(self) -> Result<Self> {
        match &self.inner {
            Inner::Sqlite(db) => db.batch(sqlite::READER)?,
            Inner::Postgres(db) => db.read_only()?,
        }
        Ok(self)
    }

    /// Runs a query on a connection that only reads.
    pub(super) fn reading<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let Inner::Postgres(db) = &self.inner else { return work(self) };
        db.begin_to_read();
        let answer = work(self);
        db.end_to_read();
        answer
    }

    /// From now on statements may take as long as they need: the tables are made, or everything is
    /// copied.
    pub(super) fn be_patient(&self) {
        if let Inner::Postgres(db) = &self.inner {
            db.be_patient();
        }
    }

    /// Takes [`Db::be_patient`] back.
    pub(super) fn be_quick(&self) {
        if let Inner::Postgres(db) = &self.inner {
            db.be_quick();
        }
    }

    /// Whether a write could be committed now, without holding up anybody who writes; waits no
    /// longer than so for somebody who does.
    pub(super) fn try_to_write(&self, within: Duration) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(db) => db.try_to_write(within),
            Inner::Postgres(db) => db.try_to_write(within),
        }
    }
}
