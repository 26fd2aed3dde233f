//! Applying one operation to a canonical resource.

use super::target::Target;
use super::{Change, Op, list};
use crate::scim::error::{ScimError, Type};
use crate::scim::schema::{Attribute, Mutability, Place};
use crate::scim::value::{self, attribute_value};
use serde_json::{Map, Value};

impl Change {
    pub(super) fn apply(&self, document: &mut Map<String, Value>, id: &str) -> Result<(), ScimError> {
        match &self.target {
            Target::Ignored => Ok(()),
            Target::Id if self.op != Op::Remove && self.value.as_ref().is_some_and(|value| value == id) => Ok(()),
            Target::Id => Err(read_only("id")),
            // Only a removal: the attributes of an object are changes of their own.
            Target::Extension(schema) => {
                document.remove(schema.id);
                Ok(())
            }
            Target::Core => Err(ScimError::bad(Type::InvalidPath, "A resource is removed by DELETE.")),
            Target::Place { place, filter } => {
                if place.attribute.mutability == Mutability::ReadOnly || place.leaf().mutability == Mutability::ReadOnly
                {
                    return Err(read_only(place.leaf().name));
                }
                let Some(urn) = place.extension else { return self.within(document, *place, filter.as_ref()) };
                let mut inner = match document.remove(urn) {
                    Some(Value::Object(map)) => map,
                    _ => Map::new(),
                };
                let done = self.within(&mut inner, *place, filter.as_ref());
                if !inner.is_empty() {
                    document.insert(urn.to_owned(), Value::Object(inner));
                }
                done
            }
        }
    }

    /// In the core, or in an extension.
    fn within(
        &self,
        map: &mut Map<String, Value>,
        place: Place,
        filter: Option<&super::target::Selection>,
    ) -> Result<(), ScimError> {
        let attribute = place.attribute;
        if attribute.many {
            let present = match map.remove(attribute.name) {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            };
            let list = list::List { attribute, sub: place.sub, filter, op: self.op, value: self.value.as_ref() };
            let items = list.changed(present)?;
            if !items.is_empty() {
                map.insert(attribute.name.to_owned(), Value::Array(items));
            }
            return Ok(());
        }
        let Some(sub) = place.sub else { return self.single(map, attribute) };
        let mut parent = match map.remove(attribute.name) {
            Some(Value::Object(parent)) => parent,
            _ => Map::new(),
        };
        self.single(&mut parent, sub)?;
        if !parent.is_empty() {
            map.insert(attribute.name.to_owned(), Value::Object(parent));
        }
        Ok(())
    }

    /// An attribute with one value.
    fn single(&self, map: &mut Map<String, Value>, attribute: &'static Attribute) -> Result<(), ScimError> {
        let Some(value) = self.value.as_ref().filter(|_| self.op != Op::Remove) else {
            if attribute.required {
                return Err(ScimError::bad(Type::Mutability, format!("{} cannot be removed.", attribute.name)));
            }
            map.remove(attribute.name);
            return Ok(());
        };
        // The parts of a name are changed one by one; what is identified by its `value`, a manager,
        // is changed as a whole.
        if let (Value::Object(parts), None, Some(Value::Object(present))) =
            (value, attribute.sub("value"), map.get_mut(attribute.name))
        {
            list::merge(attribute, present, parts, self.op)?;
            if present.is_empty() {
                map.remove(attribute.name);
            }
            return Ok(());
        }
        match attribute_value(attribute, value.clone())? {
            Some(value) => {
                map.insert(attribute.name.to_owned(), value);
            }
            None if attribute.required || attribute.name == "active" => {
                return Err(value::wrong(attribute.name, "needs a value"));
            }
            // Nothing is added by an empty add; an empty replacement clears.
            None if self.op == Op::Replace => {
                map.remove(attribute.name);
            }
            None => {}
        }
        Ok(())
    }
}

pub(super) fn read_only(name: &str) -> ScimError {
    ScimError::bad(Type::Mutability, format!("{name} is read-only."))
}
