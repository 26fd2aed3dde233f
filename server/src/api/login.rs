//! `POST /v1/login/{params,start,finish}`: OPAQUE, and only then ciphertext.
//!
//! Promises: people who do not exist or have not finished get answers of the same shape, the same
//! ones every time, after the same work. How an account stands changes no answer but the last, and
//! that only for a caller who has proven the password: a suspended or removed person is told so,
//! and gets no ciphertext.

use super::answer::answer;
use super::b64::B64;
use super::problem::{Name, Problem};
use super::request::Exact;
use super::statement::{Knows, StatementMessage};
use crate::http::App;
use crate::opaque::{self, Record};
use crate::rng::fresh_id;
use crate::store::{Began, Begins, LoginRow, Looked, NewSession, Policy, Proven, Purpose, Seen, Way};
use crate::token::Token;
use crate::{address, nobody};
use axum::extract::State;
use axum::response::Response;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen};
use firstkey_core::crypto::kdf::KdfBlock;
use firstkey_core::crypto::opaque::login_context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Seconds that a session lives.
pub(super) const SESSION: i64 = 600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    email: String,
}

#[derive(Serialize)]
struct ParamsAnswer {
    account_id: B64<16>,
    realm_id: B64<16>,
    key_gen: u32,
    kdf_block: B64<47>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    account_id: B64<16>,
    ke1: B64<96>,
}

#[derive(Serialize)]
struct StartAnswer {
    login_id: B64<16>,
    ke2: B64<320>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    login_id: B64<16>,
    ke3: B64<64>,
}

#[derive(Serialize)]
pub(super) struct FinishAnswer<'a> {
    pub(super) session: &'a str,
    pub(super) expires_in: i64,
    pub(super) bundle: BundleMessage,
    pub(super) policy: PolicyMessage,
}

/// What a new lock has to be, said before one is made.
#[derive(Serialize)]
pub(super) struct PolicyMessage {
    min_profile: u8,
    secret_key: String,
}

impl From<Policy> for PolicyMessage {
    fn from(policy: Policy) -> Self {
        Self { min_profile: policy.min_profile, secret_key: policy.secret_key }
    }
}

#[derive(Serialize)]
pub(super) struct BundleMessage {
    key_gen: u32,
    kdf_block: String,
    envelopes: BTreeMap<u8, String>,
    identity: IdentityMessage,
    signature: String,
    recovery_public: B64<32>,
    /// Null in an account that has none; left out for who does not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[allow(clippy::option_option, reason = "left out for programs that know none; null where there is none")]
    statement: Option<Option<StatementMessage>>,
}

#[derive(Serialize)]
struct IdentityMessage {
    key_gen: u32,
    ed25519: B64<32>,
    x25519: B64<32>,
}

pub(super) async fn params(State(app): State<Arc<App>>, request: Exact) -> Result<Response, Problem> {
    let params: Params = request.message()?;
    let key = address::key(&params.email);
    not_too_often(&app, key.as_bytes())?;
    let ring = nobody::ring(&app.keys, key.as_bytes());
    let looked = app.store.look_by_email(key.clone(), ring).await?;
    // Made up for everybody, so that it takes as long.
    let nobody = nobody::of_address(&app.keys, &key, &looked.kinds);
    let known = looked.account().and_then(|row| Some((row.account_id, row.bundle.key_gen, kdf_block(row)?)));
    let (account_id, key_gen, kdf_block) = known.unwrap_or((nobody.account.0, nobody.key_gen, nobody.kdf_block));
    answer(&ParamsAnswer {
        account_id: B64(account_id),
        realm_id: B64(app.realm.0),
        key_gen,
        kdf_block: B64(kdf_block),
    })
}

pub(super) async fn start(State(app): State<Arc<App>>, request: Exact) -> Result<Response, Problem> {
    let start: Start = request.message()?;
    not_too_often(&app, &start.account_id.0)?;
    let looked = look(&app, start.account_id.0).await?;
    let context = AccountContext { realm: app.realm, account: AccountId::heard(start.account_id.0) };
    let bound = bound_context(&app, &context, looked.account());
    let record = match looked.account() {
        Some(row) => Record::Own(&row.bundle.opaque_record),
        None => Record::MadeUp(looked.some_record()),
    };
    // Drawn for everybody, so that it takes as long.
    let nobodys = nobody::server_key(&app.keys, &context.account, &looked.kinds);
    let setup = app.keys.setup(looked.account().map_or(nobodys, |row| row.bundle.server_key))?;
    let started = opaque::start_login(&setup, &context, &bound, record, &start.ke1.0)
        .map_err(|_| Problem::invalid("ke1 is no OPAQUE message."))?;
    let login_id = fresh_id();
    let made_up = looked.account().is_none();
    app.metrics.logins_unknown.fetch_add(u64::from(made_up), Ordering::Relaxed);
    let begins = Begins { account: start.account_id.0, made_up, state: started.state };
    match app.store.begin_login(Way::Password, login_id, begins, app.clock.now()).await? {
        Began::Yes => answer(&StartAnswer { login_id: B64(login_id), ke2: B64(started.ke2) }),
        Began::TooMany(seconds) => Err(Problem::too_many(seconds)),
    }
}

pub(super) async fn finish(
    State(app): State<Arc<App>>,
    seen: Seen,
    knows: Knows,
    request: Exact,
) -> Result<Response, Problem> {
    let finish: Finish = request.message()?;
    let failed = || Problem::new(Name::LoginFailed);
    let now = app.clock.now();
    let proof = app.store.take_login(Way::Password, finish.login_id.0, now).await?.ok_or_else(failed)?;
    let context = AccountContext { realm: app.realm, account: AccountId::heard(proof.account_id) };
    let looked = look(&app, proof.account_id).await?;
    let exists = looked.account().is_some();
    let bound = bound_context(&app, &context, looked.account());
    if opaque::finish_login(&proof.state, &context, &bound, &finish.ke3.0).is_err() || !exists {
        app.log.event("login.failed", &[("account", &context.account)]);
        app.metrics.logins_failed.fetch_add(u64::from(exists), Ordering::Relaxed);
        return Err(failed());
    }
    let session = Token::mint();
    let new = NewSession { hash: session.hash(), purpose: Purpose::Full, expires_at: now + SESSION, seen };
    let proven = app.store.login_succeeded(Way::Password, finish.login_id.0, proof.account_id, new, now).await?;
    let (row, policy) = match proven {
        Proven::Opened(row, policy) => (row, policy.into()),
        Proven::Barred(standing) => {
            app.log.event("login.barred", &[("account", &context.account)]);
            return Err(standing.into());
        }
        Proven::Over => return Err(failed()),
    };
    app.log.event("login.succeeded", &[("account", &context.account)]);
    answer(&FinishAnswer { session: &session.reveal(), expires_in: SESSION, bundle: message(&row, knows), policy })
}

/// Steps of logins to one account, existing or not; who guesses is counted durably besides.
pub(super) fn not_too_often(app: &App, account: &[u8]) -> Result<(), Problem> {
    app.limits.login(account, app.clock.now()).map_err(|later| Problem::too_many(later.0))
}

/// Looks an account up for somebody who has proven nothing.
pub(super) async fn look(app: &App, account: [u8; 16]) -> Result<Looked, Problem> {
    Ok(app.store.look_by_id(account, nobody::ring(&app.keys, &account)).await?)
}

/// The login context; for people who do not exist over zeros, which nobody can check.
fn bound_context(app: &App, context: &AccountContext, row: Option<&LoginRow>) -> Vec<u8> {
    let block = row.and_then(kdf_block).unwrap_or([0; KdfBlock::LEN]);
    let key_gen = row.map_or(KeyGen::FIRST, |row| KeyGen(row.bundle.key_gen));
    login_context(context, app.origin.as_str(), &block, key_gen)
}

fn kdf_block(row: &LoginRow) -> Option<[u8; KdfBlock::LEN]> {
    row.bundle.kdf_block.as_slice().try_into().ok()
}

pub(super) fn message(row: &LoginRow, knows: Knows) -> BundleMessage {
    let bundle = &row.bundle;
    let encode = |bytes: &Vec<u8>| Base64UrlUnpadded::encode_string(bytes);
    BundleMessage {
        key_gen: bundle.key_gen,
        kdf_block: encode(&bundle.kdf_block),
        envelopes: (1..).zip(bundle.envelopes.iter().map(encode)).collect(),
        identity: IdentityMessage { key_gen: bundle.key_gen, ed25519: B64(bundle.ed25519), x25519: B64(bundle.x25519) },
        signature: encode(&bundle.signature),
        recovery_public: B64(bundle.recovery_public),
        statement: knows.0.then(|| bundle.statement.as_ref().map(StatementMessage::from)),
    }
}
