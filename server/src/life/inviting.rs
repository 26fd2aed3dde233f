//! When an organisation's people are invited: at once, or once an administrator lets them go.
//!
//! Promise: what holds people back is said by the organisation and by the release of each person
//! alone; a person who was ever invited is never held back again, so a change of the setting
//! touches no invitation. Must never: read a clock.

/// When an organisation's people are invited. Stored with the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Inviting {
    /// As soon as they are provisioned and active.
    AtOnce,
    /// At once, after an administrator has released everybody for the first time: the first
    /// synchronisation mails nobody by accident. What a new organisation begins with.
    UntilReleased,
    /// Each person when an administrator releases them.
    Staged,
    /// At once from a certain moment on, and those who came before at that moment.
    OnDate,
}

impl Inviting {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::AtOnce, Self::UntilReleased, Self::Staged, Self::OnDate];

    /// The word in the database, in answers and in commands.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at-once",
            Self::UntilReleased => "until-released",
            Self::Staged => "staged",
            Self::OnDate => "on-date",
        }
    }

    /// The one of that word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|inviting| inviting.as_str() == word)
    }

    /// Whether a person is held back whose release is for this moment, if there is one.
    pub(crate) fn holds_back(self, release_at: Option<i64>, now: i64) -> bool {
        self != Self::AtOnce && release_at.is_none_or(|at| at > now)
    }

    /// What holds after everybody was released, at once or with `later` at a moment to come.
    pub(crate) fn after_all_are_released(self, later: bool) -> Self {
        match (self, later) {
            (Self::UntilReleased | Self::OnDate, true) => Self::OnDate,
            (Self::UntilReleased | Self::OnDate, false) => Self::AtOnce,
            // Those who come later are for the next release.
            (Self::Staged | Self::AtOnce, _) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Inviting;

    #[test]
    fn nobody_is_held_back_where_all_are_invited_at_once_or_once_their_moment_has_come() {
        for inviting in Inviting::ALL {
            assert_eq!(Inviting::read(inviting.as_str()), Some(inviting));
            for (release_at, now) in [(None, 5), (Some(4), 5), (Some(5), 5), (Some(6), 5), (Some(0), 0)] {
                let is_due = release_at.is_some_and(|at: i64| at <= now);
                let want = inviting != Inviting::AtOnce && !is_due;
                assert_eq!(inviting.holds_back(release_at, now), want, "{inviting:?} {release_at:?} {now}");
            }
        }
        assert_eq!(Inviting::read("later"), None);
    }

    #[test]
    fn who_stages_everybody_goes_on_staging_and_a_first_release_opens() {
        for later in [false, true] {
            assert_eq!(Inviting::Staged.after_all_are_released(later), Inviting::Staged);
            assert_eq!(Inviting::AtOnce.after_all_are_released(later), Inviting::AtOnce);
            for waits in [Inviting::UntilReleased, Inviting::OnDate] {
                let want = if later { Inviting::OnDate } else { Inviting::AtOnce };
                assert_eq!(waits.after_all_are_released(later), want);
            }
        }
    }
}
