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
use crate::life::{Reason, Source};
use crate::scim_log::{self, Note};
use crate::store::{Draft, Edited, Person, PersonKey, PersonWithGroups, Placed};
use crate::{address, user_name};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use firstkey_core::crypto::context::{AccountId, OrgId};
use std::sync::Arc;

type Answer = Result<Response, ScimError>;

/// How often a change is worked out anew because others came before it.
const TRIES: usize = 8;

pub(super) async fn find(org: Organisation, note: Note, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    list(&app, org, &note, &[Resource::User], parameters.wanted()?).await
}

pub(super) async fn search(org: Organisation, note: Note, State(app): State<Arc<App>>, document: Document) -> Answer {
    let (wanted, _held) = document.read(Wanted::search).await?;
    list(&app, org, &note, &[Resource::User], wanted).await
}

pub(super) async fn create(
    org: Organisation,
    note: Note,
    State(app): State<Arc<App>>,
    parameters: Parameters,
    document: Document,
) -> Answer {
    let (draft, _held) = document.read(|document| person::read(document, None)).await?;
    asked_about(&note, &draft);
    let name = draft.user_name.clone();
    match app.store.create_person(org.0, draft, app.invite_ttl, app.clock.now()).await? {
        Placed::Person(created) => {
            about(&note, &created);
            let (done, why) = scim_log::created(created.standing);
            note.say(|told| (told.done, told.why) = (Some(done), why));
            tell(&app, "person.created", org.0, &created);
            Ok(show(&app, StatusCode::CREATED, PersonWithGroups { person: *created, groups: Vec::new() }, &parameters))
        }
        Placed::Taken(by, holder) => {
            note.say(|told| told.person = Some(holder));
            note.done("refused: the userName is this person's");
            Err(taken(by, &name))
        }
    }
}

pub(super) async fn read(
    org: Organisation,
    note: Note,
    State(app): State<Arc<App>>,
    Name(id): Name,
    parameters: Parameters,
    conditions: Conditions,
) -> Answer {
    let found = load(&app, key(org, &id)?, &parameters).await?;
    about(&note, &found.person);
    note.done("shown");
    match conditions.if_none_match {
        Some(tags) if tags.name(found.person.version) => Ok(not_modified(found.person.version)),
        _ => Ok(show(&app, StatusCode::OK, found, &parameters)),
    }
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
    let (document, _held) = document.read(Ok).await?;
    edit(&app, &note, key, move |now| {
        conditions.allow(now.version)?;
        person::read(document.clone(), Some(&now.draft))
    })
    .await?;
    Ok(show(&app, StatusCode::OK, load(&app, key, &parameters).await?, &parameters))
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
    let wants_body = conditions.wants_body || parameters.projection().is_asked_for();
    let (changes, _held) = document.read(|document| Patch::read(Resource::User, document)).await?;
    let changed = edit(&app, &note, key, move |now| {
        conditions.allow(now.version)?;
        let mut document = person::document(&now.draft);
        changes.apply(&mut document, &AccountId::heard(now.user_id).to_string())?;
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
    note: Note,
    State(app): State<Arc<App>>,
    Name(id): Name,
    conditions: Conditions,
) -> Answer {
    let allow = move |now: &Person| conditions.allow(now.version);
    match app.store.remove_person(key(org, &id)?, app.invite_ttl, app.clock.now(), allow).await? {
        Edited::Person(gone) => {
            about(&note, &gone);
            note.done("deleted");
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Edited::Refused(error) => Err(error),
        Edited::Unknown | Edited::Taken(_) => Err(ScimError::no_such_user()),
    }
}

/// Changes a person. What becomes of the person is worked out by a reader, beside the writer; the
/// writer only compares the version that it was worked out from. If another server was faster, it
/// is worked out anew.
async fn edit<F>(app: &App, note: &Note, key: PersonKey, change: F) -> Result<Box<Person>, ScimError>
where
    F: Fn(&Person) -> Result<Draft, ScimError> + Send + Sync + 'static,
{
    let change = Arc::new(change);
    let _turn = app.store.turn_at(key.user).await;
    for _ in 0..TRIES {
        let change = Arc::clone(&change);
        let seen = app.store.with_person(key, move |person| (person.clone(), change(person))).await?;
        let (before, draft) = seen.ok_or_else(ScimError::no_such_user)?;
        about(note, &before);
        let draft = draft?;
        let version = before.version;
        let name = draft.user_name.clone();
        let unchanged = move |now: &Person| if now.version == version { Ok(draft) } else { Err(Meanwhile) };
        match app.store.edit_person(key, app.invite_ttl, app.clock.now(), unchanged).await? {
            Edited::Person(changed) => {
                about(note, &changed);
                let (done, why) = scim_log::changed(&before.draft, &changed.draft, before.standing, changed.standing);
                note.say(|told| (told.done, told.why) = (Some(done), why));
                tell(app, "person.changed", key.org, &changed);
                return Ok(changed);
            }
            Edited::Unknown => return Err(ScimError::no_such_user()),
            Edited::Taken(by) => return Err(taken(by, &name)),
            Edited::Refused(Meanwhile) => {}
        }
    }
    Err(ScimError::contended())
}

/// Whom the request is about, for the log of requests.
fn about(note: &Note, person: &Person) {
    asked_about(note, &person.draft);
    note.say(|told| (told.person, told.account) = (Some(person.user_id), Some(person.account)));
}

/// The names that somebody is looked for by.
fn asked_about(note: &Note, draft: &Draft) {
    note.say(|told| {
        told.user_name = user_name::key(&draft.user_name);
        told.mailbox = draft.email.as_deref().map(address::key);
    });
}

/// Tells the log how the person stands now, and why they wait if they do.
fn tell(app: &App, event: &'static str, org: [u8; 16], person: &Person) {
    let (org, user, standing) = (OrgId::heard(org), AccountId::heard(person.user_id), person.standing);
    let standing_word = standing.as_str();
    match standing.reason().map(Reason::as_str) {
        Some(reason) => {
            app.log.event(event, &[("org", &org), ("user", &user), ("standing", &standing_word), ("reason", &reason)]);
        }
        None => app.log.event(event, &[("org", &org), ("user", &user), ("standing", &standing_word)]),
    }
}

/// Somebody else changed the person.
struct Meanwhile;

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

/// The name is somebody else's; who is kept by hand can be handed over.
fn taken(by: Source, name: &str) -> ScimError {
    match by {
        Source::Scim => ScimError::taken("A user with this userName exists in the organisation."),
        Source::Manual => ScimError::taken(format!(
            "An administrator of the server added a person with this userName by hand. To hand the person over to SCIM, with the account and its keys, run on the server: firstkey-server person adopt {name}"
        )),
    }
}
