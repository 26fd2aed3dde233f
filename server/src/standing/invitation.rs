//! Who is invited, and at which address: when a person is created, and when one is changed.

use super::Mode;
use crate::address;

/// Who has the address already that an organisation gives to a new person.
pub(crate) struct AtAddress {
    /// The account there, unless it was removed.
    pub(crate) account: Option<[u8; 16]>,
    /// Whether that account is a person of the same organisation.
    pub(crate) is_member: bool,
}

/// How a new person begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The account that the person gets; `None` is a new one.
    pub(crate) account: Option<[u8; 16]>,
    pub(crate) mode: Mode,
    /// Whether a new account gets the address.
    pub(crate) gets_address: bool,
    pub(crate) invited: bool,
}

/// Places a new person. Of two people of one organisation with one address, only the first has it:
/// nobody is taken for somebody else.
pub(crate) fn place(active: bool, names_address: bool, there: &AtAddress) -> Placement {
    let account = there.account.filter(|_| !there.is_member);
    let gets_address = names_address && !there.is_member;
    let mode = if account.is_some() { Mode::Join } else { Mode::Enrol };
    Placement { account, mode, gets_address, invited: active && gets_address }
}

/// A person before a change, with all that decides what follows from it.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    pub(crate) active: bool,
    /// The address that the organisation gives.
    pub(crate) email: Option<&'a str>,
    pub(crate) mode: Mode,
    /// Whether the person has accepted the organisation.
    pub(crate) accepted: bool,
    /// Whether the organisation has invited the person.
    pub(crate) invited: bool,
    pub(crate) account: [u8; 16],
    /// Whether the account has an address.
    pub(crate) has_address: bool,
    /// Whether the account waits to be completed, and no organisation has ever invited to it.
    pub(crate) is_untouched: bool,
    /// The account that has the address which the organisation gives from now on.
    pub(crate) holder: Option<[u8; 16]>,
}

/// What becomes of the account's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressMove {
    Stays,
    /// The account had none and gets this one, or follows a correction.
    Follows,
    /// The organisation gives another address than the account has; its invitation is withdrawn. A
    /// rewritten address must not receive an invitation by itself: an administrator re-issues it.
    Apart,
}

/// What becomes of the invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteMove {
    Stays,
    Issued,
    /// An invitation is due, but the organisation gives another address than the account has:
    /// neither of the two gets one by itself.
    Withheld,
}

/// What follows from a change of a person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Consequences {
    /// Everything that the person has open in the organisation ends.
    pub(crate) deactivated: bool,
    pub(crate) address: AddressMove,
    pub(crate) invite: InviteMove,
}

/// Decides what follows when the organisation says `active` and `email` of a person.
pub(crate) fn decide(before: Before<'_>, active: bool, email: Option<&str>) -> Consequences {
    let deactivated = before.active && !active;
    if before.accepted {
        return Consequences { deactivated, address: AddressMove::Stays, invite: InviteMove::Stays };
    }
    // To name no address any more moves nothing: some providers send minimal documents.
    let moved = email.is_some() && before.email.map(address::key) != email.map(address::key);
    let is_first = moved && before.holder.is_none() && !before.has_address;
    // An account follows a corrected address as long as nobody was ever invited to it.
    let is_corrected = moved
        && before.holder.is_none()
        && before.has_address
        && before.is_untouched
        && !before.invited
        && before.mode == Mode::Enrol;
    let address = match (moved, is_first || is_corrected) {
        (false, _) => AddressMove::Stays,
        (true, true) => AddressMove::Follows,
        (true, false) => AddressMove::Apart,
    };
    let due = active && (is_first || (!before.active && before.has_address));
    let is_own = address == AddressMove::Follows || before.holder == Some(before.account);
    let invite = match (due, email.is_none() || is_own) {
        (false, _) => InviteMove::Stays,
        (true, true) => InviteMove::Issued,
        (true, false) => InviteMove::Withheld,
    };
    Consequences { deactivated, address, invite }
}

#[cfg(test)]
mod tests {
    use super::{AddressMove, AtAddress, Before, Consequences, InviteMove, decide, place};
    use crate::standing::Mode;

    const OWN: [u8; 16] = [1; 16];
    const OTHER: [u8; 16] = [2; 16];
    const STAGED: Before<'_> = Before {
        active: false,
        email: Some("ada@example.org"),
        mode: Mode::Enrol,
        accepted: false,
        invited: false,
        account: OWN,
        has_address: true,
        is_untouched: true,
        holder: Some(OWN),
    };
    const INVITED: Before<'_> = Before { active: true, invited: true, is_untouched: false, ..STAGED };

    fn outcome(before: Before<'_>, active: bool, email: Option<&str>) -> (bool, AddressMove, InviteMove) {
        let Consequences { deactivated, address, invite } = decide(before, active, email);
        (deactivated, address, invite)
    }

    #[test]
    fn a_new_person_joins_the_account_at_the_address_but_never_that_of_a_colleague() {
        let placed = |account, is_member| place(true, true, &AtAddress { account, is_member });
        let new = placed(None, false);
        assert!(new.account.is_none() && new.mode == Mode::Enrol && new.gets_address && new.invited);
        let joins = placed(Some(OTHER), false);
        assert!(joins.account == Some(OTHER) && joins.mode == Mode::Join && joins.invited);
        let second = placed(Some(OTHER), true);
        assert!(second.account.is_none() && second.mode == Mode::Enrol && !second.gets_address && !second.invited);
        let staged = place(false, true, &AtAddress { account: None, is_member: false });
        assert!(staged.gets_address && !staged.invited);
        assert!(!place(true, false, &AtAddress { account: None, is_member: false }).invited);
    }

    #[test]
    fn activation_invites_and_deactivation_ends() {
        let address = STAGED.email;
        assert_eq!(outcome(STAGED, true, address), (false, AddressMove::Stays, InviteMove::Issued));
        assert_eq!(outcome(STAGED, true, None), (false, AddressMove::Stays, InviteMove::Issued));
        assert_eq!(outcome(INVITED, false, address), (true, AddressMove::Stays, InviteMove::Stays));
        assert_eq!(outcome(INVITED, true, Some("ADA@example.org")), (false, AddressMove::Stays, InviteMove::Stays));
    }

    #[test]
    fn an_address_is_followed_until_somebody_was_invited_there() {
        let corrected = Some("ada@example.com");
        let before = Before { holder: None, ..STAGED };
        assert_eq!(outcome(before, false, corrected), (false, AddressMove::Follows, InviteMove::Stays));
        assert_eq!(outcome(before, true, corrected), (false, AddressMove::Follows, InviteMove::Issued));
        let invited = Before { holder: None, ..INVITED };
        assert_eq!(outcome(invited, true, corrected), (false, AddressMove::Apart, InviteMove::Stays));
        let bare = Before { has_address: false, email: None, holder: None, ..INVITED };
        assert_eq!(outcome(bare, true, corrected), (false, AddressMove::Follows, InviteMove::Issued));
    }

    #[test]
    fn an_address_that_somebody_else_has_is_not_taken_and_gets_no_invitation() {
        let before = Before { holder: Some(OTHER), ..STAGED };
        let address = Some("bob@example.org");
        assert_eq!(outcome(before, false, address), (false, AddressMove::Apart, InviteMove::Stays));
        assert_eq!(outcome(before, true, address), (false, AddressMove::Apart, InviteMove::Withheld));
    }

    #[test]
    fn nothing_but_an_end_follows_for_a_person_who_has_accepted() {
        let before = Before { accepted: true, holder: None, ..INVITED };
        assert_eq!(outcome(before, false, Some("new@example.org")), (true, AddressMove::Stays, InviteMove::Stays));
        assert_eq!(outcome(before, true, Some("new@example.org")), (false, AddressMove::Stays, InviteMove::Stays));
    }
}
