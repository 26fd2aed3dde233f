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
    /// A mail server said no for good, or sent it back.
    pub(crate) is_refused: bool,
    /// It waits until then because the organisation has mailed the address so often.
    pub(crate) limited_until: Option<i64>,
}

/// The standing in two words and a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// `staged`, `invited`, `waiting`, `complete` or `suspended`.
    pub(crate) state: &'static str,
    pub(crate) reason: Option<&'static str>,
    /// When the invitation ends, or when a letter that waits is sent.
    pub(crate) until: Option<i64>,
}

/// How a person stands at that moment. Whoever is active is complete, has an invitation that can
/// be finished, or has a reason.
pub(crate) fn shown(standing: Standing, invitation: Option<InvitationSeen>, now: i64) -> Shown {
    let waits = |reason, until| Shown { state: "waiting", reason: Some(reason), until };
    match (standing, invitation) {
        (Standing::Invited(_), Some(invitation)) => match invitation.letter {
            _ if invitation.expires_at <= now => waits("invitation-expired", Some(invitation.expires_at)),
            _ if invitation.is_locked => waits("invitation-locked", None),
            Some(letter) if letter.is_refused => waits("mail-refused", None),
            Some(LetterSeen { limited_until: Some(until), .. }) if until > now => waits("letters-limited", Some(until)),
            _ => Shown { state: "invited", reason: None, until: Some(invitation.expires_at) },
        },
        // Nobody should stand so; if somebody does, an administrator has to see it.
        (Standing::Invited(_), None) => waits("no-invitation", None),
        _ => Shown { state: standing.as_str(), reason: standing.reason().map(Reason::as_str), until: None },
    }
}

#[cfg(test)]
mod tests {
    use super::{InvitationSeen, LetterSeen, Shown, shown};
    use crate::life::{Mode, Reason, Standing};

    const LETTER: LetterSeen = LetterSeen { is_refused: false, limited_until: None };
    const LIVE: InvitationSeen = InvitationSeen { expires_at: 100, is_locked: false, letter: Some(LETTER) };

    #[test]
    fn an_invitation_that_leads_nowhere_is_no_invitation() {
        let invited = Standing::Invited(Mode::Enrol);
        let at = |invitation, now| {
            let Shown { state, reason, until } = shown(invited, invitation, now);
            (state, reason, until)
        };
        assert_eq!(at(Some(LIVE), 99), ("invited", None, Some(100)));
        assert_eq!(at(Some(LIVE), 100), ("waiting", Some("invitation-expired"), Some(100)));
        let locked = InvitationSeen { is_locked: true, ..LIVE };
        assert_eq!(at(Some(locked), 0), ("waiting", Some("invitation-locked"), None));
        let refused = InvitationSeen { letter: Some(LetterSeen { is_refused: true, ..LETTER }), ..LIVE };
        assert_eq!(at(Some(refused), 0), ("waiting", Some("mail-refused"), None));
        let limited = InvitationSeen { letter: Some(LetterSeen { limited_until: Some(50), ..LETTER }), ..LIVE };
        assert_eq!(at(Some(limited), 49), ("waiting", Some("letters-limited"), Some(50)));
        assert_eq!(at(Some(limited), 50), ("invited", None, Some(100)));
        assert_eq!(at(None, 0), ("waiting", Some("no-invitation"), None));
    }

    #[test]
    fn whatever_else_stands_is_shown_as_it_is_stored() {
        let held = shown(Standing::Waiting(Reason::AddressHeld), None, 0);
        assert_eq!((held.state, held.reason), ("waiting", Some("address-held")));
        assert_eq!(shown(Standing::Complete, None, 0).state, "complete");
    }
}
