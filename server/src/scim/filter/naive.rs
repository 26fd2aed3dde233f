//! A second evaluator, slow and plain, straight from the words of RFC 7644: what the other one is
//! compared with. Must never: be part of the program.

use super::{Filter, Literal, Op, instant};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, Kind, Named, Resource, resolve};
use crate::{group_name, user_name};
use serde_json::{Map, Value};

/// Whether a canonical resource fulfils a filter that could be bound.
pub(crate) fn fulfils(filter: &Filter, resource: Resource, document: &Map<String, Value>) -> bool {
    match filter {
        Filter::Or(parts) => parts.iter().any(|part| fulfils(part, resource, document)),
        Filter::And(parts) => !parts.iter().any(|part| !fulfils(part, resource, document)),
        Filter::Not(inner) => !fulfils(inner, resource, document),
        Filter::Present(path) => !found(path, resource, document, false).1.is_empty(),
        Filter::Compare(path, op, literal) => {
            let (attribute, values) = found(path, resource, document, true);
            test(attribute, &values, *op, literal)
        }
        Filter::Within(path, inner) => {
            found(path, resource, document, false).1.iter().any(|value| one(inner, path, resource, value))
        }
    }
}

/// The filter in the brackets on one value.
fn one(filter: &Filter, path: &AttrPath, resource: Resource, value: &Value) -> bool {
    let list = |inner: &AttrPath| {
        value.get(spelled(path, inner, resource).name).cloned().into_iter().filter(is_something).collect::<Vec<_>>()
    };
    match filter {
        Filter::Or(parts) => parts.iter().any(|part| one(part, path, resource, value)),
        Filter::And(parts) => parts.iter().all(|part| one(part, path, resource, value)),
        Filter::Not(inner) => !one(inner, path, resource, value),
        Filter::Present(inner) => !list(inner).is_empty(),
        Filter::Compare(inner, op, literal) => test(spelled(path, inner, resource), &list(inner), *op, literal),
        Filter::Within(..) => false,
    }
}

fn spelled(path: &AttrPath, inner: &AttrPath, resource: Resource) -> &'static Attribute {
    let path = AttrPath { sub: Some(inner.attribute.clone()), ..path.clone() };
    match resolve(resource, &path) {
        Some(Named::Place(place)) => place.leaf(),
        _ => unreachable!("invariant: only filters that were bound are evaluated"),
    }
}

fn found(
    path: &AttrPath,
    resource: Resource,
    document: &Map<String, Value>,
    compared: bool,
) -> (&'static Attribute, Vec<Value>) {
    let Some(Named::Place(place)) = resolve(resource, path) else {
        unreachable!("invariant: only filters that were bound are evaluated")
    };
    let whole = Value::Object(document.clone());
    let home = place.extension.map_or(Some(&whole), |urn| whole.get(urn));
    let values = match home.and_then(|home| home.get(place.attribute.name)) {
        None => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(value) => vec![value.clone()],
    };
    let sub = match (place.sub, place.attribute.kind == Kind::Complex && compared) {
        (Some(sub), _) => Some(sub),
        (None, true) => place.attribute.sub("value"),
        (None, false) => None,
    };
    let values = match sub {
        None => values,
        Some(sub) => values.iter().filter_map(|value| value.get(sub.name).cloned()).collect(),
    };
    (sub.unwrap_or(place.attribute), values.into_iter().filter(is_something).collect())
}

fn is_something(value: &Value) -> bool {
    !matches!(value, Value::Null)
        && value.as_str().is_none_or(|text| !text.trim().is_empty())
        && value.as_array().is_none_or(|items| !items.is_empty())
        && value.as_object().is_none_or(|map| !map.is_empty())
}

fn test(attribute: &Attribute, values: &[Value], op: Op, literal: &Literal) -> bool {
    let text = match literal {
        Literal::Null => return (op == Op::Eq) == values.is_empty(),
        Literal::Bool(value) => value.to_string(),
        Literal::Text(text) => text.clone(),
    };
    match op {
        Op::Ne => values.is_empty() || values.iter().any(|value| !compare(attribute, value, Op::Eq, &text)),
        op => values.iter().any(|value| compare(attribute, value, op, &text)),
    }
}

fn compare(attribute: &Attribute, value: &Value, op: Op, text: &str) -> bool {
    if let (Kind::Boolean, Value::Bool(value)) = (attribute.kind, value) {
        return value.to_string() == text.to_ascii_lowercase();
    }
    let Value::String(value) = value else { return false };
    if attribute.name == "userName" && op == Op::Eq {
        return user_name::key(value).is_some() && user_name::key(value) == user_name::key(text);
    }
    if attribute.name == "displayName" && attribute.unique && op == Op::Eq {
        return group_name::key(value) == group_name::key(text);
    }
    let fold = |text: &str| {
        if attribute.exact || attribute.kind == Kind::Moment { text.to_owned() } else { text.to_lowercase() }
    };
    let (value, text) = (fold(value), fold(text));
    let order = match (attribute.kind, instant::read(&value), instant::read(&text)) {
        (Kind::Moment, Some(value), Some(text)) => value.cmp(&text),
        (Kind::Moment, _, _) if !matches!(op, Op::Co | Op::Sw | Op::Ew) => return false,
        _ => value.cmp(&text),
    };
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Co => value.contains(&text),
        Op::Sw => value.starts_with(&text),
        Op::Ew => value.ends_with(&text),
    }
}
