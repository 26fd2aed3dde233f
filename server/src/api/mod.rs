//! The account protocol over HTTP, exactly as `docs/WIRE.md` says.
//!
//! Promises: strict bodies; every error is a problem document; GET and HEAD change nothing; a
//! signed request says nothing about an invite before its signature held. Must never: take anything
//! from the `Host` header, or put a value from a request into a header.

mod account;
mod answer;
mod b64;
mod bearer;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod bodies;
mod claim;
mod directory;
mod enrol;
mod guide;
mod join;
mod landing;
mod lock;
mod login;
mod problem;
mod recovery;
mod request;
mod sessions;
mod signed;
mod statement;

use crate::http::App;
use axum::Router;
use axum::routing::{delete, get, post};
use problem::Name;
pub(crate) use problem::Problem;
use std::sync::Arc;

/// The routes of the account protocol, the landing page and the health check.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/invites/claim", post(claim::claim))
        .route("/v1/enrol/start", post(enrol::start))
        .route("/v1/enrol/complete", post(enrol::complete))
        .route("/v1/login/params", post(login::params))
        .route("/v1/login/start", post(login::start))
        .route("/v1/login/finish", post(login::finish))
        .route("/v1/account/password/start", post(account::start))
        .route("/v1/account/password", post(account::password))
        .route("/v1/account/kit", post(account::kit))
        .route("/v1/account/statement", post(statement::first))
        .route("/v1/recovery/start", post(recovery::start))
        .route("/v1/recovery/finish", post(recovery::finish))
        .route("/v1/recovery/complete", post(account::recover))
        .route("/v1/invites/join", post(join::join))
        .route("/v1/directory", post(directory::look_up))
        .route("/v1/logout", post(sessions::log_out))
        .route("/v1/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/v1/sessions/{id}", delete(sessions::end_one))
        .route("/i", get(landing::page))
        .route("/healthz", get(async || "ok\n"))
}

pub(crate) use landing::elsewhere;

/// What is answered to a method that a path does not have.
pub(crate) async fn wrong_method() -> Problem {
    Problem::new(Name::Method)
}
