//! `sortBy` and `sortOrder` (RFC 7644 section 3.4.2.3).

use super::path::AttrPath;
use super::schema::{Kind, Named, Place, Resource, Returned, resolve};
use super::value::is_primary;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Longest part of a value that is compared, in bytes: what is kept of every resource while a long
/// list is sorted.
const KEPT: usize = 256;

/// By what a list is sorted.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    by: AttrPath,
    descending: bool,
}

impl Order {
    /// Reads the two parameters; none if the list is not to be sorted by anything known to any of
    /// the kinds.
    pub(crate) fn read(by: Option<&str>, order: Option<&str>) -> Option<Self> {
        let by = AttrPath::read(by?.trim())?;
        Resource::ALL.into_iter().any(|resource| place(resource, &by).is_some()).then(|| Self {
            by,
            descending: order.is_some_and(|order| order.trim().eq_ignore_ascii_case("descending")),
        })
    }

    /// What a resource is sorted by; none if it has no value there. A list counts by its primary
    /// value, else its first.
    pub(crate) fn key(&self, resource: Resource, document: &Map<String, Value>) -> Option<String> {
        let place = place(resource, &self.by)?;
        let map = match place.extension {
            None => document,
            Some(urn) => document.get(urn)?.as_object()?,
        };
        let value = match map.get(place.attribute.name)? {
            Value::Array(items) => items.iter().find(|item| is_primary(item)).or(items.first())?,
            value => value,
        };
        let value = match place.sub {
            None => value,
            Some(sub) => value.get(sub.name)?,
        };
        let text = match value {
            Value::String(text) if place.leaf().exact => text.clone(),
            Value::String(text) => text.to_lowercase(),
            Value::Bool(value) => value.to_string(),
            _ => return None,
        };
        Some(text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= KEPT).map(|(_, c)| c).collect())
    }

    /// Orders two keys: without a value last, and the other way round if descending.
    pub(crate) fn compare(&self, one: Option<&str>, other: Option<&str>) -> Ordering {
        let ascending = match (one, other) {
            (Some(one), Some(other)) => one.cmp(other),
            (one, other) => other.is_some().cmp(&one.is_some()),
        };
        if self.descending { ascending.reverse() } else { ascending }
    }
}

fn place(resource: Resource, by: &AttrPath) -> Option<Place> {
    match resolve(resource, by)? {
        Named::Place(place) if place.leaf().returned != Returned::Never => {
            let place = place.compared()?;
            (place.leaf().kind != Kind::Complex).then_some(place)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Order;
    use crate::scim::schema::Resource;
    use serde_json::json;

    #[test]
    fn what_is_exact_is_sorted_by_its_bytes_and_truth_by_its_word() {
        let key = |by: &str, document: serde_json::Value| {
            Order::read(Some(by), None).expect("known").key(Resource::User, document.as_object().expect("an object"))
        };
        assert_eq!(key("externalId", json!({"externalId": "aB"})).as_deref(), Some("aB"));
        assert_eq!(key("title", json!({"title": "aB"})).as_deref(), Some("ab"));
        assert_eq!(key("active", json!({"active": true})).as_deref(), Some("true"));
        assert_eq!(key("active", json!({"active": 7})), None);
    }

    #[test]
    fn lists_are_sorted_by_what_is_named_and_those_without_come_last() {
        let order = |by: &str, order: Option<&str>| Order::read(Some(by), order);
        let sorted = |order: Order| {
            let mut people = [
                json!({"userName": "b", "emails": [{"value": "2"}, {"value": "9", "primary": true}]}),
                json!({"userName": "C"}),
                json!({"userName": "a", "emails": [{"value": "5"}]}),
            ];
            people.sort_by(|one, other| {
                let key = |value: &serde_json::Value| order.key(Resource::User, value.as_object().expect("an object"));
                order.compare(key(one).as_deref(), key(other).as_deref())
            });
            people.iter().map(|one| one["userName"].as_str().expect("a name").to_owned()).collect::<String>()
        };
        assert_eq!(sorted(order("USERNAME", None).expect("known")), "abC");
        assert_eq!(sorted(order("userName", Some("Descending")).expect("known")), "Cba");
        assert_eq!(sorted(order("emails", None).expect("known")), "abC");
        assert_eq!(sorted(order("emails.value", Some("descending")).expect("known")), "Cba");
        for nothing in ["", "nope", "password", "name", "emails[", "userName.x"] {
            assert!(order(nothing, None).is_none(), "{nothing}");
        }
        let long = json!({"title": "ä".repeat(1000)});
        let key = order("title", None).expect("known").key(Resource::User, long.as_object().expect("an object"));
        assert_eq!(key.expect("a key").len(), 256);
    }
}
