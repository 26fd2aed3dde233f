//! How a person stands, as an administrator sees it: what is stored, and what has become of the
//! invitation and its letter since.

use super::{Reason, Standing};

/// The live invitation of a person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InvitationSeen {
    pub(crate) expires_at: i64,
    /// Whether too many wrong tokens have locked it.
    pub(crate) is_locked: bool,
    pub(crate) letter: Option<LetterSeen>,
}

/// What became of its letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LetterSeen {
    /// When a mail server said no for good, or sent it back.
    pub(crate) refused_at: Option<i64>,
    /// It waits until then because the organisation has mailed the address so often.
    pub(crate) limited_until: Option<i64>,
}

/// What else is known of the person.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Since when the standing is what is stored.
    pub(crate) since: Option<i64>,
    pub(crate) active: bool,
    /// Until when the organisation holds the person back, where somebody said when.
    pub(crate) held_until: Option<i64>,
    pub(crate) invitation: Option<InvitationSeen>,
}

/// The standing in two words and two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// `staged`, `invited`, `waiting`, `complete` or `suspended`.
    pub(crate) state: &'static str,
    pub(crate) reason: Option<&'static str>,
    /// When the invitation ends, when a letter that waits is sent, or when who is held back is
    /// invited.
    pub(crate) until: Option<i64>,
    /// Since when.
    pub(crate) since: Option<i64>,
}

/// How a person stands at that moment. Whoever is active is complete, has an invitation that can
/// be finished, or has a reason.
pub(crate) fn shown(standing: Standing, seen: Seen, now: i64) -> Shown {
    let Seen { since, active, held_until, invitation } = seen;
    let waits = |reason, until, since| Shown { state: "waiting", reason: Some(reason), until, since };
    match (standing, invitation) {
        (Standing::Invited(_), Some(invitation)) => match invitation.letter {
            _ if invitation.expires_at <= now => {
                waits("invitation-expired", Some(invitation.expires_at), Some(invitation.expires_at))
            }
            _ if invitation.is_locked => waits("invitation-locked", None, since),
            Some(LetterSeen { refused_at: Some(at), .. }) => waits("mail-refused", None, Some(at)),
            Some(LetterSeen { limited_until: Some(until), .. }) if until > now => {
                waits("letters-limited", Some(until), since)
            }
            _ => Shown { state: "invited", reason: None, until: Some(invitation.expires_at), since },
        },
        // Nobody should stand so; if somebody does, an administrator has to see it.
        (Standing::Invited(_), None) => waits("no-invitation", None, since),
        (Standing::Staged, _) => {
            let (reason, until) = if active { ("not-released", held_until) } else { ("not-active", None) };
            Shown { state: standing.as_str(), reason: Some(reason), until, since }
        }
        _ => Shown { state: standing.as_str(), reason: standing.reason().map(Reason::as_str), until: None, since },
    }
}

#[cfg(test)]
mod tests {
    use super::{InvitationSeen, LetterSeen, Seen, Shown, shown};
    use crate::life::{Mode, Reason, Standing};

    const LETTER: LetterSeen = LetterSeen { refused_at: None, limited_until: None };
    const LIVE: InvitationSeen = InvitationSeen { expires_at: 100, is_locked: false, letter: Some(LETTER) };

    #[test]
    fn an_invitation_that_leads_nowhere_is_no_invitation() {
        let invited = Standing::Invited(Mode::Enrol);
        let at = |invitation, now| {
            let seen = Seen { since: Some(7), active: true, held_until: None, invitation };
            let Shown { state, reason, until, since } = shown(invited, seen, now);
            let told = match reason {
                Some("invitation-expired") => Some(100),
                Some("mail-refused") => Some(40),
                _ => Some(7),
            };
            assert_eq!(since, told, "{reason:?}");
            (state, reason, until)
        };
        assert_eq!(at(Some(LIVE), 99), ("invited", None, Some(100)));
        assert_eq!(at(Some(LIVE), 100), ("waiting", Some("invitation-expired"), Some(100)));
        let locked = InvitationSeen { is_locked: true, ..LIVE };
        assert_eq!(at(Some(locked), 0), ("waiting", Some("invitation-locked"), None));
        let refused = InvitationSeen { letter: Some(LetterSeen { refused_at: Some(40), ..LETTER }), ..LIVE };
        assert_eq!(at(Some(refused), 0), ("waiting", Some("mail-refused"), None));
        let limited = InvitationSeen { letter: Some(LetterSeen { limited_until: Some(50), ..LETTER }), ..LIVE };
        assert_eq!(at(Some(limited), 49), ("waiting", Some("letters-limited"), Some(50)));
        assert_eq!(at(Some(limited), 50), ("invited", None, Some(100)));
        assert_eq!(at(None, 0), ("waiting", Some("no-invitation"), None));
    }

    #[test]
    fn whatever_else_stands_is_shown_as_it_is_stored() {
        let held = shown(Standing::Waiting(Reason::AddressHeld), Seen::default(), 0);
        assert_eq!((held.state, held.reason), ("waiting", Some("address-held")));
        let complete = shown(Standing::Complete, Seen { since: Some(3), ..Seen::default() }, 0);
        assert_eq!((complete.state, complete.reason, complete.since), ("complete", None, Some(3)));
    }

    #[test]
    fn who_is_staged_is_held_back_or_not_active_and_the_two_are_told_apart() {
        let staged = |active, held_until| {
            let Shown { state, reason, until, .. } =
                shown(Standing::Staged, Seen { active, held_until, ..Seen::default() }, 50);
            (state, reason, until)
        };
        assert_eq!(staged(true, None), ("staged", Some("not-released"), None));
        assert_eq!(staged(true, Some(90)), ("staged", Some("not-released"), Some(90)));
        assert_eq!(staged(false, Some(90)), ("staged", Some("not-active"), None));
    }
}
