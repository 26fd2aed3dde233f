//! The directory of the server in memory: colleagues with keys of their own.

use super::chance::Seeded;
use super::honest::HonestServer;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::identity::{KeyPairs, PublicIdentity};
use firstkey_core::wire::outbound::Outbound;
use serde_json::{Value, json};

/// Somebody whom the directory shows.
pub struct Listed {
    /// The address, in lower case.
    pub email: String,
    /// Both key pairs; the real server has the public halves only.
    pub pairs: KeyPairs,
    /// Realm and account.
    pub context: AccountContext,
    /// The whole answer.
    pub answer: Value,
}

impl Listed {
    /// Somebody with keys made from `seed`, of that generation.
    pub fn new(realm: [u8; 16], email: &str, seed: u64, key_gen: u32) -> Self {
        let mut rng = Seeded::new(seed ^ 0xd1);
        let context = AccountContext { realm: RealmId::heard(realm), account: AccountId::heard(rng.bytes()) };
        let mut listed =
            Self { email: email.to_owned(), pairs: KeyPairs::make(&mut rng), context, answer: Value::Null };
        listed.show(key_gen);
        listed
    }

    /// The public keys.
    pub fn identity(&self, key_gen: u32) -> PublicIdentity {
        self.pairs.public(KeyGen(key_gen))
    }

    /// The eight words.
    pub fn fingerprint(&self) -> String {
        self.identity(1).fingerprint(&self.context).to_string()
    }

    /// Shows these keys, of that generation, soundly signed.
    pub fn show(&mut self, key_gen: u32) {
        let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let (public, signature) = (self.identity(key_gen), self.pairs.sign(KeyGen(key_gen), &self.context));
        self.answer = json!({
            "account_id": text(&self.context.account.0), "realm_id": text(&self.context.realm.0),
            "identity": {"key_gen": key_gen, "ed25519": text(&public.ed25519), "x25519": text(&public.x25519)},
            "signature": text(&signature.0),
            "confirmed_at": null, "confirmed_fingerprint": null, "earlier_fingerprint": null,
        });
    }
}

impl HonestServer {
    /// `POST /v1/directory`; the error is a status, a name and what was wrong.
    pub(super) fn look_up(
        &mut self,
        session: Option<[u8; 32]>,
        request: &Outbound,
    ) -> Result<Value, (u16, &'static str, &'static str)> {
        if session.is_none_or(|session| !self.sessions.contains(&session)) {
            return Err((401, "session-ended", ""));
        }
        let members: Value = serde_json::from_slice(request.body()).map_err(|_| (400, "invalid", "not JSON"))?;
        let (Some(email), Some(1)) = (members["email"].as_str(), members.as_object().map(serde_json::Map::len)) else {
            return Err((400, "invalid", "email"));
        };
        let listed = self.directory.iter().find(|listed| listed.email.eq_ignore_ascii_case(email));
        listed.map(|listed| listed.answer.clone()).ok_or((404, "person-unknown", ""))
    }
}
