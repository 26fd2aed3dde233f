//! SCIM 2.0 for identity providers (RFC 7643, 7644): Users, Groups, search, and what the server can
//! do.
//!
//! ```text
//!   routes    users  groups  discovery          what a path and a method mean
//!   between   listing  long  request  parameters  auth  answer  error   lists, tokens, answers
//!   pure      schema  spelling  message  path  filter  value  patch  project  order  etag  location
//!             person  group  narrow
//! ```
//!
//! Promises: one organisation per token, and no request reaches another's people; `password` is
//! accepted and thrown away before anything else looks at it; an operation that is not understood
//! is refused, never ignored, because an ignored deactivation leaves somebody in; a filter that is
//! not understood is refused, never widened. What RFC 7644 leaves open is decided in
//! `docs/SCIM.md`. Must never: touch keys; let membership in a group grant anything.

mod answer;
mod auth;
mod discovery;
mod error;
mod etag;
pub(crate) mod filter;
mod group;
mod groups;
mod listing;
mod location;
mod long;
mod message;
pub(crate) mod narrow;
mod order;
mod parameters;
pub(crate) mod patch;
pub(crate) mod path;
pub(crate) mod person;
pub(crate) mod project;
mod request;
pub(crate) mod schema;
pub(crate) mod spelling;
mod users;
pub(crate) mod value;

pub(crate) use error::{Refused, ScimError};

use crate::http::App;
use axum::Router;
use axum::routing::{MethodRouter, any, get, post};
use std::sync::Arc;

/// The routes below `/scim/v2`.
pub(crate) fn router() -> Router<Arc<App>> {
    let mut router = Router::new();
    // Microsoft's collection asks for /Users/ too.
    for path in ["/Users", "/Users/"] {
        router = router.route(path, get(users::find).post(users::create));
    }
    for path in ["/Groups", "/Groups/"] {
        router = router.route(path, get(groups::find).post(groups::create));
    }
    router
        .route("/", get(discovery::root))
        .route("/.search", post(discovery::search))
        .route("/Users/.search", post(users::search))
        .route("/Users/{id}", get(users::read).put(users::replace).patch(users::patch).delete(users::delete))
        .route("/Groups/.search", post(groups::search))
        .route("/Groups/{id}", get(groups::read).put(groups::replace).patch(groups::patch).delete(groups::delete))
        .route("/ServiceProviderConfig", get(discovery::config))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{name}", get(discovery::one_resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{urn}", get(discovery::one_schema))
        .route("/Me", any(async || ScimError::new(501, "A token here is an organisation's, not a person's.")))
        .route("/Bulk", any(async || ScimError::new(501, "Requests are taken one at a time.")))
        .fallback(async || ScimError::new(404, "There is nothing here."))
        .method_not_allowed_fallback(async || ScimError::new(405, "This path does not take that method."))
}

/// The path of a SCIM request behind `/scim/v2`; none of any other.
pub(crate) fn path_of(path: &str) -> Option<&str> {
    path.strip_prefix("/scim/v2").filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The root with a slash behind it, which a nested router does not see.
pub(crate) fn root() -> MethodRouter<Arc<App>> {
    get(discovery::root).fallback(async || ScimError::new(405, "This path does not take that method."))
}
