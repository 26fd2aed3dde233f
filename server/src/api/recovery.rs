//! `POST /v1/recovery/{start,finish}`: whoever signs with the recovery code gets the ciphertext,
//! and a session that is good for a new password and kit only.
//!
//! Promises: the code never arrives here, only a signature over a challenge that is used once, for
//! one account, at this origin; people who do not exist or have not finished get answers of the
//! same shape and are counted alike; how an account stands is told only after a signature that
//! holds.

use super::answer::answer;
use super::b64::B64;
use super::login::{self, FinishAnswer, SESSION, not_too_often};
use super::problem::{Name, Problem};
use super::request::Exact;
use super::statement::Knows;
use crate::http::App;
use crate::rng::{fresh_id, random};
use crate::store::{Began, Begins, NewSession, Proven, Purpose, Seen, Way};
use crate::token::Token;
use crate::{address, nobody};
use axum::extract::State;
use axum::response::Response;
use firstkey_core::crypto::context::{AccountContext, AccountId};
use firstkey_core::crypto::hazmat::ed25519_verify;
use firstkey_core::crypto::kek::recovery_proof_message;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A key to check against where there is no account, so that this takes as long: the base point.
/// What holds for it counts for nothing.
const NOBODY: [u8; 32] = {
    let mut point = [0x66; 32];
    point[0] = 0x58;
    point
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    email: String,
}

#[derive(Serialize)]
struct StartAnswer {
    account_id: B64<16>,
    realm_id: B64<16>,
    key_gen: u32,
    challenge_id: B64<16>,
    challenge: B64<32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    challenge_id: B64<16>,
    signature: B64<64>,
}

pub(super) async fn start(State(app): State<Arc<App>>, request: Exact) -> Result<Response, Problem> {
    let start: Start = request.message()?;
    let key = address::key(&start.email);
    not_too_often(&app, key.as_bytes())?;
    let looked = app.store.look_by_email(key.clone(), nobody::ring(&app.keys, key.as_bytes())).await?;
    let nobody = nobody::of_address(&app.keys, &key, &looked.kinds);
    let known = looked.account().map(|row| (row.account_id, row.bundle.key_gen));
    app.metrics.logins_unknown.fetch_add(u64::from(known.is_none()), Ordering::Relaxed);
    let (account_id, key_gen) = known.unwrap_or((nobody.account.0, nobody.key_gen));
    let (challenge_id, challenge) = (fresh_id(), random::<32>());
    let begins = Begins { account: account_id, made_up: known.is_none(), state: challenge.to_vec() };
    match app.store.begin_login(Way::Recovery, challenge_id, begins, app.clock.now()).await? {
        Began::Yes => answer(&StartAnswer {
            account_id: B64(account_id),
            realm_id: B64(app.realm.0),
            key_gen,
            challenge_id: B64(challenge_id),
            challenge: B64(challenge),
        }),
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
    let failed = || Problem::new(Name::RecoveryFailed);
    let (id, now) = (finish.challenge_id.0, app.clock.now());
    let taken = app.store.take_login(Way::Recovery, id, now).await?.ok_or_else(failed)?;
    let challenge = taken.state.as_slice().try_into().map_err(|_| failed())?;
    let context = AccountContext { realm: app.realm, account: AccountId::heard(taken.account_id) };
    let looked = login::look(&app, taken.account_id).await?;
    let row = looked.account();
    let public = row.map_or(NOBODY, |row| row.bundle.recovery_public);
    let message = recovery_proof_message(&context, app.origin.as_str(), challenge);
    if !ed25519_verify(&public, &message, &finish.signature.0) || row.is_none() {
        app.log.event("recovery.failed", &[("account", &context.account)]);
        app.metrics.recoveries_failed.fetch_add(u64::from(row.is_some()), Ordering::Relaxed);
        return Err(failed());
    }
    let session = Token::mint();
    let new = NewSession { hash: session.hash(), purpose: Purpose::Recovery, expires_at: now + SESSION, seen };
    let (row, policy) = match app.store.login_succeeded(Way::Recovery, id, taken.account_id, new, now).await? {
        Proven::Opened(row, policy) => (row, policy.into()),
        Proven::Barred(standing) => {
            app.log.event("recovery.barred", &[("account", &context.account)]);
            return Err(standing.into());
        }
        Proven::Over => return Err(failed()),
    };
    app.log.event("recovery.proven", &[("account", &context.account)]);
    let bundle = login::message(&row, knows);
    answer(&FinishAnswer { session: &session.reveal(), expires_in: SESSION, bundle, policy })
}
