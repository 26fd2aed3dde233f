//! A client between two events: its disk, its program, and what the person at it would do next.
//!
//! Promise: whoever goes on does what a text tells them: the newest letter, or `--resume`. Must
//! never: know what only the server knows.

use super::client::{Disk, End, Running, Step, Success};
use std::sync::Arc;

/// A client between two events.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) disk: Arc<Disk>,
    pub(super) disk_digest: u128,
    /// Runs that it began.
    pub(super) runs: u8,
    /// Letters that had come when the last run began, which of their links was pasted, and whether
    /// it was `--resume` instead.
    pub(super) letters: usize,
    pub(super) pasted: usize,
    pub(super) resumed: bool,
    /// Links that were found to be of no more use, a bit for each.
    pub(super) useless: u32,
    pub(super) at: At,
    /// What it said when it was done.
    pub(super) done: Option<Arc<Success>>,
}

/// Where the program of a client is.
#[derive(Clone)]
pub(super) enum At {
    /// Not begun, or crashed.
    Away,
    Runs(Arc<Running>),
    Ended(Arc<End>),
}

/// Commands that a person may run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    /// `accept` with the newest letter's link.
    pub(super) start: bool,
    /// `accept` with the newest of the other links that was not refused for good. Nobody is told
    /// to; a person may.
    pub(super) older: bool,
    /// `accept --resume`.
    pub(super) resume: bool,
}

impl Client {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.at, At::Runs(_))
    }

    pub(super) fn end(&self) -> Option<&End> {
        if let At::Ended(end) = &self.at { Some(end) } else { None }
    }

    /// What the person may run now.
    pub(super) fn would_run(&self, letters: usize, active: bool) -> Wish {
        let pending = self.disk.is_pending();
        let (newest, older) = (self.is_of_use(letters - 1), self.older(letters).is_some());
        match &self.at {
            At::Runs(_) => Wish::default(),
            At::Away => Wish { start: true, older, resume: pending },
            At::Ended(end) => match end.as_ref() {
                End::Stopped(Step::Again | Step::Later, _) => Wish { start: true, older, resume: pending },
                End::Stopped(Step::Wait, _) => {
                    Wish { start: active, older: active && older, resume: active && pending }
                }
                // `status` names an upload whose fate is open.
                End::Stopped(Step::Ask | Step::Warn, _) => {
                    Wish { start: newest, older, resume: pending && !self.resumed }
                }
                End::Done(_) => Wish { start: newest, ..Wish::default() },
                End::Dead(_) => Wish::default(),
            },
        }
    }

    fn is_of_use(&self, link: usize) -> bool {
        self.useless & 1 << link == 0
    }

    /// The newest link that may be of use beside that of the newest letter.
    pub(super) fn older(&self, letters: usize) -> Option<usize> {
        (0..letters - 1).rev().find(|link| self.is_of_use(*link))
    }

    /// Whether `--resume` was just answered for good.
    pub(super) fn resumed_in_vain(&self) -> bool {
        self.resumed && matches!(self.end(), Some(End::Stopped(Step::Ask | Step::Warn, _)))
    }

    /// The run has ended so; a link that led to something final leads nowhere else.
    pub(super) fn ended(&mut self, end: &Arc<End>) {
        let is_final = matches!(end.as_ref(), End::Stopped(Step::Ask | Step::Warn, _));
        if matches!(end.as_ref(), End::Done(_)) {
            self.useless = (1 << self.letters) - 1;
        } else if is_final && !self.resumed {
            self.useless |= 1 << self.pasted;
        }
        self.at = At::Ended(Arc::clone(end));
    }
}
