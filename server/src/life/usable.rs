//! Whether an account or an invitation can be used, and if not, why.

use super::Mode;

/// Whether an account may be used. Told to nobody who has not proven the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Active,
    /// No organisation has the person active.
    Suspended {
        contact: Option<String>,
    },
    /// The last organisation has removed the person.
    Removed {
        contact: Option<String>,
    },
}

impl Admission {
    /// The standing of an account: `removed` by its last organisation, or `active` in one of them.
    pub(crate) fn of(removed: bool, active: bool, contact: Option<String>) -> Self {
        match (removed, active) {
            (true, _) => Self::Removed { contact },
            (false, false) => Self::Suspended { contact },
            (false, true) => Self::Active,
        }
    }
}

/// Why an invitation cannot be used, with the moment that it began and whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Expired {
        at: i64,
        contact: Option<String>,
    },
    Used {
        at: Option<i64>,
        contact: Option<String>,
    },
    Withdrawn {
        at: Option<i64>,
        contact: Option<String>,
        /// A newer one asks to join with the account that was finished meanwhile.
        asked_to_join: bool,
    },
    /// The organisation has deactivated the person.
    Suspended {
        at: Option<i64>,
        contact: Option<String>,
    },
    /// The organisation has removed the person.
    Removed {
        at: Option<i64>,
        contact: Option<String>,
    },
}

/// All that decides whether an invitation can be used.
pub(crate) struct Invitation<'a> {
    pub(crate) mode: Mode,
    /// `live`, `used` or `withdrawn`.
    pub(crate) state: &'a str,
    /// When it was used or withdrawn.
    pub(crate) ended_at: Option<i64>,
    pub(crate) expires_at: i64,
    /// Whether it gives a complete account new keys.
    pub(crate) is_reset: bool,
    /// Whether the organisation has the person active; `None` if it has removed them.
    pub(crate) active: Option<bool>,
    pub(crate) account_is_complete: bool,
    pub(crate) completed_at: Option<i64>,
    pub(crate) contact: Option<&'a str>,
    /// Whether the person has a newer invitation, to join.
    pub(crate) asked_to_join: bool,
    /// Whether it was issued to another address than the person has now.
    pub(crate) is_elsewhere: bool,
}

impl Invitation<'_> {
    /// Why it cannot be used at that moment, if it cannot.
    pub(crate) fn unusable(&self, now: i64) -> Option<Unusable> {
        let contact = self.contact.map(str::to_owned);
        let at = self.ended_at;
        let complete = self.account_is_complete && self.mode == Mode::Enrol && !self.is_reset;
        if self.active.is_none() {
            Some(Unusable::Removed { at, contact })
        } else if self.active == Some(false) {
            Some(Unusable::Suspended { at, contact })
        } else if self.state == "withdrawn" || (self.state == "live" && self.is_elsewhere) {
            Some(Unusable::Withdrawn { at, contact, asked_to_join: self.asked_to_join })
        } else if self.state == "used" || complete {
            Some(Unusable::Used { at: at.or(self.completed_at), contact })
        } else if self.expires_at <= now {
            Some(Unusable::Expired { at: self.expires_at, contact })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Invitation, Unusable};
    use crate::life::Mode;

    const LIVE: Invitation<'_> = Invitation {
        mode: Mode::Enrol,
        state: "live",
        ended_at: None,
        expires_at: 100,
        is_reset: false,
        active: Some(true),
        account_is_complete: false,
        completed_at: None,
        contact: None,
        asked_to_join: false,
        is_elsewhere: false,
    };

    #[test]
    fn an_invitation_can_be_used_until_something_ends_it() {
        assert_eq!(LIVE.unusable(99), None);
        assert_eq!(LIVE.unusable(100), Some(Unusable::Expired { at: 100, contact: None }));
        let elsewhere = Invitation { is_elsewhere: true, ..LIVE };
        assert_eq!(elsewhere.unusable(99), Some(Unusable::Withdrawn { at: None, contact: None, asked_to_join: false }));
        let complete = Invitation { account_is_complete: true, completed_at: Some(7), ..LIVE };
        assert_eq!(complete.unusable(99), Some(Unusable::Used { at: Some(7), contact: None }));
        for of_a_complete_account in [
            Invitation { mode: Mode::Join, account_is_complete: true, ..LIVE },
            Invitation { is_reset: true, account_is_complete: true, ..LIVE },
        ] {
            assert_eq!(of_a_complete_account.unusable(99), None);
        }
    }

    #[test]
    fn what_the_organisation_did_is_said_before_anything_else() {
        for (active, want) in [
            (None, Unusable::Removed { at: Some(5), contact: None }),
            (Some(false), Unusable::Suspended { at: Some(5), contact: None }),
            (Some(true), Unusable::Withdrawn { at: Some(5), contact: None, asked_to_join: false }),
        ] {
            let ended = Invitation { active, state: "withdrawn", ended_at: Some(5), ..LIVE };
            assert_eq!(ended.unusable(1000), Some(want));
        }
    }
}
