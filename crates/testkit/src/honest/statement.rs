//! The bundle statement of the one account: taken, checked by the page of messages alone, shown to
//! who asks for it.

use super::change::What;
use super::{Answer, HonestServer, INVALID, Members, Problem, b64};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::hazmat;
use firstkey_core::wire::outbound::Outbound;
use serde_json::{Map, Value, json};

/// Whether who asks reads members of that name.
pub(super) fn knows(request: &Outbound, word: &str) -> bool {
    let mut headers = request.headers().filter(|(name, _)| *name == "firstkey-knows");
    headers.any(|(_, value)| value.split(',').any(|known| known.trim() == word))
}

impl HonestServer {
    pub(super) fn is_asked_for_statements(&self, request: &Outbound) -> bool {
        self.keeps_statements && knows(request, "statement")
    }

    /// The bundle, with the statement for who asks for it.
    pub(super) fn shown(&self, request: &Outbound) -> Result<Map<String, Value>, Problem> {
        let mut bundle = self.complete()?.members.clone();
        let statement = bundle.remove("statement").unwrap_or_default();
        if self.is_asked_for_statements(request) {
            bundle.insert("statement".to_owned(), statement);
        }
        Ok(bundle)
    }

    /// One in a request; a server of before refuses it like any member that it does not know.
    pub(super) fn take_statement(&self, members: &mut Members) -> Result<Option<Value>, Problem> {
        match members.0.remove("statement") {
            Some(_) if !self.keeps_statements => Err(INVALID("an unknown member")),
            statement => Ok(statement),
        }
    }

    /// Whether it is signed for the account that these members make, with that count.
    pub(super) fn check_statement(
        &self,
        statement: &Value,
        members: &Map<String, Value>,
        signer: &[u8; 32],
        counter: u64,
    ) -> Result<(), Problem> {
        let Value::Object(statement) = statement.clone() else { return Err(INVALID("statement")) };
        let mut statement = Members(statement);
        let counts = statement.take("counter")? == json!(counter);
        let listed = statement.text("digests")?;
        let listed = Base64UrlUnpadded::decode_vec(&listed).map_err(|_| INVALID("digests"))?;
        let signature: [u8; 64] = statement.bytes("signature")?;
        statement.end()?;
        let bytes = |text: &Value| text.as_str().and_then(|text| Base64UrlUnpadded::decode_vec(text).ok());
        let part = |text: &Value| bytes(text).ok_or(INVALID("statement"));
        let (envelopes, identity) = (&members["envelopes"], &members["identity"]);
        let key_gen = u32::try_from(identity["key_gen"].as_u64().unwrap_or(0)).map_err(|_| INVALID("key_gen"))?;
        let says = pae(&[
            b"firstkey/v1/identity",
            &[1],
            &self.realm,
            &self.account,
            &key_gen.to_be_bytes(),
            &part(&identity["ed25519"])?,
            &part(&identity["x25519"])?,
        ]);
        let parts = [
            (1, part(&envelopes["1"])?),
            (2, part(&envelopes["2"])?),
            (3, part(&envelopes["3"])?),
            (4, part(&envelopes["4"])?),
            (128, [says, part(&members["signature"])?].concat()),
            (129, part(&members["recovery_public"])?),
        ];
        let digests: Vec<u8> =
            parts.iter().flat_map(|(number, bytes)| [&[*number][..], &hazmat::sha256(bytes)].concat()).collect();
        let named = [&digests[..], &[130], &hazmat::sha256(&self.realm_key())].concat();
        let present = self.stored.as_ref().and_then(|stored| stored.members.get("statement"));
        // Who has named the realm's key goes on naming it.
        let must_name = present.is_some_and(|present| present["digests"].as_str().is_some_and(|text| text.len() > 264));
        let digests = if self.signs && (must_name || listed.len() > digests.len()) { named } else { digests };
        let message = pae(&[
            b"firstkey/v1/bundle",
            &[1],
            &self.realm,
            &self.account,
            &key_gen.to_be_bytes(),
            &counter.to_be_bytes(),
            &digests,
        ]);
        if counts && digests == listed && hazmat::ed25519_verify(signer, &message, &signature) {
            Ok(())
        } else {
            Err(INVALID("statement"))
        }
    }

    /// Whether it follows the present one, for the account that `after` makes.
    pub(super) fn check_next_statement(
        &self,
        statement: Option<&Value>,
        after: &Map<String, Value>,
    ) -> Result<(), Problem> {
        let present = self.complete()?.members.get("statement");
        let counter = present.map_or(Some(0), |present| present["counter"].as_u64()).ok_or(INVALID("statement"))?;
        let signer = Members(after.clone()).object("identity")?.bytes("ed25519")?;
        match statement {
            Some(statement) => self.check_statement(statement, after, &signer, counter + 1),
            None if present.is_some() => Err(INVALID("no statement")),
            None => Ok(()),
        }
    }

    pub(super) fn state_first(&mut self, session: Option<[u8; 32]>, request: &Outbound) -> Answer {
        if !self.keeps_statements {
            return Err(Problem(404, "not-found", "no such path"));
        }
        let mut members = Members::read(request.body())?;
        self.in_session(session, What::Kit)?;
        let expected: [u8; 32] = members.bytes("expected")?;
        let statement = members.take("statement")?;
        members.end()?;
        let present = self.complete()?.members.clone();
        let mut envelopes = Members(present.clone()).object("envelopes")?;
        let (one, two): ([u8; 197], [u8; 150]) = (envelopes.bytes("1")?, envelopes.bytes("2")?);
        if hazmat::sha256(&[&one[..], &two].concat()) != expected {
            return Err(Problem(409, "changed-meanwhile", ""));
        }
        match present.get("statement") {
            Some(stored) if *stored == statement => {}
            Some(_) => return Err(Problem(409, "changed-meanwhile", "")),
            None => {
                self.check_next_statement(Some(&statement), &present)?;
                let stored = self.stored.as_mut().ok_or(Problem(403, "login-failed", ""))?;
                stored.members.insert("statement".to_owned(), statement);
            }
        }
        Ok(json!({"receipt": b64(&hazmat::sha256(request.body()))}))
    }

    /// Puts the account into the state that another server of it was in: an old copy of the
    /// database.
    ///
    /// # Panics
    /// When either has no account.
    pub fn go_back_to(&mut self, copy: &super::Stored) {
        assert!(self.stored.is_some(), "there is an account");
        self.stored = Some(copy.clone());
    }

    /// The members of the bundle as they are kept, for whoever lies about them.
    ///
    /// # Panics
    /// When there is no account.
    pub fn bundle_mut(&mut self) -> &mut Map<String, Value> {
        let Some(stored) = &mut self.stored else { panic!("no account") };
        &mut stored.members
    }
}
