//! What the harness knows of a run: every secret that was handed out, to whom, and until when it is
//! good. Kept from what was sent and answered, not from the database.

use super::sent::Sent;
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::kdf::KdfBlock;
use std::collections::BTreeMap;

/// How long an invitation may be used, as docs/LIFECYCLE.md says: seven days.
const INVITATION: i64 = 7 * 86_400;

/// A SCIM token.
#[derive(Clone)]
pub(super) struct ScimToken {
    pub(super) text: String,
    pub(super) id: [u8; 16],
    /// Which of `orgs`.
    pub(super) org: usize,
    pub(super) expires_at: i64,
    pub(super) revoked: bool,
}

/// A resource of an organisation.
#[derive(Clone)]
pub(super) struct Resource {
    pub(super) id: String,
}

/// A link that came by mail.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) invite: [u8; 16],
    pub(super) token: [u8; 32],
    /// The latest moment at which it can have been issued: it came before that.
    pub(super) issued_by: i64,
}

/// A claim that was accepted; the newest of an invite is the last.
#[derive(Clone)]
pub(super) struct Claim {
    pub(super) invite: [u8; 16],
    pub(super) public: [u8; 32],
    pub(super) account: [u8; 16],
    pub(super) min_profile: u8,
    pub(super) secret_key: bool,
    pub(super) key_gen: u32,
    pub(super) email: String,
}

/// What a person holds of an account that was completed or changed: what opens it, and what was
/// uploaded.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) email: String,
    pub(super) context: AccountContext,
    pub(super) key_gen: u32,
    pub(super) block: KdfBlock,
    pub(super) auth: [u8; 64],
    pub(super) code: [u8; 16],
    pub(super) account_key: [u8; 32],
    pub(super) envelope_1: Vec<u8>,
    pub(super) envelope_2: Vec<u8>,
}

/// A session.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) text: String,
    pub(super) account: [u8; 16],
    /// Opened by a password, not by a recovery code.
    pub(super) full: bool,
    pub(super) id: [u8; 16],
    pub(super) expires_at: i64,
    pub(super) ended: bool,
}

/// A conversation that was begun: a login or a recovery.
#[derive(Clone)]
pub(super) struct Begun {
    pub(super) id: [u8; 16],
    pub(super) account: [u8; 16],
    /// Of a recovery.
    pub(super) challenge: Option<[u8; 32]>,
    pub(super) at: i64,
    pub(super) over: bool,
}

/// A change that was stored, by the hash of its body.
#[derive(Clone)]
pub(super) struct Stored {
    /// The session or the invite that it came with.
    pub(super) by: Vec<u8>,
    pub(super) body: [u8; 32],
}

/// All of it.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// The latest that the clock has been; it may be set back.
    pub(super) latest: i64,
    pub(super) orgs: Vec<[u8; 16]>,
    pub(super) scim: Vec<ScimToken>,
    pub(super) users: Vec<Resource>,
    pub(super) groups: Vec<Resource>,
    pub(super) links: Vec<Link>,
    pub(super) claims: Vec<Claim>,
    pub(super) holders: Vec<Holder>,
    /// Uploads that were made, by the hash of their body: whose secrets open the account once one
    /// is stored.
    pub(super) drafts: Vec<([u8; 32], Holder)>,
    pub(super) sessions: Vec<Session>,
    pub(super) begun: Vec<Begun>,
    /// Proofs that were made with the right password: login and KE3.
    pub(super) proofs: Vec<([u8; 16], [u8; 64])>,
    pub(super) stored: Vec<Stored>,
    /// Resets that an administrator started: the generation that each makes, by account.
    pub(super) resets: Vec<([u8; 16], u32)>,
    /// The newest version of a resource that was seen, by its id.
    pub(super) versions: BTreeMap<String, i64>,
    /// Requests of this run, for sending one again.
    pub(super) history: Vec<Sent>,
    /// Canaries that the input itself holds: nothing follows from seeing them.
    pub(super) tainted: [bool; 2],
}

impl Known {
    /// The account that a person holds now.
    pub(super) fn holder(&self, account: &[u8; 16]) -> Option<&Holder> {
        self.holders.iter().rev().find(|holder| holder.context.account.0 == *account)
    }

    /// Whether an invitation may still be used at that moment, as far as its letter tells.
    pub(super) fn may_be_used(&self, invite: &[u8; 16], now: i64) -> bool {
        let letters = self.links.iter().filter(|link| link.invite == *invite);
        letters.map(|link| link.issued_by + INVITATION).max().is_some_and(|end| now < end)
    }

    /// Every secret text that was handed out, each with where it may be seen: nowhere.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.scim
            .iter()
            .map(|token| token.text.as_str())
            .chain(self.sessions.iter().map(|session| session.text.as_str()))
    }
}
