//! `/scim/v2/Groups`.

use super::answer::{not_modified, sent, sent_as};
use super::auth::Organisation;
use super::error::ScimError;
use super::listing::list;
use super::location::location;
use super::long::{Long, SHORT};
use super::parameters::Parameters;
use super::patch::Patch;
use super::request::{Conditions, Document, Name, Wanted};
use super::schema::Resource;
use super::{etag, group};
use crate::http::App;
use crate::store::{Group, GroupEdit, GroupKey, GroupOutcome, MemberChange};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use firstkey_core::crypto::context::AccountId;
use std::sync::Arc;

type Answer = Result<Response, ScimError>;

pub(super) async fn find(org: Organisation, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    list(&app, org, &[Resource::Group], parameters.wanted()?).await
}

pub(super) async fn search(org: Organisation, State(app): State<Arc<App>>, document: Document) -> Answer {
    let (wanted, _held) = document.read(Wanted::search).await?;
    list(&app, org, &[Resource::Group], wanted).await
}

pub(super) async fn create(
    org: Organisation,
    State(app): State<Arc<App>>,
    parameters: Parameters,
    document: Document,
) -> Answer {
    let ((draft, members), _held) = document.read(group::read).await?;
    let outcome = app.store.create_group(org.0, draft, members, app.clock.now()).await?;
    let created = done(outcome, |()| ScimError::no_such_group())?;
    show(&app, StatusCode::CREATED, GroupKey { org: org.0, group: created.group_id }, &parameters).await
}

pub(super) async fn read(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
) -> Answer {
    let key = key(org, &id)?;
    if let Some(tags) = conditions.if_none_match
        && let Some(group) = app.store.group(key).await?
        && tags.name(group.version)
    {
        return Ok(not_modified(group.version));
    }
    show(&app, StatusCode::OK, key, &parameters).await
}

pub(super) async fn replace(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
    document: Document,
) -> Answer {
    let key = key(org, &id)?;
    let (whole, _held) = document.read(|document| Ok(group::read(document))).await?;
    let is_for_version = conditions.if_match.is_some();
    let whole = whole.map(|(draft, members)| GroupEdit {
        draft,
        members: vec![MemberChange::Replace(members)],
        is_for_version,
    });
    edit(&app, key, move |now| {
        conditions.allow(now.version)?;
        whole.clone()
    })
    .await?;
    show(&app, StatusCode::OK, key, &parameters).await
}

pub(super) async fn patch(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
    document: Document,
) -> Answer {
    let key = key(org, &id)?;
    let origin = app.origin.clone();
    let read = move |document| {
        let mut changes = Patch::read(Resource::Group, document)?;
        let members = group::changes(changes.take_members(), &origin);
        Ok((changes, members))
    };
    let ((changes, members), _held) = document.read(read).await?;
    let changed = edit(&app, key, move |now| {
        conditions.allow(now.version)?;
        let mut document = group::document(&now.draft);
        changes.apply(&mut document, &AccountId::heard(now.group_id).to_string())?;
        let is_for_version = conditions.if_match.is_some();
        Ok(GroupEdit { draft: group::draft(document)?, members: members.clone()?, is_for_version })
    })
    .await?;
    // A body with all members is what nobody wants after adding one; it is sent only to who names
    // attributes.
    if parameters.projection().is_asked_for() {
        return show(&app, StatusCode::OK, key, &parameters).await;
    }
    Ok((StatusCode::NO_CONTENT, [(axum::http::header::ETAG, etag::tag(changed.version))]).into_response())
}

pub(super) async fn delete(
    org: Organisation,
    State(app): State<Arc<App>>,
    Name(id): Name,
    conditions: Conditions,
) -> Answer {
    let allow = move |now: &Group| conditions.allow(now.version);
    let outcome = app.store.remove_group(key(org, &id)?, app.clock.now(), allow).await?;
    done(outcome, |refused| refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn edit<F>(app: &App, key: GroupKey, change: F) -> Result<Box<Group>, ScimError>
where
    F: Fn(&Group) -> Result<GroupEdit, ScimError> + Send + Sync + 'static,
{
    let outcome = app.store.edit_group(key, app.clock.now(), change).await?;
    done(outcome, |refused| refused)
}

fn done<E>(outcome: GroupOutcome<E>, refused: impl FnOnce(E) -> ScimError) -> Result<Box<Group>, ScimError> {
    match outcome {
        GroupOutcome::Group(group) => Ok(group),
        GroupOutcome::Unknown => Err(ScimError::no_such_group()),
        GroupOutcome::Taken => Err(ScimError::taken("A group with this displayName exists in the organisation.")),
        GroupOutcome::Dangling => Err(group::dangling()),
        GroupOutcome::Full => {
            Err(ScimError::new(413, "A group has at most 50000 members; divide it. Nothing was changed."))
        }
        GroupOutcome::Contended => Err(ScimError::contended()),
        GroupOutcome::Refused(error) => Err(refused(error)),
    }
}

async fn show(app: &Arc<App>, status: StatusCode, key: GroupKey, parameters: &Parameters) -> Answer {
    let projection = parameters.projection();
    let found = if projection.wants(Resource::Group, "members") {
        app.store.group_with_members(key, SHORT).await?
    } else {
        app.store.group(key).await?
    };
    let group = found.ok_or_else(ScimError::no_such_group)?;
    let (location, version) = (location(Resource::Group, group.group_id, &app.origin), group.version);
    if group.is_long {
        let long = Long { key, group, projection, before: String::new(), after: String::new() };
        return Ok(sent_as(status, &location, version, long.body(Arc::clone(app))));
    }
    let shown = projection.apply(Resource::Group, group::full(&group, &app.origin));
    Ok(sent(status, &location, version, shown))
}

/// An id that is no UUID belongs to no group.
fn key(org: Organisation, id: &str) -> Result<GroupKey, ScimError> {
    let group = group::read_id(id).ok_or_else(ScimError::no_such_group)?;
    Ok(GroupKey { org: org.0, group })
}
