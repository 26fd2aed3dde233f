//! The administrator's listener: is it up, can it work, and the numbers. Apart from the public one, so that numbers are not for everybody.

use super::metrics::Page;
use crate::http::App;
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
        Ok(Some(row)) if row.key_canary != app.keys.canary() => Some("the key file does not belong to the database"),
        Ok(Some(_)) => None,
        Ok(None) => Some("the database holds no server"),
        Err(error) => {
            app.log.event("database.failed", &[("error", &error)]);
            Some("the database does not answer")
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut page = Page::default();
    app.metrics.write(&mut page);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0).into_response()
}
