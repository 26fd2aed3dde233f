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
use crate::scim_log::{self, Note};
use crate::store::{Group, GroupDraft, GroupEdit, GroupKey, GroupOutcome, Joining, MemberChange};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use firstkey_core::crypto::context::AccountId;
use std::sync::{Arc, Mutex, PoisonError};

type Answer = Result<Response, ScimError>;

pub(super) async fn find(org: Organisation, note: Note, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    list(&app, org, &note, &[Resource::Group], parameters.wanted()?).await
}

pub(super) async fn search(org: Organisation, note: Note, State(app): State<Arc<App>>, document: Document) -> Answer {
    let (wanted, _held) = document.read(Wanted::search).await?;
    list(&app, org, &note, &[Resource::Group], wanted).await
}

pub(super) async fn create(
    org: Organisation,
    note: Note,
    State(app): State<Arc<App>>,
    parameters: Parameters,
    document: Document,
) -> Answer {
    let ((draft, members), _held) = document.read(group::read).await?;
    let joining: Vec<[u8; 16]> = members.iter().map(|one| one.member_id).collect();
    let outcome = app.store.create_group(org.0, draft, members, app.clock.now()).await?;
    let created = done(outcome, |()| ScimError::no_such_group())?;
    note.say(|told| told.group = Some(created.group_id));
    note.done(format!("created, {}", scim_log::counted("members:", &joining)));
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
    note: Note,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
    document: Document,
) -> Answer {
    let key = key(org, &id)?;
    let (whole, _held) = document.read(|document| Ok(group::read(document))).await?;
    let asked = whole.as_ref().map(|(_, members)| told(&[MemberChange::Replace(members.clone())])).unwrap_or_default();
    let is_for_version = conditions.if_match.is_some();
    let whole = whole.map(|(draft, members)| GroupEdit {
        draft,
        members: vec![MemberChange::Replace(members)],
        is_for_version,
    });
    edit(&app, &note, &asked, key, move |now| {
        conditions.allow(now.version)?;
        whole.clone()
    })
    .await?;
    show(&app, StatusCode::OK, key, &parameters).await
}

pub(super) async fn patch(
    org: Organisation,
    note: Note,
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
    let asked = members.as_ref().map(|members| told(members)).unwrap_or_default();
    let changed = edit(&app, &note, &asked, key, move |now| {
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
    note: Note,
    State(app): State<Arc<App>>,
    Name(id): Name,
    conditions: Conditions,
) -> Answer {
    let allow = move |now: &Group| conditions.allow(now.version);
    let outcome = app.store.remove_group(key(org, &id)?, app.clock.now(), allow).await?;
    done(outcome, |refused| refused)?;
    note.done("deleted");
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn edit<F>(app: &App, note: &Note, asked: &str, key: GroupKey, change: F) -> Result<Box<Group>, ScimError>
where
    F: Fn(&Group) -> Result<GroupEdit, ScimError> + Send + Sync + 'static,
{
    let before = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&before);
    let change = move |now: &Group| {
        let seen_now = (now.version, now.draft.clone());
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen_now);
        change(now)
    };
    let changed = done(app.store.edit_group(key, app.clock.now(), change).await?, |refused| refused)?;
    let before = before.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((version, draft)) = before {
        note.done(if version == changed.version { "nothing".to_owned() } else { what(&draft, &changed.draft, asked) });
    }
    Ok(changed)
}

/// What became of a group: names of attributes, and whom the request named.
fn what(before: &GroupDraft, after: &GroupDraft, asked: &str) -> String {
    let parts = [
        ("displayName", before.display_name != after.display_name),
        ("externalId", before.external_id != after.external_id),
    ];
    let names: Vec<&str> = parts.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    let names = if names.is_empty() { String::new() } else { format!("changed: {}", names.join(", ")) };
    let told: Vec<&str> = [names.as_str(), asked].into_iter().filter(|part| !part.is_empty()).collect();
    told.join("; ")
}

/// Whom a change of members names.
fn told(changes: &[MemberChange]) -> String {
    let one = |change: &MemberChange| match change {
        MemberChange::Add(joining) => counted("members to add:", joining),
        MemberChange::Replace(joining) => counted("members now:", joining),
        MemberChange::Remove(ids) => scim_log::counted("members to remove:", ids),
        MemberChange::RemoveAll => "all members to remove".to_owned(),
        MemberChange::RemoveWhere(_) => "members to remove by a filter".to_owned(),
    };
    changes.iter().map(one).take(8).collect::<Vec<_>>().join("; ")
}

fn counted(what: &str, joining: &[Joining]) -> String {
    scim_log::counted(what, &joining.iter().map(|one| one.member_id).collect::<Vec<_>>())
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
