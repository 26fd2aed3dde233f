//! Large requests: room for their bodies, turns at reading them, and turns at going through all of
//! an organisation.
//!
//! Promises: however many are sent, their bodies take [`ROOM`] at most and their documents a few
//! times what one takes; an organisation has a share of that, so its large requests wait for each
//! other and nobody else's for them. A body that arrives slowly holds room and no turn.

use super::shares::{Permit, Shares};

/// Bodies up to so many bytes are not counted.
pub(crate) const SMALL: usize = 64 * 1024;
/// KiB that all larger bodies may take.
const ROOM: u32 = 64 * 1024;
/// KiB of that for one organisation.
const ROOM_EACH: u32 = 16 * 1024;
/// Large documents that are worked on at one time.
const TURNS: u32 = 2;

/// Organisations that are gone through at one time.
const WALKS: u32 = 2;

/// What large requests share.
pub(crate) struct Large {
    room: Shares<[u8; 16]>,
    turns: Shares<[u8; 16]>,
    walks: Shares<[u8; 16]>,
}

impl Default for Large {
    fn default() -> Self {
        Self { room: Shares::new(ROOM, ROOM_EACH), turns: Shares::new(TURNS, 1), walks: Shares::new(WALKS, 1) }
    }
}

impl Large {
    /// Waits until there is room for a body of so many bytes; none is needed for a small one.
    pub(crate) async fn room(&self, org: [u8; 16], bytes: usize) -> Option<Permit> {
        if bytes <= SMALL {
            return None;
        }
        Some(self.room.take(org, u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)).await)
    }

    /// Waits for a turn at going through everybody of an organisation.
    pub(crate) async fn walk(&self, org: [u8; 16]) -> Permit {
        self.walks.take(org, 1).await
    }

    /// Waits for a turn at a large document; a small one needs none.
    pub(crate) async fn turn(&self, org: [u8; 16], bytes: usize) -> Option<Permit> {
        if bytes <= SMALL { None } else { Some(self.turns.take(org, 1).await) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Large, SMALL};
    use futures_util::FutureExt;

    #[test]
    fn a_small_body_waits_for_nobody_and_a_large_one_for_those_of_its_organisation() {
        let large = Large::default();
        let megabytes = |count: usize| count * 1024 * 1024;
        let _held: Vec<_> = (0..4).map(|_| large.room([1; 16], megabytes(4)).now_or_never().expect("room")).collect();
        assert!(large.room([1; 16], SMALL + 1).now_or_never().is_none(), "the share is used up");
        assert!(large.room([1; 16], SMALL).now_or_never().is_some());
        assert!(large.room([2; 16], megabytes(4)).now_or_never().is_some());
        let _turn = large.turn([1; 16], megabytes(1)).now_or_never().expect("a turn");
        assert!(large.turn([1; 16], megabytes(1)).now_or_never().is_none());
        assert!(large.turn([2; 16], megabytes(1)).now_or_never().is_some());
    }
}
