//! Evaluating a bound filter on a resource.
//!
//! An attribute with several values matches if one of them does. `ne` is also true of an attribute
//! without any value (RFC 7644 leaves both open; `docs/SCIM.md`).

use super::{Bound, Check, Op, instant};
use crate::scim::schema::{Attribute, Place};
use crate::{group_name, user_name};
use serde_json::{Map, Value};
use std::cmp::Ordering;

impl Bound {
    /// Whether the resource, whose names are spelled as in the schema, fulfils the filter.
    pub(crate) fn matches(&self, resource: &Map<String, Value>) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.matches(resource)),
            Self::And(parts) => parts.iter().all(|part| part.matches(resource)),
            Self::Not(inner) => !inner.matches(resource),
            Self::Never => false,
            Self::Test(place, check) => check.holds(values(*place, resource)),
            Self::Within(place, inner) => each(attribute_of(*place, resource)).any(|value| inner.matches_value(value)),
        }
    }

    /// The same for one value of an attribute.
    pub(crate) fn matches_value(&self, value: &Value) -> bool {
        match value {
            Value::Object(map) => self.matches(map),
            _ => false,
        }
    }
}

/// All values of a place.
fn values(place: Place, resource: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    each(attribute_of(place, resource))
        .filter_map(move |value| sub_of(place.sub, value))
        .filter(|value| !is_nothing(value))
}

fn attribute_of(place: Place, resource: &Map<String, Value>) -> Option<&Value> {
    let map = match place.extension {
        None => resource,
        Some(urn) => resource.get(urn)?.as_object()?,
    };
    map.get(place.attribute.name)
}

fn sub_of<'a>(sub: Option<&Attribute>, value: &'a Value) -> Option<&'a Value> {
    match sub {
        None => Some(value),
        Some(sub) => value.as_object()?.get(sub.name),
    }
}

fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Some(Value::Array(items)) => (None, items.as_slice()),
        one => (one, [].as_slice()),
    };
    one.into_iter().chain(many)
}

/// null, an empty list and absence are one state (RFC 7643 section 2.5). An empty text is no value
/// either; resources that were stored before that was decided may hold one.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

impl Check {
    fn holds<'a>(&self, mut values: impl Iterator<Item = &'a Value>) -> bool {
        match self {
            Self::Present => values.next().is_some(),
            Self::Absent => values.next().is_none(),
            _ if self.is_not_equal() => {
                let mut any = false;
                let differs = values.any(|value| {
                    any = true;
                    self.fits(value)
                });
                differs || !any
            }
            _ => values.any(|value| self.fits(value)),
        }
    }

    fn is_not_equal(&self) -> bool {
        match self {
            Self::Bool { equal, .. } | Self::UserName { equal, .. } | Self::GroupName { equal, .. } => !equal,
            Self::Moment { op, .. } | Self::Exact { op, .. } | Self::Folded { op, .. } => *op == Op::Ne,
            Self::Present | Self::Absent => false,
        }
    }

    fn fits(&self, found: &Value) -> bool {
        match (self, found) {
            (Self::Bool { equal, value }, Value::Bool(found)) => (found == value) == *equal,
            (Self::Moment { op, value }, Value::String(found)) => {
                instant::read(found).is_some_and(|found| ordered(*op, found.cmp(value)))
            }
            (Self::Exact { op, value }, Value::String(found)) => text(*op, found, value),
            (Self::Folded { op, value }, Value::String(found)) => text(*op, &found.to_lowercase(), value),
            (Self::UserName { equal, key }, Value::String(found)) => {
                (key.is_some() && user_name::key(found) == *key) == *equal
            }
            (Self::GroupName { equal, key }, Value::String(found)) => (group_name::key(found) == *key) == *equal,
            _ => self.is_not_equal(),
        }
    }
}

fn text(op: Op, found: &str, value: &str) -> bool {
    match op {
        Op::Co => found.contains(value),
        Op::Sw => found.starts_with(value),
        Op::Ew => found.ends_with(value),
        _ => ordered(op, found.cmp(value)),
    }
}

fn ordered(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Co | Op::Sw | Op::Ew => false,
    }
}
