//! PATCH (RFC 7644 section 3.5.2) in the forms that identity providers send: operators in any case, with a path or without, paths as keys.
//!
//! Promise: all operations are applied or none; one that is not understood is an error.

use super::error::{ScimError, Type};
use super::person::{CORE, take};
use serde_json::{Map, Value};

/// Most operations in one request.
const MOST: usize = 1000;

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Add,
    Remove,
    Replace,
}

/// One operation on one attribute.
struct Change {
    op: Op,
    path: Path,
    value: Option<Value>,
}

/// `attribute` or `attribute.sub`; an extension's attributes live under its URN.
struct Path {
    attribute: String,
    sub: Option<String>,
}

/// The operations of a PATCH request.
pub(super) struct Patch(Vec<Change>);

impl Patch {
    /// Reads the request.
    pub(super) fn read(mut document: Map<String, Value>) -> Result<Self, ScimError> {
        let wrong = |detail| ScimError::bad(Type::InvalidSyntax, detail);
        let operations = match take(&mut document, "Operations") {
            Some(Value::Array(operations)) if (1..=MOST).contains(&operations.len()) => operations,
            _ => return Err(wrong("Operations must be a list of 1 to 1000 operations.")),
        };
        let mut changes = Vec::new();
        for operation in operations {
            let Value::Object(mut operation) = operation else { return Err(wrong("An operation must be an object.")) };
            let op = match take(&mut operation, "op")
                .as_ref()
                .and_then(Value::as_str)
                .map(str::to_ascii_lowercase)
                .as_deref()
            {
                Some("add") => Op::Add,
                Some("remove") => Op::Remove,
                Some("replace") => Op::Replace,
                _ => return Err(wrong("op must be add, remove or replace.")),
            };
            let path = take(&mut operation, "path");
            let present = operation.keys().any(|key| key.eq_ignore_ascii_case("value"));
            let value = take(&mut operation, "value").or(present.then_some(Value::Null));
            match (path, value) {
                (Some(Value::String(path)), value) => changes.push(Change::new(op, &path, value)?),
                (Some(_), _) => return Err(ScimError::bad(Type::InvalidPath, "path must be a text.")),
                (None, _) if op == Op::Remove => return Err(ScimError::bad(Type::NoTarget, "remove needs a path.")),
                (None, Some(Value::Object(values))) => {
                    for (path, value) in values {
                        changes.push(Change::new(op, &path, Some(value))?);
                    }
                }
                (None, _) => {
                    return Err(ScimError::bad(Type::InvalidValue, "Without a path the value must be an object."));
                }
            }
        }
        Ok(Self(changes))
    }

    /// Applies all operations to a User document whose id is `id`.
    pub(super) fn apply(self, document: &mut Map<String, Value>, id: &str) -> Result<(), ScimError> {
        self.0.into_iter().try_for_each(|change| change.apply(document, id))
    }
}

impl Change {
    fn new(op: Op, path: &str, value: Option<Value>) -> Result<Self, ScimError> {
        if op != Op::Remove && value.is_none() {
            return Err(ScimError::bad(Type::InvalidValue, "add and replace need a value."));
        }
        Ok(Self { op, path: Path::read(path)?, value })
    }

    fn apply(self, document: &mut Map<String, Value>, id: &str) -> Result<(), ScimError> {
        let attribute = self.path.attribute.as_str();
        let is = |name: &str| attribute.eq_ignore_ascii_case(name);
        // Synchronised passwords are thrown away, as everywhere.
        if is("password") || is("schemas") {
            return Ok(());
        }
        // Okta repeats the id that the person has already; that is no change.
        if is("id") && self.op != Op::Remove && self.value.as_ref().is_some_and(|value| value == id) {
            return Ok(());
        }
        if is("id") || is("meta") || is("groups") {
            return Err(ScimError::bad(Type::Mutability, "This attribute is read-only."));
        }
        if self.op == Op::Remove && (is("userName") || is("active")) {
            return Err(ScimError::bad(Type::Mutability, "userName and active cannot be removed."));
        }
        let value = self.value.filter(|value| self.op != Op::Remove && !value.is_null());
        if value.is_none() && (is("userName") || is("active")) {
            return Err(ScimError::bad(Type::InvalidValue, "userName and active need a value."));
        }
        match self.path.sub {
            None => set(document, attribute, value, self.op),
            Some(sub) => {
                let mut parent = match take(document, attribute) {
                    None => Map::new(),
                    Some(Value::Object(map)) => map,
                    Some(_) => return Err(ScimError::bad(Type::InvalidPath, "The attribute has no sub-attributes.")),
                };
                set(&mut parent, &sub, value, self.op)?;
                if !parent.is_empty() {
                    document.insert(self.path.attribute, Value::Object(parent));
                }
                Ok(())
            }
        }
    }
}

impl Path {
    fn read(path: &str) -> Result<Self, ScimError> {
        let wrong = || ScimError::bad(Type::InvalidPath, "The path is not one that this server changes.");
        if path.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
            // The attribute's name stands behind the last colon; a bare URN is an extension as a whole.
            let (schema, name) = path.rsplit_once(':').ok_or_else(wrong)?;
            if schema.eq_ignore_ascii_case(CORE) {
                return Self::read(name);
            }
            if name == "User" {
                return Ok(Self { attribute: path.to_owned(), sub: None });
            }
            return if is_name(name) {
                Ok(Self { attribute: schema.to_owned(), sub: Some(name.to_owned()) })
            } else {
                Err(wrong())
            };
        }
        let (attribute, sub) = match path.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub.to_owned())),
            None => (path, None),
        };
        if !is_name(attribute) || !sub.as_deref().is_none_or(is_name) {
            return Err(wrong());
        }
        Ok(Self { attribute: attribute.to_owned(), sub })
    }
}

/// An attribute name: a letter, then letters, digits, `-`, `_` (RFC 7643 section 2.1).
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Sets or removes a member whatever its case; `add` appends to lists and merges objects.
fn set(map: &mut Map<String, Value>, name: &str, value: Option<Value>, op: Op) -> Result<(), ScimError> {
    let key = map.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned());
    let Some(value) = value else {
        map.remove(&key);
        return Ok(());
    };
    match (op, map.get_mut(&key), value) {
        (Op::Add, Some(Value::Array(present)), Value::Array(more)) => {
            for item in more {
                if !present.contains(&item) {
                    present.push(item);
                }
            }
        }
        (_, Some(Value::Object(present)), Value::Object(more)) => present.extend(more),
        (_, Some(Value::Array(_)), Value::String(_) | Value::Bool(_) | Value::Number(_)) => {
            return Err(ScimError::bad(Type::InvalidValue, "The attribute is a list."));
        }
        (_, _, value) => {
            map.insert(key, value);
        }
    }
    Ok(())
}
