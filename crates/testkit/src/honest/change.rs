//! The locks of the one account: a new password, a new kit, both by recovery.

use super::{Answer, HonestServer, INVALID, Members, Problem, b64};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::opaque::Suite;
use firstkey_core::wire::outbound::Outbound;
use opaque_ke::{RegistrationRequest, RegistrationUpload, ServerRegistration};
use serde_json::json;

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Password,
    Kit,
    Both,
}

impl HonestServer {
    pub(super) fn in_session(&self, session: Option<[u8; 32]>, what: What) -> Result<[u8; 32], Problem> {
        let session = session.ok_or(Problem(401, "session-ended", ""))?;
        let (right, wrong) = match what {
            What::Both => (&self.recovery_sessions, &self.sessions),
            What::Password | What::Kit => (&self.sessions, &self.recovery_sessions),
        };
        match (right.contains(&session), wrong.contains(&session)) {
            (true, _) => Ok(session),
            (false, true) => Err(Problem(403, "session-purpose", "")),
            (false, false) => Err(Problem(401, "session-ended", "")),
        }
    }

    /// From now on the invite is another organisation's, for the account that exists.
    ///
    /// # Panics
    /// When there is no account.
    pub fn invite_to_join(&mut self) {
        assert!(self.stored.is_some(), "an account exists");
        self.invite[0] ^= 1;
        self.token[0] ^= 1;
        self.claims.clear();
        self.offer["mode"] = json!("join");
        self.offer["organisation"] = json!({"org_id": b64(&[9; 16]), "name": "Second Ltd"});
        self.joins = Some(false);
    }

    pub(super) fn join(&mut self, session: Option<[u8; 32]>, request: &Outbound) -> Answer {
        self.in_session(session, What::Password)?;
        let signer = self.signer(request)?;
        Members::read(request.body())?.end()?;
        let answer = json!({"org_id": b64(&[9; 16]), "joined_at": 1_763_900_000});
        if self.joins == Some(true) {
            return Ok(answer);
        }
        self.newest(signer)?;
        self.live()?;
        self.joins = Some(true);
        Ok(answer)
    }

    pub(super) fn password_start(&mut self, session: Option<[u8; 32]>, request: &Outbound) -> Answer {
        self.in_session(session, What::Password).or_else(|_| self.in_session(session, What::Both))?;
        let mut members = Members::read(request.body())?;
        let message: [u8; 32] = members.bytes("opaque_request")?;
        members.end()?;
        let message = RegistrationRequest::<Suite>::deserialize(&message).map_err(|_| INVALID("opaque_request"))?;
        let started = ServerRegistration::<Suite>::start(&self.setup, message, &self.account)
            .map_err(|_| INVALID("opaque_request"))?;
        Ok(json!({"opaque_response": b64(&started.message.serialize())}))
    }

    pub(super) fn change(&mut self, session: Option<[u8; 32]>, request: &Outbound, what: What) -> Answer {
        let mut members = Members::read(request.body())?;
        let key: [u8; 16] = members.bytes("idempotency_key")?;
        let receipt = json!({"receipt": b64(&hazmat::sha256(request.body()))});
        if let Some((.., body)) = self.changes.iter().find(|(of, with, _)| Some(*of) == session && *with == key) {
            return if body == request.body() { Ok(receipt) } else { Err(Problem(409, "conflict", "")) };
        }
        let session = self.in_session(session, what)?;
        let expected: [u8; 32] = members.bytes("expected")?;
        let lock = if what == What::Kit { None } else { Some(read_lock(&mut members)?) };
        let mut envelopes = members.object("envelopes")?;
        let one: Option<[u8; 197]> = lock.is_some().then(|| envelopes.bytes("1")).transpose()?;
        let two: Option<[u8; 150]> = (what != What::Password).then(|| envelopes.bytes("2")).transpose()?;
        envelopes.end()?;
        let public: Option<[u8; 32]> = two.is_some().then(|| members.bytes("recovery_public")).transpose()?;
        let statement = self.take_statement(&mut members)?;
        members.end()?;
        if one.is_some_and(|one| lock.is_some_and(|(_, block)| one[12..59] != block)) {
            return Err(INVALID("envelopes"));
        }
        let stored = self.complete()?;
        let mut present = Members(stored.members.clone());
        let held: [u8; 32] = present.bytes("recovery_public")?;
        let mut present = present.object("envelopes")?;
        let (old, recovery): ([u8; 197], [u8; 150]) = (present.bytes("1")?, present.bytes("2")?);
        if hazmat::sha256(&[&old[..], &recovery].concat()) != expected {
            return Err(Problem(409, "changed-meanwhile", ""));
        }
        if one.is_some_and(|one| old[27..59] == one[27..59]) {
            return Err(INVALID("the salt is the present one"));
        }
        if public == Some(held) {
            return Err(INVALID("the recovery key is the present one"));
        }
        if let Some((_, block)) = lock {
            let had_one = old[58];
            let bad = match self.asks["secret_key"].as_str() {
                Some("required") => block[46] != 1,
                Some("allowed") => block[46] > 1,
                _ => block[46] > had_one,
            };
            if bad {
                return Err(INVALID("the policy on secret keys"));
            }
        }
        let mut after = stored.members.clone();
        if let Some(one) = one {
            after["envelopes"]["1"] = json!(b64(&one));
        }
        if let (Some(two), Some(public)) = (two, public) {
            after["envelopes"]["2"] = json!(b64(&two));
            after.insert("recovery_public".to_owned(), json!(b64(&public)));
        }
        self.check_next_statement(statement.as_ref(), &after)?;
        let stored = self.stored.as_mut().ok_or(Problem(403, "login-failed", ""))?;
        if let Some(statement) = statement {
            stored.members.insert("statement".to_owned(), statement);
        }
        if let Some((record, block)) = lock {
            stored.record = record;
            stored.members.insert("kdf_block".to_owned(), json!(b64(&block)));
        }
        if let Some(one) = one {
            stored.members["envelopes"]["1"] = json!(b64(&one));
            self.logins.clear();
        }
        if let (Some(two), Some(public)) = (two, public) {
            stored.members["envelopes"]["2"] = json!(b64(&two));
            stored.members.insert("recovery_public".to_owned(), json!(b64(&public)));
            self.challenges.clear();
            self.recovery_sessions.clear();
        }
        if what != What::Kit {
            self.sessions.retain(|kept| *kept == session);
        }
        self.changes.push((session, key, request.body().to_vec()));
        Ok(receipt)
    }

    pub(super) fn recovery_start(&mut self, request: &Outbound) -> Answer {
        let mut members = Members::read(request.body())?;
        let email = members.text("email")?;
        members.end()?;
        if email != self.email {
            return Err(INVALID("another address"));
        }
        let (id, challenge): ([u8; 16], [u8; 32]) = (self.rng.bytes(), self.rng.bytes());
        self.challenges.push((id, challenge));
        Ok(json!({"account_id": b64(&self.account), "realm_id": b64(&self.realm), "key_gen": 1,
            "challenge_id": b64(&id), "challenge": b64(&challenge)}))
    }

    pub(super) fn recovery_finish(&mut self, request: &Outbound) -> Answer {
        let mut members = Members::read(request.body())?;
        let (id, signature): ([u8; 16], [u8; 64]) = (members.bytes("challenge_id")?, members.bytes("signature")?);
        members.end()?;
        let failed = || Problem(403, "recovery-failed", "");
        let at = self.challenges.iter().position(|(known, _)| *known == id).ok_or_else(failed)?;
        let (_, challenge) = self.challenges.swap_remove(at);
        let bundle = self.shown(request).map_err(|_| failed())?;
        let public: [u8; 32] = Members(bundle.clone()).bytes("recovery_public")?;
        let signed =
            pae(&[b"firstkey/v1/recovery-proof", &self.realm, &self.account, self.origin.as_bytes(), &challenge]);
        if !hazmat::ed25519_verify(&public, &signed, &signature) {
            return Err(failed());
        }
        let session: [u8; 32] = self.rng.bytes();
        self.recovery_sessions.push(session);
        Ok(json!({"session": b64(&session), "expires_in": 600, "bundle": bundle, "policy": self.asks}))
    }
}

/// Record and settings of a new password.
fn read_lock(members: &mut Members) -> Result<([u8; 192], [u8; 47]), Problem> {
    let record: [u8; 192] = members.bytes("opaque_upload")?;
    RegistrationUpload::<Suite>::deserialize(&record).map_err(|_| INVALID("opaque_upload"))?;
    Ok((record, members.bytes("kdf_block")?))
}
