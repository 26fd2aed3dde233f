//! `/scim/v2/Users`.

use super::answer::{not_modified, sent};
use super::auth::Organisation;
use super::error::ScimError;
use super::listing::list;
use super::location::location;
use super::parameters::Parameters;
use super::patch::Patch;
use super::request::{Conditions, Document, Name, Wanted};
use super::schema::Resource;
use super::{etag, group, person};
use crate::http::App;
use crate::store::{Edited, Person, PersonKey, PersonWithGroups, Placed};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use firstkey_core::crypto::context::{AccountId, OrgId};
use std::sync::Arc;

type Answer = Result<Response, ScimError>;

pub(super) async fn find(org: Organisation, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    list(&app, org, &[Resource::User], parameters.wanted()?).await
}

pub(super) async fn search(org: Organisation, State(app): State<Arc<App>>, Document(document): Document) -> Answer {
    list(&app, org, &[Resource::User], Wanted::search(document)?).await
}

pub(super) async fn create(
    org: Organisation,
    State(app): State<Arc<App>>,
    parameters: Parameters,
    Document(document): Document,
) -> Answer {
    let draft = person::read(document, None)?;
    match app.store.create_person(org.0, draft, app.invite_ttl, app.clock.now()).await? {
        Placed::Person(created) => {
            app.log.event("person.created", &[("org", &OrgId(org.0)), ("user", &AccountId(created.user_id))]);
            Ok(show(&app, StatusCode::CREATED, PersonWithGroups { person: *created, groups: Vec::new() }, &parameters))
        }
        Placed::Taken => Err(taken()),
    }
}

pub(super) async fn read(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
) -> Answer {
    let found = load(&app, key(org, &id)?, &parameters).await?;
    match conditions.if_none_match {
        Some(tags) if tags.name(found.person.version) => Ok(not_modified(found.person.version)),
        _ => Ok(show(&app, StatusCode::OK, found, &parameters)),
    }
}

pub(super) async fn replace(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
    Document(document): Document,
) -> Answer {
    let key = key(org, &id)?;
    edit(&app, key, move |now| {
        conditions.allow(now.version)?;
        person::read(document, Some(&now.draft))
    })
    .await?;
    Ok(show(&app, StatusCode::OK, load(&app, key, &parameters).await?, &parameters))
}

pub(super) async fn patch(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
    Document(document): Document,
) -> Answer {
    let key = key(org, &id)?;
    let wants_body = conditions.wants_body || parameters.projection().is_asked_for();
    let changes = Patch::read(Resource::User, document)?;
    let changed = edit(&app, key, move |now| {
        conditions.allow(now.version)?;
        let mut document = person::document(&now.draft);
        changes.apply(&mut document, &AccountId(now.user_id).to_string())?;
        person::draft(document, Some(&now.draft))
    })
    .await?;
    if wants_body {
        return Ok(show(&app, StatusCode::OK, load(&app, key, &parameters).await?, &parameters));
    }
    Ok((StatusCode::NO_CONTENT, [(axum::http::header::ETAG, etag::tag(changed.version))]).into_response())
}

pub(super) async fn delete(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    conditions: Conditions,
) -> Answer {
    let allow = move |now: &Person| conditions.allow(now.version);
    match app.store.remove_person(key(org, &id)?, app.clock.now(), allow).await? {
        Edited::Person(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Edited::Refused(error) => Err(error),
        Edited::Unknown | Edited::Taken => Err(ScimError::no_such_user()),
    }
}

async fn edit<F>(app: &App, key: PersonKey, change: F) -> Result<Box<Person>, ScimError>
where
    F: FnOnce(&Person) -> Result<crate::store::Draft, ScimError> + Send + 'static,
{
    match app.store.edit_person(key, app.invite_ttl, app.clock.now(), change).await? {
        Edited::Person(changed) => Ok(changed),
        Edited::Unknown => Err(ScimError::no_such_user()),
        Edited::Taken => Err(taken()),
        Edited::Refused(error) => Err(error),
    }
}

async fn load(app: &App, key: PersonKey, parameters: &Parameters) -> Result<PersonWithGroups, ScimError> {
    let with_groups = parameters.projection().wants(Resource::User, "groups");
    app.store.found_person(key, with_groups).await?.ok_or_else(ScimError::no_such_user)
}

fn show(app: &App, status: StatusCode, found: PersonWithGroups, parameters: &Parameters) -> Response {
    let location = location(Resource::User, found.person.user_id, &app.origin);
    let shown = parameters.projection().apply(Resource::User, person::full(&found, &app.origin));
    sent(status, &location, found.person.version, shown)
}

/// An id that is no UUID belongs to nobody.
fn key(org: Organisation, id: &str) -> Result<PersonKey, ScimError> {
    let user = group::read_id(id).ok_or_else(ScimError::no_such_user)?;
    Ok(PersonKey { org: org.0, user })
}

fn taken() -> ScimError {
    ScimError::taken("A user with this userName exists in the organisation.")
}
