//! A SCIM User as JSON, and what this server takes from it.
//!
//! Attributes are stored as they were sent (in the organisation's row, for the organisation); the few that matter here are checked. `password`, `groups`, `meta`
//! and `id` are the server's business and dropped.

use super::error::{ScimError, Type};
use crate::calendar::instant;
use crate::names;
use crate::origin::Origin;
use crate::store::{Draft, Person};
use firstkey::crypto::context::AccountId;
use serde_json::{Map, Value, json};

pub(super) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Longest text in one attribute, in bytes.
const LONGEST: usize = 64 * 1024;
const LONGEST_USER_NAME: usize = 512;

/// Reads a whole User; `active` is what it is if the document does not say.
pub(super) fn read(mut document: Map<String, Value>, active: bool) -> Result<Draft, ScimError> {
    drop_what_is_ours(&mut document);
    check_schemas(document.remove("schemas"))?;
    let active = match take(&mut document, "active") {
        None => active,
        Some(value) => boolean(&value)?,
    };
    let user_name = take(&mut document, "userName");
    let user_name = user_name.as_ref().and_then(Value::as_str).unwrap_or("").trim().to_owned();
    if user_name.is_empty() || user_name.len() > LONGEST_USER_NAME || has_control(&user_name) {
        return Err(ScimError::bad(Type::InvalidValue, "userName must be a text of 1 to 512 bytes on one line."));
    }
    let external_id = take(&mut document, "externalId").map(text).transpose()?;
    // null, [] and absent are one state (RFC 7643 section 2.5).
    document.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
    check_texts(&Value::Object(document.clone()))?;
    let email = address(&document)?.or_else(|| names::is_address(&user_name).then(|| user_name.clone()));
    let display_name = display_name(&document)?;
    Ok(Draft { user_name, external_id, active, email, display_name, attributes: Value::Object(document).to_string() })
}

/// The stored User as a document that [`read`] reads back.
pub(super) fn document(draft: &Draft) -> Map<String, Value> {
    let mut map = match serde_json::from_str(&draft.attributes) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    map.insert("userName".into(), draft.user_name.clone().into());
    map.insert("active".into(), draft.active.into());
    if let Some(external_id) = &draft.external_id {
        map.insert("externalId".into(), external_id.clone().into());
    }
    map
}

/// The User as the identity provider sees it, and its location.
pub(super) fn render(person: &Person, origin: &Origin) -> (Value, String) {
    let id = AccountId(person.user_id).to_string();
    let location = format!("{origin}/scim/v2/Users/{id}");
    let mut map = document(&person.draft);
    let mut schemas = vec![json!(CORE)];
    schemas.extend(map.keys().filter(|key| key.starts_with("urn:")).map(|key| json!(key)));
    map.insert("schemas".into(), schemas.into());
    map.insert("id".into(), id.into());
    let meta = json!({
        "resourceType": "User",
        "created": instant(person.created_at),
        "lastModified": instant(person.modified_at),
        "location": location,
        "version": format!("W/\"{}\"", person.version),
    });
    map.insert("meta".into(), meta);
    (Value::Object(map), location)
}

/// Removes an attribute, whatever its case (RFC 7643 section 2.1).
pub(super) fn take(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = map.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    map.remove(&key).filter(|value| !value.is_null())
}

/// `true`, `false`, or one of them as text in any case, as Entra sends it.
pub(super) fn boolean(value: &Value) -> Result<bool, ScimError> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(ScimError::bad(Type::InvalidValue, "active must be true or false.")),
    }
}

/// What the server decides or must not keep.
fn drop_what_is_ours(document: &mut Map<String, Value>) {
    for name in ["password", "groups", "meta", "id"] {
        while take(document, name).is_some() {}
        document.retain(|key, _| !key.eq_ignore_ascii_case(name));
    }
}

fn check_schemas(schemas: Option<Value>) -> Result<(), ScimError> {
    match schemas {
        // Authentik leaves it out.
        None => Ok(()),
        Some(Value::Array(list)) if list.iter().any(|schema| schema == CORE) => Ok(()),
        Some(_) => {
            Err(ScimError::bad(Type::InvalidValue, "schemas must contain urn:ietf:params:scim:schemas:core:2.0:User."))
        }
    }
}

/// No text may be huge, and none may hold control characters: they end up in mail and on terminals.
fn check_texts(value: &Value) -> Result<(), ScimError> {
    match value {
        Value::String(text) if text.len() > LONGEST => {
            Err(ScimError::bad(Type::InvalidValue, "A value is longer than 64 KiB."))
        }
        Value::String(text) if has_control(text) => {
            Err(ScimError::bad(Type::InvalidValue, "A value contains a line break or another control character."))
        }
        Value::Array(items) => items.iter().try_for_each(check_texts),
        Value::Object(map) => map.values().try_for_each(check_texts),
        _ => Ok(()),
    }
}

/// The primary e-mail address, else the first.
fn address(document: &Map<String, Value>) -> Result<Option<String>, ScimError> {
    let Some(emails) = find(document, "emails") else { return Ok(None) };
    let wrong =
        || ScimError::bad(Type::InvalidValue, "emails must be a list of objects with one valid address as value each.");
    let mut primary = None;
    let mut first = None;
    for email in emails.as_array().ok_or_else(wrong)? {
        let email = email.as_object().ok_or_else(wrong)?;
        let Some(value) = find(email, "value") else { continue };
        let value = value.as_str().filter(|value| names::is_address(value)).ok_or_else(wrong)?;
        let is_primary = find(email, "primary").map(boolean).transpose()?.unwrap_or(false);
        if is_primary && primary.replace(value).is_some() {
            return Err(ScimError::bad(Type::InvalidValue, "Only one e-mail address can be primary."));
        }
        first.get_or_insert(value);
    }
    Ok(primary.or(first).map(str::to_owned))
}

/// `displayName`, else the name put together.
fn display_name(document: &Map<String, Value>) -> Result<Option<String>, ScimError> {
    if let Some(name) = find(document, "displayName") {
        return text(name.clone()).map(Some);
    }
    let Some(name) = find(document, "name") else { return Ok(None) };
    let name = name.as_object().ok_or(ScimError::bad(Type::InvalidValue, "name must be an object."))?;
    if let Some(formatted) = find(name, "formatted") {
        return text(formatted.clone()).map(Some);
    }
    let parts = ["givenName", "familyName"].into_iter().filter_map(|part| find(name, part)?.as_str());
    let joined = parts.collect::<Vec<_>>().join(" ");
    Ok((!joined.is_empty()).then_some(joined))
}

fn find<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text(value: Value) -> Result<String, ScimError> {
    match value {
        Value::String(text) if text.len() <= LONGEST && !has_control(&text) => Ok(text),
        _ => Err(ScimError::bad(Type::InvalidValue, "A value that must be a text is none.")),
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}
