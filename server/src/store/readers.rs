//! A small pool of read-only connections, used on blocking threads; neither database makes them
//! wait for the writer.
//!
//! Promise: however many slow queries one organisation asks for, readers are left for the others
//! and for people's own requests.

use super::db::{Db, Location};
use super::error::{Result, StoreError};
use crate::limits::Shares;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long a connection that lay idle is taken to be alive without asking: its server may have
/// been started anew meanwhile.
const TRUSTED: Duration = Duration::from_millis(100);
/// Most reads at one time.
const READERS: usize = 6;
/// How long a reader waits for one of them to end.
const CROWDED: Duration = Duration::from_secs(9);
/// Most reads of one organisation at one time.
const READERS_EACH: u32 = 4;

#[derive(Clone)]
pub(super) struct Readers {
    location: Arc<Location>,
    permits: Arc<Semaphore>,
    organisations: Arc<Shares<[u8; 16]>>,
    idle: Arc<Mutex<Vec<(Db, Instant)>>>,
}

impl Readers {
    pub(super) fn new(location: Location) -> Self {
        Self {
            location: Arc::new(location),
            permits: Arc::new(Semaphore::new(READERS)),
            // The whole is what `permits` counts.
            organisations: Arc::new(Shares::new(Shares::<[u8; 16]>::PLENTY, READERS_EACH)),
            idle: Arc::default(),
        }
    }

    pub(super) async fn run_for<T, F>(&self, org: [u8; 16], work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let share = self.organisations.take(org, 1).await;
        self.run(move |db| {
            let _share = share;
            work(db)
        })
        .await
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let free = tokio::time::timeout(CROWDED, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = free.map_err(|_| StoreError::Unavailable("too many wait to read".to_owned()))?;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let pool = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = match idle {
                Some((db, since)) if !db.is_gone() && (since.elapsed() < TRUSTED || db.answers()) => db,
                _ => pool.open()?,
            };
            let answer = db.reading(work);
            if db.is_gone() {
                return answer;
            }
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push((db, Instant::now()));
            answer
        });
        task.await.map_err(|_| StoreError::Closed)?
    }

    fn open(&self) -> Result<Db> {
        self.location.connect()?.read_only()
    }
}
