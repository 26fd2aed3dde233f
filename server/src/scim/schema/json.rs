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
