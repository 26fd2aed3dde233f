//! `attributes` and `excludedAttributes` (RFC 7644 sections 3.4.2.5 and 3.9).
//!
//! Promises: `id` and `schemas` are always there, `password` never; an attribute that nobody knows
//! is not there either. Given both, what is excluded is taken out of what is asked for.

use super::filter::{self, Bound};
use super::path::AttrPath;
use super::schema::{Attribute, Named, Resource, Returned, Schema, resolve};
use serde_json::{Map, Value};

/// Most names in one list.
const MOST: usize = 100;

/// What of a resource is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Projection {
    /// Only these, if given.
    only: Option<Vec<String>>,
    without: Vec<String>,
}

/// One thing that is named.
enum Chosen {
    Extension(&'static Schema),
    Attribute {
        extension: Option<&'static str>,
        attribute: &'static Attribute,
        sub: Option<&'static Attribute>,
        filter: Option<Bound>,
    },
}

impl Projection {
    /// Reads the two lists, each already split at its commas.
    pub(crate) fn new(only: Option<Vec<String>>, without: Option<Vec<String>>) -> Self {
        let tidy = |names: Vec<String>| -> Vec<String> {
            names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).take(MOST).collect()
        };
        // An empty list asks for nothing in particular.
        Self { only: only.map(tidy).filter(|names| !names.is_empty()), without: without.map(tidy).unwrap_or_default() }
    }

    /// Whether the provider asked for particular attributes; a PATCH is then answered with a body.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.only.is_some() || !self.without.is_empty()
    }

    /// Whether an attribute of the core can be in the answer, so that it has to be loaded.
    pub(crate) fn wants(&self, resource: Resource, name: &str) -> bool {
        let names = |list: &[String], whole: bool| {
            list.iter().filter_map(|text| choose(resource, text)).any(|chosen| match chosen {
                Chosen::Attribute { extension: None, attribute, sub, .. } => {
                    attribute.name == name && (!whole || sub.is_none())
                }
                _ => false,
            })
        };
        self.only.as_ref().is_none_or(|only| names(only, false)) && !names(&self.without, true)
    }

    /// What is sent of a resource.
    pub(crate) fn apply(&self, resource: Resource, document: Map<String, Value>) -> Map<String, Value> {
        let mut shown = match &self.only {
            None => document,
            Some(only) => {
                let mut shown = Map::new();
                for chosen in only.iter().filter_map(|text| choose(resource, text)) {
                    copy(&chosen, &document, &mut shown);
                }
                for name in ["id", "schemas"] {
                    if let Some(value) = document.get(name) {
                        shown.insert(name.to_owned(), value.clone());
                    }
                }
                shown
            }
        };
        for chosen in self.without.iter().filter_map(|text| choose(resource, text)) {
            remove(&chosen, &mut shown);
        }
        shown.remove("password");
        shown
    }
}

/// What a name in a list means. Microsoft's collection filters values here too: `emails[type eq
/// "work"]`.
fn choose(resource: Resource, text: &str) -> Option<Chosen> {
    let (path, filter, sub) = match text.split_once('[') {
        None => (text, None, None),
        Some((path, rest)) => {
            let (filter, sub) = rest.rsplit_once(']')?;
            (path, Some(filter), sub.strip_prefix('.'))
        }
    };
    match resolve(resource, &AttrPath::read(path)?)? {
        Named::Extension(schema) => filter.is_none().then_some(Chosen::Extension(schema)),
        Named::Place(place) => {
            let filter = match filter {
                None => None,
                Some(text) => Some(filter::bind_within(&filter::parse_within(text).ok()?, place.attribute).ok()?),
            };
            let sub = match sub {
                None => place.sub,
                Some(name) => Some(place.attribute.sub(name)?),
            };
            Some(Chosen::Attribute { extension: place.extension, attribute: place.attribute, sub, filter })
        }
    }
}

fn copy(chosen: &Chosen, from: &Map<String, Value>, to: &mut Map<String, Value>) {
    match chosen {
        Chosen::Extension(schema) => {
            if let Some(value) = from.get(schema.id) {
                to.insert(schema.id.to_owned(), value.clone());
            }
        }
        Chosen::Attribute { attribute, .. } if attribute.returned == Returned::Never => {}
        Chosen::Attribute { extension, attribute, sub, filter } => {
            let source = match extension {
                None => Some(from),
                Some(urn) => from.get(*urn).and_then(Value::as_object),
            };
            let Some(value) = source.and_then(|map| map.get(attribute.name)) else { return };
            let Some(part) = part(value, *sub, filter.as_ref()) else { return };
            let target = match extension {
                None => to,
                Some(urn) => {
                    let inner = to.entry(*urn).or_insert_with(|| Value::Object(Map::new()));
                    let Value::Object(inner) = inner else { return };
                    inner
                }
            };
            match target.get_mut(attribute.name) {
                Some(present) => join(present, part),
                None => {
                    target.insert(attribute.name.to_owned(), part);
                }
            }
        }
    }
}

/// The chosen part of an attribute's value.
fn part(value: &Value, sub: Option<&Attribute>, filter: Option<&Bound>) -> Option<Value> {
    match (value, sub) {
        (Value::Array(items), _) => {
            let kept = items.iter().filter(|item| filter.is_none_or(|filter| filter.matches_value(item)));
            Some(kept.filter_map(|item| part(item, sub, None)).collect())
        }
        (value, None) => Some(value.clone()),
        (Value::Object(map), Some(sub)) => {
            let inner = map.get(sub.name)?.clone();
            Some(Value::Object(Map::from_iter([(sub.name.to_owned(), inner)])))
        }
        _ => None,
    }
}

/// Two choices of one attribute: `name.givenName,name.familyName`.
fn join(present: &mut Value, more: Value) {
    match (present, more) {
        (Value::Object(present), Value::Object(more)) => present.extend(more),
        (Value::Array(present), Value::Array(more)) if present.len() == more.len() => {
            for (present, more) in present.iter_mut().zip(more) {
                join(present, more);
            }
        }
        (present, more) => *present = more,
    }
}

fn remove(chosen: &Chosen, map: &mut Map<String, Value>) {
    match chosen {
        Chosen::Extension(schema) => {
            map.remove(schema.id);
        }
        Chosen::Attribute { attribute, .. } if attribute.returned == Returned::Always => {}
        Chosen::Attribute { extension, attribute, sub, filter } => {
            let target = match extension {
                None => Some(map),
                Some(urn) => map.get_mut(*urn).and_then(Value::as_object_mut),
            };
            let Some(target) = target else { return };
            match (target.get_mut(attribute.name), sub, filter) {
                (Some(Value::Array(items)), None, Some(filter)) => items.retain(|item| !filter.matches_value(item)),
                (Some(value), Some(sub), filter) => remove_sub(value, sub, filter.as_ref()),
                _ => {
                    target.remove(attribute.name);
                }
            }
        }
    }
}

fn remove_sub(value: &mut Value, sub: &Attribute, filter: Option<&Bound>) {
    match value {
        Value::Array(items) => {
            for item in items.iter_mut().filter(|item| filter.is_none_or(|filter| filter.matches_value(item))) {
                remove_sub(item, sub, None);
            }
        }
        Value::Object(map) => {
            map.remove(sub.name);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Projection;
    use crate::scim::schema::Resource;
    use serde_json::{Value, json};

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn user() -> Value {
        json!({
            "schemas": ["s"], "id": "1", "userName": "ada", "name": {"givenName": "Ada", "familyName": "King"},
            "emails": [{"value": "a@b.c", "type": "work"}, {"value": "d@e.f", "type": "home"}], "password": "never",
            ENTERPRISE: {"department": "R&D", "manager": {"value": "7"}},
        })
    }

    fn shown(only: Option<&str>, without: Option<&str>) -> Value {
        let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let projection = Projection::new(only.map(list), without.map(list));
        Value::Object(projection.apply(Resource::User, user().as_object().expect("an object").clone()))
    }

    #[test]
    fn only_what_is_asked_for_is_shown_with_id_and_schemas() {
        let with = |rest: Value| {
            let mut all = json!({"schemas": ["s"], "id": "1"});
            all.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            all
        };
        assert_eq!(shown(Some("USERNAME"), None), with(json!({"userName": "ada"})));
        assert_eq!(shown(Some("nope,password"), None), with(json!({})));
        assert_eq!(
            shown(Some("name.givenName,name.familyName"), None),
            with(json!({"name": {"givenName": "Ada", "familyName": "King"}}))
        );
        assert_eq!(
            shown(Some("emails.value"), None),
            with(json!({"emails": [{"value": "a@b.c"}, {"value": "d@e.f"}]}))
        );
        assert_eq!(shown(Some("emails.value,emails.type"), None)["emails"], user()["emails"]);
        // Two choices that do not have the same items: the later one counts.
        assert_eq!(
            shown(Some(r#"emails[type eq "work"].value,emails.type"#), None)["emails"],
            json!([{"type": "work"}, {"type": "home"}])
        );
        assert_eq!(
            shown(Some(r#"emails[type eq "work"]"#), None),
            with(json!({"emails": [{"value": "a@b.c", "type": "work"}]}))
        );
        assert_eq!(shown(Some(r#"emails[type eq "home"].value"#), None), with(json!({"emails": [{"value": "d@e.f"}]})));
        assert_eq!(shown(Some("manager.value"), None), with(json!({ENTERPRISE: {"manager": {"value": "7"}}})));
        assert_eq!(shown(Some(ENTERPRISE), None), with(json!({ENTERPRISE: user()[ENTERPRISE]})));
        assert_eq!(shown(Some("userName,emails"), Some("emails")), with(json!({"userName": "ada"})));
    }

    #[test]
    fn what_is_excluded_is_left_out_but_never_id_and_schemas() {
        let mut all = user();
        all.as_object_mut().expect("an object").remove("password");
        assert_eq!(shown(None, Some("id,schemas,nope")), all);
        assert_eq!(shown(None, None), all);
        assert_eq!(shown(Some(""), Some(" ")), all);
        let less = shown(None, Some("Name.GivenName,emails,department"));
        assert_eq!(less["name"], json!({"familyName": "King"}));
        assert!(less.get("emails").is_none());
        assert_eq!(less[ENTERPRISE], json!({"manager": {"value": "7"}}));
        let emails = |without: &str| shown(None, Some(without))["emails"].clone();
        let (work, home) = (json!({"value": "a@b.c", "type": "work"}), json!({"value": "d@e.f", "type": "home"}));
        assert_eq!(emails(r#"emails[type eq "work"]"#), json!([home]));
        assert_eq!(emails("emails.type"), json!([{"value": "a@b.c"}, {"value": "d@e.f"}]));
        assert_eq!(emails(r#"emails[type eq "home"].type"#), json!([work, {"value": "d@e.f"}]));
    }

    #[test]
    fn a_provider_asks_for_attributes_by_naming_any_that_come_or_that_stay_away() {
        let asked = |only: &[&str], without: &[&str]| {
            let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
            Projection::new(list(only), list(without)).is_asked_for()
        };
        assert!(asked(&["userName"], &[]) && asked(&[], &["groups"]) && asked(&["userName"], &["groups"]));
        assert!(!asked(&[], &[]) && !asked(&[" "], &[""]));
    }

    #[test]
    fn members_are_loaded_only_if_they_can_be_shown() {
        let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let wants = |only, without| Projection::new(only, without).wants(Resource::Group, "members");
        assert!(wants(None, None));
        assert!(wants(list(&["members.value"]), None));
        assert!(wants(None, list(&["members.value"])));
        assert!(!wants(None, list(&["MEMBERS"])));
        assert!(!wants(list(&["id"]), None));
    }
}
