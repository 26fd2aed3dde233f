//! `POST /v1/enrol/start` and `/complete`: the OPAQUE registration and the one upload.

use super::answer::{self, answer};
use super::b64::B64;
use super::lock;
use super::problem::{Name, Problem};
use super::request::Exact;
use super::signed::{self, Signed};
use super::statement::{self, StatementMessage};
use crate::http::App;
use crate::key_file::FIRST;
use crate::life::Mode;
use crate::opaque;
use crate::store::{Bundle, Completion, Finished, Policy};
use axum::extract::State;
use axum::response::Response;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen};
use firstkey_core::crypto::envelope::{Ed25519ByAccountKey, X25519ByAccountKey};
use firstkey_core::crypto::identity::{Fingerprint, IdentitySignature, PublicIdentity, PublicKeys};
use firstkey_core::crypto::realm_key::RealmKey;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    opaque_request: B64<32>,
}

#[derive(Serialize)]
struct Started {
    opaque_response: B64<64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Complete {
    idempotency_key: B64<16>,
    opaque_upload: B64<192>,
    kdf_block: B64<47>,
    envelopes: Envelopes,
    identity: Identity,
    signature: B64<64>,
    recovery_public: B64<32>,
    #[serde(default, deserialize_with = "statement::there")]
    statement: Option<StatementMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelopes {
    #[serde(rename = "1")]
    one: B64<197>,
    #[serde(rename = "2")]
    two: B64<150>,
    #[serde(rename = "3")]
    three: B64<150>,
    #[serde(rename = "4")]
    four: B64<150>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    key_gen: u32,
    ed25519: B64<32>,
    x25519: B64<32>,
}

#[derive(Serialize)]
struct Completed {
    receipt: B64<32>,
}

pub(super) async fn start(State(app): State<Arc<App>>, request: Exact) -> Result<Response, Problem> {
    let signed = signed::check(&app, &request).await?;
    refuse_joining(&signed)?;
    if let Some(refusal) = app.store.may_enrol(signed.invite_id, signed.signer, app.clock.now()).await? {
        return finish(refusal);
    }
    let start: Start = request.message()?;
    app.registrations.one(signed.invite_id, app.clock.now()).map_err(|later| Problem::too_many(later.0))?;
    let account = AccountId::heard(signed.enrolment.account_id);
    let setup = app.keys.setup(signed.enrolment.server_key)?;
    let response = opaque::register(&setup, &account, &start.opaque_request.0)
        .map_err(|_| Problem::invalid("opaque_request is no OPAQUE message."))?;
    answer::signed(&app, &request, &signed.invite_id, &Started { opaque_response: B64(response) })
}

pub(super) async fn complete(State(app): State<Arc<App>>, request: Exact) -> Result<Response, Problem> {
    let signed = signed::check(&app, &request).await?;
    refuse_joining(&signed)?;
    let upload: Complete = request.message()?;
    let context = AccountContext { realm: app.realm, account: AccountId::heard(signed.enrolment.account_id) };
    let key = RealmKey::of_seed(&app.keys.realm);
    let fingerprint = upload
        .check(&context, &key, &signed.enrolment.policy, KeyGen(signed.enrolment.key_gen))
        .map_err(Problem::invalid)?;
    let bundle = upload.bundle(&context, &key, signed.enrolment.server_key).map_err(Problem::invalid)?;
    let completion = Completion {
        invite_id: signed.invite_id,
        signer: signed.signer,
        idempotency_key: upload.idempotency_key.0,
        receipt: request.digest(),
        bundle,
        fingerprint: fingerprint.to_string(),
    };
    let finished = app.store.complete(completion, app.invite_ttl, app.clock.now()).await?;
    if matches!(finished, Finished::Receipt(_)) {
        app.log.event("account.completed", &[("account", &context.account)]);
    }
    finish(finished)
}

fn finish(finished: Finished) -> Result<Response, Problem> {
    match finished {
        Finished::Receipt(receipt) => answer(&Completed { receipt: B64(receipt) }),
        Finished::Conflict => Err(Problem::new(Name::Conflict)),
        Finished::Stale => Err(Problem::new(Name::ClaimStale)),
        Finished::Unusable(why) => Err(why.into()),
    }
}

fn refuse_joining(signed: &Signed) -> Result<(), Problem> {
    match signed.enrolment.mode {
        Mode::Enrol => Ok(()),
        Mode::Join => Err(Problem::invalid("This invitation is for joining with the account that you have.")),
    }
}

impl Complete {
    /// Everything that can be checked without opening anything. The server cannot know that the
    /// envelopes open; the person's client proves that by reading back.
    pub(super) fn check(
        &self,
        context: &AccountContext,
        key: &RealmKey,
        policy: &Policy,
        wanted: KeyGen,
    ) -> Result<Fingerprint, &'static str> {
        let key_gen = KeyGen(self.identity.key_gen);
        if key_gen != wanted {
            return Err("key_gen must be 1 in a new account, and the offer's in a reset.");
        }
        let envelopes = &self.envelopes;
        lock::check_password(policy, key_gen, &self.kdf_block.0, &self.opaque_upload.0, &envelopes.one.0)?;
        lock::check_kit(key_gen, &envelopes.two.0)?;
        lock::envelope::<X25519ByAccountKey>(&envelopes.three.0, key_gen)?;
        lock::envelope::<Ed25519ByAccountKey>(&envelopes.four.0, key_gen)?;
        let identity = PublicIdentity::heard(PublicKeys {
            key_gen,
            ed25519: self.identity.ed25519.0,
            x25519: self.identity.x25519.0,
        });
        identity
            .verify(&IdentitySignature::heard(self.signature.0), context)
            .map_err(|_| "The identity statement is not signed by its own key, or a key is weak.")?;
        self.bundle(context, key, FIRST)?;
        Ok(identity.fingerprint(context))
    }

    /// What is stored, with the statement, if there is one and it says just this.
    fn bundle(&self, context: &AccountContext, key: &RealmKey, server_key: u32) -> Result<Bundle, &'static str> {
        let envelopes = &self.envelopes;
        let mut bundle = Bundle {
            key_gen: self.identity.key_gen,
            kdf_block: self.kdf_block.0.to_vec(),
            opaque_record: self.opaque_upload.0.to_vec(),
            server_key,
            envelopes: [
                envelopes.one.0.to_vec(),
                envelopes.two.0.to_vec(),
                envelopes.three.0.to_vec(),
                envelopes.four.0.to_vec(),
            ],
            ed25519: self.identity.ed25519.0,
            x25519: self.identity.x25519.0,
            signature: self.signature.0.to_vec(),
            recovery_public: self.recovery_public.0,
            statement: None,
        };
        // New keys begin to count anew.
        bundle.statement = statement::required(self.statement.as_ref(), context, key, &bundle, None)?;
        Ok(bundle)
    }
}
