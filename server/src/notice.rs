//! What administrators are told that is about no account: kept as JSON with the letter until it is
//! sent.
//!
//! Must never: hold a secret; it names things by their ids.

use serde::{Deserialize, Serialize};

/// What there is to tell. Members are added and none is renamed: letters of an earlier program are
/// read by a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub(crate) enum Notice {
    /// An identity provider's token ends, or has ended.
    TokenEnds {
        /// As UUID text.
        token_id: String,
        label: Option<String>,
        ends_at: i64,
        last_used_at: Option<i64>,
        /// Whether the provider still shows it although it was given another.
        has_successor: bool,
        /// Days before the end; 0: it has ended.
        days: i64,
    },
    /// The server's TLS certificate ends, or has ended.
    CertificateEnds {
        ends_at: i64,
        /// As above.
        days: i64,
    },
    /// People who had every reminder of their invitation, and have not finished.
    Stragglers {
        /// SCIM ids, as UUID text.
        people: Vec<String>,
    },
}

impl Notice {
    /// The same, so many days before the end.
    pub(crate) fn in_days(&self, days: i64) -> Self {
        let mut notice = self.clone();
        match &mut notice {
            Self::TokenEnds { days: said, .. } | Self::CertificateEnds { days: said, .. } => *said = days,
            Self::Stragglers { .. } => {}
        }
        notice
    }

    /// As it is stored.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("invariant: texts and numbers are JSON")
    }

    /// What was stored.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Whoever the organisation names for questions; the server's if it names nobody.
    Organisation,
    /// Whoever the server names.
    Server,
}

impl Audience {
    /// As it is stored.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Server => "server",
        }
    }
}
