//! Finds the server that can be written to, among those that the address names.
//!
//! Promise: a standby is never taken for the server, whatever the address says of sessions; a host
//! that is silent holds up none of the others. Must never: wait for longer than the limit.

use super::address::{Host, Target};
use super::session;
use crate::store::error::{Result, StoreError};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::error::Error;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// How much sooner a host of the address is asked than the next.
const AHEAD: Duration = Duration::from_millis(200);
/// What a new session is asked.
const WHO: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', pg_backend_pid()";

/// A session at a server that can be written to.
pub(super) struct Found {
    pub(super) runtime: Runtime,
    pub(super) client: Client,
    /// Whether the session stays the same until the connection ends.
    pub(super) is_ours: bool,
}

/// Asks every host, the first a little sooner than the next.
pub(super) fn dial(target: &Target) -> Result<Found> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| StoreError::Unavailable("no thread for the connection".to_owned()))?;
    let found = runtime.block_on(async {
        let mut asked: FuturesUnordered<_> = (0_u32..)
            .zip(&target.hosts)
            .map(|(turn, host)| async move {
                tokio::time::sleep(AHEAD * turn).await;
                let asked = tokio::time::timeout(target.waits.connect, ask(target, host)).await;
                let said = match asked {
                    Ok(Ok(found)) => return Ok(found),
                    Ok(Err(said)) => said,
                    Err(_) => format!("no answer within {} s", target.waits.connect.as_secs_f32()),
                };
                // One host needs no name.
                Err(if target.hosts.len() == 1 { said } else { format!("{}: {said}", host.name) })
            })
            .collect();
        let mut refusals = Vec::new();
        while let Some(asked) = asked.next().await {
            match asked {
                Ok(found) => return Ok(found),
                Err(said) => refusals.push(said),
            }
        }
        Err(StoreError::Unavailable(refusals.join("; ")))
    });
    let (client, is_ours) = match found {
        Ok(found) => found,
        Err(error) => {
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
            return Err(error);
        }
    };
    Ok(Found { runtime, client, is_ours })
}

async fn ask(target: &Target, host: &Host) -> std::result::Result<(Client, bool), String> {
    let client = if let Some(tls) = &target.tls {
        let (client, connection) = host.config.connect(tls.clone()).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        client
    } else {
        let (client, connection) = host.config.connect(NoTls).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        client
    };
    let answer = client.simple_query(WHO).await.map_err(|error| said(&error))?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)? == "t", row.get(1)?.parse::<i32>().ok()?)),
        _ => None,
    });
    let Some((is_read_only, process)) = row else { return Err("it is no PostgreSQL server".to_owned()) };
    if is_read_only {
        return Err("it cannot be written to: a standby, or a session that may only read".to_owned());
    }
    let announced = session::announced_process(&client, target.tls.is_some()).await;
    Ok((client, announced == Some(process)))
}

/// What went wrong, with its causes.
fn said(error: &tokio_postgres::Error) -> String {
    if let Some(refusal) = error.as_db_error() {
        return match refusal.code().code() {
            "42501" => format!("{}. Run: GRANT CONNECT ON DATABASE ... TO ...", refusal.message()),
            code => format!("{} ({code})", refusal.message()),
        };
    }
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = inner.source();
    }
    said
}
