//! Something that there is only so much of, divided among callers: permits for reads, room for
//! large bodies, seats for connections.
//!
//! Promises: one caller never has more than a share, counting what the caller waits for at the
//! whole; so a newcomer waits behind a share of each other caller at most, however many requests
//! they sent. What is taken is given back when the permit is dropped.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Callers that are remembered before those who have and want nothing are forgotten.
const REMEMBERED: usize = 256;

/// The whole and everybody's share of it.
pub(crate) struct Shares<K> {
    whole: Arc<Semaphore>,
    share: u32,
    callers: Mutex<HashMap<K, Arc<Caller>>>,
}

struct Caller {
    share: Arc<Semaphore>,
    /// Requests that have or want something.
    asking: AtomicU32,
}

/// What a caller has, until it is dropped.
pub(crate) struct Permit {
    _of_the_whole: OwnedSemaphorePermit,
    _of_the_share: OwnedSemaphorePermit,
    _asking: Asking,
}

struct Asking(Arc<Caller>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// A whole that is always enough.
    pub(crate) const PLENTY: u32 = u32::MAX >> 3;

    /// `whole` in all, `share` for each caller.
    pub(crate) fn new(whole: u32, share: u32) -> Self {
        Self { whole: Arc::new(Semaphore::new(whole as usize)), share: share.min(whole), callers: Mutex::default() }
    }

    /// Takes as much as `amount`, at most a share, as soon as it is there.
    pub(crate) async fn take(&self, key: K, amount: u32) -> Permit {
        self.take_unless_crowded(key, amount, u32::MAX).await.expect("invariant: nobody is that many")
    }

    /// The same; none, and at once, if `most` requests of the caller have or want something.
    pub(crate) async fn take_unless_crowded(&self, key: K, amount: u32, most: u32) -> Option<Permit> {
        let asking = self.ask(key, most)?;
        let amount = amount.clamp(1, self.share);
        let own = Arc::clone(&asking.0.share).acquire_many_owned(amount).await;
        let whole = Arc::clone(&self.whole).acquire_many_owned(amount).await;
        let closed = "invariant: the semaphores are never closed";
        Some(Permit { _of_the_whole: whole.expect(closed), _of_the_share: own.expect(closed), _asking: asking })
    }

    /// How much of the whole is left.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.whole.available_permits()
    }

    fn ask(&self, key: K, most: u32) -> Option<Asking> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= REMEMBERED && !callers.contains_key(&key) {
            callers.retain(|_, caller| caller.asking.load(Ordering::Relaxed) > 0);
        }
        let caller = callers.entry(key).or_insert_with(|| {
            Arc::new(Caller { share: Arc::new(Semaphore::new(self.share as usize)), asking: AtomicU32::new(0) })
        });
        // Only ever counted up under the lock.
        if caller.asking.load(Ordering::Relaxed) >= most {
            return None;
        }
        caller.asking.fetch_add(1, Ordering::Relaxed);
        Some(Asking(Arc::clone(caller)))
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, Shares};
    use futures_util::FutureExt;

    #[test]
    fn a_newcomer_is_served_however_much_another_one_asked_for() {
        let shares = Shares::new(4, 3);
        let mut asked: Vec<_> = (0..100).map(|_| Box::pin(shares.take("greedy", 1))).collect();
        let mut served: Vec<_> = asked.iter_mut().filter_map(|one| one.as_mut().now_or_never()).collect();
        assert_eq!(served.len(), 3, "a share");
        let newcomer = shares.take("newcomer", 1).now_or_never().expect("served at once");
        assert_eq!(shares.left(), 0);
        served.pop();
        let more: Vec<_> = asked.iter_mut().skip(3).filter_map(|one| one.as_mut().now_or_never()).collect();
        assert_eq!(more.len(), 1, "what was given back is taken by whoever waits");
        drop(newcomer);
        assert!(shares.take("another", 1).now_or_never().is_some());
    }

    #[test]
    fn more_than_a_share_is_a_share() {
        let shares = Shares::new(10, 4);
        let all = shares.take(1, 1000).now_or_never().expect("a share");
        assert_eq!(shares.left(), 6);
        assert!(shares.take(1, 1).now_or_never().is_none());
        drop(all);
        assert_eq!(shares.left(), 10);
    }

    #[test]
    fn who_waits_is_counted_and_a_crowd_is_told_so() {
        let shares = Shares::new(2, 1);
        let _held = shares.take_unless_crowded("a", 1, 2).now_or_never().flatten().expect("served");
        let mut waits = Box::pin(shares.take_unless_crowded("a", 1, 2));
        assert!(waits.as_mut().now_or_never().is_none(), "it waits");
        assert!(shares.take_unless_crowded("a", 1, 2).now_or_never().expect("at once").is_none(), "a crowd");
        drop(waits);
        assert!(shares.take_unless_crowded("a", 1, 2).now_or_never().is_none(), "whoever gave up is not counted");
        assert!(shares.take_unless_crowded("b", 1, 2).now_or_never().flatten().is_some());
    }

    #[test]
    fn callers_who_want_nothing_more_are_forgotten() {
        let shares = Shares::new(1, 1);
        let held = shares.take(usize::MAX, 1).now_or_never().expect("served");
        for caller in 0..3 * REMEMBERED {
            assert!(shares.take(caller, 1).now_or_never().is_none());
        }
        assert!(shares.callers.lock().expect("not poisoned").len() <= REMEMBERED + 1);
        drop(held);
        assert!(shares.take(0, 1).now_or_never().is_some());
    }
}
