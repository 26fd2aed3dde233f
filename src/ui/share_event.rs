//! What `--json` prints of files and people; like [`super::script::Event`].

use firstkey_core::flow::account::{FoundPeer, Sight};
use firstkey_core::flow::peer::Peer;
use serde::Serialize;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the format; docs/EXIT-CODES.md and the tests describe them")]
pub enum ShareEvent<'a> {
    Person {
        ok: bool,
        server: &'a str,
        realm_id: String,
        account_id: String,
        email: &'a str,
        key_gen: u32,
        fingerprint: String,
        recipient: String,
        compared: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        seen: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        confirmed_at: Option<u64>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        others_confirmed: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        earlier_fingerprint: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reset_at: Option<u64>,
    },
    Sealed {
        ok: bool,
        bytes: u64,
        recipients: usize,
        path: Option<&'a str>,
    },
    Opened {
        ok: bool,
        bytes: u64,
        path: Option<&'a str>,
    },
}

impl<'a> ShareEvent<'a> {
    /// Of somebody who is remembered.
    pub fn of_peer(peer: &'a Peer) -> Self {
        Self::Person {
            ok: true,
            server: peer.origin.as_str(),
            realm_id: peer.context.realm.to_string(),
            account_id: peer.context.account.to_string(),
            email: &peer.email,
            key_gen: peer.identity.key_gen.0,
            fingerprint: peer.fingerprint().to_string(),
            recipient: peer.identity.recipient(),
            compared: peer.compared,
            seen: None,
            confirmed_at: None,
            others_confirmed: false,
            earlier_fingerprint: None,
            reset_at: None,
        }
    }

    /// Of somebody who was looked up.
    pub fn of_found(found: &'a FoundPeer) -> Self {
        let mut event = Self::of_peer(&found.peer);
        if let Self::Person { seen, confirmed_at, others_confirmed, earlier_fingerprint, reset_at, .. } = &mut event {
            *seen = Some(match found.sight {
                Sight::First => "first",
                Sight::Same => "same",
                Sight::Confirmed => "confirmed",
            });
            *confirmed_at = found.confirmed_at;
            *reset_at = found.reset_at;
            *others_confirmed = found.others_confirmed;
            *earlier_fingerprint = found.earlier.as_ref().map(firstkey_core::wire::directory::Words::as_str);
        }
        event
    }

    /// The line, with its end.
    pub fn line(&self) -> String {
        crate::ui::json_line::of(self)
    }
}
