//! `POST /v1/account/password/start`, `/v1/account/password`, `/v1/account/kit` and
//! `/v1/recovery/complete`: a completed account gets a new password, a new kit, or both.
//!
//! Promises: keys and identity stay; what is stored was made from what it replaces, or nothing is
//! stored; a lost answer can be asked for again. The server cannot know that the new envelopes hold
//! the account key: the client proves that by reading back.

use super::answer::{answer, signed};
use super::b64::B64;
use super::bearer::Bearer;
use super::lock;
use super::problem::{Name, Problem};
use super::request::Exact;
use super::statement::{self, StatementMessage};
use crate::http::App;
use crate::opaque;
use crate::store::{Bundle, Change, ChangeKind, Changed, NewKit, NewPassword, NoSession, Policy, state_of};
use axum::extract::State;
use axum::response::Response;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen};
use firstkey_core::crypto::kdf::KdfBlock;
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
pub(super) struct PasswordMessage {
    idempotency_key: B64<16>,
    expected: B64<32>,
    opaque_upload: B64<192>,
    kdf_block: B64<47>,
    envelopes: One,
    #[serde(default, deserialize_with = "statement::there")]
    statement: Option<StatementMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoveryMessage {
    idempotency_key: B64<16>,
    expected: B64<32>,
    opaque_upload: B64<192>,
    kdf_block: B64<47>,
    envelopes: Both,
    recovery_public: B64<32>,
    #[serde(default, deserialize_with = "statement::there")]
    statement: Option<StatementMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KitMessage {
    idempotency_key: B64<16>,
    expected: B64<32>,
    envelopes: Two,
    recovery_public: B64<32>,
    #[serde(default, deserialize_with = "statement::there")]
    statement: Option<StatementMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    #[serde(rename = "1")]
    one: B64<197>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Two {
    #[serde(rename = "2")]
    two: B64<150>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    #[serde(rename = "1")]
    one: B64<197>,
    #[serde(rename = "2")]
    two: B64<150>,
}

#[derive(Serialize)]
struct Receipt {
    receipt: B64<32>,
}

/// What one of the three messages asks for.
struct WantedChange {
    kind: ChangeKind,
    idempotency_key: [u8; 16],
    expected: [u8; 32],
    password: Option<NewPassword>,
    kit: Option<NewKit>,
    statement: Option<StatementMessage>,
}

pub(super) async fn start(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let start: Start = request.message()?;
    let session = app.store.begin_password(bearer.0, app.clock.now()).await??;
    let account = AccountId::heard(session.account.account_id);
    let setup = app.keys.setup(session.server_key)?;
    let response = opaque::register(&setup, &account, &start.opaque_request.0)
        .map_err(|_| Problem::invalid("opaque_request is no OPAQUE message."))?;
    signed(&app, &request, &account.0, &Started { opaque_response: B64(response) })
}

pub(super) async fn password(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let message: PasswordMessage = request.message()?;
    let password = NewPassword {
        kdf_block: message.kdf_block.0,
        opaque_record: message.opaque_upload.0,
        envelope_1: message.envelopes.one.0,
    };
    let wanted = WantedChange {
        kind: ChangeKind::Password,
        idempotency_key: message.idempotency_key.0,
        expected: message.expected.0,
        password: Some(password),
        kit: None,
        statement: message.statement,
    };
    change(&app, bearer, &request, wanted).await
}

pub(super) async fn recover(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let message: RecoveryMessage = request.message()?;
    let password = NewPassword {
        kdf_block: message.kdf_block.0,
        opaque_record: message.opaque_upload.0,
        envelope_1: message.envelopes.one.0,
    };
    let kit = NewKit { envelope_2: message.envelopes.two.0, recovery_public: message.recovery_public.0 };
    let wanted = WantedChange {
        kind: ChangeKind::Recovery,
        idempotency_key: message.idempotency_key.0,
        expected: message.expected.0,
        password: Some(password),
        kit: Some(kit),
        statement: message.statement,
    };
    change(&app, bearer, &request, wanted).await
}

pub(super) async fn kit(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let message: KitMessage = request.message()?;
    let kit = NewKit { envelope_2: message.envelopes.two.0, recovery_public: message.recovery_public.0 };
    let wanted = WantedChange {
        kind: ChangeKind::Kit,
        idempotency_key: message.idempotency_key.0,
        expected: message.expected.0,
        password: None,
        kit: Some(kit),
        statement: message.statement,
    };
    change(&app, bearer, &request, wanted).await
}

async fn change(app: &App, bearer: Bearer, request: &Exact, wanted: WantedChange) -> Result<Response, Problem> {
    let (kind, receipt, now) = (wanted.kind, request.digest(), app.clock.now());
    // In this order: if the same request is being served a second time, either it is found among
    // what was stored, or the account is still seen as it was before.
    let session = app.store.session(bearer.0, kind.purpose(), now).await?;
    if let Some(before) = app.store.changed_before(kind, bearer.0, wanted.idempotency_key, receipt).await?? {
        return finish(&before);
    }
    let session = session.map_err(refused)?;
    let account = AccountId::heard(session.account.account_id);
    let policy = app.store.policy_of(account.0).await?;
    let present = &session.account.bundle;
    wanted.check(present, policy).map_err(Problem::invalid)?;
    let context = AccountContext { realm: app.realm, account };
    let key = RealmKey::of_seed(&app.keys.realm);
    let statement = if wanted.expected == state_of(present) {
        let (after, before) = (wanted.after(present), present.statement.as_ref());
        statement::required(wanted.statement.as_ref(), &context, &key, &after, before).map_err(Problem::invalid)?
    } else {
        // It was made from another state, and is told so; its statement speaks of that one.
        None
    };
    let change = Change {
        kind,
        session: bearer.0,
        idempotency_key: wanted.idempotency_key,
        receipt,
        expected: wanted.expected,
        password: wanted.password,
        kit: wanted.kit,
        statement,
    };
    let changed = app.store.change(change, now).await?.map_err(refused)?;
    if matches!(changed, Changed::Receipt(_)) {
        app.log.event(kind.event(), &[("account", &account)]);
    }
    finish(&changed)
}

/// A session that another change has ended: that is what its holder has to know.
fn refused(none: NoSession) -> Problem {
    match none {
        NoSession::Replaced => Problem::new(Name::ChangedMeanwhile),
        none => none.into(),
    }
}

fn finish(changed: &Changed) -> Result<Response, Problem> {
    match changed {
        Changed::Receipt(receipt) => answer(&Receipt { receipt: B64(*receipt) }),
        Changed::Conflict => Err(Problem::new(Name::Conflict)),
        Changed::Meanwhile => Err(Problem::new(Name::ChangedMeanwhile)),
    }
}

impl WantedChange {
    /// What the account consists of once this is stored.
    fn after(&self, present: &Bundle) -> Bundle {
        let mut bundle = present.clone();
        if let Some(new) = &self.password {
            bundle.envelopes[0] = new.envelope_1.to_vec();
        }
        if let Some(new) = &self.kit {
            bundle.envelopes[1] = new.envelope_2.to_vec();
            bundle.recovery_public = new.recovery_public;
        }
        bundle
    }

    /// Holds what is new against the policy and against what it replaces. Should that be replaced
    /// by something else before the store looks, nothing is stored.
    fn check(&self, present: &Bundle, mut policy: Policy) -> Result<(), &'static str> {
        let key_gen = KeyGen(present.key_gen);
        if let Some(new) = &self.password {
            let block = present.kdf_block.as_slice().try_into().ok().and_then(|block| KdfBlock::read(block).ok());
            if block.is_some_and(|block| block.two_secret) && policy.secret_key == "off" {
                // Whoever has a secret key may keep it.
                policy.secret_key.replace_range(.., "allowed");
            }
            let read = lock::check_password(&policy, key_gen, &new.kdf_block, &new.opaque_record, &new.envelope_1)?;
            if block.is_some_and(|block| block.salt.0 == read.salt.0) {
                return Err("A new password takes a new salt.");
            }
        }
        if let Some(new) = &self.kit {
            lock::check_kit(key_gen, &new.envelope_2)?;
            if new.recovery_public == present.recovery_public {
                return Err("A new kit takes a new recovery code.");
            }
        }
        Ok(())
    }
}
