//! Seats: how many connections are served at one time, in all and of each source.
//!
//! Promises: no more than `most` are served; one source has an eighth of them at most, so that a
//! newcomer finds a seat while another source holds all that it may have; while somebody waits for
//! a seat of the whole, connections that do nothing are told to leave theirs.

use super::shares::{Permit, Shares};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

/// One source has one in so many seats.
const SOURCES: usize = 8;
/// But not fewer than so many, where there are so many.
const LEAST: usize = 16;
/// How long a connection may do nothing while others wait for its seat.
const IDLE: Duration = Duration::from_millis(500);

/// The seats of a listener.
pub(crate) struct Seats {
    whole: Arc<Semaphore>,
    each: u32,
    sources: Shares<IpAddr>,
    waiting: AtomicUsize,
    is_crowded: watch::Sender<bool>,
}

/// A seat, until it is dropped.
pub(crate) struct Seat {
    _of_the_whole: OwnedSemaphorePermit,
    _of_the_source: Option<Permit>,
}

struct Waiting<'a>(&'a Seats);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.is_crowded.send_replace(false);
        }
    }
}

impl Seats {
    pub(crate) fn new(most: usize) -> Self {
        let each = u32::try_from((most / SOURCES).max(LEAST.min(most))).unwrap_or(u32::MAX);
        Self {
            whole: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            each,
            sources: Shares::new(Shares::<IpAddr>::PLENTY, each),
            waiting: AtomicUsize::new(0),
            is_crowded: watch::Sender::new(false),
        }
    }

    /// Most seats of one source.
    pub(crate) fn each(&self) -> u32 {
        self.each
    }

    /// Waits for a seat; `source` is none for a proxy of ours, behind which there are many. None,
    /// and at once, if as many of the source wait already as may have a seat.
    pub(crate) async fn take(&self, source: Option<IpAddr>) -> Option<Seat> {
        let of_the_source = match source {
            Some(source) => Some(self.sources.take_unless_crowded(source, 1, self.each.saturating_mul(2)).await?),
            None => None,
        };
        let of_the_whole = if let Ok(seat) = Arc::clone(&self.whole).try_acquire_owned() {
            seat
        } else {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _waiting = Waiting(self);
            self.is_crowded.send_replace(true);
            Arc::clone(&self.whole).acquire_owned().await.ok()?
        };
        Some(Seat { _of_the_whole: of_the_whole, _of_the_source: of_the_source })
    }

    /// Done when somebody waits for a seat of the whole and has done so while `done`, which counts
    /// what happens on a connection, stood still.
    pub(crate) async fn asked_to_leave(&self, is_idle: impl Fn() -> bool, done: impl Fn() -> usize) {
        let mut crowded = self.is_crowded.subscribe();
        loop {
            if crowded.wait_for(|crowded| *crowded).await.is_err() {
                return std::future::pending().await;
            }
            let before = done();
            sleep(IDLE).await;
            if *crowded.borrow() && is_idle() && done() == before {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seats;
    use futures_util::FutureExt;
    use std::net::{IpAddr, Ipv4Addr};

    fn source(last: u8) -> Option<IpAddr> {
        Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)))
    }

    #[test]
    fn one_source_has_an_eighth_and_a_second_one_gets_a_seat_beside_it() {
        let seats = Seats::new(2048);
        let held: Vec<_> = (0..256).map(|_| seats.take(source(1)).now_or_never().flatten().expect("a seat")).collect();
        let waits: Vec<_> = (0..256)
            .map(|_| {
                let mut waits = Box::pin(seats.take(source(1)));
                assert!(waits.as_mut().now_or_never().is_none(), "it waits");
                waits
            })
            .collect();
        assert!(seats.take(source(1)).now_or_never().expect("at once").is_none(), "a crowd of one source");
        assert!(seats.take(source(2)).now_or_never().flatten().is_some());
        drop((held, waits));
        assert!(seats.take(source(1)).now_or_never().flatten().is_some());
    }

    #[test]
    fn a_proxy_of_ours_is_no_source() {
        let seats = Seats::new(2048);
        let held: Vec<_> = (0..2047).map(|_| seats.take(None).now_or_never().flatten().expect("a seat")).collect();
        assert!(seats.take(source(1)).now_or_never().flatten().is_some());
        drop(held);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_nothing_leaves_while_somebody_waits_and_stays_otherwise() {
        let seats = Seats::new(1);
        let minute = std::time::Duration::from_secs(60);
        let held = seats.take(source(1)).await.expect("a seat");
        let leave = |idle: bool, done: &'static dyn Fn() -> usize| seats.asked_to_leave(move || idle, done);
        assert!(tokio::time::timeout(minute, leave(true, &|| 0)).await.is_err(), "nobody waits");
        let mut waits = Box::pin(seats.take(source(2)));
        assert!(waits.as_mut().now_or_never().is_none(), "it waits");
        assert!(tokio::time::timeout(minute, leave(false, &|| 0)).await.is_err(), "it is busy");
        let counter = std::sync::atomic::AtomicUsize::new(0);
        let busy = || counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert!(tokio::time::timeout(minute, seats.asked_to_leave(|| true, busy)).await.is_err(), "things happen");
        tokio::time::timeout(minute, leave(true, &|| 0)).await.expect("it is asked to leave");
        drop(held);
        assert!(waits.await.is_some());
        assert!(tokio::time::timeout(minute, leave(true, &|| 0)).await.is_err(), "nobody waits any more");
    }
}
