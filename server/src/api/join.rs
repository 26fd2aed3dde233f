//! `POST /v1/invites/join`: a person joins another organisation with the account that they have.
//!
//! Promise: it takes both, the invitation (by the claim's signature) and the account that was
//! invited (by its session); no key is made or changed.

use super::answer::answer;
use super::b64::B64;
use super::bearer::Bearer;
use super::problem::{Name, Problem};
use super::request::Exact;
use super::sessions::Nothing;
use super::signed;
use crate::http::App;
use crate::life::Mode;
use crate::store::{Acceptance, Purpose};
use axum::extract::State;
use axum::response::Response;
use firstkey_core::crypto::context::AccountId;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct JoinedAnswer {
    org_id: B64<16>,
    joined_at: i64,
}

pub(super) async fn join(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let now = app.clock.now();
    // Without a session nothing is said, not even whether the signature holds.
    app.store.session(bearer.0, Purpose::Join, now).await??;
    let signed = signed::check(&app, &request).await?;
    if signed.enrolment.mode == Mode::Enrol {
        return Err(Problem::invalid("This invitation is for making an account."));
    }
    let Nothing {} = request.message()?;
    match app.store.join(bearer.0, signed.invite_id, signed.signer, now).await?? {
        Acceptance::Accepted { org, at } => {
            app.log.event("account.joined", &[("account", &AccountId::heard(signed.enrolment.account_id))]);
            answer(&JoinedAnswer { org_id: B64(org), joined_at: at })
        }
        Acceptance::Stale => Err(Problem::new(Name::ClaimStale)),
        Acceptance::Foreign => Err(Problem::new(Name::OtherAccount)),
        Acceptance::Unusable(why) => Err(why.into()),
    }
}
