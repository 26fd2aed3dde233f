//! Whether the database can be reached, as all connections of a deployment know it.
//!
//! Promise: the first caller who meets a database that cannot be reached waits for it, within the
//! limits; until somebody is there again, the others hear so at once. Must never: let a caller use
//! a connection that was made before a server fell silent.

use super::address::Target;
use super::dial::{self, Found};
use crate::store::error::{Result, StoreError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Between two tries of a database that was not there.
const PAUSE: Duration = Duration::from_millis(250);

/// What is known.
#[derive(Default)]
pub(super) struct Reach {
    /// Why it cannot be reached, while somebody is trying.
    trouble: Mutex<Option<String>>,
    /// How often a server fell silent; connections of an earlier time are not used.
    fallen_silent: AtomicU64,
    /// How often somebody was found.
    found: AtomicU64,
}

impl Reach {
    /// Why nobody has to try now.
    fn trouble(&self) -> Option<StoreError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone().map(StoreError::Unavailable)
    }

    /// How often a server fell silent.
    pub(super) fn silences(&self) -> u64 {
        self.fallen_silent.load(Ordering::Acquire)
    }

    /// Asks for a session, and remembers whether there was one. Whoever asked in vain while another
    /// found somebody asked too early, and asks again.
    pub(super) fn dial(self: &Arc<Self>, target: &Arc<Target>) -> Result<Found> {
        if let Some(known) = self.trouble() {
            return Err(known);
        }
        loop {
            let before = self.found.load(Ordering::Acquire);
            match dial::dial(target) {
                Ok(found) => {
                    self.found.fetch_add(1, Ordering::AcqRel);
                    return Ok(found);
                }
                Err(_) if self.found.load(Ordering::Acquire) != before => {}
                Err(error) => {
                    self.lost(target, &error.why());
                    return Err(error);
                }
            }
        }
    }

    /// A server does not answer any more.
    pub(super) fn fell_silent(self: &Arc<Self>, target: &Arc<Target>, why: &str) {
        self.fallen_silent.fetch_add(1, Ordering::AcqRel);
        self.lost(target, why);
    }

    /// Nobody could be reached: from now on a thread tries, and callers do not.
    fn lost(self: &Arc<Self>, target: &Arc<Target>, why: &str) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.replace(why.to_owned()).is_some() {
            return;
        }
        let (known, target) = (Arc::downgrade(self), Arc::clone(target));
        let looking = move || look_again(&known, &target);
        if std::thread::Builder::new().name("store-reach".into()).spawn(looking).is_err() {
            // Without a thread, every caller tries.
            *trouble = None;
        }
    }
}

/// Until somebody is there, or nobody wants to know any more.
fn look_again(known: &Weak<Reach>, target: &Target) {
    loop {
        std::thread::sleep(PAUSE);
        if known.strong_count() == 0 {
            return;
        }
        let found = dial::dial(target).map(drop);
        let Some(reach) = known.upgrade() else { return };
        let mut trouble = reach.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = found.err().map(|error| error.why());
        if trouble.is_none() {
            reach.found.fetch_add(1, Ordering::AcqRel);
            return;
        }
    }
}
