//! What becomes of a line of a file of people.
//!
//! Laws: nobody whom an identity provider keeps is changed; nobody is removed, activated or
//! suspended; the same file twice changes nobody the second time.

use crate::life::Source;

/// Whoever has the user name in the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Here {
    pub(crate) source: Source,
    /// Whether the organisation has the person just as the line says.
    pub(crate) is_same: bool,
}

/// What becomes of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The person is new.
    Added,
    /// The person was added by hand before, and differs.
    Changed,
    /// There is nothing to do.
    Unchanged,
    /// The identity provider keeps the person.
    OfScim,
    /// Somebody with another user name has the address.
    AddressHeld,
}

impl Fate {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 5] = [Self::Added, Self::Changed, Self::Unchanged, Self::OfScim, Self::AddressHeld];

    /// The word in lists.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::OfScim => "of-scim",
            Self::AddressHeld => "address-held",
        }
    }

    /// Why nothing of the file can be taken, if so.
    pub(crate) fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Added | Self::Changed | Self::Unchanged => None,
            Self::OfScim => Some("The identity provider has provisioned this person. Change the person there."),
            Self::AddressHeld => Some("Another person of the organisation has this address."),
        }
    }
}

/// Decides it: by who has the user name, and whether somebody else has the address.
pub(crate) fn fate(here: Option<Here>, is_held: bool) -> Fate {
    match here {
        Some(Here { source: Source::Scim, .. }) => Fate::OfScim,
        Some(Here { source: Source::Manual, is_same: true }) => Fate::Unchanged,
        Some(Here { source: Source::Manual, is_same: false }) => Fate::Changed,
        None if is_held => Fate::AddressHeld,
        None => Fate::Added,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, Here, fate};
    use crate::life::Source;

    #[test]
    fn a_file_changes_nobody_of_the_identity_provider_and_nobody_twice() {
        for is_held in [false, true] {
            for is_same in [false, true] {
                let scim = fate(Some(Here { source: Source::Scim, is_same }), is_held);
                assert!(scim.refusal().is_some(), "{scim:?}");
                let manual = fate(Some(Here { source: Source::Manual, is_same }), is_held);
                assert_eq!(manual, if is_same { Fate::Unchanged } else { Fate::Changed });
            }
            assert_eq!(fate(None, is_held).refusal().is_some(), is_held, "two people at one address");
        }
    }

    #[test]
    fn every_fate_has_a_word_of_its_own() {
        let mut words = Fate::ALL.map(Fate::as_str).to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Fate::ALL.len());
    }
}
