//! A SCIM Group, and what this server takes from it: a name, the provider's id, and who is in it.

use super::error::{ScimError, Type};
use super::etag;
use super::location::location;
use super::message::check_kind;
use super::patch::{self, MemberStep, NewMember, read_members};
use super::schema::Resource;
use super::spelling;
use super::value;
use crate::calendar::instant;
use crate::origin::Origin;
use crate::store::{Group, GroupDraft, Joining, Member, MemberChange};
use firstkey_core::crypto::context::AccountId;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Longest displayName, and longest name of a member, in bytes.
const LONGEST_NAME: usize = 1024;

/// Reads a whole Group.
pub(super) fn read(mut document: Map<String, Value>) -> Result<(GroupDraft, Vec<Joining>), ScimError> {
    check_kind(Resource::Group.core().id, &mut document)?;
    let mut given = spelling::members(Resource::Group, document)?;
    let members = match given.iter().position(|one| one.attribute.name == "members") {
        Some(at) => {
            let one = given.swap_remove(at);
            // Whoever is named here has to be there: leaving somebody out would lose a member.
            joining(read_members(one.attribute, one.value)?.into_iter().map(NewMember::certain).collect())?
        }
        None => Vec::new(),
    };
    if members.len() > patch::MOST_MEMBERS {
        return Err(patch::too_many_members());
    }
    Ok((draft(value::canonical(given, None)?)?, members))
}

/// Makes a draft from a canonical Group.
pub(super) fn draft(mut map: Map<String, Value>) -> Result<GroupDraft, ScimError> {
    let mut text = |name: &str| match map.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let external_id = text("externalId");
    match text("displayName") {
        Some(display_name) if !display_name.trim().is_empty() && display_name.len() <= LONGEST_NAME => {
            Ok(GroupDraft { display_name, external_id })
        }
        _ => Err(ScimError::bad(Type::InvalidValue, "displayName must be a text of 1 to 1024 bytes.")),
    }
}

/// The stored Group as a canonical document, without members and what the server adds.
pub(super) fn document(draft: &GroupDraft) -> Map<String, Value> {
    let mut map = Map::from_iter([("displayName".to_owned(), draft.display_name.clone().into())]);
    if let Some(external_id) = &draft.external_id {
        map.insert("externalId".into(), external_id.clone().into());
    }
    map
}

/// The Group as the identity provider sees it, with the members that were loaded.
pub(super) fn full(group: &Group, origin: &Origin) -> Map<String, Value> {
    let mut map = document(&group.draft);
    map.insert("schemas".into(), json!([Resource::Group.core().id]));
    map.insert("id".into(), AccountId::heard(group.group_id).to_string().into());
    if !group.members.is_empty() {
        map.insert("members".into(), group.members.iter().map(|member| self::member(member, origin)).collect());
    }
    let meta = json!({
        "resourceType": "Group",
        "created": instant(group.created_at),
        "lastModified": instant(group.modified_at),
        "location": location(Resource::Group, group.group_id, origin),
        "version": etag::tag(group.version),
    });
    map.insert("meta".into(), meta);
    map
}

/// A member as the identity provider sees it.
pub(super) fn member(member: &Member, origin: &Origin) -> Value {
    let kind = if member.is_group { Resource::Group } else { Resource::User };
    let mut value = json!({
        "value": AccountId::heard(member.member_id).to_string(),
        "$ref": location(kind, member.member_id, origin),
        "type": kind.name(),
    });
    if let Some(display) = &member.display {
        value["display"] = display.clone().into();
    }
    value
}

/// The changes of members that a PATCH asks for, by id.
pub(super) fn changes(steps: Vec<MemberStep>, origin: &Origin) -> Result<Vec<MemberChange>, ScimError> {
    steps
        .into_iter()
        .map(|step| {
            Ok(match step {
                MemberStep::Add(members) => MemberChange::Add(joining(members)?),
                MemberStep::Replace(members) => MemberChange::Replace(joining(members)?),
                // What is no id is nobody's, so nobody has to leave.
                MemberStep::Remove(ids) => MemberChange::Remove(ids.iter().filter_map(|id| read_id(id)).collect()),
                MemberStep::RemoveAll => MemberChange::RemoveAll,
                MemberStep::RemoveWhere(bound) => {
                    let origin = origin.clone();
                    MemberChange::RemoveWhere(Arc::new(move |one| bound.matches_value(&member(one, &origin))))
                }
            })
        })
        .collect()
}

fn joining(members: Vec<NewMember>) -> Result<Vec<Joining>, ScimError> {
    let mut joining = Vec::with_capacity(members.len());
    for NewMember { value, display, bare } in members {
        if display.as_ref().is_some_and(|display| display.len() > LONGEST_NAME) {
            return Err(ScimError::bad(Type::InvalidValue, "The display of a member may have at most 1024 bytes."));
        }
        match read_id(&value) {
            Some(member_id) => joining.push(Joining { member_id, display, must_exist: !bare }),
            None if bare => {}
            None => return Err(dangling()),
        }
    }
    Ok(joining)
}

/// A member that nobody is.
pub(super) fn dangling() -> ScimError {
    ScimError::bad(Type::InvalidValue, "A member is neither a User nor another Group of this organisation.")
}

/// An id of ours; none if the text cannot be one.
pub(super) fn read_id(text: &str) -> Option<[u8; 16]> {
    Uuid::try_parse(text).ok().map(Uuid::into_bytes)
}
