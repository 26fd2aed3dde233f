//! `/scim/v2/Users`.

use super::auth::Organisation;
use super::error::{ScimError, Type};
use super::patch::Patch;
use super::{Document, answer, filter, person};
use crate::http::App;
use crate::store::{Edited, Person, PersonKey, Placed};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use firstkey::crypto::context::{AccountId, OrgId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most people in one answer.
const PAGE: i64 = 100;

/// Unknown parameters are ignored (RFC 7644 section 3.4.2).
#[derive(Deserialize)]
pub(super) struct Listing {
    filter: Option<String>,
    #[serde(rename = "startIndex")]
    start_index: Option<String>,
    count: Option<String>,
}

type Answer = Result<Response, ScimError>;

pub(super) async fn list(org: Organisation, State(app): State<Arc<App>>, query: Query<Listing>) -> Answer {
    let only = query.filter.as_deref().map(filter::parse).transpose()?;
    let start = number(query.start_index.as_deref(), 1)?.max(1);
    let count = number(query.count.as_deref(), PAGE)?.clamp(0, PAGE);
    let page = app.store.people(org.0, only, start - 1, count).await?;
    let resources: Vec<Value> = page.people.iter().map(|one| person::render(one, &app.origin).0).collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": page.total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    Ok(answer(StatusCode::OK, None, &body))
}

pub(super) async fn create(org: Organisation, State(app): State<Arc<App>>, Document(document): Document) -> Answer {
    let draft = person::read(document, true)?;
    match app.store.create_person(org.0, draft, app.invite_ttl, app.clock.now()).await? {
        Placed::Person(created) => {
            app.log.event("person.created", &[("org", &OrgId(org.0)), ("user", &AccountId(created.user_id))]);
            Ok(show(&app, StatusCode::CREATED, &created))
        }
        Placed::Taken => Err(ScimError::taken()),
    }
}

pub(super) async fn read(org: Organisation, State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer {
    let found = app.store.person(key(org, &id)?).await?.ok_or_else(ScimError::no_such_user)?;
    Ok(show(&app, StatusCode::OK, &found))
}

pub(super) async fn replace(
    org: Organisation,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Document(document): Document,
) -> Answer {
    edit(&app, key(org, &id)?, move |now| {
        // A missing `active` must not revive somebody who has left.
        person::read(document, now.draft.active)
    })
    .await
}

pub(super) async fn patch(
    org: Organisation,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Document(document): Document,
) -> Answer {
    let changes = Patch::read(document)?;
    edit(&app, key(org, &id)?, move |now| {
        let mut document = person::document(&now.draft);
        changes.apply(&mut document, &AccountId(now.user_id).to_string())?;
        person::read(document, now.draft.active)
    })
    .await
}

pub(super) async fn delete(org: Organisation, State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer {
    if app.store.remove_person(key(org, &id)?, app.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(ScimError::no_such_user())
    }
}

async fn edit<F>(app: &App, key: PersonKey, change: F) -> Answer
where
    F: FnOnce(&Person) -> Result<crate::store::Draft, ScimError> + Send + 'static,
{
    match app.store.edit_person(key, app.invite_ttl, app.clock.now(), change).await? {
        Edited::Person(changed) => Ok(show(app, StatusCode::OK, &changed)),
        Edited::Unknown => Err(ScimError::no_such_user()),
        Edited::Taken => Err(ScimError::taken()),
        Edited::Refused(error) => Err(error),
    }
}

fn show(app: &App, status: StatusCode, one: &Person) -> Response {
    let (body, location) = person::render(one, &app.origin);
    answer(status, Some(&location), &body)
}

/// An id that is no UUID belongs to nobody.
fn key(org: Organisation, id: &str) -> Result<PersonKey, ScimError> {
    let user = uuid::Uuid::try_parse(id).map_err(|_| ScimError::no_such_user())?;
    Ok(PersonKey { org: org.0, user: *user.as_bytes() })
}

fn number(text: Option<&str>, missing: i64) -> Result<i64, ScimError> {
    let Some(text) = text else { return Ok(missing) };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ScimError::bad(Type::InvalidValue, "startIndex and count must be whole numbers."));
    }
    // Beyond what fits it is only very large or very small.
    Ok(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX - 1 }))
}
