//! The one writer: a thread that gathers waiting commands, applies each in a savepoint and commits
//! them together.
//!
//! Promise: nobody is answered before the commit; a command that fails takes only its own savepoint
//! back. With many callers one fsync pays for all of them.

use super::db::{Db, Location};
use super::error::{Result, StoreError};
use super::upkeep::Upkeep;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Most commands in one transaction.
const BATCH: usize = 256;
/// How long a batch is held open for callers who were answered together just now and are about to
/// ask again: a fraction of what a commit takes.
const LINGER: Duration = Duration::from_micros(300);
/// How long one look lasts meanwhile; the processor is left to those who are about to ask.
const NAP: Duration = Duration::from_micros(50);
/// Most commands that may wait before callers do.
const QUEUE: usize = 1024;

pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// A command with its answer, the answer held back until the commit.
trait Job: Send {
    /// Applies it; false if its savepoint must be taken back.
    fn apply(&mut self, db: &Db) -> bool;
    /// Answers the caller; `trouble` if the transaction was not committed.
    fn answer(self: Box<Self>, trouble: Option<StoreError>);
}

struct Task<F, T> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<F, T> Job for Task<F, T>
where
    T: Send,
    F: FnOnce(&Db) -> Result<T> + Send,
{
    fn apply(&mut self, db: &Db) -> bool {
        let Some(work) = self.work.take() else { return false };
        // A bug in one command must not take the writer, and so everybody, with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(db))).unwrap_or(Err(StoreError::NotCommitted));
        let applied = outcome.is_ok();
        self.outcome = Some(outcome);
        applied
    }

    fn answer(self: Box<Self>, trouble: Option<StoreError>) {
        let answer = match (self.outcome, trouble) {
            // Its own trouble says more than that of the whole.
            (Some(Err(error)), _) => Err(error),
            (_, Some(trouble)) => Err(trouble),
            (Some(Ok(answer)), None) => Ok(answer),
            (None, None) => Err(StoreError::NotCommitted),
        };
        // The caller may have gone away; the change stands.
        drop(self.caller.send(answer));
    }
}

impl Writer {
    pub(super) fn start(location: Location, db: Db) -> Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let upkeep = Upkeep::start(&location)?;
        let work = move || work_off(&location, db, jobs, &upkeep);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(work);
        let thread = thread.map_err(|_| StoreError::Closed)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Commands that were handed over and not yet begun.
    pub(super) fn waiting(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let task = Task { work: Some(work), outcome: None, caller };
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(Box::new(task)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Runs one command as the thread does, but here and now.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn at_once<T, F>(db: &Db, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&Db) -> Result<T> + Send + 'static,
{
    let (caller, mut answer) = oneshot::channel();
    let mut batch: Vec<Box<dyn Job>> = vec![Box::new(Task { work: Some(work), outcome: None, caller })];
    let outcome = db.begin().and_then(|()| commit_together(db, &mut batch)).inspect_err(|_| db.roll_back());
    let trouble = outcome.err();
    for job in batch {
        job.answer(trouble.as_ref().map(for_everybody));
    }
    answer.try_recv().map_err(|_| StoreError::Closed)?
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

fn work_off(location: &Location, db: Db, mut jobs: mpsc::Receiver<Box<dyn Job>>, upkeep: &Upkeep) {
    let mut open = Some(db);
    let mut expected = 1;
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = gather(first, &mut jobs, expected);
        expected = batch.len();
        let outcome =
            begin(&mut open, location).and_then(|db| commit_together(db, &mut batch).inspect_err(|_| db.roll_back()));
        let trouble = outcome.err();
        for job in batch {
            job.answer(trouble.as_ref().map(for_everybody));
        }
        upkeep.ring();
    }
}

/// The commands that wait, up to a whole batch; as many as the last time are waited for, but not
/// long.
fn gather(first: Box<dyn Job>, jobs: &mut mpsc::Receiver<Box<dyn Job>>, expected: usize) -> Vec<Box<dyn Job>> {
    let mut batch = vec![first];
    let began = Instant::now();
    while batch.len() < BATCH {
        match jobs.try_recv() {
            Ok(next) => batch.push(next),
            Err(_) if batch.len() < expected && began.elapsed() < LINGER => std::thread::sleep(NAP),
            Err(_) => break,
        }
    }
    batch
}

/// Begins a transaction, over a new connection if the one there was is gone: nothing has been done
/// yet that could be done twice.
fn begin<'a>(open: &'a mut Option<Db>, location: &Location) -> Result<&'a Db> {
    if let Some(db) = open.take().filter(|db| !db.is_gone()) {
        match db.begin() {
            Ok(()) => return Ok(open.insert(db)),
            Err(_) if db.is_gone() => {}
            Err(error) => {
                db.roll_back();
                *open = Some(db);
                return Err(error);
            }
        }
    }
    let db = open.insert(location.connect()?);
    db.begin()?;
    Ok(db)
}

/// What each caller of a transaction that was not committed is told.
fn for_everybody(trouble: &StoreError) -> StoreError {
    match trouble {
        StoreError::Unavailable(said) => StoreError::Unavailable(said.clone()),
        StoreError::Uncertain => StoreError::Uncertain,
        _ => StoreError::NotCommitted,
    }
}

fn commit_together(db: &Db, batch: &mut [Box<dyn Job>]) -> Result<()> {
    for (job, is_first) in batch.iter_mut().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
        let mark = db.mark(is_first)?;
        if !job.apply(db) {
            db.back_to_mark(mark)?;
        }
    }
    db.commit()
}
