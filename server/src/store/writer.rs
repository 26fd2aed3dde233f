//! The one writer: a thread that gathers waiting commands, applies each in a savepoint and commits them together.
//!
//! Promise: nobody is answered before the commit; a command that fails takes only its own savepoint back. With many callers one fsync pays for all of them.

use super::{Result, StoreError};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Most commands in one transaction.
const BATCH: usize = 256;
/// Most commands that may wait before callers do.
const QUEUE: usize = 1024;

pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// A command with its answer, the answer held back until the commit.
trait Job: Send {
    /// Applies it; false if its savepoint must be taken back.
    fn apply(&mut self, db: &Connection) -> bool;
    /// Answers the caller.
    fn answer(self: Box<Self>, committed: bool);
}

struct Task<F, T> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<F, T> Job for Task<F, T>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T> + Send,
{
    fn apply(&mut self, db: &Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        // A bug in one command must not take the writer, and so everybody, with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(db))).unwrap_or(Err(StoreError::NotCommitted));
        let applied = outcome.is_ok();
        self.outcome = Some(outcome);
        applied
    }

    fn answer(self: Box<Self>, committed: bool) {
        let answer = match self.outcome {
            Some(Ok(_)) if !committed => Err(StoreError::NotCommitted),
            Some(outcome) => outcome,
            None => Err(StoreError::NotCommitted),
        };
        // The caller may have gone away; the change stands.
        drop(self.caller.send(answer));
    }
}

impl Writer {
    pub(super) fn start(db: Connection) -> Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || work_off(&db, jobs));
        let thread = thread.map_err(|_| StoreError::Closed)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let task = Task { work: Some(work), outcome: None, caller };
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(Box::new(task)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue ends the thread once it has worked off what was waiting.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn work_off(db: &Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = jobs.try_recv()
        {
            batch.push(next);
        }
        let committed = commit_together(db, &mut batch).is_ok();
        if !committed && !db.is_autocommit() {
            // Best effort: the next BEGIN would fail inside an open transaction.
            drop(db.execute_batch("ROLLBACK"));
        }
        for job in batch {
            job.answer(committed);
        }
    }
}

fn commit_together(db: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    for job in batch {
        db.execute_batch("SAVEPOINT command")?;
        if !job.apply(db) {
            db.execute_batch("ROLLBACK TO command")?;
        }
        db.execute_batch("RELEASE command")?;
    }
    db.execute_batch("COMMIT")
}
