//! Work on a person that is done by a reader, beside the writer.
//!
//! Promise: whatever it costs, no other command waits for it.

use super::people::{self, Person, PersonKey};
use super::{Result, Store};
use crate::limits::Permit;

impl Store {
    /// Shows one person of the organisation to `work`, on a reader's thread; none if there is none.
    pub(crate) async fn with_person<T, F>(&self, key: PersonKey, work: F) -> Result<Option<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Person) -> T + Send + 'static,
    {
        self.read_of(key.org, move |db| Ok(people::find(db, key)?.map(|person| work(&person)))).await
    }

    /// Waits until nobody else on this server is changing the resource, so that a change that was
    /// worked out beside the writer is rarely out of date when it gets there.
    pub(crate) async fn turn_at(&self, resource: [u8; 16]) -> Permit {
        self.turns.take(resource, 1).await
    }
}
