//! The administrator's listener: is it up, can it work, and the numbers. Apart from the public one,
//! so that numbers are not for everybody.

use super::readiness;
use crate::http::App;
use crate::limits::{Page, label};
use crate::notice::Notice;
use crate::store::{Expiring, Numbers, expiring_tokens};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long counting may take.
const COUNTING: Duration = Duration::from_secs(3);

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(app)
}

/// 200 if a write could be committed to the database that our key was made for; else 503 and why.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    match readiness::look(&app).await {
        Ok(()) => (headers, "ready\n").into_response(),
        Err(why) => {
            let said = format!("not ready: {}\n", why.sentence());
            let again = [(header::RETRY_AFTER, "5")];
            (StatusCode::SERVICE_UNAVAILABLE, headers, again, said).into_response()
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut page = Page::default();
    app.metrics.write(&mut page);
    let help = "Rows that the SCIM request log left out, for want of room or of the database.";
    let left_out = app.scim_log.left_out.load(Ordering::Relaxed);
    page.one("firstkey_scim_log_left_out_total", "counter", help, left_out);
    page.one("firstkey_writer_queue", "gauge", "Changes that wait for the database.", app.store.writes_waiting());
    let now = app.clock.now();
    let why = readiness::look(&app).await.err();
    page.one("firstkey_ready", "gauge", "Whether a write could be committed.", u8::from(why.is_none()));
    page.family("firstkey_unready", "gauge", "Why no write could be committed; absent if one could.");
    if let Some(why) = why {
        page.sample("firstkey_unready", &format!("reason=\"{}\"", why.label()), 1);
    }
    // The rest counts more than these numbers: whoever collects them does not wait for long.
    let numbers =
        tokio::time::timeout(COUNTING, app.store.numbers(now)).await.map_err(drop).and_then(|it| it.map_err(drop));
    page.one("firstkey_database_up", "gauge", "Whether the database answered.", u8::from(numbers.is_ok()));
    let numbers_are_there = numbers.is_ok();
    if let Ok(numbers) = numbers {
        stored(&mut page, &numbers, now);
    }
    if numbers_are_there && let Ok(tokens) = app.store.scim_tokens(None).await {
        credentials(&mut page, expiring_tokens(tokens));
    }
    if numbers_are_there && let Ok(Some(last)) = app.store.first_scim_to_stop().await {
        let help = "When the first identity provider has no good token left, since 1970.";
        page.one("firstkey_scim_token_ends_seconds", "gauge", help, last.ends_at);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0).into_response()
}

/// When each token ends that an identity provider may be using.
fn credentials(page: &mut Page, tokens: Vec<Expiring>) {
    let help = "When a token of an identity provider ends, since 1970.";
    page.family("firstkey_scim_credential_ends_seconds", "gauge", help);
    for one in tokens {
        let Notice::TokenEnds { token_id, label: named, .. } = &one.notice else { continue };
        let named = label(named.as_deref().unwrap_or_default());
        let labels = format!("label=\"{named}\",token=\"{token_id}\"");
        page.sample("firstkey_scim_credential_ends_seconds", &labels, one.ends_at);
    }
}

/// What the database counts.
fn stored(page: &mut Page, numbers: &Numbers, now: i64) {
    let oldest = numbers.oldest_letter_at.map_or(0, |at| (now - at).max(0));
    page.one("firstkey_outbox_waiting", "gauge", "Letters that wait to be sent.", numbers.letters_waiting);
    page.one("firstkey_outbox_oldest_seconds", "gauge", "How long the oldest of them has waited.", oldest);
    page.one("firstkey_outbox_gave_up", "gauge", "Letters that are not tried again.", numbers.letters_given_up);
    page.one("firstkey_outbox_bounced", "gauge", "Letters that came back.", numbers.letters_bounced);
    page.one("firstkey_invites_live", "gauge", "Invitations that can be accepted.", numbers.invites_live);
    page.family("firstkey_people_waiting", "gauge", "Active people without an invitation that they can finish.");
    for (reason, count) in &numbers.people_waiting {
        page.sample("firstkey_people_waiting", &format!("reason=\"{reason}\""), count);
    }
    let help = "Organisations where very many people left at once, and nobody has looked yet.";
    page.one("firstkey_brake_tripped", "gauge", help, numbers.brakes_tripped);
    let help = "People whom a brake keeps from being erased.";
    page.one("firstkey_brake_resting", "gauge", help, numbers.people_resting);
    page.family("firstkey_accounts", "gauge", "Accounts by state.");
    let states = [
        ("invited", numbers.accounts_invited),
        ("complete", numbers.accounts_complete),
        ("removed", numbers.accounts_removed),
    ];
    for (state, count) in states {
        page.sample("firstkey_accounts", &format!("state=\"{state}\""), count);
    }
}
