//! The many spellings of one attribute: in another case, alone or behind the URN of its schema, in
//! an object under that URN.
//!
//! Promise: one object gives an attribute once. Two readers of two spellings would read different
//! values, so such an object is refused, whatever the values are.

use super::error::{ScimError, Type};
use super::schema::{Attribute, Resource, Schema, core_attribute, find};
use super::value::wrong;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// An attribute that a whole resource gives.
#[derive(Debug)]
pub(crate) struct Member {
    /// None in the core.
    pub(crate) extension: Option<&'static Schema>,
    pub(crate) attribute: &'static Attribute,
    pub(crate) value: Value,
}

/// The attributes of a whole resource that this server knows, each once. Others are left out.
pub(crate) fn members(resource: Resource, document: Map<String, Value>) -> Result<Vec<Member>, ScimError> {
    let mut members = Members { found: Vec::new() };
    let core = resource.core();
    for (name, value) in document {
        if name.eq_ignore_ascii_case(core.id) {
            for (name, value) in object(core, value)? {
                members.push(None, core_attribute(resource, &name), value)?;
            }
        } else if let Some(schema) = extension_named(resource, &name) {
            for (name, value) in object(schema, value)? {
                members.push(Some(schema), find(schema.attributes, &name), value)?;
            }
        } else if let Some((urn, last)) = name.rsplit_once(':') {
            if urn.eq_ignore_ascii_case(core.id) {
                members.push(None, core_attribute(resource, last), value)?;
            } else if let Some(schema) = extension_named(resource, urn) {
                members.push(Some(schema), find(schema.attributes, last), value)?;
            }
        } else {
            members.push(None, core_attribute(resource, &name), value)?;
        }
    }
    Ok(members.found)
}

struct Members {
    found: Vec<Member>,
}

impl Members {
    fn push(
        &mut self,
        extension: Option<&'static Schema>,
        attribute: Option<&'static Attribute>,
        value: Value,
    ) -> Result<(), ScimError> {
        let Some(attribute) = attribute else { return Ok(()) };
        let id = |schema: Option<&Schema>| schema.map(|schema| schema.id);
        if self.found.iter().any(|other| id(other.extension) == id(extension) && other.attribute.name == attribute.name)
        {
            return Err(twice(attribute.name));
        }
        self.found.push(Member { extension, attribute, value });
        Ok(())
    }
}

/// The extension of this URN, whatever its case.
fn extension_named(resource: Resource, name: &str) -> Option<&'static Schema> {
    resource.extensions().iter().find(|schema| schema.id.eq_ignore_ascii_case(name)).copied()
}

fn object(schema: &Schema, value: Value) -> Result<Map<String, Value>, ScimError> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(wrong(schema.name, "must be an object")),
    }
}

/// Refuses an object of a message in which two names differ in case alone.
pub(crate) fn distinct(map: &Map<String, Value>) -> Result<(), ScimError> {
    let mut seen = HashSet::with_capacity(map.len());
    match map.keys().find(|name| !seen.insert(name.to_ascii_lowercase())) {
        Some(name) => Err(twice(&name.chars().take(100).collect::<String>())),
        None => Ok(()),
    }
}

/// The refusal.
pub(crate) fn twice(name: &str) -> ScimError {
    ScimError::bad(Type::InvalidSyntax, format!("{name} appears twice, in different spellings."))
}

#[cfg(test)]
mod tests {
    use super::{distinct, members};
    use crate::scim::error::Type;
    use crate::scim::schema::Resource;
    use serde_json::{Map, Value, json};

    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    /// Every way to give an attribute of the core or of the extension.
    fn spellings(extension: Option<&str>, name: &str, value: &Value) -> Vec<Map<String, Value>> {
        let urn = extension.unwrap_or(CORE);
        let mut all = Vec::new();
        for name in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
            for urn in [urn.to_owned(), urn.to_uppercase()] {
                all.push(map(json!({format!("{urn}:{name}"): value})));
                all.push(map(json!({urn: {name.clone(): value}})));
            }
            if extension.is_none() {
                all.push(map(json!({name: value})));
            }
        }
        all.sort_by_key(|one| Value::Object(one.clone()).to_string());
        all.dedup();
        all
    }

    #[test]
    fn every_spelling_is_understood_and_any_two_of_them_in_one_object_are_refused() {
        let mut pairs = 0;
        for (extension, name) in [(None, "active"), (None, "userName"), (Some(ENTERPRISE), "department")] {
            for value in [json!("x"), json!(null)] {
                let all = spellings(extension, name, &value);
                for one in &all {
                    let read = members(Resource::User, one.clone()).expect("understood");
                    assert!(read.len() == 1 && read[0].attribute.name == name && read[0].value == value, "{one:?}");
                    for other in &all {
                        let mut both = one.clone();
                        both.extend(other.clone());
                        // Two that are the same, or under one key, are one.
                        if both.len() == 2 {
                            let refused = members(Resource::User, both.clone()).expect_err("two spellings");
                            assert_eq!(refused.kind, Some(Type::InvalidSyntax), "{both:?}");
                            pairs += 1;
                        }
                    }
                }
            }
        }
        assert!(pairs > 300, "{pairs}");
    }

    #[test]
    fn what_nobody_knows_is_left_out_and_what_stands_in_the_place_of_an_object_is_refused() {
        let unknown = json!({"nope": 1, "NOPE": 2, "urn:x:y": {"active": true}, "urn:x:y:active": true, ENTERPRISE: null, CORE: null});
        assert!(members(Resource::User, map(unknown)).expect("nothing").is_empty());
        for urn in [ENTERPRISE, CORE] {
            assert!(members(Resource::User, map(json!({urn: "x"}))).is_err());
        }
    }

    #[test]
    fn the_members_of_a_message_are_distinct_whatever_their_case() {
        assert!(distinct(&map(json!({"op": 1, "path": 2}))).is_ok());
        assert!(distinct(&map(json!({"op": 1, "oP": 1}))).is_err());
    }
}
