//! A person with a client: real OPAQUE, real envelopes, real signatures; no Argon2id.

use super::{Answer, Invitation, ORIGIN, Server, b64, unb64};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, X25519ByAccountKey,
};
use firstkey_core::crypto::identity::{KeyPairs, PublicIdentity, PublicKeys};
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{Kek, derive_password_keys, derive_recovery_seed};
use firstkey_core::crypto::opaque::{Login, LoginRequest, Registration, login_context};
use firstkey_core::crypto::{hazmat, label};
use firstkey_core::secret::{AccountKey, ExportKey, MasterKey, RecoveryCode};
use firstkey_server::Shown;
use rand_core::{OsRng, RngCore};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

/// A claim key and the invite that it claimed, at the server that the person knows.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) seed: [u8; 32],
    invite_id: [u8; 16],
    realm: RealmId,
    origin: String,
}

/// An offer that was taken.
pub(crate) struct Person {
    pub(crate) claim: Claim,
    pub(crate) context: AccountContext,
    pub(crate) email: String,
    pub(crate) password: String,
    /// The generation of the keys that the offer is for.
    pub(crate) key_gen: KeyGen,
    pub(crate) block: KdfBlock,
}

/// What an enrolment makes and tells nobody, and what the server answered.
pub(crate) struct Made {
    pub(crate) account_key: AccountKey,
    pub(crate) code: RecoveryCode,
    pub(crate) pairs: KeyPairs,
    pub(crate) export_key: ExportKey,
    pub(crate) response: [u8; 64],
}

impl Claim {
    pub(crate) fn new(invitation: &Invitation) -> Self {
        let invite_id = unb64(&json!(invitation.invite_id)).try_into().expect("16 bytes");
        Self { seed: random(), invite_id, realm: RealmId::heard([0; 16]), origin: ORIGIN.to_owned() }
    }

    /// The same claim of a person for whom it is the server of that realm at that origin.
    pub(crate) fn at(self, realm: RealmId, origin: &str) -> Self {
        Self { realm, origin: origin.to_owned(), ..self }
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        hazmat::ed25519_public(&self.seed)
    }

    pub(crate) fn sign(&self, path: &str, body: &[u8]) -> [u8; 64] {
        let (realm, origin, digest) = (&self.realm.0, self.origin.as_bytes(), hazmat::sha256(body));
        let message = pae(&[label::REQUEST, realm, origin, b"POST", path.as_bytes(), &digest, &self.invite_id]);
        hazmat::ed25519_sign(&self.seed, &message)
    }

    /// The two headers that go with a body.
    pub(crate) fn headers(&self, path: &str, body: &Value) -> (String, String) {
        (b64(&self.invite_id), b64(&self.sign(path, body.to_string().as_bytes())))
    }

    /// Sends a body with this claim's signature.
    pub(crate) async fn post(&self, server: &Server, path: &str, body: &Value) -> Answer {
        let (invite, signature) = self.headers(path, body);
        let body = body.to_string().into_bytes();
        let headers = [
            ("content-type", "application/json"),
            ("firstkey-invite", invite.as_str()),
            ("firstkey-signature", signature.as_str()),
        ];
        server.send(Method::POST, path, &headers, body).await
    }
}

impl Person {
    /// Joins the organisation whose invitation was claimed, in a session of the account.
    pub(crate) async fn join(&self, server: &Server, bearer: &str) -> Answer {
        let (path, body) = ("/v1/invites/join", json!({}));
        let signature = self.claim.headers(path, &body);
        let bearer = format!("Bearer {bearer}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("firstkey-invite", signature.0.as_str()),
            ("firstkey-signature", signature.1.as_str()),
        ];
        server.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    /// Claims an invitation.
    pub(crate) async fn claim(server: &Server, invitation: &Invitation) -> Self {
        let claim = Claim::new(invitation);
        let offer = server.claim(invitation, &claim.public()).await;
        assert_eq!(offer.status, 200, "{}", String::from_utf8_lossy(&offer.bytes));
        let offer = offer.json();
        let id = |value: &Value| unb64(value).try_into().expect("16 bytes");
        let realm = RealmId::heard(id(&offer["realm_id"]));
        Self {
            claim: claim.at(realm, ORIGIN),
            context: AccountContext { realm, account: AccountId::heard(id(&offer["account"]["account_id"])) },
            email: offer["account"]["email"].as_str().expect("an address").to_owned(),
            password: "correct horse battery staple".to_owned(),
            key_gen: KeyGen(offer["reset"]["key_gen"].as_u64().map_or(1, |key_gen| key_gen.try_into().expect("small"))),
            block: KdfBlock { profile: Profile::Two, salt: Salt::heard(random()), two_secret: false },
        }
    }

    pub(crate) fn with_profile(mut self, profile: Profile) -> Self {
        self.block.profile = profile;
        self
    }

    /// `enrol/start` and everything that is sealed after it: the body of `enrol/complete`.
    pub(crate) async fn make_upload(&self, server: &Server) -> Value {
        self.make_all(server).await.0
    }

    /// The same, with the two secrets that can open the account besides the password.
    pub(crate) async fn make_upload_and_keys(&self, server: &Server) -> (Value, AccountKey, RecoveryCode) {
        let (upload, Made { account_key, code, .. }) = self.make_all(server).await;
        (upload, account_key, code)
    }

    /// The same, with everything that was made.
    pub(crate) async fn make_all(&self, server: &Server) -> (Value, Made) {
        let keys = derive_password_keys(&master(&self.password), &self.context, &self.block, None);
        let keys = keys.unwrap_or_else(|_| panic!("no second secret is in play"));
        let (registration, request) = Registration::start(keys.auth, &mut OsRng).expect("a registration");
        let answer = self.claim.post(server, "/v1/enrol/start", &json!({"opaque_request": b64(&request.0)})).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        let response: [u8; 64] = unb64(&answer.json()["opaque_response"]).try_into().expect("64 bytes");
        let registered = registration.finish(&response, &self.context, &mut OsRng).expect("a record");

        let key_gen = self.key_gen;
        let kek = Kek::derive_from_password(&keys.pre, &registered.export_key, &self.context);
        let account_key = AccountKey::make(&mut OsRng);
        let code = RecoveryCode::make(&mut OsRng);
        let pairs = KeyPairs::make(&mut OsRng);
        let (context, rng) = (&self.context, &mut OsRng);
        let one = Envelope::<AccountKeyByPassword>::seal(&kek, &account_key, context, key_gen, &self.block, rng)
            .expect("sealed");
        let by_code = Kek::derive_from_recovery_code(&code, context);
        let two =
            Envelope::<AccountKeyByRecovery>::seal(&by_code, &account_key, context, key_gen, rng).expect("sealed");
        let by_key = Kek::derive_from_account_key(&account_key, context);
        let three =
            Envelope::<X25519ByAccountKey>::seal(&by_key, &pairs.x25519, context, key_gen, rng).expect("sealed");
        let four =
            Envelope::<Ed25519ByAccountKey>::seal(&by_key, &pairs.ed25519, context, key_gen, rng).expect("sealed");
        let identity = pairs.public(key_gen);
        // EXPOSE: only the public half of the recovery signature key is computed.
        let recovery_public = hazmat::ed25519_public(derive_recovery_seed(&code, context).expose());
        let upload = json!({
            "idempotency_key": b64(&random::<16>()),
            "opaque_upload": b64(&registered.upload.0),
            "kdf_block": b64(&self.block.encode()),
            "envelopes": {"1": b64(one.as_bytes()), "2": b64(two.as_bytes()), "3": b64(three.as_bytes()), "4": b64(four.as_bytes())},
            "identity": {"key_gen": key_gen.0, "ed25519": b64(&identity.ed25519), "x25519": b64(&identity.x25519)},
            "signature": b64(&pairs.sign(key_gen, context).0),
            "recovery_public": b64(&recovery_public),
        });
        (upload, Made { account_key, code, pairs, export_key: registered.export_key, response })
    }

    pub(crate) async fn complete(&self, server: &Server, upload: &Value) -> Answer {
        self.claim.post(server, "/v1/enrol/complete", upload).await
    }

    /// The whole enrolment; gives what was sent.
    pub(crate) async fn enrol(&self, server: &Server) -> Value {
        let upload = self.make_upload(server).await;
        let answer = self.complete(server, &upload).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        let receipt = unb64(&answer.json()["receipt"]);
        assert_eq!(receipt, hazmat::sha256(upload.to_string().as_bytes()), "the receipt is the hash of the exact body");
        upload
    }

    /// The same password under another address.
    pub(crate) fn named(&self, email: &str) -> Self {
        Self {
            claim: self.claim.clone(),
            context: self.context,
            email: email.to_owned(),
            password: self.password.clone(),
            key_gen: self.key_gen,
            block: self.block,
        }
    }

    /// The eight words of the stored key.
    pub(crate) fn fingerprint(&self, shown: &Shown) -> String {
        let identity = shown.identity.as_ref().expect("a completed account");
        let key = |text: &String| unb64(&json!(text)).try_into().expect("32 bytes");
        let public = PublicIdentity::heard(PublicKeys {
            key_gen: self.key_gen,
            ed25519: key(&identity.ed25519),
            x25519: key(&identity.x25519),
        });
        public.fingerprint(&self.context).to_string()
    }

    /// A first login message for the account that this person enrolled.
    pub(crate) fn begin_login(&self) -> (Login, LoginRequest) {
        let keys = derive_password_keys(&master(&self.password), &self.context, &self.block, None);
        let keys = keys.unwrap_or_else(|_| panic!("no second secret is in play"));
        Login::start(keys.auth, &mut OsRng).expect("a login")
    }

    /// The login up to its last message: its id and the proof.
    pub(crate) async fn prove(&self, server: &Server) -> (Value, String) {
        let (login, ke1) = self.begin_login();
        let start = json!({"account_id": b64(&self.context.account.0), "ke1": b64(&ke1.0)});
        let started = server.post("/v1/login/start", &start).await.json();
        let ke2 = unb64(&started["ke2"]).try_into().expect("320 bytes");
        let bound = login_context(&self.context, ORIGIN, &self.block.encode(), self.key_gen);
        let done = login.finish(&ke2, &bound, &self.context, &mut OsRng).expect("the right password");
        (started["login_id"].clone(), b64(&done.ke3.0))
    }

    /// Logs in from the address alone, as a fresh machine would.
    pub(crate) async fn log_in(&self, server: &Server) -> Answer {
        self.log_in_with(server, server, &self.password).await
    }

    /// Logs in with any password, the second half at another server.
    pub(crate) async fn log_in_with(&self, first: &Server, second: &Server, password: &str) -> Answer {
        let params = first.post("/v1/login/params", &json!({"email": self.email})).await.json();
        let block = KdfBlock::read(&unb64(&params["kdf_block"]).try_into().expect("47 bytes")).expect("a profile");
        let account = AccountId::heard(unb64(&params["account_id"]).try_into().expect("16 bytes"));
        let context = AccountContext { realm: self.context.realm, account };
        let keys = derive_password_keys(&master(password), &context, &block, None);
        let keys = keys.unwrap_or_else(|_| panic!("no second secret is in play"));
        let (login, ke1) = Login::start(keys.auth, &mut OsRng).expect("a login");
        let started =
            first.post("/v1/login/start", &json!({"account_id": params["account_id"], "ke1": b64(&ke1.0)})).await;
        if started.status != 200 {
            return started;
        }
        let started = started.json();
        let ke2 = unb64(&started["ke2"]).try_into().expect("320 bytes");
        let key_gen = KeyGen(params["key_gen"].as_u64().expect("a number").try_into().expect("small"));
        let bound = login_context(&context, ORIGIN, &block.encode(), key_gen);
        // With a wrong password the client has no proof; a guesser sends something all the same.
        let ke3 = login.finish(&ke2, &bound, &context, &mut OsRng).map_or_else(|_| random(), |done| done.ke3.0);
        second.post("/v1/login/finish", &json!({"login_id": started["login_id"], "ke3": b64(&ke3)})).await
    }
}

/// Stands in for Argon2id.
pub(crate) fn master(password: &str) -> MasterKey {
    MasterKey::from_bytes(&hazmat::sha256(password.as_bytes()))
}
