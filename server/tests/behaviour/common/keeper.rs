//! A person on day two: holds the account key and the recovery code, changes the password, makes a
//! new kit, recovers.

use super::person::{Person, master, random};
use super::{Answer, Deployment, ORIGIN, Server, b64, unb64};
use firstkey_core::crypto::context::{AccountContext, KeyGen};
use firstkey_core::crypto::envelope::{AccountKeyByPassword, AccountKeyByRecovery, Envelope};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{Kek, derive_password_keys, derive_recovery_seed, recovery_proof_message};
use firstkey_core::crypto::opaque::Registration;
use firstkey_core::secret::{AccountKey, RecoveryCode, SecretKey};
use rand_core::OsRng;
use serde_json::{Value, json};

/// Somebody with a completed account.
pub(crate) struct Keeper {
    pub(crate) person: Person,
    /// What was sent at enrolment.
    pub(crate) upload: Value,
    /// The SCIM id.
    pub(crate) id: String,
    pub(crate) key: AccountKey,
    pub(crate) code: RecoveryCode,
}

/// A new recovery code and what is stored of it.
pub(crate) struct Kit {
    pub(crate) code: RecoveryCode,
    pub(crate) envelope_2: String,
    pub(crate) public: String,
}

impl Keeper {
    /// Provisions and enrols.
    pub(crate) async fn enrol(deployment: &Deployment, server: &Server, email: &str) -> Self {
        let id = server.provision(deployment, email).await;
        let person = Person::claim(server, &deployment.invitation_to(email).await).await;
        let (upload, key, code) = person.make_upload_and_keys(server).await;
        assert_eq!(person.complete(server, &upload).await.status, 200);
        Self { person, upload, id, key, code }
    }

    fn context(&self) -> AccountContext {
        self.person.context
    }

    /// Logs in; gives the bearer and the bundle.
    pub(crate) async fn log_in(&self, server: &Server, password: &str) -> (String, Value) {
        opened(&self.person.log_in_with(server, server, password).await)
    }

    /// The same with the password of the enrolment.
    pub(crate) async fn first_session(&self, server: &Server) -> (String, Value) {
        self.log_in(server, &self.person.password).await
    }

    /// What is stored of a new password; the start is asked for with this bearer.
    pub(crate) async fn new_password(&self, server: &Server, bearer: &str, password: &str, profile: Profile) -> Value {
        self.new_lock(server, bearer, password, profile, None).await
    }

    /// The same for a password and a secret key, where there is one.
    pub(crate) async fn new_lock(
        &self,
        server: &Server,
        bearer: &str,
        password: &str,
        profile: Profile,
        second: Option<&SecretKey>,
    ) -> Value {
        let block = KdfBlock { profile, salt: Salt::heard(random()), two_secret: second.is_some() };
        let keys = derive_password_keys(&master(password), &self.context(), &block, second);
        let keys = keys.unwrap_or_else(|_| panic!("the block says whether there is a second secret"));
        let (registration, request) = Registration::start(keys.auth, &mut OsRng).expect("a registration");
        let started =
            server.post_as(bearer, "/v1/account/password/start", &json!({"opaque_request": b64(&request.0)})).await;
        assert_eq!(started.status, 200, "{started:?}");
        let response = unb64(&started.json()["opaque_response"]).try_into().expect("64 bytes");
        let registered = registration.finish(&response, &self.context(), &mut OsRng).expect("a record");
        let kek = Kek::derive_from_password(&keys.pre, &registered.export_key, &self.context());
        let one =
            Envelope::<AccountKeyByPassword>::seal(&kek, &self.key, &self.context(), KeyGen::FIRST, &block, &mut OsRng);
        json!({
            "opaque_upload": b64(&registered.upload.0),
            "kdf_block": b64(&block.encode()),
            "envelopes": {"1": b64(one.expect("sealed").as_bytes())},
        })
    }

    /// The body of `account/password`, made from that bundle.
    pub(crate) async fn change(&self, server: &Server, bearer: &str, bundle: &Value, password: &str) -> Value {
        let mut body = self.new_password(server, bearer, password, Profile::Two).await;
        body["idempotency_key"] = json!(b64(&random::<16>()));
        body["expected"] = json!(expected(bundle));
        body
    }

    pub(crate) fn new_kit(&self) -> Kit {
        let code = RecoveryCode::make(&mut OsRng);
        let kek = Kek::derive_from_recovery_code(&code, &self.context());
        let two = Envelope::<AccountKeyByRecovery>::seal(&kek, &self.key, &self.context(), KeyGen::FIRST, &mut OsRng);
        // EXPOSE: only the public half of the recovery signature key is computed.
        let public = hazmat::ed25519_public(derive_recovery_seed(&code, &self.context()).expose());
        Kit { code, envelope_2: b64(two.expect("sealed").as_bytes()), public: b64(&public) }
    }

    /// The body of `account/kit`.
    pub(crate) fn kit_change(kit: &Kit, bundle: &Value) -> Value {
        json!({
            "idempotency_key": b64(&random::<16>()),
            "expected": expected(bundle),
            "envelopes": {"2": kit.envelope_2},
            "recovery_public": kit.public,
        })
    }

    /// The body of `recovery/complete`.
    pub(crate) async fn recovery(
        &self,
        server: &Server,
        bearer: &str,
        bundle: &Value,
        password: &str,
        kit: &Kit,
    ) -> Value {
        let mut body = self.change(server, bearer, bundle, password).await;
        body["envelopes"]["2"] = json!(kit.envelope_2);
        body["recovery_public"] = json!(kit.public);
        body
    }

    /// Asks for a challenge.
    pub(crate) async fn challenge(&self, server: &Server) -> Answer {
        server.post("/v1/recovery/start", &json!({"email": self.person.email})).await
    }

    /// Answers a challenge as this account with a code, for an origin.
    pub(crate) async fn prove(&self, server: &Server, challenge: &Value, code: &RecoveryCode, origin: &str) -> Answer {
        let bytes: [u8; 32] = unb64(&challenge["challenge"]).try_into().expect("32 bytes");
        let message = recovery_proof_message(&self.context(), origin, &bytes);
        // EXPOSE: the recovery seed signs the challenge.
        let signature = hazmat::ed25519_sign(derive_recovery_seed(code, &self.context()).expose(), &message);
        let body = json!({"challenge_id": challenge["challenge_id"], "signature": b64(&signature)});
        server.post("/v1/recovery/finish", &body).await
    }

    /// Both steps with a code.
    pub(crate) async fn recover(&self, server: &Server, code: &RecoveryCode) -> Answer {
        let challenge = self.challenge(server).await;
        if challenge.status != 200 {
            return challenge;
        }
        self.prove(server, &challenge.json(), code, ORIGIN).await
    }
}

/// The bearer and the bundle of an answer that opened a session.
pub(crate) fn opened(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    (json["session"].as_str().expect("a bearer").to_owned(), json["bundle"].clone())
}

/// SHA-256 of envelope 1 and envelope 2.
pub(crate) fn expected(bundle: &Value) -> String {
    let both = [unb64(&bundle["envelopes"]["1"]), unb64(&bundle["envelopes"]["2"])].concat();
    b64(&hazmat::sha256(&both))
}
