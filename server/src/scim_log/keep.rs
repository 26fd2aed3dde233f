//! Writes the rows that wait into the database, a second's together, beside everybody who waits
//! for an answer.

use super::ScimLog;
use crate::store::{ScimRequest, Store};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

/// How long rows are gathered.
const GATHER: Duration = Duration::from_secs(1);
/// Most rows that are written together.
const TOGETHER: usize = 512;

/// Runs until `stopped` says so; then what waits is written, and it ends.
pub(crate) async fn keep(log: &ScimLog, store: &Store, mut stopped: watch::Receiver<bool>) {
    let Some(mut rows) = log.take() else { return };
    loop {
        tokio::select! {
            first = rows.recv() => match first {
                Some(first) => write(log, store, gathered(first, &mut rows).await).await,
                None => return,
            },
            () = async { drop(stopped.wait_for(|stop| *stop).await) } => break,
        }
    }
    rows.close();
    let mut rest = Vec::new();
    while let Ok(row) = rows.try_recv() {
        rest.push(row);
    }
    for rows in rest.chunks(TOGETHER) {
        write(log, store, rows.to_vec()).await;
    }
}

async fn gathered(first: ScimRequest, rows: &mut mpsc::Receiver<ScimRequest>) -> Vec<ScimRequest> {
    let mut batch = vec![first];
    let until = Instant::now() + GATHER;
    while batch.len() < TOGETHER {
        match timeout_at(until, rows.recv()).await {
            Ok(Some(row)) => batch.push(row),
            Ok(None) | Err(_) => break,
        }
    }
    batch
}

/// A failure loses rows and nothing else.
async fn write(log: &ScimLog, store: &Store, rows: Vec<ScimRequest>) {
    let count = rows.len() as u64;
    match store.log_scim_requests(rows).await {
        Ok(written) => log.leave_out(count.saturating_sub(written)),
        Err(_) => log.leave_out(count),
    }
}
