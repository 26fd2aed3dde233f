//! What a database wants to have done from time to time, beside the writer and not in anybody's
//! way.
//!
//! SQLite: the write-ahead log is moved into the database file. What this does not manage while
//! everybody writes at once, the writer does at a limit of its own. PostgreSQL: rows are counted
//! soon after a deployment began to grow; until then its planner guesses, and for a company's first
//! thousand people it guesses badly, since its own housekeeping looks once a minute. Promise:
//! nobody who waits for an answer waits for this. Must never: be what durability or correctness
//! rests on.

use super::db::{Db, Location};
use super::error::{Result, StoreError};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long commits are gathered: the same page, changed often, is moved once.
const GATHER: Duration = Duration::from_millis(200);
/// Times that something was gathered before rows are first counted, and by how much more each next
/// time.
const COUNTED_AFTER: u32 = 2;
const GROWTH: u32 = 4;

/// The thread, and the bell that wakes it.
pub(super) struct Upkeep {
    bell: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// Starts it.
    pub(super) fn start(location: &Location) -> Result<Self> {
        let (bell, commits) = sync_channel(1);
        let location = location.clone();
        let thread = std::thread::Builder::new().name("store-upkeep".into()).spawn(move || keep(&location, &commits));
        Ok(Self { bell: Some(bell), thread: Some(thread.map_err(|_| StoreError::Closed)?) })
    }

    /// Something was committed.
    pub(super) fn ring(&self) {
        if let Some(bell) = &self.bell {
            // Full: it was woken already.
            let _ = bell.try_send(());
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.bell = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn keep(location: &Location, commits: &Receiver<()>) {
    let mut open: Option<Db> = None;
    let (mut rounds, mut count_at) = (0_u32, COUNTED_AFTER);
    while gathered(commits) {
        rounds = rounds.saturating_add(1);
        let wanted = location.is_for_one_server() || rounds >= count_at;
        if !wanted {
            continue;
        }
        // A failure is nobody's trouble: there is always another time.
        let Ok(db) = open.take().map_or_else(|| location.connect(), Ok) else { continue };
        if location.is_for_one_server() {
            drop(db.checkpoint());
            open = Some(db);
        } else if db.count_rows().is_ok() {
            // Seldom, so the connection is not kept.
            count_at = count_at.saturating_mul(GROWTH);
        }
    }
}

/// Waits for a commit and for those that follow it; false at the end.
fn gathered(commits: &Receiver<()>) -> bool {
    if commits.recv().is_err() {
        return false;
    }
    let began = Instant::now();
    loop {
        match commits.recv_timeout(GATHER.saturating_sub(began.elapsed())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}
