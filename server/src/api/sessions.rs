//! `GET` and `DELETE /v1/sessions`, `POST /v1/logout`: a person sees where they are logged in, and
//! ends it.

use super::answer::answer;
use super::b64::{self, B64};
use super::bearer::Bearer;
use super::problem::{Name, Problem};
use super::request::Exact;
use crate::http::App;
use crate::store::{Ending, ListedSession};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize)]
struct List {
    sessions: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    session_id: B64<16>,
    created_at: i64,
    expires_at: i64,
    purpose: String,
    client: Option<String>,
    source: Option<String>,
    this: bool,
}

#[derive(Serialize)]
struct Ended {
    ended: u64,
}

/// A body without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl From<ListedSession> for Line {
    fn from(session: ListedSession) -> Self {
        Self {
            session_id: B64(session.session_id),
            created_at: session.created_at,
            expires_at: session.expires_at,
            purpose: session.purpose,
            client: session.seen.client,
            source: session.seen.source,
            this: session.this,
        }
    }
}

pub(super) async fn list(State(app): State<Arc<App>>, bearer: Bearer) -> Result<Response, Problem> {
    let sessions = app.store.sessions(bearer.0, app.clock.now()).await??;
    answer(&List { sessions: sessions.into_iter().map(Line::from).collect() })
}

pub(super) async fn end_one(
    State(app): State<Arc<App>>,
    bearer: Bearer,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let which = id.ok().and_then(|Path(id)| b64::read(&id)).map(Ending::One);
    let Some(which) = which else {
        // Not an id at all: the asker must still have a session to hear anything but that there is
        // none.
        app.store.sessions(bearer.0, app.clock.now()).await??;
        return Err(Problem::new(Name::NotFound));
    };
    match app.store.end_sessions(bearer.0, which, app.clock.now()).await?? {
        0 => Err(Problem::new(Name::NotFound)),
        ended => answer(&Ended { ended }),
    }
}

pub(super) async fn end_others(State(app): State<Arc<App>>, bearer: Bearer) -> Result<Response, Problem> {
    let ended = app.store.end_sessions(bearer.0, Ending::Others, app.clock.now()).await??;
    answer(&Ended { ended })
}

pub(super) async fn log_out(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let Nothing {} = request.message()?;
    let ended = app.store.end_sessions(bearer.0, Ending::This, app.clock.now()).await??;
    answer(&Ended { ended })
}
