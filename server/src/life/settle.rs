//! Settling a mailbox: from what stands to what should stand, for everybody of one organisation who
//! names the same address.
//!
//! The decision looks at states and not at events, so that every way to a state gives the same
//! outcome: created, corrected, activated, deleted, an account completed or removed elsewhere.

use super::{Mode, Reason, Standing};

/// What ties a person to an account. A pending account belongs to exactly one person; a complete
/// one has members, each of whom its owner accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bond {
    /// An account of their own, which waits for its keys.
    Pending,
    /// Asked to join the complete account at the mailbox; not accepted.
    Asked,
    /// A member of the complete account.
    Accepted,
}

/// A person at a mailbox, with all that the decision asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Person {
    pub(crate) active: bool,
    /// Why the person names no mailbox; then they are settled alone.
    pub(crate) unplaced: Option<Reason>,
    pub(crate) bond: Bond,
    /// The live invitation.
    pub(crate) invitation: Live,
    /// Whether the organisation has ever invited the person.
    pub(crate) was_invited: bool,
    /// Whether an administrator took the invitation back.
    pub(crate) taken_back: bool,
    /// Whether the organisation holds the person back ([`super::Inviting`]).
    pub(crate) held_back: bool,
}

/// A person's live invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Live {
    /// There is none.
    None,
    /// It was issued to the address that the person has now.
    Here(Mode),
    /// It was issued to another address.
    Elsewhere,
}

/// What becomes of the invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum InviteMove {
    /// Nothing.
    Stays,
    /// It is withdrawn, and its letter if it was not sent yet.
    Withdrawn,
    /// A new one is issued with a letter; the one before is withdrawn.
    Issued(Mode),
}

/// What should stand for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Outcome {
    pub(crate) standing: Standing,
    pub(crate) bond: Bond,
    pub(crate) invitation: InviteMove,
}

/// Settles the people of one organisation at one mailbox; `has_account` says whether a complete
/// account is there, of whatever organisation. The outcomes are in the order of the people.
///
/// Of several active people the member of the account at the mailbox has it, else whoever is
/// invited already or was until an administrator took that back, else the first in the order given;
/// the others wait.
pub(crate) fn settle(has_account: bool, people: &[Person]) -> Vec<Outcome> {
    let holder = holder(people);
    people.iter().enumerate().map(|(at, person)| person.outcome(has_account, holder == Some(at))).collect()
}

fn holder(people: &[Person]) -> Option<usize> {
    let first = |which: &dyn Fn(&Person) -> bool| people.iter().position(|person| person.active && which(person));
    first(&|person| person.bond == Bond::Accepted)
        .or_else(|| first(&|person| matches!(person.invitation, Live::Here(_)) && person.unplaced.is_none()))
        .or_else(|| first(&|person| person.taken_back && person.unplaced.is_none()))
        .or_else(|| first(&|person| person.unplaced.is_none()))
}

impl Person {
    fn outcome(self, has_account: bool, holds: bool) -> Outcome {
        let is_member = self.bond == Bond::Accepted;
        let (bond, mode) = match (is_member, has_account && self.unplaced.is_none()) {
            (true, _) => (Bond::Accepted, Mode::Join),
            (false, true) => (Bond::Asked, Mode::Join),
            (false, false) => (Bond::Pending, Mode::Enrol),
        };
        let standing = match (self.active, is_member, self.unplaced) {
            (true, true, _) => Standing::Complete,
            (false, true, _) => Standing::Suspended,
            (false, false, _) if self.was_invited => Standing::Suspended,
            (false, false, _) => Standing::Staged,
            (true, false, Some(reason)) => Standing::Waiting(reason),
            (true, false, None) if !holds => Standing::Waiting(Reason::AddressHeld),
            (true, false, None) if self.taken_back => Standing::Waiting(Reason::TakenBack),
            (true, false, None) if self.held_back && !self.was_invited => Standing::Staged,
            (true, false, None) => Standing::Invited(mode),
        };
        let invitation = match (standing, self.invitation) {
            (Standing::Invited(wanted), Live::Here(present)) if wanted == present && bond == self.bond => {
                InviteMove::Stays
            }
            (Standing::Invited(wanted), _) => InviteMove::Issued(wanted),
            (_, Live::None) => InviteMove::Stays,
            (_, Live::Here(_) | Live::Elsewhere) => InviteMove::Withdrawn,
        };
        Outcome { standing, bond, invitation }
    }
}
