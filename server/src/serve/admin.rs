//! The administrator's listener: is it up, can it work, and the numbers. Apart from the public one,
//! so that numbers are not for everybody.

use crate::http::App;
use crate::limits::Page;
use crate::store::Numbers;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(app)
}

/// 200 if the database answers and holds what our key was made for; else 503 and why.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    match trouble(&app).await {
        None => (headers, "ready\n").into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, headers, format!("not ready: {why}\n")).into_response(),
    }
}

/// Fixed sentences: this is answered to anybody.
async fn trouble(app: &App) -> Option<&'static str> {
    match app.store.realm().await {
        Ok(Some(row)) if !app.keys.belong_to(&row.keys) => Some("the key file does not belong to the database"),
        Ok(Some(_)) => None,
        Ok(None) => Some("the database holds no server"),
        Err(_) => Some("the database does not answer"),
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut page = Page::default();
    app.metrics.write(&mut page);
    page.one("firstkey_writer_queue", "gauge", "Changes that wait for the database.", app.store.writes_waiting());
    let now = app.clock.now();
    let numbers = app.store.numbers(now).await;
    page.one("firstkey_database_up", "gauge", "Whether the database answered.", u8::from(numbers.is_ok()));
    if let Ok(numbers) = numbers {
        stored(&mut page, &numbers, now);
    }
    if let Ok(Some(last)) = app.store.first_scim_to_stop().await {
        let help = "When the first identity provider has no good token left, since 1970.";
        page.one("firstkey_scim_token_ends_seconds", "gauge", help, last.ends_at);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0).into_response()
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
