//! What runs commands and queries: the writer's thread and the readers, or, in tests, a database in
//! memory.

use super::db::{Db, Location};
use super::error::Result;
#[cfg(any(test, feature = "fuzzing"))]
use super::in_memory::InMemory;
use super::readers::Readers;
use super::writer::Writer;
use std::sync::Arc;

/// One of the two. A release build has the first alone.
#[derive(Clone)]
pub(super) enum Engine {
    /// One thread that writes, with group commit, and several readers.
    Threads { writer: Arc<Writer>, readers: Readers },
    #[cfg(any(test, feature = "fuzzing"))]
    InMemory(Arc<InMemory>),
}

impl Engine {
    /// Starts the writer over an open database.
    pub(super) fn start(location: &Location, db: Db) -> Result<Self> {
        let writer = Arc::new(Writer::start(location.clone(), db)?);
        Ok(Self::Threads { writer, readers: Readers::new(location.clone()) })
    }

    /// Runs one command in a transaction; the answer comes after the commit.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        match self {
            Self::Threads { writer, .. } => writer.run(work).await,
            #[cfg(any(test, feature = "fuzzing"))]
            Self::InMemory(memory) => memory.write(work),
        }
    }

    /// Runs one query for an organisation, which has a share of the readers.
    pub(super) async fn read_of<T, F>(&self, org: [u8; 16], work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        match self {
            Self::Threads { readers, .. } => readers.run_for(org, work).await,
            #[cfg(any(test, feature = "fuzzing"))]
            Self::InMemory(memory) => memory.read(work),
        }
    }

    /// Runs one query.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        match self {
            Self::Threads { readers, .. } => readers.run(work).await,
            #[cfg(any(test, feature = "fuzzing"))]
            Self::InMemory(memory) => memory.read(work),
        }
    }

    /// Commands that were handed over and not yet begun.
    pub(super) fn waiting(&self) -> usize {
        match self {
            Self::Threads { writer, .. } => writer.waiting(),
            #[cfg(any(test, feature = "fuzzing"))]
            Self::InMemory(_) => 0,
        }
    }
}
