//! What an operation's path names.

use super::foreign;
use crate::scim::error::{ScimError, Type};
use crate::scim::filter::{self, Bound, Filter};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Named, Place, Resource, Returned, Schema, resolve};

/// Where a change happens.
#[derive(Debug)]
pub(super) enum Target {
    /// `password`, `schemas`, and what is somebody else's: thrown away.
    Ignored,
    /// The core schema by its URN: what its attributes stand under.
    Core,
    /// Okta repeats the id that the resource has already.
    Id,
    Extension(&'static Schema),
    Place {
        place: Place,
        filter: Option<Selection>,
    },
}

/// The filter behind an attribute.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) written: Filter,
    pub(super) bound: Bound,
}

impl Target {
    pub(super) fn read(resource: Resource, path: &str, tests: &mut usize) -> Result<Self, ScimError> {
        let wrong = |why: &str| {
            let shown: String = path.chars().take(100).collect();
            ScimError::bad(Type::InvalidPath, format!("The path {shown} {why}."))
        };
        if path.len() > filter::LONGEST {
            return Err(wrong("is longer than 8 KiB"));
        }
        let (before, written, sub) = match path.split_once('[') {
            None => (path, None, None),
            Some((before, rest)) => {
                let (inside, behind) =
                    rest.rsplit_once(']').ok_or_else(|| wrong("has a bracket that is not closed"))?;
                let sub = match behind.strip_prefix('.') {
                    Some(sub) => Some(sub),
                    None if behind.is_empty() => None,
                    None => return Err(wrong("goes on behind its bracket")),
                };
                (before, Some(filter::parse_within(inside)?), sub)
            }
        };
        if before.trim().eq_ignore_ascii_case(resource.core().id) && written.is_none() {
            return Ok(Self::Core);
        }
        if foreign::is_foreign(before.trim()) {
            return Ok(Self::Ignored);
        }
        let read = AttrPath::read(before.trim()).ok_or_else(|| wrong("is none"))?;
        let place = match resolve(resource, &read) {
            None => return Err(wrong("names no attribute that this server has")),
            Some(Named::Extension(schema)) if written.is_none() => return Ok(Self::Extension(schema)),
            Some(Named::Extension(_)) => return Err(wrong("filters a whole extension")),
            Some(Named::Place(place)) => place,
        };
        if place.is("schemas") || place.attribute.returned == Returned::Never {
            return Ok(Self::Ignored);
        }
        if place.is("id") && written.is_none() {
            return Ok(Self::Id);
        }
        let Some(written) = written else { return Ok(Self::Place { place, filter: None }) };
        *tests += count(&written);
        if place.sub.is_some() || !place.attribute.many {
            return Err(wrong("filters what is no list"));
        }
        let sub = match sub {
            None => None,
            Some(name) => Some(place.attribute.sub(name).ok_or_else(|| wrong("names no sub-attribute"))?),
        };
        let bound = filter::bind_within(&written, place.attribute)?;
        Ok(Self::Place { place: Place { sub, ..place }, filter: Some(Selection { written, bound }) })
    }
}

fn count(filter: &Filter) -> usize {
    match filter {
        Filter::Or(parts) | Filter::And(parts) => parts.iter().map(count).sum(),
        Filter::Not(inner) | Filter::Within(_, inner) => count(inner),
        Filter::Present(_) | Filter::Compare(..) => 1,
    }
}
