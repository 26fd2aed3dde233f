//! A SCIM User, and what this server takes from it.
//!
//! Attributes are kept as they were sent (in the organisation's row, for the organisation); the few
//! that matter here are taken out. `password`, `groups`, `meta` and `id` are the server's business
//! and dropped.

use super::error::{ScimError, Type};
use super::etag;
use super::location::location;
use super::message::check_kind;
use super::schema::Resource;
use super::value::{self};
use crate::address;
use crate::calendar::instant;
use crate::life::{Current, InUse, in_use, named};
use crate::origin::Origin;
use crate::store::{Draft, PersonWithGroups};
use crate::user_name;
use firstkey_core::crypto::context::AccountId;
use serde_json::{Map, Value, json};

/// Most bytes of one User as JSON.
const LARGEST: usize = 256 * 1024;

/// Reads a whole User. Before it was `before`, if it was at all: what it does not say of `active`
/// stays, and somebody new is active.
pub(crate) fn read(mut document: Map<String, Value>, before: Option<&Draft>) -> Result<Draft, ScimError> {
    check_kind(Resource::User.core().id, &mut document)?;
    let mut map = value::resource(Resource::User, document, before.map(self::document).as_ref())?;
    let active = before.is_none_or(|before| before.active);
    map.entry("active").or_insert(Value::Bool(active));
    draft(map, before)
}

/// Makes a Draft from a canonical User. Without `active` nothing says that the person may go on: a
/// provider that removes the attribute deactivates.
pub(crate) fn draft(mut map: Map<String, Value>, before: Option<&Draft>) -> Result<Draft, ScimError> {
    let user_name = match map.remove("userName") {
        Some(Value::String(name)) if user_name::key(&name).is_some() => name,
        _ => {
            return Err(ScimError::bad(
                Type::InvalidValue,
                "userName must be a text of 1 to 512 bytes, without blanks at its ends, line breaks or invisible characters.",
            ));
        }
    };
    let said = map.remove("active");
    let active = said == Some(Value::Bool(true));
    if said.is_none() {
        // Kept as null, so that it is not shown.
        map.insert("active".into(), Value::Null);
    }
    let external_id = match map.remove("externalId") {
        Some(Value::String(id)) => Some(id),
        _ => None,
    };
    let before = before.map(|before| Current { email: before.email.as_deref(), user_name: &before.user_name });
    let (email, unplaced) = match in_use(&named(&map), &user_name, before) {
        InUse::Address(email) => (Some(email), None),
        InUse::None(reason) => (None, Some(reason)),
    };
    let (display_name, addresses) = (display_name(&map), addresses(&map));
    let attributes = Value::Object(map).to_string();
    if attributes.len() > LARGEST {
        return Err(ScimError::bad(Type::InvalidValue, "A User may have at most 256 KiB."));
    }
    Ok(Draft { user_name, external_id, active, email, display_name, attributes, addresses, unplaced })
}

/// The stored User as a canonical document, without what the server adds.
pub(crate) fn document(draft: &Draft) -> Map<String, Value> {
    let mut map = match serde_json::from_str(&draft.attributes) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    map.insert("userName".into(), draft.user_name.clone().into());
    if map.remove("active").is_none() {
        map.insert("active".into(), draft.active.into());
    }
    if let Some(external_id) = &draft.external_id {
        map.insert("externalId".into(), external_id.clone().into());
    }
    map
}

/// The User as the identity provider sees it.
pub(super) fn full(found: &PersonWithGroups, origin: &Origin) -> Map<String, Value> {
    let PersonWithGroups { person, groups } = found;
    let mut map = document(&person.draft);
    let mut schemas = vec![Value::from(Resource::User.core().id)];
    schemas.extend(
        Resource::User.extensions().iter().filter(|schema| map.contains_key(schema.id)).map(|schema| schema.id.into()),
    );
    map.insert("schemas".into(), schemas.into());
    map.insert("id".into(), AccountId::heard(person.user_id).to_string().into());
    if !groups.is_empty() {
        let groups = groups.iter().map(|group| {
            json!({
                "value": AccountId::heard(group.group_id).to_string(),
                "$ref": location(Resource::Group, group.group_id, origin),
                "display": group.display_name,
                "type": "direct",
            })
        });
        map.insert("groups".into(), groups.collect());
    }
    let meta = json!({
        "resourceType": "User",
        "created": instant(person.created_at),
        "lastModified": instant(person.modified_at),
        "location": location(Resource::User, person.user_id, origin),
        "version": etag::tag(person.version),
    });
    map.insert("meta".into(), meta);
    map
}

fn addresses(map: &Map<String, Value>) -> Vec<String> {
    emails(map).filter_map(|email| email.get("value")?.as_str()).map(address::key).collect()
}

fn emails(map: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    map.get("emails").and_then(Value::as_array).into_iter().flatten()
}

/// `displayName`, else the name put together. A text without letters is no name; resources that
/// were stored before that was decided may hold one.
fn display_name(map: &Map<String, Value>) -> Option<String> {
    let text = |map: &Map<String, Value>, name: &str| {
        map.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    if let Some(name) = text(map, "displayName") {
        return Some(name);
    }
    let name = map.get("name")?.as_object()?;
    if let Some(formatted) = text(name, "formatted") {
        return Some(formatted);
    }
    let parts: Vec<String> = ["givenName", "familyName"].into_iter().filter_map(|part| text(name, part)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{document, draft, read};
    use serde_json::{Map, Value, json};

    #[test]
    fn a_name_is_the_one_that_is_shown_or_put_together() {
        for (name, shown) in [
            (json!({"givenName": "Ada", "familyName": "King"}), Some("Ada King")),
            (json!({"familyName": "King"}), Some("King")),
            (json!({"formatted": "", "givenName": "Ada", "familyName": " "}), Some("Ada")),
            (json!({"formatted": "Countess", "givenName": "Ada"}), Some("Countess")),
            (json!({"middleName": "X"}), None),
        ] {
            for empty in [json!(null), json!(""), json!(" ")] {
                let user = json!({"userName": "ada", "name": name, "displayName": empty});
                let user = read(map(user), None).expect("a user");
                assert_eq!(user.display_name.as_deref(), shown);
            }
        }
    }

    #[test]
    fn a_user_may_have_256_kib_and_no_more() {
        let with_title = |length: usize| draft(map(json!({"userName": "ada", "title": "x".repeat(length)})), None);
        let beside = with_title(0).expect("a user").attributes.len();
        assert!(with_title(super::LARGEST - beside).is_ok());
        assert!(with_title(super::LARGEST - beside + 1).is_err());
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn the_address_is_the_primary_one_and_stays_when_the_attribute_goes() {
        let with = |emails: Value| map(json!({"userName": "ada", "emails": emails}));
        let first =
            read(with(json!([{"value": "a@x.org"}, {"value": "B@x.org", "primary": "True"}])), None).expect("a user");
        assert_eq!(first.email.as_deref(), Some("B@x.org"));
        assert_eq!(first.addresses, ["a@x.org", "b@x.org"]);
        for nothing in [json!(null), json!([])] {
            assert_eq!(read(with(nothing), Some(&first)).expect("a user").email.as_deref(), Some("B@x.org"));
        }
        assert_eq!(read(with(json!([{"value": "emailName357"}])), Some(&first)).expect("a user").email, None);
        assert_eq!(
            read(map(json!({"userName": "ada@x.org"})), None).expect("a user").email.as_deref(),
            Some("ada@x.org")
        );
    }

    #[test]
    fn nothing_that_is_not_said_makes_somebody_active() {
        let user = |active: Value| map(json!({"userName": "ada", "active": active}));
        let gone = read(user(json!("False")), None).expect("a user");
        assert!(!gone.active);
        assert!(!read(user(json!(null)), Some(&gone)).expect("a user").active);
        assert!(read(user(json!(null)), None).expect("a user").active);
        // Removed by a PATCH: not shown, and not active.
        let mut removed = document(&read(user(json!(true)), None).expect("a user"));
        removed.remove("active");
        let removed = draft(removed, None).expect("a user");
        assert!(!removed.active && !document(&removed).contains_key("active"));
        assert!(!draft(document(&removed), None).expect("a user").active);
    }

    #[test]
    fn a_user_is_kept_as_it_was_sent() {
        let user =
            map(json!({"userName": "Ada", "externalId": "7", "active": true, "title": "x", "locale": "anything"}));
        let first = read(user.clone(), None).expect("a user");
        assert_eq!(document(&first), user);
        assert_eq!(draft(document(&first), None).expect("a user"), first);
        for bad in [json!({}), json!({"userName": " "}), json!({"userName": ""}), json!({"userName": "a\u{200b}"})] {
            assert!(read(map(bad), None).is_err());
        }
        assert!(read(map(json!({"userName": "a", "schemas": ["urn:x"]})), None).is_err());
    }
}
