//! The state folder: whose it is, who may look in, whether it takes a file.
//!
//! Promise: a folder or file that is called bad is one that the store refuses. Must never: say what
//! is in a file.

use super::State;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};

/// Less than this is too little for a command: its files together are some hundred KiB.
const LEAST_KIB: u64 = 1024;
/// Less than this will be too little soon.
const LITTLE_KIB: u64 = 64 * 1024;

/// The state folder.
#[derive(Clone, Debug)]
pub enum Folder {
    /// This user has no home, so that there is no place for it.
    Homeless,
    /// It is not there yet; the first command makes it.
    Absent {
        /// Where it would be.
        path: String,
        /// The nearest folder above it that is there.
        above: String,
        /// Whether something can be made in that one.
        can_be_made: bool,
    },
    /// It is there and the store refuses it.
    Refused {
        /// Where.
        path: String,
        /// Why.
        trouble: StorageTrouble,
        /// Its permission bits, if it is a folder.
        mode: Option<u32>,
    },
    /// It is there and ours.
    There {
        /// Where.
        path: String,
        /// How many of the store's files are in it.
        files: usize,
        /// Those that the store refuses, by name.
        refused: Vec<(String, StorageTrouble)>,
        /// What is free on its disk.
        free_kib: Option<u64>,
    },
}

impl Folder {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Homeless | Self::Refused { .. } => State::Bad,
            Self::Absent { can_be_made, .. } => {
                if *can_be_made {
                    State::Ok
                } else {
                    State::Bad
                }
            }
            Self::There { refused, free_kib, .. } => {
                let free = free_kib.unwrap_or(u64::MAX);
                if !refused.is_empty() || free < LEAST_KIB {
                    State::Bad
                } else if free < LITTLE_KIB {
                    State::Attention
                } else {
                    State::Ok
                }
            }
        }
    }

    /// Whether space is what is wrong.
    pub fn is_short_of_space(free_kib: Option<u64>) -> bool {
        free_kib.is_some_and(|free| free < LITTLE_KIB)
    }
}

/// What was tried with a file in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Making it and writing into it.
    Write,
    /// Making it durable, as the store does before it goes on.
    Sync,
    /// Giving it its name.
    Rename,
    /// Reading it again.
    Read,
    /// Removing it.
    Remove,
}

/// How that went.
#[derive(Clone, Copy, Debug)]
pub enum Writing {
    /// All of it.
    Done,
    /// Up to here.
    Failed {
        /// What failed.
        step: Step,
        /// Why.
        trouble: StorageTrouble,
    },
}

impl Writing {
    pub(super) fn state(self) -> State {
        match self {
            Self::Done => State::Ok,
            Self::Failed { .. } => State::Bad,
        }
    }
}

/// What this computer remembers.
#[derive(Clone, Debug)]
pub enum Remembered {
    /// So many.
    Counted {
        /// Completed accounts.
        accounts: usize,
        /// Uploads whose end was not seen.
        unfinished: usize,
    },
    /// A file of it cannot be used.
    Unusable(LocalTrouble),
}

impl Remembered {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Counted { unfinished: 0, .. } => State::Ok,
            Self::Counted { .. } => State::Attention,
            Self::Unusable(_) => State::Bad,
        }
    }
}
