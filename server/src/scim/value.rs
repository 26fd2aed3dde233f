//! A resource as it came in, made canonical: names as the schema spells them, values of its types,
//! nothing unknown, nothing empty.
//!
//! Promises: what is canonical stays so under another pass; `password` and whatever the server
//! decides itself are gone; control characters are refused, except line breaks where postal
//! addresses have them. What was sent as a value and is not understood is refused and never becomes
//! an empty value. Lenient where providers are: `"True"` is a boolean, one value may stand for a
//! list of one and the other way round, a text stands for an object with that `value` and the other
//! way round, also in a list of one, and a text without letters is no value. Must never: change a
//! text.

use super::error::{ScimError, Type};
use super::schema::{Attribute, Kind, Mutability, Resource, Schema};
use super::spelling::{self, Member};
use serde_json::{Map, Value};

/// Longest text, in bytes.
const LONGEST: usize = 64 * 1024;
/// Most values of one attribute; members of a group are counted elsewhere.
pub(crate) const MOST: usize = 256;

/// What becomes of a hollow value: `{}`, `null` in a list, or an object with nothing but what the
/// server decides. It says nothing, so it must not empty what is there.
#[derive(Clone, Copy)]
enum Hollow<'a> {
    /// In changes.
    Refused,
    /// In something new, which has nothing to lose.
    Skipped,
    /// In a whole replacement: refused where this, which is replaced, has a value.
    ReplacesNothingOf(&'a Map<String, Value>),
}

impl Hollow<'_> {
    fn check(self, attribute: &Attribute) -> Result<(), ScimError> {
        match self {
            Self::Skipped => Ok(()),
            Self::ReplacesNothingOf(before) if !before.contains_key(attribute.name) => Ok(()),
            Self::Refused | Self::ReplacesNothingOf(_) => {
                Err(wrong(attribute.name, "has a value that says nothing; null, [] or remove empties it"))
            }
        }
    }

    /// The same inside an extension.
    fn within(self, extension: &Schema) -> Self {
        match self {
            Self::ReplacesNothingOf(before) => match before.get(extension.id) {
                Some(Value::Object(before)) => Self::ReplacesNothingOf(before),
                _ => Self::Skipped,
            },
            other => other,
        }
    }
}

/// A whole resource, which takes the place of `before` if there is one. What the server decides
/// (`id`, `meta`, `groups`, `schemas`) and `password` are left out.
pub(crate) fn resource(
    resource: Resource,
    document: Map<String, Value>,
    before: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, ScimError> {
    canonical(spelling::members(resource, document)?, before)
}

/// The same of members that were sorted out already.
pub(crate) fn canonical(
    members: Vec<Member>,
    before: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, ScimError> {
    let hollow = before.map_or(Hollow::Skipped, Hollow::ReplacesNothingOf);
    let mut canonical = Map::new();
    for Member { extension, attribute, value } in members {
        if !is_kept(attribute) {
            continue;
        }
        let within = extension.map_or(hollow, |schema| hollow.within(schema));
        let Some(value) = read(attribute, value, within)? else { continue };
        let home = match extension {
            None => &mut canonical,
            Some(schema) => {
                let inner = canonical.entry(schema.id).or_insert_with(|| Value::Object(Map::new()));
                let Value::Object(inner) = inner else { continue };
                inner
            }
        };
        home.insert(attribute.name.to_owned(), value);
    }
    Ok(canonical)
}

/// All values of an attribute as a change gives them; none if there is none.
pub(crate) fn attribute_value(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    read(attribute, value, Hollow::Refused)
}

/// The value of an attribute of a resource, or at the end of a path.
fn read(attribute: &'static Attribute, value: Value, hollow: Hollow<'_>) -> Result<Option<Value>, ScimError> {
    let is_simple = !attribute.many && attribute.kind != Kind::Complex;
    plain(attribute, if is_simple { unwrapped(value) } else { value }, hollow)
}

/// Clients of Microsoft's first library send one text or boolean as `[{"$ref": null, "value":
/// "x"}]` (MicrosoftDocs/azure-docs#42220). A deactivation may come so.
fn unwrapped(value: Value) -> Value {
    let value = match value {
        Value::Array(mut items) if items.len() == 1 && items[0].is_object() => items.pop().unwrap_or_default(),
        value => value,
    };
    match value {
        Value::Object(mut map) => {
            let mut given = map.iter().filter(|(_, part)| !part.is_null()).map(|(name, _)| name.clone());
            match (given.next(), given.next()) {
                (Some(name), None) if name.eq_ignore_ascii_case("value") => map.remove(&name).unwrap_or_default(),
                _ => Value::Object(map),
            }
        }
        value => value,
    }
}

fn plain(attribute: &'static Attribute, value: Value, hollow: Hollow<'_>) -> Result<Option<Value>, ScimError> {
    if !attribute.many {
        let value = match value {
            // Microsoft's documentation sends a manager as a list of one.
            Value::Array(items) if items.len() <= 1 && attribute.kind == Kind::Complex => {
                items.into_iter().next().unwrap_or(Value::Null)
            }
            value => value,
        };
        return one(attribute, value, hollow);
    }
    let items = match value {
        Value::Null => return Ok(None),
        Value::Array(items) => items,
        value => vec![value],
    };
    if items.len() > MOST && attribute.name != "members" {
        return Err(wrong(attribute.name, "has more than 256 values"));
    }
    let mut canonical = Vec::new();
    for item in items {
        if item.is_null() {
            hollow.check(attribute)?;
        }
        match one(attribute, item, hollow)? {
            Some(item) => canonical.push(item),
            None if matches!(hollow, Hollow::Refused) => hollow.check(attribute)?,
            // A provider that sends the whole says with an empty text that there is no value.
            None => {}
        }
    }
    only_one_primary(attribute, &canonical)?;
    Ok((!canonical.is_empty()).then_some(Value::Array(canonical)))
}

/// One value of an attribute, as a change gives it.
pub(crate) fn one_value(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, ScimError> {
    one(attribute, value, Hollow::Refused)
}

fn one(attribute: &'static Attribute, value: Value, hollow: Hollow<'_>) -> Result<Option<Value>, ScimError> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex, Value::Object(map)) => complex(attribute, map, hollow),
        (Kind::Complex, value @ Value::String(_)) if attribute.sub("value").is_some() => {
            complex(attribute, Map::from_iter([("value".to_owned(), value)]), hollow)
        }
        (Kind::Boolean, value) => boolean(&value)
            .map(|value| Some(Value::Bool(value)))
            .ok_or_else(|| wrong(attribute.name, "must be true or false")),
        (Kind::Text | Kind::Lines | Kind::Moment | Kind::Reference | Kind::Binary, Value::String(text)) => {
            check_text(attribute, &text)?;
            // Entra takes a manager or a department away by replacing it with an empty text.
            Ok((!text.trim().is_empty()).then_some(Value::String(text)))
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

fn complex(
    attribute: &'static Attribute,
    map: Map<String, Value>,
    hollow: Hollow<'_>,
) -> Result<Option<Value>, ScimError> {
    let given = map.len();
    let parts = parts(attribute, map)?;
    let has_unknown = parts.len() < given;
    if has_unknown && attribute.sub("value").is_some() && !parts.iter().any(|(sub, _)| sub.name == "value") {
        return Err(wrong(attribute.name, "has no value, but something that is not known"));
    }
    if parts.iter().all(|(sub, _)| sub.mutability == Mutability::ReadOnly) {
        return hollow.check(attribute).map(|()| None);
    }
    let mut canonical = Map::new();
    for (sub, value) in parts {
        if sub.mutability != Mutability::ReadOnly
            && let Some(value) = plain(sub, value, hollow)?
        {
            canonical.insert(sub.name.to_owned(), value);
        }
    }
    Ok((!canonical.is_empty()).then_some(Value::Object(canonical)))
}

/// The sub-attributes that an object of this attribute gives. One that has members and none that is
/// known is refused, because ignoring it would leave nothing.
pub(crate) fn parts(
    attribute: &'static Attribute,
    map: Map<String, Value>,
) -> Result<Vec<(&'static Attribute, Value)>, ScimError> {
    let is_empty = map.is_empty();
    let mut parts: Vec<(&'static Attribute, Value)> = Vec::new();
    for (name, value) in map {
        // Microsoft's collection names a member by displayName.
        let name = if attribute.name == "members" && name.eq_ignore_ascii_case("displayName") {
            "display"
        } else {
            name.as_str()
        };
        let Some(sub) = attribute.sub(name) else { continue };
        if parts.iter().any(|(other, _)| other.name == sub.name) {
            return Err(spelling::twice(sub.name));
        }
        parts.push((sub, value));
    }
    if parts.is_empty() && !is_empty {
        return Err(wrong(attribute.name, "is an object in which nothing is known"));
    }
    Ok(parts)
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
    use crate::scim::error::ScimError;
    use crate::scim::schema::Resource;
    use serde_json::{Map, Value, json};

    fn resource(kind: Resource, document: Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
        super::resource(kind, document, None)
    }

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
    fn a_simple_value_may_be_the_only_one_of_an_object_also_in_a_list_of_one() {
        let read = |value: Value| resource(Resource::User, map(json!({"active": value.clone(), "title": value})));
        for wrapped in [json!({"value": "true"}), json!([{"value": "true"}]), json!([{"$ref": null, "Value": "true"}])]
        {
            assert_eq!(
                read(wrapped.clone()).expect("canonical"),
                map(json!({"active": true, "title": "true"})),
                "{wrapped}"
            );
        }
        for bad in [
            json!([]),
            json!([null]),
            json!(["true"]),
            json!([{"value": "true"}, {"value": "true"}]),
            json!({}),
            json!([{}]),
            json!({"value": null}),
            json!({"value": "true", "type": "x"}),
            json!({"title": "true"}),
            json!([["true"]]),
            json!({"value": {"value": "true"}}),
            json!({"value": ["true"]}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
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
                "schemas": ["x"], "id": "1", "META": {}, "groups": [{"value": "g"}], "PassWord": "secret", "nickName": " ", "profileUrl": "", "nope": 1, "urn:x:y": {"a": 1},
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
    fn what_says_nothing_empties_nothing_and_what_is_not_understood_is_refused() {
        let user = |emails: &Value| map(json!({"userName": "ada", "emails": emails}));
        let before = user(&json!([{"value": "a@b.c", "type": "work"}]));
        let nobody = map(json!({"userName": "ada"}));
        let end = |emails: &Value, before: Option<&Map<String, Value>>| {
            super::resource(Resource::User, user(emails), before).map(|read| read.get("emails").cloned()).ok()
        };
        for hollow in [json!({}), json!([{}]), json!([null]), json!([{}, null])] {
            assert_eq!(end(&hollow, None), Some(None), "{hollow}");
            assert_eq!(end(&hollow, Some(&nobody)), Some(None), "{hollow}");
            assert_eq!(end(&hollow, Some(&before)), None, "{hollow}");
        }
        for malformed in crate::scim::patch::laws::malformed("emails") {
            for before in [None, Some(&nobody), Some(&before)] {
                let emptied = matches!(end(&malformed, before), Some(Some(_)));
                assert!(!emptied, "{malformed} is no value");
            }
        }
        // That there is no value is said by these.
        for none in [json!(null), json!([]), json!(""), json!([{"value": ""}]), json!([{"value": null, "type": ""}])] {
            assert_eq!(end(&none, Some(&before)), Some(None), "{none}");
        }
        let kept = end(&json!([{"value": "x@y.z", "mail": "ignored"}]), Some(&before));
        assert_eq!(kept, Some(Some(json!([{"value": "x@y.z"}]))));
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
            json!({"emails": [{"value": "a"}, {"mail": "b"}]}),
            json!({"emails": [{"type": "work", "mail": "b"}]}),
            json!({"name": {"first": "Ada"}}),
            json!({"title": null, "TITLE": null}),
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
