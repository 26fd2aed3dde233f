//! An account server for one invite, in memory, exactly as the page of messages says.
//!
//! Promise: written from `docs/WIRE.md` alone, with readers of its own, so that it does not repeat
//! a mistake of the client's. Deterministic under its seed. Must never: be kinder than the real
//! one: an unknown member, a bad length or a bad signature is refused and remembered in
//! [`HonestServer::complaints`].

mod change;
mod reset;
mod sessions;
mod signed;
mod statement;

use super::chance::Seeded;
use base64ct::{Base64UrlUnpadded, Encoding};
use change::What;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::identity::{IdentitySignature, PublicIdentity, PublicKeys};
use firstkey_core::crypto::opaque::Suite;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_core::wire::outbound::Outbound;
use opaque_ke::{
    CredentialFinalization, CredentialRequest, Identifiers, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup,
};
use serde_json::{Map, Value, json};

/// What the server would say of the invite if nobody had completed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invite {
    /// It may be used.
    Live,
    /// Too late.
    Expired,
    /// Revoked.
    Withdrawn,
}

/// What `enrol/complete` stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The exact body.
    pub body: Vec<u8>,
    record: [u8; 192],
    members: Map<String, Value>,
}

/// The server.
pub struct HonestServer {
    /// Where it is, without a slash at the end.
    pub origin: String,
    /// Its realm.
    pub realm: [u8; 16],
    /// The one account.
    pub account: [u8; 16],
    /// The one invite.
    pub invite: [u8; 16],
    /// The invite's token; the real server keeps its hash only.
    pub token: [u8; 32],
    /// The person's address.
    pub email: String,
    /// The answer to a claim, but for the count of earlier ones.
    pub offer: Value,
    /// What may be done with the invite.
    pub state: Invite,
    /// Whether the invite is for an account that exists; then, whether it was accepted.
    pub joins: Option<bool>,
    /// Claim keys, newest last.
    pub claims: Vec<[u8; 32]>,
    /// The account, once it is complete. Replaced by a reset only.
    pub stored: Option<Stored>,
    /// What was wrong with requests, by its own judgement. An honest client causes none.
    pub complaints: Vec<String>,
    /// The generation of the keys that are made next.
    pub key_gen: u32,
    is_resetting: bool,
    setup: ServerSetup<Suite>,
    logins: Vec<([u8; 16], ServerLogin<Suite>, Vec<u8>)>,
    /// Bearers of sessions that are good.
    pub sessions: Vec<[u8; 32]>,
    /// Bearers of sessions of recoveries.
    pub recovery_sessions: Vec<[u8; 32]>,
    /// Challenges that wait for a signature.
    challenges: Vec<([u8; 16], [u8; 32])>,
    /// Changes that were stored, by session and idempotency key: the body of each.
    changes: Vec<([u8; 32], [u8; 16], Vec<u8>)>,
    rng: Seeded,
    /// What is asked of a new lock, said with the bundle.
    pub asks: Value,
    /// Whether it keeps bundle statements; one of before does not know them.
    pub keeps_statements: bool,
    /// Whether its links name its key and its answers are signed with it; one of before does not.
    pub signs: bool,
    /// Colleagues, as the directory shows them.
    pub directory: Vec<super::honest_directory::Listed>,
}

/// A refusal: status, name, and what was wrong.
struct Problem(u16, &'static str, &'static str);

type Answer = Result<Value, Problem>;

const INVALID: fn(&'static str) -> Problem = |what| Problem(400, "invalid", what);

/// The members of an object, taken one by one.
struct Members(Map<String, Value>);

impl Members {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(INVALID("not an object")),
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Value, Problem> {
        self.0.remove(name).ok_or(INVALID(name))
    }

    fn text(&mut self, name: &'static str) -> Result<String, Problem> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(INVALID(name)),
        }
    }

    fn bytes<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], Problem> {
        let text = self.text(name)?;
        let bytes = Base64UrlUnpadded::decode_vec(&text).map_err(|_| INVALID(name))?;
        bytes.try_into().map_err(|_| INVALID(name))
    }

    fn object(&mut self, name: &'static str) -> Result<Self, Problem> {
        match self.take(name)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(INVALID(name)),
        }
    }

    fn end(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(INVALID("an unknown member")) }
    }
}

fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// An answer of the transport with this status and body.
pub fn response(status: u16, body: &[u8]) -> Response {
    let content_type = if status == 200 { "application/json" } else { "application/problem+json" };
    Response {
        status,
        content_type: Some(content_type.to_owned()),
        retry_after: None,
        signed: None,
        framing: Framing::Plain,
        body: zeroize::Zeroizing::new(body.to_vec()),
    }
}

/// A problem document.
pub fn problem(status: u16, name: &str) -> Response {
    let body = json!({"type": format!("urn:firstkey:problem:{name}"), "title": name, "status": status, "contact": "it@example.org", "at": 1_763_900_000});
    response(status, body.to_string().as_bytes())
}

impl HonestServer {
    /// A server with one live invite at `https://keys.example.org`.
    pub fn new(seed: u64) -> Self {
        let mut rng = Seeded::new(seed ^ 0x5e4e);
        let (realm, account, invite, org): ([u8; 16], [u8; 16], [u8; 16], [u8; 16]) =
            (rng.bytes(), rng.bytes(), rng.bytes(), rng.bytes());
        let email = "ada@example.org".to_owned();
        let offer = json!({
            "protocol": 1, "suites": [1], "realm_id": b64(&realm),
            "organisation": {"org_id": b64(&org), "name": "Example Corp"},
            "account": {"account_id": b64(&account), "email": email, "display_name": "Ada Lovelace"},
            "mode": "enrol",
            "policy": {"min_profile": 2, "recovery": "required", "secret_key": "off", "min_length": 15},
            "expires_at": 1_764_262_800, "server_time": 1_763_900_000,
            "earlier_claims": {"count": 0, "last_at": null},
            "contact": "it@example.org",
        });
        Self {
            origin: "https://keys.example.org".to_owned(),
            realm,
            account,
            invite,
            token: rng.bytes(),
            email,
            offer,
            state: Invite::Live,
            joins: None,
            claims: Vec::new(),
            stored: None,
            complaints: Vec::new(),
            key_gen: 1,
            is_resetting: false,
            setup: ServerSetup::new(&mut rng),
            logins: Vec::new(),
            sessions: Vec::new(),
            recovery_sessions: Vec::new(),
            challenges: Vec::new(),
            changes: Vec::new(),
            rng,
            asks: json!({"min_profile": 2, "secret_key": "off"}),
            keeps_statements: true,
            signs: false,
            directory: Vec::new(),
        }
    }

    /// Realm and account.
    pub fn context(&self) -> AccountContext {
        AccountContext { realm: RealmId::heard(self.realm), account: AccountId::heard(self.account) }
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Outbound) -> Response {
        self.answer_in(None, request)
    }

    /// The same, in a session where one is shown.
    pub fn answer_in(&mut self, session: Option<[u8; 32]>, request: &Outbound) -> Response {
        let path = request.endpoint().path();
        let answer = match path {
            _ if request.origin().as_str() != self.origin => Err(Problem(400, "invalid", "another origin")),
            "/v1/invites/claim" => self.claim(request),
            "/v1/enrol/start" => self.enrol_start(request),
            "/v1/enrol/complete" => self.enrol_complete(request),
            "/v1/login/params" => self.login_params(request),
            "/v1/login/start" => self.login_start(request),
            "/v1/login/finish" => self.login_finish(request),
            "/v1/invites/join" => self.join(session, request),
            "/v1/account/password/start" => self.password_start(session, request),
            "/v1/account/password" => self.change(session, request, What::Password),
            "/v1/account/kit" => self.change(session, request, What::Kit),
            "/v1/account/statement" => self.state_first(session, request),
            "/v1/recovery/start" => self.recovery_start(request),
            "/v1/recovery/finish" => self.recovery_finish(request),
            "/v1/recovery/complete" => self.change(session, request, What::Both),
            "/v1/sessions" | "/v1/sessions/" | "/v1/logout" => self.on_sessions(session, request),
            "/v1/directory" => {
                self.look_up(session, request).map_err(|(status, name, what)| Problem(status, name, what))
            }
            _ => Err(Problem(404, "not-found", "no such path")),
        };
        match answer {
            Ok(body) => self.sign(request, response(200, body.to_string().as_bytes())),
            Err(Problem(status, name, what)) => {
                if name == "invalid" {
                    self.complaints.push(format!("{path}: {what}"));
                }
                problem(status, name)
            }
        }
    }

    fn claim(&mut self, request: &Outbound) -> Answer {
        let mut members = Members::read(request.body())?;
        let (invite, token, key): ([u8; 16], [u8; 32], [u8; 32]) =
            (members.bytes("invite_id")?, members.bytes("token")?, members.bytes("claim_key")?);
        members.end()?;
        if invite != self.invite || token != self.token {
            return Err(Problem(404, "invite-unknown", ""));
        }
        self.live()?;
        let mut offer = self.offer.clone();
        if let Some(count) = offer.pointer_mut("/earlier_claims/count") {
            *count = self.claims.len().into();
        }
        if statement::knows(request, "claim-keys") && offer["earlier_claims"].get("keys").is_none() {
            let claims = self.claims.iter().rev().take(16);
            let claims = claims.map(|key| json!({"sha256": b64(&hazmat::sha256(key)), "at": 1_763_900_000}));
            offer["earlier_claims"]["keys"] = claims.collect();
        }
        self.claims.push(key);
        if self.is_asked_for_statements(request) {
            offer["knows"] = json!(["statement"]);
        }
        Ok(offer)
    }

    /// Somebody else claims with the same token.
    pub fn claim_by_somebody_else(&mut self) {
        let seed: [u8; 32] = self.rng.bytes();
        self.claims.push(hazmat::ed25519_public(&seed));
    }

    fn live(&self) -> Result<(), Problem> {
        match self.state {
            _ if self.joins.unwrap_or(self.stored.is_some() && !self.is_resetting) => {
                Err(Problem(410, "invite-used", ""))
            }
            Invite::Live => Ok(()),
            Invite::Expired => Err(Problem(410, "invite-expired", "")),
            Invite::Withdrawn => Err(Problem(410, "invite-withdrawn", "")),
        }
    }

    /// The position of the claim key that signed.
    fn signer(&self, request: &Outbound) -> Result<usize, Problem> {
        let signed = request.signature().ok_or(INVALID("not signed"))?;
        let message = pae(&[
            b"firstkey/v1/request",
            &self.realm,
            self.origin.as_bytes(),
            b"POST",
            request.endpoint().path().as_bytes(),
            &hazmat::sha256(request.body()),
            &self.invite,
        ]);
        if signed.invite().0 != self.invite {
            return Err(Problem(404, "invite-unknown", ""));
        }
        let signer = self.claims.iter().rposition(|key| hazmat::ed25519_verify(key, &message, signed.bytes()));
        signer.ok_or(INVALID("the signature is of no claim key"))
    }

    fn newest(&self, signer: usize) -> Result<(), Problem> {
        if signer + 1 == self.claims.len() { Ok(()) } else { Err(Problem(409, "claim-stale", "")) }
    }

    fn enrol_start(&mut self, request: &Outbound) -> Answer {
        let signer = self.signer(request)?;
        self.newest(signer)?;
        self.live()?;
        let mut members = Members::read(request.body())?;
        let message: [u8; 32] = members.bytes("opaque_request")?;
        members.end()?;
        let message = RegistrationRequest::<Suite>::deserialize(&message).map_err(|_| INVALID("opaque_request"))?;
        let started = ServerRegistration::<Suite>::start(&self.setup, message, &self.account)
            .map_err(|_| INVALID("opaque_request"))?;
        Ok(json!({"opaque_response": b64(&started.message.serialize())}))
    }

    fn enrol_complete(&mut self, request: &Outbound) -> Answer {
        let signer = self.signer(request)?;
        let body = request.body();
        let receipt = json!({"receipt": b64(&hazmat::sha256(body))});
        if let Some(stored) = self.stored.as_ref().filter(|_| !self.is_resetting) {
            let key = |body: &[u8]| Members::read(body)?.bytes::<16>("idempotency_key");
            return match key(&stored.body)? == key(body)? {
                true if stored.body == body => Ok(receipt),
                true => Err(Problem(409, "conflict", "")),
                false => Err(Problem(410, "invite-used", "")),
            };
        }
        self.newest(signer)?;
        self.live()?;
        let (record, members) = self.check_completion(body)?;
        if let Some(statement) = members.get("statement") {
            let signer = Members(members.clone()).object("identity")?.bytes("ed25519")?;
            self.check_statement(statement, &members, &signer, 1)?;
        }
        self.stored = Some(Stored { body: body.to_vec(), record, members });
        self.end_reset();
        Ok(receipt)
    }

    /// Stores an upload without looking at who signed it or whether its parts belong together.
    ///
    /// # Panics
    /// When it has not even the form of one.
    pub fn store(&mut self, body: &[u8]) {
        let Ok((record, members)) = self.check_completion(body) else { panic!("not an upload") };
        self.stored = Some(Stored { body: body.to_vec(), record, members });
    }

    fn check_completion(&self, body: &[u8]) -> Result<([u8; 192], Map<String, Value>), Problem> {
        let mut members = Members::read(body)?;
        let mut kept = members.0.clone();
        let _: [u8; 16] = members.bytes("idempotency_key")?;
        let record: [u8; 192] = members.bytes("opaque_upload")?;
        RegistrationUpload::<Suite>::deserialize(&record).map_err(|_| INVALID("opaque_upload"))?;
        let block: [u8; 47] = members.bytes("kdf_block")?;
        let mut envelopes = members.object("envelopes")?;
        let one: [u8; 197] = envelopes.bytes("1")?;
        let others: [[u8; 150]; 3] = [envelopes.bytes("2")?, envelopes.bytes("3")?, envelopes.bytes("4")?];
        envelopes.end()?;
        let mut identity = members.object("identity")?;
        if identity.take("key_gen")? != json!(self.key_gen) {
            return Err(INVALID("key_gen"));
        }
        let identity_read = PublicIdentity::heard(PublicKeys {
            key_gen: KeyGen(self.key_gen),
            ed25519: identity.bytes("ed25519")?,
            x25519: identity.bytes("x25519")?,
        });
        identity.end()?;
        let signature = IdentitySignature::heard(members.bytes("signature")?);
        let _: [u8; 32] = members.bytes("recovery_public")?;
        self.take_statement(&mut members)?;
        members.end()?;

        let header = |envelope: &[u8], kind: u8| envelope.starts_with(&self.envelope_header(kind));
        let headers = header(&one, 1) && others.iter().zip(2..).all(|(envelope, kind)| header(envelope, kind));
        let profiles: [[u8; 14]; 3] = [2_u8, 3, 4].map(|id| {
            let (m, t): (u32, u32) = [(262_144, 3), (1_048_576, 3), (2_097_152, 1)][usize::from(id) - 2];
            let mut start = [1, id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4];
            start[2..6].copy_from_slice(&m.to_be_bytes());
            start[6..10].copy_from_slice(&t.to_be_bytes());
            start
        });
        if !headers || one[12..59] != block {
            return Err(INVALID("envelopes"));
        }
        if !profiles.iter().any(|start| block.starts_with(start)) || block[46] > 1 || !self.takes(block[46]) {
            return Err(INVALID("kdf_block"));
        }
        identity_read.verify(&signature, &self.context()).map_err(|_| INVALID("signature"))?;
        for gone in ["idempotency_key", "opaque_upload"] {
            kept.remove(gone);
        }
        kept.insert("key_gen".to_owned(), json!(self.key_gen));
        Ok((record, kept))
    }

    /// Whether the organisation has it so: 1 is with a secret key.
    fn takes(&self, two_secret: u8) -> bool {
        match self.offer["policy"]["secret_key"].as_str() {
            Some("required") => two_secret == 1,
            Some("allowed") => true,
            _ => two_secret == 0,
        }
    }

    fn identifiers(&self) -> Identifiers<'_> {
        Identifiers { client: Some(&self.account), server: Some(&self.realm) }
    }

    fn complete(&self) -> Result<&Stored, Problem> {
        // An honest client asks for its own finished account only; the made-up answer for others is
        // the real server's business.
        self.stored.as_ref().ok_or(Problem(403, "login-failed", ""))
    }

    fn login_params(&mut self, request: &Outbound) -> Answer {
        let mut members = Members::read(request.body())?;
        let email = members.text("email")?;
        members.end()?;
        if email != self.email {
            return Err(INVALID("another address"));
        }
        let stored = self.complete()?;
        Ok(
            json!({"account_id": b64(&self.account), "realm_id": b64(&self.realm), "key_gen": self.stored_key_gen(), "kdf_block": stored.members["kdf_block"]}),
        )
    }

    fn login_start(&mut self, request: &Outbound) -> Answer {
        let mut members = Members::read(request.body())?;
        let (account, ke1): ([u8; 16], [u8; 96]) = (members.bytes("account_id")?, members.bytes("ke1")?);
        members.end()?;
        let stored = self.complete()?;
        if account != self.account {
            return Err(INVALID("another account"));
        }
        let block: [u8; 47] = Members(stored.members.clone()).bytes("kdf_block")?;
        let record = RegistrationUpload::<Suite>::deserialize(&stored.record).map_err(|_| INVALID("record"))?;
        let message = CredentialRequest::<Suite>::deserialize(&ke1).map_err(|_| INVALID("ke1"))?;
        let agreed = pae(&[
            b"firstkey/v1/opaque",
            &[1],
            &self.realm,
            self.origin.as_bytes(),
            &self.account,
            &block,
            &self.stored_key_gen().to_be_bytes(),
        ]);
        let identifiers = Identifiers { client: Some(&self.account), server: Some(&self.realm) };
        let parameters = ServerLoginParameters { context: Some(&agreed), identifiers };
        let record = Some(ServerRegistration::finish(record));
        let started = ServerLogin::start(&mut self.rng, &self.setup, record, message, &account, parameters)
            .map_err(|_| INVALID("ke1"))?;
        let login_id: [u8; 16] = self.rng.bytes();
        self.logins.push((login_id, started.state, agreed));
        Ok(json!({"login_id": b64(&login_id), "ke2": b64(&started.message.serialize())}))
    }

    fn login_finish(&mut self, request: &Outbound) -> Answer {
        let mut members = Members::read(request.body())?;
        let (login_id, ke3): ([u8; 16], [u8; 64]) = (members.bytes("login_id")?, members.bytes("ke3")?);
        members.end()?;
        let failed = || Problem(403, "login-failed", "");
        let at = self.logins.iter().position(|(id, ..)| *id == login_id).ok_or_else(failed)?;
        let (_, state, agreed) = self.logins.swap_remove(at);
        let proof = CredentialFinalization::<Suite>::deserialize(&ke3).map_err(|_| failed())?;
        let parameters = ServerLoginParameters { context: Some(&agreed), identifiers: self.identifiers() };
        state.finish(proof, parameters).map_err(|_| failed())?;
        let session: [u8; 32] = self.rng.bytes();
        self.sessions.push(session);
        let bundle = self.shown(request)?;
        Ok(json!({"session": b64(&session), "expires_in": 600, "bundle": bundle, "policy": self.asks}))
    }

    /// Its operator gives it another key of its own, and the records with it.
    pub fn change_its_own_key(&mut self) {
        self.setup = ServerSetup::new(&mut self.rng);
    }

    /// Somebody changes the account from elsewhere: envelope 1 is another one.
    ///
    /// # Panics
    /// When there is no account.
    pub fn put_other_envelope(&mut self) {
        let Some(stored) = &mut self.stored else { panic!("no account") };
        stored.members["envelopes"]["1"] = json!(b64(&[7; 197]));
    }
}
