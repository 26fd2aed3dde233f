//! A resource as it came in, made canonical: names as the schema spells them, values of its types,
//! nothing unknown, nothing empty.
//!
//! Promises: what is canonical stays so under another pass; `password` and whatever the server
//! decides itself are gone; control characters are refused, except line breaks where postal
//! addresses have them. Lenient where providers are: `"True"` is a boolean, one value may stand for
//! a list of one and the other way round, and a text stands for an object with that `value`. Must
//! never: change a text.

use super::error::{ScimError, Type};
use super::schema::{Attribute, Kind, Mutability, Resource, Schema, core_attribute, find};
use serde_json::{Map, Value};

/// Longest text, in bytes.
const LONGEST: usize = 64 * 1024;
/// Most values of one attribute; members of a group are counted elsewhere.
pub(crate) const MOST: usize = 256;

/// A whole resource. What the server decides (`id`, `meta`, `groups`, `schemas`) and `password` are
/// left out.
pub(crate) fn resource(resource: Resource, document: Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
    let mut canonical = Map::new();
    for (name, value) in document {
        if let Some(extension) = extension_named(resource, &name) {
            if let Some(value) = extension_value(extension, value)? {
                merge(&mut canonical, extension.id, value)?;
            }
        } else if let Some(attribute) = core_attribute(resource, &name).filter(|attribute| is_kept(attribute))
            && let Some(value) = attribute_value(attribute, value)?
        {
            merge(&mut canonical, attribute.name, value)?;
        }
    }
    Ok(canonical)
}

/// The extension of this URN, whatever its case.
pub(crate) fn extension_named(resource: Resource, name: &str) -> Option<&'static Schema> {
    resource.extensions().iter().find(|schema| schema.id.eq_ignore_ascii_case(name)).copied()
}

/// The attributes of an extension.
pub(crate) fn extension_value(extension: &'static Schema, value: Value) -> Result<Option<Value>, ScimError> {
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return Ok(None),
        _ => return Err(wrong(extension.name, "must be an object")),
    };
    let mut canonical = Map::new();
    for (name, value) in map {
        if let Some(attribute) = find(extension.attributes, &name).filter(|attribute| is_kept(attribute))
            && let Some(value) = attribute_value(attribute, value)?
        {
            merge(&mut canonical, attribute.name, value)?;
        }
    }
    Ok((!canonical.is_empty()).then_some(Value::Object(canonical)))
}

/// All values of an attribute; none if there is none.
pub(crate) fn attribute_value(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    if !attribute.many {
        let value = match value {
            // Microsoft's documentation sends a manager as a list of one.
            Value::Array(items) if items.len() <= 1 && attribute.kind == Kind::Complex => {
                items.into_iter().next().unwrap_or(Value::Null)
            }
            value => value,
        };
        return one_value(attribute, value);
    }
    let items = match value {
        Value::Array(items) => items,
        value => vec![value],
    };
    if items.len() > MOST && attribute.name != "members" {
        return Err(wrong(attribute.name, "has more than 256 values"));
    }
    let mut canonical = Vec::new();
    for item in items {
        canonical.extend(one_value(attribute, item)?);
    }
    only_one_primary(attribute, &canonical)?;
    Ok((!canonical.is_empty()).then_some(Value::Array(canonical)))
}

/// One value of an attribute.
pub(crate) fn one_value(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex, Value::Object(map)) => complex(attribute, map),
        (Kind::Complex, value @ Value::String(_)) if attribute.sub("value").is_some() => {
            complex(attribute, Map::from_iter([("value".to_owned(), value)]))
        }
        (Kind::Boolean, value) => boolean(&value)
            .map(|value| Some(Value::Bool(value)))
            .ok_or_else(|| wrong(attribute.name, "must be true or false")),
        (Kind::Text | Kind::Lines | Kind::Moment | Kind::Reference | Kind::Binary, Value::String(text)) => {
            check_text(attribute, &text)?;
            Ok(Some(Value::String(text)))
        }
        (Kind::Complex, _) => Err(wrong(attribute.name, "must be an object")),
        _ => Err(wrong(attribute.name, "must be a text")),
    }
}

/// `true`, `false`, or one of them as text in any case, as Entra sends it.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// At most one value may be the primary one (RFC 7643 section 2.4).
pub(crate) fn only_one_primary(attribute: &Attribute, values: &[Value]) -> Result<(), ScimError> {
    if values.iter().filter(|value| is_primary(value)).count() > 1 {
        return Err(wrong(attribute.name, "has more than one primary value"));
    }
    Ok(())
}

pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

fn complex(attribute: &'static Attribute, map: Map<String, Value>) -> Result<Option<Value>, ScimError> {
    let mut canonical = Map::new();
    for (name, value) in map {
        // Microsoft's collection names a member by displayName.
        let name = if attribute.name == "members" && name.eq_ignore_ascii_case("displayName") {
            "display"
        } else {
            name.as_str()
        };
        if let Some(sub) = attribute.sub(name).filter(|sub| sub.mutability != Mutability::ReadOnly)
            && let Some(value) = attribute_value(sub, value)?
        {
            merge(&mut canonical, sub.name, value)?;
        }
    }
    Ok((!canonical.is_empty()).then_some(Value::Object(canonical)))
}

/// The same name in two spellings would let two readers see different things.
fn merge(map: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), ScimError> {
    if map.insert(name.to_owned(), value).is_some() {
        return Err(ScimError::bad(Type::InvalidSyntax, format!("{name} appears twice, in different spellings.")));
    }
    Ok(())
}

fn is_kept(attribute: &Attribute) -> bool {
    matches!(attribute.mutability, Mutability::ReadWrite | Mutability::Immutable)
}

fn check_text(attribute: &Attribute, text: &str) -> Result<(), ScimError> {
    if text.len() > LONGEST {
        return Err(wrong(attribute.name, "is longer than 64 KiB"));
    }
    let line_break = |c: char| attribute.kind == Kind::Lines && matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(|c| c.is_control() && !line_break(c)) {
        return Err(wrong(attribute.name, "contains a line break or another control character"));
    }
    Ok(())
}

pub(crate) fn wrong(name: &str, what: &str) -> ScimError {
    ScimError::bad(Type::InvalidValue, format!("{name} {what}."))
}

#[cfg(test)]
mod tests {
    use super::resource;
    use crate::scim::schema::Resource;
    use serde_json::{Map, Value, json};

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn nothing_in_the_place_of_an_extension_is_nothing_and_anything_else_is_named() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let read = |name: &str, value: Value| resource(Resource::User, Map::from_iter([(name.to_owned(), value)]));
        assert_eq!(read(enterprise, json!(null)).expect("nothing"), Map::new());
        for (name, value, wrong) in [
            (enterprise, json!("x"), "must be an object"),
            ("name", json!(7), "must be an object"),
            ("title", json!(7), "must be a text"),
            ("active", json!("maybe"), "must be true or false"),
        ] {
            let refused = format!("{:?}", read(name, value).expect_err("refused"));
            assert!(refused.contains(wrong), "{name}: {refused}");
        }
    }

    #[test]
    fn a_text_is_64_kib_long_at_most() {
        let title = |length: usize| resource(Resource::User, map(json!({"title": "x".repeat(length)})));
        assert!(title(super::LONGEST).is_ok() && title(super::LONGEST + 1).is_err());
    }

    #[test]
    fn an_attribute_has_256_values_at_most() {
        let roles = |count: usize| resource(Resource::User, map(json!({"roles": vec!["x"; count]})));
        assert!(roles(256).is_ok() && roles(257).is_err());
    }

    #[test]
    fn a_resource_is_spelled_as_the_schema_spells_it_and_nothing_is_kept_that_is_not_the_providers() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let read = resource(
            Resource::User,
            map(json!({
                "schemas": ["x"], "id": "1", "META": {}, "groups": [{"value": "g"}], "PassWord": "secret", "nope": 1, "urn:x:y": {"a": 1},
                "USERNAME": "ada", "Active": "False", "emails": {"VALUE": "a@b.c", "Primary": "True", "x": 1}, "phoneNumbers": [],
                "addresses": [{"formatted": "a\nb", "country": null}, null, {}], "title": null, "roles": ["admin"],
                enterprise.to_uppercase(): {"Department": "R&D", "Manager": [{"Value": "7", "displayName": "x"}]},
            })),
        )
        .expect("canonical");
        let want = json!({
            "userName": "ada", "active": false, "emails": [{"value": "a@b.c", "primary": true}], "addresses": [{"formatted": "a\nb"}],
            "roles": [{"value": "admin"}], enterprise: {"department": "R&D", "manager": {"value": "7"}},
        });
        assert_eq!(Value::Object(read.clone()), want);
        assert_eq!(resource(Resource::User, read.clone()).expect("again"), read);
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for bad in [
            json!({"userName": {"a": 1}}),
            json!({"userName": 7}),
            json!({"userName": ["a", "b"]}),
            json!({"active": "maybe"}),
            json!({"active": 1}),
            json!({"name": "Ada"}),
            json!({"emails": [{"value": "a"}, 7]}),
            json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "TRUE"}]}),
            json!({"emails": [{"value": "x@example.com\r\nBcc: all@example.com"}]}),
            json!({"displayName": "a\nb"}),
            json!({"displayName": "x".repeat(65_537)}),
            json!({"title": "a", "TITLE": "b"}),
            json!({"roles": vec!["x"; 257]}),
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": []}),
        ] {
            assert!(resource(Resource::User, map(bad.clone())).is_err(), "{bad}");
        }
    }
}
