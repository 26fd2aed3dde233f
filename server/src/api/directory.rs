//! `POST /v1/directory`: the public keys of a colleague.
//!
//! Promises: only who shares an organisation with the asker is found; everybody else, and whoever
//! has not finished or does not exist, is one and the same 404. Must never: give ciphertext.

use super::answer::answer;
use super::b64::B64;
use super::bearer::Bearer;
use super::problem::{Name, Problem};
use super::request::Exact;
use crate::address;
use crate::http::App;
use crate::store::Purpose;
use axum::extract::State;
use axum::response::Response;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    email: String,
}

#[derive(Serialize)]
struct Colleague {
    account_id: B64<16>,
    realm_id: B64<16>,
    identity: Identity,
    signature: String,
    confirmed_at: Option<i64>,
    confirmed_fingerprint: Option<String>,
    earlier_fingerprint: Option<String>,
    /// Left out where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<Reset>,
}

#[derive(Serialize)]
struct Reset {
    started_at: i64,
    completed_at: i64,
}

#[derive(Serialize)]
struct Identity {
    key_gen: u32,
    ed25519: B64<32>,
    x25519: B64<32>,
}

pub(super) async fn look_up(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let now = app.clock.now();
    let session = app.store.session(bearer.0, Purpose::Full, now).await??;
    let ask: Ask = request.message()?;
    // What one person asks, whichever session they ask in, and apart from their logins.
    let asker = [b"directory".as_slice(), &session.account.account_id].concat();
    app.limits.login(&asker, now).map_err(|later| Problem::too_many(later.0))?;
    let colleague = app.store.colleague(bearer.0, address::key(&ask.email), now).await??;
    let colleague = colleague.ok_or(Problem::new(Name::PersonUnknown))?;
    let bundle = &colleague.bundle;
    answer(&Colleague {
        account_id: B64(colleague.account_id),
        realm_id: B64(app.realm.0),
        identity: Identity { key_gen: bundle.key_gen, ed25519: B64(bundle.ed25519), x25519: B64(bundle.x25519) },
        signature: Base64UrlUnpadded::encode_string(&bundle.signature),
        confirmed_at: colleague.confirmed_at,
        confirmed_fingerprint: colleague.confirmed_fingerprint,
        earlier_fingerprint: colleague.earlier_fingerprint,
        reset: colleague.reset.map(|(started_at, completed_at)| Reset { started_at, completed_at }),
    })
}
