//! `POST /v1/invites/claim`: a token for an offer.

use super::answer::signed;
use super::b64::B64;
use super::problem::{Name, Problem};
use super::request::Exact;
use super::statement::Knows;
use crate::http::App;
use crate::store::{Claimed, Offer, SeenClaim};
use crate::token::TokenHash;
use axum::extract::State;
use axum::response::Response;
use firstkey_core::crypto::SUITE;
use firstkey_core::crypto::context::InviteId;
use firstkey_core::crypto::hazmat::sha256;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use zeroize::Zeroizing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimMessage {
    invite_id: B64<16>,
    token: B64<32>,
    claim_key: B64<32>,
}

#[derive(Serialize)]
struct OfferMessage<'a> {
    protocol: u8,
    suites: [u8; 1],
    realm_id: B64<16>,
    organisation: Organisation<'a>,
    account: Person<'a>,
    mode: &'static str,
    policy: PolicyMessage<'a>,
    expires_at: i64,
    server_time: i64,
    earlier_claims: EarlierClaims,
    contact: Option<&'a str>,
    /// Left out of every other offer, so that a client that knows no resets sees what it always
    /// saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<ResetMessage>,
    /// What the server knows of what the client says to know; left out for who says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    knows: Option<[&'static str; 1]>,
}

#[derive(Serialize)]
struct ResetMessage {
    key_gen: u32,
    started_at: i64,
}

#[derive(Serialize)]
struct Organisation<'a> {
    org_id: B64<16>,
    name: &'a str,
}

#[derive(Serialize)]
struct Person<'a> {
    account_id: B64<16>,
    email: &'a str,
    display_name: &'a str,
}

#[derive(Serialize)]
struct PolicyMessage<'a> {
    min_profile: u8,
    recovery: &'a str,
    secret_key: &'a str,
    min_length: u32,
}

#[derive(Serialize)]
struct EarlierClaims {
    count: i64,
    last_at: Option<i64>,
    /// Left out for who does not say to read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<SeenMessage>>,
}

/// A claim, so that who made it knows it again and nobody else learns its key.
#[derive(Serialize)]
struct SeenMessage {
    sha256: B64<32>,
    at: i64,
}

impl SeenMessage {
    fn of(claim: &SeenClaim) -> Self {
        Self { sha256: B64(sha256(&claim.key)), at: claim.at }
    }
}

pub(super) async fn claim(State(app): State<Arc<App>>, knows: Knows, request: Exact) -> Result<Response, Problem> {
    let claim: ClaimMessage = request.message()?;
    let token = Zeroizing::new(claim.token.0);
    let now = app.clock.now();
    match app.store.claim(claim.invite_id.0, TokenHash::of(token.as_slice()), claim.claim_key.0, now).await? {
        Claimed::Offer(offer) => {
            app.log.event("invite.claimed", &[("invite", &InviteId::heard(claim.invite_id.0))]);
            let lists = super::statement::knows(&request.headers, "claim-keys");
            signed(&app, &request, &claim.invite_id.0, &message(&app, &offer, knows, lists, now))
        }
        Claimed::Unknown => Err(Problem::new(Name::InviteUnknown)),
        Claimed::Unusable(why) => Err(why.into()),
    }
}

fn message<'a>(app: &App, offer: &'a Offer, knows: Knows, lists: bool, now: i64) -> OfferMessage<'a> {
    OfferMessage {
        protocol: 1,
        suites: [SUITE],
        realm_id: B64(app.realm.0),
        organisation: Organisation { org_id: B64(offer.org_id), name: &offer.org_name },
        account: Person {
            account_id: B64(offer.account_id),
            email: &offer.email,
            display_name: offer.display_name.as_deref().unwrap_or(&offer.email),
        },
        mode: offer.mode.as_str(),
        policy: PolicyMessage {
            min_profile: offer.policy.min_profile,
            recovery: &offer.policy.recovery,
            secret_key: &offer.policy.secret_key,
            min_length: offer.policy.min_length,
        },
        expires_at: offer.expires_at,
        server_time: now,
        earlier_claims: EarlierClaims {
            count: offer.earlier_claims,
            last_at: offer.last_claim_at,
            keys: lists.then(|| offer.claims.iter().map(SeenMessage::of).collect()),
        },
        contact: offer.contact.as_deref(),
        reset: offer.reset.map(|reset| ResetMessage { key_gen: reset.key_gen, started_at: reset.started_at }),
        knows: knows.0.then_some(["statement"]),
    }
}
