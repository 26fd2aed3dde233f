//! Life: who is invited, where, and why; whether an account or an invitation can be used.
//!
//! Decisions over values: the store reads what a decision asks for and writes what follows from it,
//! in one transaction. Promise: the same values give the same decision, and the laws of `laws.rs`
//! hold after every order of events. Must never: speak SQL, read a clock, or draw randomness.
//!
//! ```text
//!   what the organisation says --> in_use: the address --> settle: everybody at that mailbox
//!                                                            --> standing, bond, invitation
//! ```

mod brake;
mod in_use;
mod inviting;
#[cfg(test)]
mod laws;
pub(crate) mod reminding;
mod settle;
mod shown;
mod source;
#[cfg(test)]
mod table;
mod usable;

pub(crate) use brake::{Brake, REST};
pub(crate) use in_use::{Current, InUse, in_use, named};
pub use inviting::Inviting;
pub(crate) use reminding::{Chase, Open, Schedule};
pub(crate) use settle::{Bond, InviteMove, Live, Outcome, Person, settle};
pub(crate) use shown::{InvitationSeen, LetterSeen, Seen, Shown, shown};
pub(crate) use source::Source;
pub(crate) use usable::{Admission, Invitation, Unusable};

/// What an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// How a person stands in an organisation. Stored with the person and shown to administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    /// Provisioned and not invited yet: not active, or held back by the organisation.
    Staged,
    /// Has one invitation that can be finished.
    Invited(Mode),
    /// Active, and has no invitation, for this reason.
    Waiting(Reason),
    /// Has accepted the organisation.
    Complete,
    /// Not active any more.
    Suspended,
}

/// Why an active person has no invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// The organisation names no address.
    NoAddress,
    /// It names one that no mail can be sent to, or that the client would refuse.
    NotDeliverable,
    /// Another person of the same organisation has the address.
    AddressHeld,
    /// An administrator took the invitation back.
    TakenBack,
}

impl Standing {
    /// The word in the database and in lists.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Invited(_) => "invited",
            Self::Waiting(_) => "waiting",
            Self::Complete => "complete",
            Self::Suspended => "suspended",
        }
    }

    /// Why the person waits, if they do.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Waiting(reason) => Some(reason),
            _ => None,
        }
    }
}

impl Reason {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::NoAddress, Self::NotDeliverable, Self::AddressHeld, Self::TakenBack];

    /// The word in the database, in lists, in the audit log and in the metric.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoAddress => "no-address",
            Self::NotDeliverable => "address-not-deliverable",
            Self::AddressHeld => "address-held",
            Self::TakenBack => "taken-back",
        }
    }

    /// The reason of that word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}
