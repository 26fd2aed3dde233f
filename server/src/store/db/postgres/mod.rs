//! PostgreSQL: a connection with a small runtime of its own, so that the store can stay plain code
//! on its own threads.
//!
//! Promise: a connection to another machine is encrypted and the server's certificate checked; what
//! a lost connection leaves uncertain is said to be so; every wait ends, and a silent server is
//! left. Where a pooler lends the session for a transaction at a time, nothing is left in it.
//! Must never: put a password into a message; use a prepared statement by a name that could be
//! another client's.

mod address;
mod dial;
mod reach;
mod session;
mod types;
mod waits;

pub(crate) use address::Address;
pub use waits::DatabaseWaits;

use super::Statement;
use super::cell::Row;
use super::value::Value;
use crate::store::error::{Result, StoreError};
use dial::Found;
use futures_util::future::{join, try_join_all};
use futures_util::{TryStreamExt, pin_mut};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

/// Waits for its turn: the lock belongs to the deployment's database and ends with the transaction.
const TURN: &str = "SELECT pg_advisory_xact_lock(7381201)";
/// Waits until nobody has a turn, and lets others wait with it.
const NO_TURN: &str = "SELECT pg_advisory_xact_lock_shared(7381201)";
/// Statements that are kept prepared.
const PREPARED: usize = 256;
/// How long a server that was there a moment ago may take to say that it still is.
const STILL_THERE: Duration = Duration::from_secs(2);

pub(super) struct Connection {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    address: Address,
    /// Whether the session stays the same until the connection ends; else a pooler lends it.
    is_ours: bool,
    /// How often a server had fallen silent when this was made.
    silences: u64,
    /// It fell silent itself, or cannot be written to any more.
    is_left: Cell<bool>,
    /// The writers' lock was not had at the last try.
    was_refused_its_turn: Cell<bool>,
    /// How long nothing may be heard.
    silence: Cell<Duration>,
    prepared: RefCell<HashMap<String, tokio_postgres::Statement>>,
    /// What goes before the next statement, in one round trip with it.
    ahead: RefCell<Option<Cow<'static, str>>>,
}

impl Connection {
    pub(super) fn open(address: &Address) -> Result<Self> {
        let silences = address.reach.silences();
        let Found { runtime, client, is_ours } = address.reach.dial(&address.target)?;
        let waits = address.target.waits;
        let connection = Self {
            runtime: Some(runtime),
            client,
            address: address.clone(),
            is_ours,
            silences,
            is_left: Cell::default(),
            was_refused_its_turn: Cell::default(),
            silence: Cell::new(waits.silence()),
            prepared: RefCell::default(),
            ahead: RefCell::default(),
        };
        if is_ours {
            connection.batch(&waits.session())?;
        }
        Ok(connection)
    }

    /// From now on nothing is written.
    pub(super) fn read_only(&self) -> Result<()> {
        // A session that is lent is told in each transaction.
        if self.is_ours { self.batch("SET default_transaction_read_only = on") } else { Ok(()) }
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        if !self.is_ours {
            return self.wait(async {
                let typed = typed(values);
                Ok(self.client.execute_typed(&numbered(sql), &typed).await?)
            });
        }
        let statement = self.prepare(sql)?;
        let values = as_parameters(values);
        self.wait(async { Ok(self.client.execute(&statement, &values).await?) })
    }

    pub(super) fn execute_all(&self, statements: &[Statement<'_>]) -> Result<()> {
        if !self.is_ours {
            return statements.iter().try_for_each(|(sql, values)| self.execute(sql, values).map(drop));
        }
        let prepared = statements.iter().map(|(sql, _)| self.prepare(sql)).collect::<Result<Vec<_>>>()?;
        self.wait(async {
            let all = prepared.iter().zip(statements).map(|(statement, (_, values))| async move {
                let values = as_parameters(values);
                self.client.execute(statement, &values).await
            });
            // Polled in their order, so they are sent in their order, and each only after the one
            // before it was queued.
            Ok(try_join_all(all).await?)
        })?;
        Ok(())
    }

    pub(super) fn each<F>(&self, sql: &str, values: &[Value<'_>], mut visit: F) -> Result<()>
    where
        F: FnMut(Row) -> Result<ControlFlow<()>>,
    {
        let statement = if self.is_ours { Some(self.prepare(sql)?) } else { None };
        let rows = self.wait(async {
            Ok(match &statement {
                Some(statement) => self.client.query_raw(statement, values.iter()).await?,
                None => self.client.query_typed_raw(&numbered(sql), typed(values)).await?,
            })
        })?;
        pin_mut!(rows);
        while let Some(row) = self.wait(async { Ok(rows.try_next().await?) })? {
            let cells = (0..row.len()).map(|at| row.try_get(at)).collect::<std::result::Result<_, _>>()?;
            if visit(Row::new(cells))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.wait(async { Ok(self.client.batch_execute(sql).await?) })
    }

    /// Begins a transaction in which nobody else writes. One round trip.
    pub(super) fn begin(&self) -> Result<()> {
        let waits = self.address.target.waits;
        let mut sql = "BEGIN; ".to_owned();
        if self.silence.get() == waits::PATIENT {
            sql += waits::AT_LEISURE;
            sql += "; ";
        } else {
            if !self.is_ours {
                sql += &waits.transaction();
                sql += "; ";
            }
            if self.was_refused_its_turn.get() {
                sql += &waits.hurried();
                sql += "; ";
            }
        }
        let begun = self.batch(&(sql + TURN));
        self.was_refused_its_turn.set(matches!(&begun, Err(error) if error.is_locked()));
        begun
    }

    /// Begins a transaction in which everything stays as it is now.
    pub(super) fn begin_snapshot(&self) -> Result<()> {
        self.forget_mark();
        self.silence.set(waits::PATIENT);
        self.batch(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}", waits::AT_LEISURE))
    }

    /// From now on statements may take long: the tables are made, or everything is copied.
    pub(super) fn be_patient(&self) {
        self.silence.set(waits::PATIENT);
    }

    /// Takes it back.
    pub(super) fn be_quick(&self) {
        self.silence.set(self.address.target.waits.silence());
    }

    /// Before somebody reads. A session that is lent is told what may be done in it.
    pub(super) fn begin_to_read(&self) {
        if !self.is_ours {
            let sql = format!("BEGIN READ ONLY; {}", self.address.target.waits.transaction());
            *self.ahead.borrow_mut() = Some(sql.into());
        }
    }

    /// Afterwards.
    pub(super) fn end_to_read(&self) {
        self.be_quick();
        if !self.is_ours && self.ahead.borrow_mut().take().is_none() && !self.is_gone() {
            drop(self.batch("COMMIT"));
        }
    }

    /// Whether a write could be committed now: waits for nobody's turn to end for longer than
    /// `within`, and holds nobody up.
    pub(super) fn try_to_write(&self, within: Duration) -> Result<()> {
        // The lock's own limit comes first, so that its error names it.
        let (lock, statement) = (within.as_millis(), (within + within / 2).as_millis());
        let limits = format!(
            "SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}"
        );
        let tried = self.batch(&format!("BEGIN; {limits}; {NO_TURN}; COMMIT")).and_then(|()| {
            self.batch(&format!("BEGIN; {limits}; UPDATE realm SET contact = contact"))?;
            self.commit()
        });
        if tried.is_err() && !self.is_gone() {
            drop(self.batch("ROLLBACK"));
        }
        tried
    }

    /// Sets a savepoint when the next statement comes; where none came since the last one, that one
    /// serves.
    pub(super) fn mark(&self, sql: &'static str) {
        self.ahead.borrow_mut().get_or_insert(Cow::Borrowed(sql));
    }

    /// Whether nothing was said since the last mark.
    pub(super) fn is_at_mark(&self) -> bool {
        self.ahead.borrow().is_some()
    }

    /// Ends the transaction without what was to go ahead.
    pub(super) fn forget_mark(&self) {
        drop(self.ahead.take());
    }

    pub(super) fn commit(&self) -> Result<()> {
        self.forget_mark();
        self.batch("COMMIT").map_err(|error| match error {
            // Without an answer nobody knows whether it was committed.
            StoreError::Postgres(_) | StoreError::Unavailable(_) if self.is_gone() => StoreError::Uncertain,
            error => error,
        })
    }

    /// Whether somebody is at the other end.
    pub(super) fn answers(&self) -> bool {
        let usual = self.silence.replace(STILL_THERE.min(self.address.target.waits.silence()));
        let answer = self.batch("").is_ok();
        self.silence.set(usual);
        answer
    }

    pub(super) fn is_gone(&self) -> bool {
        self.is_left.get() || self.client.is_closed() || self.silences != self.address.reach.silences()
    }

    /// Waits for an answer, but not for ever; what goes ahead goes first.
    fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.is_left.get() {
            return Err(StoreError::Unavailable("the connection was left".to_owned()));
        }
        let ahead = self.ahead.take();
        let limit = self.silence.get();
        let runtime = self.runtime.as_ref().expect("invariant: it is taken when the connection is dropped");
        let answer = runtime.block_on(async {
            let work = async {
                let Some(ahead) = ahead else { return work.await };
                // Polled in this order, so sent in this order.
                let (marked, answer) = join(self.client.batch_execute(&ahead), work).await;
                marked?;
                answer
            };
            tokio::time::timeout(limit, work).await
        });
        let Ok(answer) = answer else {
            let why = format!("the server has not answered for {} s", limit.as_secs_f32());
            self.is_left.set(true);
            // A connection of an earlier time says nothing about the server of today.
            if self.silences == self.address.reach.silences() {
                self.address.reach.fell_silent(&self.address.target, &why);
            }
            return Err(StoreError::Unavailable(why));
        };
        // The server has become a standby, or the pooler has found one.
        if matches!(&answer, Err(StoreError::Postgres(error)) if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION))
        {
            self.is_left.set(true);
        }
        answer
    }

    fn prepare(&self, sql: &str) -> Result<tokio_postgres::Statement> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(async { Ok(self.client.prepare(&numbered(sql)).await?) })?;
        let mut prepared = self.prepared.borrow_mut();
        if prepared.len() >= PREPARED {
            prepared.clear();
        }
        prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The ordinary end of a runtime may not happen on a thread of another one, and a connection
        // may be dropped anywhere.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// `?1` as PostgreSQL writes it.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn as_parameters<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// With their types, so that the server need not be asked for them under a name.
fn typed<'a>(values: &'a [Value<'a>]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as &(dyn ToSql + Sync), types::declared(value))).collect()
}
