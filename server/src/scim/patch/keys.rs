//! The keys of a value without a path: what each of them names, and that no two name the same.
//!
//! Of two keys that change one place the later one would win, and which is later nobody says: the
//! members of an object have no order.

use super::target::Target;
use crate::scim::error::ScimError;
use crate::scim::schema::{Kind, Place, Resource, find};
use crate::scim::spelling::twice;
use crate::scim::value::{parts, wrong};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// An object behind the URN of a schema, as changes of the attributes in it; anything else as it
/// is.
pub(super) fn unfolded(
    resource: Resource,
    target: Target,
    value: Value,
    tests: &mut usize,
) -> Result<Vec<(Target, Value)>, ScimError> {
    let schema = match &target {
        Target::Core => resource.core(),
        Target::Extension(schema) => schema,
        _ => return Ok(vec![(target, value)]),
    };
    let map = match value {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        _ => return Err(wrong(schema.name, "must be an object")),
    };
    let mut changes = Vec::with_capacity(map.len());
    for (name, value) in map {
        // What an extension does not have is left out, as it is in a whole resource.
        let attribute = name.split(['.', '[']).next().unwrap_or("");
        if matches!(target, Target::Core) || find(schema.attributes, attribute).is_some() {
            changes.push((Target::read(resource, &format!("{}:{name}", schema.id), tests)?, value));
        }
    }
    Ok(changes)
}

type Attribute = (Option<&'static str>, &'static str);

/// What the keys so far have named.
#[derive(Default)]
pub(super) struct Keys {
    places: HashSet<(Attribute, Option<String>, Option<&'static str>)>,
    wholes: HashSet<(Attribute, Option<String>)>,
    parts: HashSet<(Attribute, Option<String>)>,
    /// With a filter and without one.
    selected: HashSet<Attribute>,
    every: HashSet<Attribute>,
}

impl Keys {
    /// Notes what a key names and gives; refused if another one did.
    pub(super) fn add(&mut self, target: &Target, value: &Value) -> Result<(), ScimError> {
        let Target::Place { place, filter } = target else { return Ok(()) };
        let written = filter.as_ref().map(|selection| selection.written.to_string());
        match (place.sub, value) {
            (None, Value::Object(map)) if place.attribute.kind == Kind::Complex && !place.attribute.many => {
                // Whether they can be read is said where they are applied.
                let subs = parts(place.attribute, map.clone()).unwrap_or_default();
                subs.iter().try_for_each(|(sub, _)| self.note(*place, Some(sub.name), None))
            }
            (sub, _) => self.note(*place, sub.map(|sub| sub.name), written),
        }
    }

    fn note(&mut self, place: Place, sub: Option<&'static str>, filter: Option<String>) -> Result<(), ScimError> {
        let attribute = (place.extension, place.attribute.name);
        let (here, there) = match &filter {
            Some(_) => (&mut self.selected, &self.every),
            None => (&mut self.every, &self.selected),
        };
        here.insert(attribute);
        let mut clash = there.contains(&attribute);
        let selection = (attribute, filter.clone());
        let (here, there) = match sub {
            Some(_) => (&mut self.parts, &self.wholes),
            None => (&mut self.wholes, &self.parts),
        };
        clash |= there.contains(&selection);
        here.insert(selection);
        clash |= !self.places.insert((attribute, filter, sub));
        if clash { Err(twice(sub.unwrap_or(attribute.1))) } else { Ok(()) }
    }
}
