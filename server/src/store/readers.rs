//! A small pool of read-only connections, used on blocking threads; neither database makes them wait for the writer.

use super::db::{Db, Location};
use super::{Result, StoreError};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Most reads at one time.
const READERS: usize = 4;

#[derive(Clone)]
pub(super) struct Readers {
    location: Arc<Location>,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Db>>>,
}

impl Readers {
    pub(super) fn new(location: Location) -> Self {
        Self { location: Arc::new(location), permits: Arc::new(Semaphore::new(READERS)), idle: Arc::default() }
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let pool = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = match idle {
                Some(db) => db,
                None => pool.open()?,
            };
            let answer = work(&db);
            if db.is_gone() {
                return answer;
            }
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            answer
        });
        task.await.map_err(|_| StoreError::Closed)?
    }

    fn open(&self) -> Result<Db> {
        self.location.connect()?.read_only()
    }
}
