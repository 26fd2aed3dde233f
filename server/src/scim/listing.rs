//! Lists: of Users, of Groups, of both.
//!
//! Promises: the same order on every page (creation, then id); the whole filter is evaluated on
//! every resource that is counted; memory does not grow with the organisation, except for one short
//! key per resource when the provider wants them sorted; a page is about 1 MiB at most and ends
//! early for it, but not before the first resource, so that the next page begins where it ended.

use super::answer::{around_one, listed, listed_as};
use super::auth::Organisation;
use super::error::ScimError;
use super::filter::Bound;
use super::long::{Long, SHORT};
use super::narrow::{members_seen, mentions, narrow};
use super::order::Order;
use super::request::Wanted;
use super::schema::Resource;
use super::{group, person};
use crate::http::App;
use crate::scim_log::Note;
use crate::store::{Group, GroupKey, Load, Narrow, PersonKey};
use crate::user_name;
use axum::response::Response;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Bytes of a page's resources, or little more.
const BYTES: usize = 1024 * 1024;
/// About what a member adds to a group, in bytes, and a group to a person.
const MEMBER: usize = 200;
const GROUP_OF_A_PERSON: usize = 256;

type Hit = (Resource, [u8; 16]);

/// A list of resources of these kinds.
pub(super) async fn list(
    app: &Arc<App>,
    org: Organisation,
    note: &Note,
    kinds: &'static [Resource],
    wanted: Wanted,
) -> Result<Response, ScimError> {
    if let Some(name) = wanted.filter.as_ref().and_then(|filter| filter.only_equal("userName")) {
        note.say(|told| told.user_name = user_name::key(name));
    }
    let (total, page) = match kinds {
        [only] if wanted.filter.is_none() && wanted.order.is_none() => slice(app, org, *only, &wanted).await?,
        _ => chosen(app, org, kinds, &wanted).await?,
    };
    note.done(format!("found {total}"));
    let resources = match page {
        Page::Whole(resources) => resources,
        Page::Long(group) => {
            let (before, after) = around_one(total, wanted.start);
            let key = GroupKey { org: org.0, group: group.group_id };
            let long = Long { key, group, projection: wanted.projection, before, after };
            return Ok(listed_as(long.body(Arc::clone(app))));
        }
    };
    let resources: Vec<Value> = resources
        .into_iter()
        .map(|(resource, document)| Value::Object(wanted.projection.apply(resource, document)))
        .collect();
    Ok(listed(total, wanted.start, &resources))
}

/// What a page holds.
enum Page {
    Whole(Vec<(Resource, Map<String, Value>)>),
    /// One group with many members.
    Long(Group),
}

/// Part of all resources of one kind.
async fn slice(app: &App, org: Organisation, kind: Resource, wanted: &Wanted) -> Result<(i64, Page), ScimError> {
    let skip = wanted.start - 1;
    Ok(match kind {
        Resource::User => {
            let with_groups = wanted.projection.wants(kind, "groups");
            let slice = app.store.people_slice(org.0, skip, wanted.count, with_groups).await?;
            let documents = slice.items.iter().map(|found| (kind, person::full(found, &app.origin)));
            (slice.total, Page::Whole(documents.collect()))
        }
        Resource::Group => {
            let load = shown_members(wanted);
            let mut slice = app.store.groups_slice(org.0, skip, wanted.count, load, SHORT).await?;
            if let Some(long) = slice.items.pop_if(|group| group.is_long) {
                return Ok((slice.total, Page::Long(long)));
            }
            let documents = slice.items.iter().map(|found| (kind, group::full(found, &app.origin)));
            (slice.total, Page::Whole(documents.collect()))
        }
    })
}

fn shown_members(wanted: &Wanted) -> Load {
    if wanted.projection.wants(Resource::Group, "members") { Load::Everybody } else { Load::Nobody }
}

/// Those that fulfil the filter, in the order that was asked for.
async fn chosen(
    app: &App,
    org: Organisation,
    kinds: &'static [Resource],
    wanted: &Wanted,
) -> Result<(i64, Page), ScimError> {
    let mut hits = Hits::new(wanted);
    let mut walk = None;
    for kind in kinds {
        let bound = match &wanted.filter {
            None => None,
            Some(filter) if kinds.len() > 1 => Some(Bound::at_root(filter, *kind)?),
            Some(filter) => Some(super::filter::bind(filter, *kind)?),
        };
        let narrow = bound.as_ref().map_or(Narrow::All, |bound| narrow(*kind, bound));
        if walk.is_none() && matches!(narrow, Narrow::All | Narrow::MemberOf(_) | Narrow::Having(_)) {
            walk = Some(app.large.walk(org.0).await);
        }
        let (origin, sorts_by) = (app.origin.clone(), wanted.order.clone());
        let fulfils = move |bound: Option<&Bound>, document: &Map<String, Value>| {
            bound.is_none_or(|bound| bound.matches(document))
        };
        hits = match kind {
            Resource::User => {
                let with_groups = bound.as_ref().is_some_and(|bound| mentions(bound, "groups"));
                app.store
                    .walk_people(org.0, narrow, with_groups, hits, move |hits, found| {
                        let document = person::full(&found, &origin);
                        if fulfils(bound.as_ref(), &document) {
                            hits.add((Resource::User, found.person.user_id), sorts_by.as_ref(), &document);
                        }
                    })
                    .await?
            }
            Resource::Group => {
                let load = bound.as_ref().map_or(Load::Nobody, members_seen);
                app.store
                    .walk_groups(org.0, narrow, load, hits, move |hits, found| {
                        let document = group::full(&found, &origin);
                        if fulfils(bound.as_ref(), &document) {
                            hits.add((Resource::Group, found.group_id), sorts_by.as_ref(), &document);
                        }
                    })
                    .await?
            }
        };
    }
    drop(walk);
    let total = hits.total;
    let mut documents = Vec::new();
    let mut held = 0;
    for (kind, id) in hits.page(wanted) {
        // Whoever was removed meanwhile is left out.
        let document = match kind {
            Resource::User => {
                let key = PersonKey { org: org.0, user: id };
                let found = app.store.found_person(key, wanted.projection.wants(kind, "groups")).await?;
                let Some(found) = found else { continue };
                held += found.person.draft.attributes.len() + found.groups.len() * GROUP_OF_A_PERSON;
                person::full(&found, &app.origin)
            }
            Resource::Group => {
                let key = GroupKey { org: org.0, group: id };
                let found = match shown_members(wanted) {
                    Load::Nobody => app.store.group(key).await?,
                    _ => app.store.group_with_members(key, SHORT).await?,
                };
                let Some(found) = found else { continue };
                if found.is_long {
                    if documents.is_empty() {
                        return Ok((total, Page::Long(found)));
                    }
                    break;
                }
                held += found.members.len() * MEMBER;
                group::full(&found, &app.origin)
            }
        };
        if held > BYTES && !documents.is_empty() {
            break;
        }
        documents.push((kind, document));
    }
    Ok((total, Page::Whole(documents)))
}

/// What was found: everybody's key if they are to be sorted, else only the page.
struct Hits {
    total: i64,
    skip: i64,
    count: i64,
    page: Vec<Hit>,
    keys: Vec<(Option<String>, Hit)>,
}

impl Hits {
    fn new(wanted: &Wanted) -> Self {
        Self { total: 0, skip: wanted.start - 1, count: wanted.count, page: Vec::new(), keys: Vec::new() }
    }

    fn add(&mut self, hit: Hit, order: Option<&Order>, document: &Map<String, Value>) {
        match order {
            Some(order) => self.keys.push((order.key(hit.0, document), hit)),
            None if self.total >= self.skip && self.total - self.skip < self.count => self.page.push(hit),
            None => {}
        }
        self.total += 1;
    }

    fn page(mut self, wanted: &Wanted) -> Vec<Hit> {
        let Some(order) = &wanted.order else { return self.page };
        // Stable, so that equals stay in order of creation.
        self.keys.sort_by(|(one, _), (other, _)| order.compare(one.as_deref(), other.as_deref()));
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX);
        let count = usize::try_from(self.count).unwrap_or(0);
        self.keys.into_iter().skip(skip).take(count).map(|(_, hit)| hit).collect()
    }
}
