//! Who is told when the database fails, whatever request it was that met the failure.

use super::error::{Result, StoreError};
use std::sync::{Arc, OnceLock};

/// A listener, once there is one.
#[derive(Clone, Default)]
pub(super) struct FailureListener(Arc<OnceLock<Box<Listener>>>);

type Listener = dyn Fn(&StoreError) + Send + Sync;

impl FailureListener {
    /// From now on; the first listener stays.
    pub(super) fn listen(&self, listener: impl Fn(&StoreError) + Send + Sync + 'static) {
        drop(self.0.set(Box::new(listener)));
    }

    /// Passes an answer on, and tells of it if it is a failure.
    pub(super) fn pass<T>(&self, answer: Result<T>) -> Result<T> {
        if let (Err(error), Some(listener)) = (&answer, self.0.get()) {
            listener(error);
        }
        answer
    }
}
