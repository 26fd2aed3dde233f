//! Changing an attribute with several values.

use super::Op;
use super::target::Selection;
use crate::scim::error::{ScimError, Type};
use crate::scim::filter::{Filter, Literal, Op as Compared};
use crate::scim::schema::{Attribute, Mutability};
use crate::scim::value::{self, MOST, attribute_value, is_primary, one_value};
use serde_json::{Map, Value};

/// One operation on one list.
pub(super) struct List<'a> {
    pub(super) attribute: &'static Attribute,
    pub(super) sub: Option<&'static Attribute>,
    pub(super) filter: Option<&'a Selection>,
    pub(super) op: Op,
    pub(super) value: Option<&'a Value>,
}

impl List<'_> {
    /// The values afterwards.
    pub(super) fn changed(&self, mut items: Vec<Value>) -> Result<Vec<Value>, ScimError> {
        let before: Vec<bool> = items.iter().map(is_primary).collect();
        match (self.filter, self.sub) {
            (None, None) => self.whole(&mut items)?,
            (None, Some(sub)) => {
                if items.is_empty() && self.op != Op::Remove {
                    items.push(Value::Object(Map::new()));
                }
                for item in &mut items {
                    self.set(item, sub)?;
                }
                // Every value cannot be made the primary one.
                value::only_one_primary(self.attribute, &items)?;
            }
            (Some(selection), _) => self.selected(&mut items, selection)?,
        }
        // A value that becomes the primary one takes that from the others (RFC 7644 section 3.5.2).
        let newly = |at: usize, item: &Value| is_primary(item) && !before.get(at).copied().unwrap_or(false);
        if self.op != Op::Remove
            && items.len() >= before.len()
            && items.iter().enumerate().any(|(at, item)| newly(at, item))
        {
            for (at, item) in items.iter_mut().enumerate() {
                if is_primary(item) && before.get(at).copied().unwrap_or(false) && !self.is_whole_replacement() {
                    item["primary"] = Value::Bool(false);
                }
            }
        }
        items.retain(|item| item.as_object().is_none_or(|map| !map.is_empty()));
        value::only_one_primary(self.attribute, &items)?;
        if items.len() > MOST {
            return Err(value::wrong(self.attribute.name, "has more than 256 values"));
        }
        Ok(items)
    }

    fn is_whole_replacement(&self) -> bool {
        self.op == Op::Replace && self.filter.is_none() && self.sub.is_none()
    }

    /// The list as a whole.
    fn whole(&self, items: &mut Vec<Value>) -> Result<(), ScimError> {
        let given = match self.value {
            None | Some(Value::Null) => None,
            Some(value) => Some(attribute_value(self.attribute, value.clone())?),
        };
        let listed = |value: Option<Value>| match value {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        match (self.op, given) {
            (Op::Remove, None) => items.clear(),
            // Entra removes what it names, not everything.
            (Op::Remove, Some(given)) => {
                let given = listed(given);
                items.retain(|item| !given.iter().any(|given| covers(self.attribute, given, item)));
            }
            (Op::Replace, given) => *items = listed(given.flatten()),
            (Op::Add, given) => {
                for value in listed(given.flatten()) {
                    match items.iter_mut().find(|item| is_same(self.attribute, item, &value)) {
                        Some(item) => join(item, value),
                        None => items.push(value),
                    }
                    if items.len() > MOST {
                        return Err(value::wrong(self.attribute.name, "has more than 256 values"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The values that a filter selects.
    fn selected(&self, items: &mut Vec<Value>, selection: &Selection) -> Result<(), ScimError> {
        let hit: Vec<bool> = items.iter().map(|item| selection.bound.matches_value(item)).collect();
        if self.op == Op::Remove && self.sub.is_none() {
            let mut hit = hit.iter();
            items.retain(|_| !hit.next().copied().unwrap_or(false));
            return Ok(());
        }
        if !hit.contains(&true) {
            // Entra adds phoneNumbers[type eq "mobile"].value to somebody without a mobile phone,
            // and replaces emails[type eq "work"].value of somebody without a work address.
            if self.op != Op::Remove {
                let mut made = Value::Object(described(self.attribute, &selection.written).ok_or_else(no_target)?);
                if self.set_selected(&mut made)? {
                    items.push(made);
                }
            }
            return Ok(());
        }
        for (item, _) in items.iter_mut().zip(hit).filter(|(_, hit)| *hit) {
            self.set_selected(item)?;
        }
        Ok(())
    }

    /// Changes one value; tells whether anything was given.
    fn set_selected(&self, item: &mut Value) -> Result<bool, ScimError> {
        if let Some(sub) = self.sub {
            return self.set(item, sub);
        }
        let needed = || value::wrong(self.attribute.name, "needs a value");
        let parts = match self.value {
            Some(Value::Object(parts)) => parts.clone(),
            Some(text @ Value::String(_)) if self.attribute.sub("value").is_some() => {
                Map::from_iter([("value".to_owned(), text.clone())])
            }
            None | Some(Value::Null) => return Err(needed()),
            Some(_) => return Err(value::wrong(self.attribute.name, "must be an object")),
        };
        let Value::Object(present) = item else { return Err(needed()) };
        merge(self.attribute, present, &parts, self.op)
    }

    /// One sub-attribute of one value; tells whether anything was given.
    fn set(&self, item: &mut Value, sub: &'static Attribute) -> Result<bool, ScimError> {
        let Value::Object(map) = item else { return Ok(false) };
        let value = match self.op {
            Op::Remove => None,
            Op::Add | Op::Replace => attribute_value(sub, self.value.cloned().unwrap_or_default())?,
        };
        Ok(put(map, sub, value, self.op))
    }
}

/// Puts the parts that are given beside those that are there (RFC 7644 section 3.5.2.3: a set of
/// sub-attributes replaces theirs, and the others stay); tells whether anything was given.
pub(super) fn merge(
    attribute: &'static Attribute,
    present: &mut Map<String, Value>,
    parts: &Map<String, Value>,
    op: Op,
) -> Result<bool, ScimError> {
    let parts = value::parts(attribute, parts.clone())?;
    if parts.iter().all(|(sub, _)| sub.mutability == Mutability::ReadOnly) {
        return Err(value::wrong(attribute.name, "needs a value"));
    }
    let mut given = false;
    for (sub, value) in parts {
        if sub.mutability != Mutability::ReadOnly {
            given |= put(present, sub, attribute_value(sub, value)?, op);
        }
    }
    Ok(given)
}

fn put(map: &mut Map<String, Value>, sub: &Attribute, value: Option<Value>, op: Op) -> bool {
    match value {
        Some(value) => {
            map.insert(sub.name.to_owned(), value);
            return true;
        }
        // Nothing is added by an empty add; an empty replacement clears.
        None if op == Op::Add => {}
        None => {
            map.remove(sub.name);
        }
    }
    false
}

/// Whether a value has everything that is given.
fn covers(attribute: &Attribute, given: &Value, item: &Value) -> bool {
    let (Value::Object(given), Value::Object(item)) = (given, item) else { return given == item };
    // With a `value` that alone says which one is meant.
    let by_value = given.contains_key("value");
    given
        .iter()
        .filter(|(name, _)| !by_value || *name == "value")
        .all(|(name, value)| item.get(name).is_some_and(|found| equal(attribute.sub(name), value, found)))
}

/// Whether two values are about the same thing: equal, or of one `value` and `type`.
fn is_same(attribute: &Attribute, one: &Value, other: &Value) -> bool {
    let same = |name: &str| match (one.get(name), other.get(name)) {
        (Some(one), Some(other)) => equal(attribute.sub(name), one, other),
        (None, None) => true,
        _ => false,
    };
    one == other || (one.get("value").is_some() && same("value") && same("type"))
}

fn equal(attribute: Option<&Attribute>, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) if attribute.is_some_and(|attribute| !attribute.exact) => {
            one == other || one.to_lowercase() == other.to_lowercase()
        }
        _ => one == other,
    }
}

fn join(item: &mut Value, more: Value) {
    match (item, more) {
        (Value::Object(item), Value::Object(more)) => item.extend(more),
        (item, more) => *item = more,
    }
}

/// The value that a filter describes, if it says only what is equal to what.
fn described(attribute: &'static Attribute, filter: &Filter) -> Option<Map<String, Value>> {
    let mut made = Map::new();
    describe(attribute, filter, &mut made)?;
    Some(made)
}

fn describe(attribute: &'static Attribute, filter: &Filter, made: &mut Map<String, Value>) -> Option<()> {
    match filter {
        Filter::And(parts) => parts.iter().try_for_each(|part| describe(attribute, part, made)),
        Filter::Compare(path, Compared::Eq, value) => {
            let value = match value {
                Literal::Null => return None,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Text(text) => Value::String(text.clone()),
            };
            let sub = attribute.sub(&path.attribute)?;
            let value = one_value(sub, value).ok()??;
            match made.insert(sub.name.to_owned(), value.clone()) {
                // Nothing can be both.
                Some(other) if other != value => None,
                _ => Some(()),
            }
        }
        _ => None,
    }
}

fn no_target() -> ScimError {
    ScimError::bad(Type::NoTarget, "The filter in the path selects no value.")
}
