//! Standing: who is invited, where, and whether an account or an invitation can be used.
//!
//! Decisions over values: the store reads what a decision asks for and writes what follows from it,
//! in one transaction. Promise: the same values give the same decision. Must never: speak SQL, read
//! a clock, or draw randomness.

mod invitation;
mod usable;

pub(crate) use invitation::{AddressMove, AtAddress, Before, Consequences, InviteMove, Placement, decide, place};
pub(crate) use usable::{Invitation, Standing, Unusable};

/// What an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Finish an account: keys are made.
    Enrol,
    /// Join another organisation with the account one has.
    Join,
}

impl Mode {
    /// The word on the wire and in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::Join => "join",
        }
    }

    /// The mode of that word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        [Self::Enrol, Self::Join].into_iter().find(|mode| mode.as_str() == word)
    }
}
