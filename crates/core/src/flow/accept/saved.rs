//! Saved uploads, taken up again: the newest first, and on to an older one where the server says
//! that the newer one's invite has ended.
//!
//! Promise: a refusal makes nothing forgotten: every saved upload stays, with what was said of it,
//! and the next run asks again. Nothing is passed over whose fate is open: behind a newer upload
//! that may yet be stored no older one is opened, whose log-in would call off what the newer one is
//! for. Must never: send an upload for an account of which this computer remembers other keys that
//! are as new.

use super::{At, Next, after, commit};
use crate::flow::checkpoint::{Checkpoint, NotTaken, Pin};
use crate::flow::stop::AcceptReason;
use crate::flow::{Effect, Notice};

/// What may still be tried, and what is said if none of it can be finished.
#[derive(Default)]
pub(super) struct Saved {
    /// Oldest first.
    left: Vec<Checkpoint>,
    /// The newest one's refusal, and where that was.
    refused: Option<(AcceptReason, At)>,
}

impl Saved {
    /// All that this computer has, given as `checkpoints`, oldest first.
    pub(super) fn of(mut checkpoints: Vec<Checkpoint>, pins: &[Pin]) -> Self {
        checkpoints.retain(|saved| !saved.is_outdated(pins));
        // A later generation is made only where the one before is stored, whatever a clock says. Of
        // one, what was refused for good waits for the others: it was written again since. A stale
        // signature can be renewed.
        let is_open = |saved: &Checkpoint| matches!(saved.refused, None | Some(NotTaken::ClaimStale));
        checkpoints.sort_by_key(|saved| (saved.key_gen(), is_open(saved)));
        Self { left: checkpoints, refused: None }
    }

    /// Takes up the newest that is left.
    pub(super) fn next(mut self, at: &mut At) -> Result<Next, AcceptReason> {
        let Some(checkpoint) = self.left.pop() else {
            let Some((why, where_it_was)) = self.refused else { return Err(AcceptReason::NothingSaved) };
            *at = where_it_was;
            return Err(why);
        };
        commit::resume(checkpoint, self, at)
    }

    /// The upload for `email` ends so. Where its invite has ended, an older one is tried.
    pub(super) fn go_on(mut self, why: AcceptReason, email: &str, at: &mut At) -> Result<Next, AcceptReason> {
        let AcceptReason::Invite(problem) = &why else { return Err(why) };
        if !problem.name.ends_the_invite() {
            return Err(why);
        }
        let notice = Notice::PassedOver { email: email.to_owned(), why: problem.name.clone() };
        self.refused.get_or_insert((why, at.clone()));
        if self.left.is_empty() {
            return self.next(at);
        }
        after(Effect::Tell(notice), move |_, at| self.next(at))
    }
}
