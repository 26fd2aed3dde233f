//! What `firstkey audit open --json` prints; like [`super::script::Event`].
//!
//! Promise: stable names; all of it is public. Must never: hold a secret, or text of a file that
//! was not made safe.

use firstkey_core::flow::offline::{Findings, Fit, Part};
use firstkey_core::wire::text::Printable;
use serde::Serialize;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the format; docs/EXIT-CODES.md and the tests describe them")]
pub enum OfflineEvent<'a> {
    Part {
        id: &'static str,
        fits: Option<bool>,
    },
    OpenedOffline {
        ok: bool,
        realm_id: String,
        account_id: String,
        email: Option<&'a str>,
        state: &'a str,
        key_gen: u32,
        fingerprint: String,
        recipient: String,
        remembered: bool,
    },
}

impl<'a> OfflineEvent<'a> {
    /// Of one part; null where it could not be looked at.
    pub fn of_part(part: Part, fit: Fit) -> Self {
        let fits = match fit {
            Fit::Yes => Some(true),
            Fit::No => Some(false),
            Fit::Untried => None,
        };
        Self::Part { id: part.name(), fits }
    }

    /// The good end.
    pub fn of_findings(found: &'a Findings) -> Self {
        Self::OpenedOffline {
            ok: true,
            realm_id: found.context.realm.to_string(),
            account_id: found.context.account.to_string(),
            email: found.email.as_ref().map(Printable::as_str),
            state: found.state.as_str(),
            key_gen: found.identity.key_gen.0,
            fingerprint: found.identity.fingerprint(&found.context).to_string(),
            recipient: found.identity.recipient(),
            remembered: found.parts.contains(&(Part::Remembered, Fit::Yes)),
        }
    }

    /// The line, with its end.
    pub fn line(&self) -> String {
        crate::ui::json_line::of(self)
    }
}
