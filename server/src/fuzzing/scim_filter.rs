//! Filters: as text, and built from the bytes.
//!
//! Oracles: what was read is written and read again as the same; evaluation agrees with the plain
//! evaluator; an index leaves nobody out; `password` is never filtered by.

use super::samples;
use crate::group_name;
use crate::names;
use crate::scim::filter::{Filter, Literal, Op, bind, naive, parse};
use crate::scim::narrow::narrow;
use crate::scim::path::AttrPath;
use crate::scim::schema::Resource;
use crate::store::Narrow;
use crate::user_name;
use serde_json::{Map, Value};

/// One input.
pub fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(filter) = parse(text)
    {
        check(&filter);
    }
    let mut bytes = Bytes { rest: data, tests: 20 };
    if let Some(filter) = bytes.filter(0, None) {
        assert_eq!(parse(&filter.to_string()).as_ref(), Ok(&filter), "what is built can be read");
        check(&filter);
    }
}

fn check(filter: &Filter) {
    let written = filter.to_string();
    // Written out with quotation marks it may be longer than what may be read.
    if written.len() <= crate::scim::filter::LONGEST {
        assert_eq!(parse(&written).as_ref(), Ok(filter), "{written}");
    }
    for resource in Resource::ALL {
        let Ok(bound) = bind(filter, resource) else { continue };
        assert!(!asks_for_password(filter), "{written}");
        let narrow = narrow(resource, &bound);
        for sample in samples(resource) {
            let matches = bound.matches(&sample);
            assert_eq!(matches, naive::fulfils(filter, resource, &sample), "{written} on {sample:?}");
            assert!(
                !matches || admits(&narrow, resource, &sample),
                "{written} is found, but {narrow:?} leaves it out: {sample:?}"
            );
        }
    }
}

fn asks_for_password(filter: &Filter) -> bool {
    match filter {
        Filter::Or(parts) | Filter::And(parts) => parts.iter().any(asks_for_password),
        Filter::Not(inner) => asks_for_password(inner),
        Filter::Present(path) | Filter::Compare(path, ..) | Filter::Within(path, _) => {
            path.attribute.eq_ignore_ascii_case("password")
        }
    }
}

/// Whether an index look-up would find the sample.
fn admits(narrow: &Narrow, resource: Resource, sample: &Map<String, Value>) -> bool {
    let text = |name: &str| sample.get(name).and_then(Value::as_str);
    match narrow {
        Narrow::All => true,
        // The samples have no ids of ours, no groups and no members.
        Narrow::Nobody | Narrow::Id(_) | Narrow::MemberOf(_) | Narrow::Having(_) => false,
        Narrow::Name(key) if resource == Resource::User => {
            text("userName").and_then(user_name::key).as_ref() == Some(key)
        }
        Narrow::Name(key) => text("displayName").map(group_name::key).as_ref() == Some(key),
        Narrow::External(id) => text("externalId") == Some(id),
        Narrow::Email(key) => sample.get("emails").and_then(Value::as_array).is_some_and(|emails| {
            emails.iter().filter_map(|email| email.get("value")?.as_str()).any(|found| names::key(found) == *key)
        }),
    }
}

/// Choices taken from the input.
struct Bytes<'a> {
    rest: &'a [u8],
    tests: usize,
}

const PATHS: [&str; 12] = [
    "userName",
    "displayName",
    "emails",
    "emails.value",
    "EMAILS.type",
    "active",
    "externalId",
    "manager",
    "name.givenName",
    "nope",
    "password",
    "id",
];
const SUBS: [&str; 5] = ["value", "type", "primary", "display", "nope"];
const LISTS: [&str; 3] = ["emails", "phoneNumbers", "members"];
const TEXTS: [&str; 10] = ["a", "ADA@work.org", "ada@example.org", "Ext", "true", "", " \"\\]) or", "R&D", "é", "work"];

impl Bytes<'_> {
    fn below(&mut self, end: usize) -> Option<usize> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(usize::from(*first) % end)
    }

    fn filter(&mut self, depth: usize, within: Option<()>) -> Option<Filter> {
        let kind = self.below(if depth > 5 { 3 } else { 8 })?;
        self.tests = self.tests.checked_sub(1)?;
        let path = |text: &str| AttrPath::read(text).expect("invariant: the paths above are paths");
        let named = |bytes: &mut Self| {
            let names: &[&str] = if within.is_some() { &SUBS } else { &PATHS };
            Some(path(names[bytes.below(names.len())?]))
        };
        Some(match kind {
            0 => Filter::Present(named(self)?),
            1..=3 => {
                let attribute = named(self)?;
                let op = Op::ALL[self.below(Op::ALL.len())?].1;
                let literal = match self.below(13)? {
                    0 => Literal::Null,
                    1 => Literal::Bool(true),
                    2 => Literal::Bool(false),
                    at => Literal::Text(TEXTS[at - 3].to_owned()),
                };
                Filter::Compare(attribute, op, literal)
            }
            4 => Filter::Not(Box::new(self.filter(depth + 1, within)?)),
            5 if within.is_none() => {
                let list = path(LISTS[self.below(LISTS.len())?]);
                Filter::Within(list, Box::new(self.filter(depth + 1, Some(()))?))
            }
            kind => {
                let parts = vec![self.filter(depth + 1, within)?, self.filter(depth + 1, within)?];
                if kind == 6 { Filter::And(parts) } else { Filter::Or(parts) }
            }
        })
    }
}
