//! A schema as RFC 7643 section 7 writes it.

use super::{Attribute, Kind, Mutability, Returned, Schema};
use serde_json::{Map, Value, json};

pub(super) fn schema(schema: &Schema) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute).collect::<Vec<_>>(),
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| {
        map.insert(key.to_owned(), value);
    };
    put("name", attribute.name.into());
    put("type", kind(attribute.kind).into());
    put("multiValued", attribute.many.into());
    put("description", attribute.description.into());
    put("required", attribute.required.into());
    put("mutability", mutability(attribute.mutability).into());
    put("returned", returned(attribute.returned).into());
    if attribute.kind == Kind::Complex {
        put("subAttributes", attribute.subs.iter().map(self::attribute).collect());
        put("uniqueness", "none".into());
    } else {
        put("caseExact", attribute.exact.into());
        put("uniqueness", if attribute.unique { "server" } else { "none" }.into());
    }
    if !attribute.canonical.is_empty() {
        put("canonicalValues", attribute.canonical.into());
    }
    if !attribute.references.is_empty() {
        put("referenceTypes", attribute.references.into());
    }
    Value::Object(map)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Lines => "string",
        Kind::Boolean => "boolean",
        Kind::Moment => "dateTime",
        Kind::Reference => "reference",
        Kind::Binary => "binary",
        Kind::Complex => "complex",
    }
}

fn mutability(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    }
}

fn returned(returned: Returned) -> &'static str {
    match returned {
        Returned::Always => "always",
        Returned::Never => "never",
        Returned::Default => "default",
    }
}

#[cfg(test)]
mod tests {
    use crate::scim::schema::Resource;
    use serde_json::{Value, json};

    /// An attribute as the schema of its resource writes it, without the description.
    fn written(resource: Resource, path: &[&str]) -> Value {
        let mut value = super::schema(resource.core());
        for (depth, name) in path.iter().enumerate() {
            let list = value[if depth == 0 { "attributes" } else { "subAttributes" }].take();
            let found = list.as_array().expect("a list").iter().find(|attribute| attribute["name"] == *name).cloned();
            value = found.unwrap_or_else(|| panic!("there is no {name}"));
        }
        let map = value.as_object_mut().expect("an object");
        assert!(map.remove("description").is_some_and(|text| text.is_string()));
        map.remove("subAttributes");
        value
    }

    #[test]
    fn attributes_are_written_with_the_words_of_the_rfc() {
        for (resource, path, expected) in [
            (
                Resource::User,
                &["userName"][..],
                json!({"name": "userName", "type": "string", "multiValued": false, "required": true, "caseExact": false,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "server"}),
            ),
            (
                Resource::User,
                &["emails"],
                json!({"name": "emails", "type": "complex", "multiValued": true, "required": false,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none"}),
            ),
            (
                Resource::User,
                &["active"],
                json!({"name": "active", "type": "boolean", "multiValued": false, "required": false, "caseExact": false,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none"}),
            ),
            (
                Resource::User,
                &["photos", "value"],
                json!({"name": "value", "type": "reference", "multiValued": false, "required": false, "caseExact": true,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none", "referenceTypes": ["external"]}),
            ),
            (
                Resource::User,
                &["x509Certificates", "value"],
                json!({"name": "value", "type": "binary", "multiValued": false, "required": false, "caseExact": true,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none"}),
            ),
            (
                Resource::User,
                &["emails", "type"],
                json!({"name": "type", "type": "string", "multiValued": false, "required": false, "caseExact": false,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none", "canonicalValues": ["work", "home", "other"]}),
            ),
            (
                Resource::Group,
                &["members", "value"],
                json!({"name": "value", "type": "string", "multiValued": false, "required": false, "caseExact": true,
                    "mutability": "immutable", "returned": "default", "uniqueness": "none"}),
            ),
        ] {
            assert_eq!(written(resource, path), expected, "{path:?}");
        }
    }
}
