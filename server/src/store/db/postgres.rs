//! PostgreSQL: a connection with a small runtime of its own, so that the store can stay plain code
//! on its own threads.
//!
//! Promise: a connection to another machine is encrypted and the server's certificate checked; what
//! a lost connection leaves uncertain is said to be so. Must never: put a password into a message.

use super::Statement;
use super::cell::{self, Row};
use super::value::Value;
use crate::store::error::{Result, StoreError};
use bytes::BytesMut;
use futures_util::future::{join, try_join_all};
use futures_util::{TryStreamExt, pin_mut};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Begins and waits for its turn: the lock belongs to the deployment's database and ends with the
/// transaction. One round trip.
pub(super) const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(7381201)";
/// Statements that are kept prepared.
const PREPARED: usize = 256;
const CONNECT: Duration = Duration::from_secs(10);
/// A statement that takes longer has a reason that waiting does not mend.
const SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'; \
                        SET synchronous_commit = on; SET client_min_messages = warning; \
                        SET jit = off";

/// How a database is reached.
#[derive(Clone)]
pub(crate) struct Address {
    config: Config,
    tls: bool,
}

impl Address {
    /// Reads `postgres://user@host/database` or `postgresql://...`.
    ///
    /// # Errors
    /// The text is no such address, as a sentence without the text.
    pub(crate) fn read(text: &str) -> std::result::Result<Self, &'static str> {
        let wrong = "The database must be given as postgres://user@host:port/name";
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(wrong);
        }
        let mut config: Config = text.parse().map_err(|_| wrong)?;
        let far = config.get_hosts().iter().any(|host| !is_near(host));
        let tls = match config.get_ssl_mode() {
            SslMode::Disable if far => return Err("A database on another machine is reached with TLS only."),
            SslMode::Disable => false,
            SslMode::Require => true,
            // "If the server likes" would let whoever is in between decide.
            _ => far,
        };
        config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
        config.connect_timeout(CONNECT).application_name("firstkey-server");
        Ok(Self { config, tls })
    }

    /// For people: host and name, no user and no password.
    pub(crate) fn shown(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            _ => "localhost".to_owned(),
        };
        format!("{host}/{}", self.config.get_dbname().unwrap_or("postgres"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

fn is_near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

pub(super) struct Connection {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    prepared: RefCell<HashMap<String, tokio_postgres::Statement>>,
    /// What goes before the next statement, in one round trip with it.
    ahead: Cell<Option<&'static str>>,
}

impl Connection {
    pub(super) fn open(address: &Address) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| StoreError::Unavailable("no thread for the connection".to_owned()))?;
        let client = runtime.block_on(async {
            if address.tls {
                let (client, connection) = address.config.connect(tls()?).await.map_err(unavailable)?;
                tokio::spawn(connection);
                Ok::<_, StoreError>(client)
            } else {
                let (client, connection) = address.config.connect(NoTls).await.map_err(unavailable)?;
                tokio::spawn(connection);
                Ok(client)
            }
        })?;
        let connection = Self { runtime: Some(runtime), client, prepared: RefCell::default(), ahead: Cell::default() };
        connection.batch(SETTINGS)?;
        Ok(connection)
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepare(sql)?;
        let values = as_parameters(values);
        Ok(self.wait(self.client.execute(&statement, &values))?)
    }

    pub(super) fn execute_all(&self, statements: &[Statement<'_>]) -> Result<()> {
        let prepared = statements.iter().map(|(sql, _)| self.prepare(sql)).collect::<Result<Vec<_>>>()?;
        self.wait(async {
            let all = prepared.iter().zip(statements).map(|(statement, (_, values))| async move {
                let values = as_parameters(values);
                self.client.execute(statement, &values).await
            });
            // Polled in their order, so they are sent in their order, and each only after the one
            // before it was queued.
            try_join_all(all).await
        })?;
        Ok(())
    }

    pub(super) fn each<F>(&self, sql: &str, values: &[Value<'_>], mut visit: F) -> Result<()>
    where
        F: FnMut(Row) -> Result<ControlFlow<()>>,
    {
        let statement = self.prepare(sql)?;
        self.wait(async {
            let rows = self.client.query_raw(&statement, values.iter()).await?;
            pin_mut!(rows);
            while let Some(row) = rows.try_next().await? {
                let cells = (0..row.len()).map(|at| row.try_get(at)).collect::<std::result::Result<_, _>>()?;
                if visit(Row::new(cells))?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.wait(self.client.batch_execute(sql))?)
    }

    /// Sets a savepoint when the next statement comes; where none came since the last one, that one
    /// serves.
    pub(super) fn mark(&self, sql: &'static str) {
        self.ahead.set(Some(self.ahead.take().unwrap_or(sql)));
    }

    /// Whether nothing was said since the last mark.
    pub(super) fn is_at_mark(&self) -> bool {
        self.ahead.get().is_some()
    }

    /// Ends the transaction without what was to go ahead.
    pub(super) fn forget_mark(&self) {
        self.ahead.set(None);
    }

    pub(super) fn commit(&self) -> Result<()> {
        self.forget_mark();
        self.batch("COMMIT").map_err(|error| match error {
            // Without an answer nobody knows whether it was committed.
            StoreError::Postgres(_) if self.is_gone() => StoreError::Uncertain,
            error => error,
        })
    }

    pub(super) fn is_gone(&self) -> bool {
        self.client.is_closed()
    }

    fn wait<T, E>(&self, work: impl Future<Output = std::result::Result<T, E>>) -> std::result::Result<T, E>
    where
        E: From<tokio_postgres::Error>,
    {
        let Some(ahead) = self.ahead.take() else { return self.block_on(work) };
        // Polled in this order, so sent in this order.
        let (marked, answer) = self.block_on(join(self.client.batch_execute(ahead), work));
        marked?;
        answer
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("invariant: it is taken when the connection is dropped").block_on(work)
    }

    fn prepare(&self, sql: &str) -> Result<tokio_postgres::Statement> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&numbered(sql)))?;
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

fn unavailable(error: tokio_postgres::Error) -> StoreError {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = inner.source();
    }
    StoreError::Unavailable(said)
}

fn tls() -> Result<MakeRustlsConnect> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let failed = |error: rustls::Error| StoreError::Unavailable(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(failed)?.with_platform_verifier().map_err(failed)?.with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) if *kind == Type::INT2 => i16::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) if *kind == Type::INT8 => value.to_sql(kind, out),
            Self::Text(value) if <&str as ToSql>::accepts(kind) => value.as_ref().to_sql(kind, out),
            Self::Blob(value) if *kind == Type::BYTEA => value.as_ref().to_sql(kind, out),
            _ => Err(format!("a value of another kind than {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for cell::Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Self::Int(i64::from(bool::from_sql(kind, raw)?)),
            Type::INT2 => Self::Int(i64::from(i16::from_sql(kind, raw)?)),
            Type::INT4 => Self::Int(i64::from(i32::from_sql(kind, raw)?)),
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::BYTEA => Self::Blob(Vec::<u8>::from_sql(kind, raw)?),
            _ => Self::Text(String::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_database_on_another_machine_is_reached_with_tls_only() {
        for (text, tls) in [
            ("postgres://me@localhost/x", false),
            ("postgres://me@127.0.0.1:5433/x", false),
            ("postgres://me@%2Frun%2Fpostgresql/x", false),
            ("postgres://me@localhost/x?sslmode=require", true),
            ("postgresql://me@db.example.org/x", true),
            ("postgresql://me@db.example.org/x?sslmode=prefer", true),
            ("postgres://me@10.0.0.1/x", true),
        ] {
            assert_eq!(Address::read(text).map(|address| address.tls), Ok(tls), "{text}");
        }
        for bad in ["", "mysql://x", "postgres://db.example.org/x?sslmode=disable", "db.example.org", "host=x user=y"] {
            assert!(Address::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        let address = Address::read("postgres://me:secret@db.example.org/keys").expect("an address");
        assert_eq!(format!("{address:?}"), "db.example.org/keys");
    }
}
