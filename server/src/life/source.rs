//! Who says what a person is.

/// Who keeps a person of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The organisation's identity provider.
    Scim,
    /// An administrator; over SCIM the person is neither listed nor changed.
    Manual,
}

impl Source {
    /// The word in the database and in lists.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Scim => "scim",
            Self::Manual => "manual",
        }
    }

    /// The source of that word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        [Self::Scim, Self::Manual].into_iter().find(|source| source.as_str() == word)
    }
}
