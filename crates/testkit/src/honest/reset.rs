//! A reset at the honest server: a second invite for the same account, for the next generation of
//! keys.

use super::{HonestServer, Invite};
use serde_json::json;

impl HonestServer {
    /// An administrator starts a reset; gives the link of the new invite, which
    /// [`HonestServer::link`] gives from now on.
    ///
    /// # Panics
    /// When there is no account to reset.
    pub fn begin_reset(&mut self) -> String {
        assert!(self.stored.is_some(), "there is nothing to reset");
        self.key_gen += 1;
        self.is_resetting = true;
        self.invite = self.rng.bytes();
        self.token = self.rng.bytes();
        self.claims.clear();
        self.state = Invite::Live;
        self.offer["reset"] = json!({"key_gen": self.key_gen, "started_at": 1_763_900_000});
        self.link()
    }

    /// The upload is stored: whatever the old keys opened is over.
    pub(super) fn end_reset(&mut self) {
        if std::mem::take(&mut self.is_resetting) {
            self.sessions.clear();
            self.logins.clear();
            self.changes.clear();
        }
    }

    /// The header that every envelope of this generation begins with.
    pub(super) fn envelope_header(&self, kind: u8) -> Vec<u8> {
        let mut header = b"FKEY\x01\x01".to_vec();
        header.push(kind);
        header.push(0);
        header.extend(self.key_gen.to_be_bytes());
        header
    }

    /// The generation that is stored, for those that log in.
    pub fn stored_key_gen(&self) -> u32 {
        let stored = self.stored.as_ref().and_then(|stored| stored.members["key_gen"].as_u64());
        stored.and_then(|key_gen| key_gen.try_into().ok()).unwrap_or(1)
    }
}
