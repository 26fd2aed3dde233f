//! A filter bound to a kind of resource: every path is known, every value has its attribute's type.
//!
//! Promise: an unknown attribute, or a comparison that an attribute does not have, is an error and
//! never a match. `password` counts as unknown, so a filter tells nothing about one.

use super::{Filter, FilterError, Literal, Op, instant};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, Kind, Named, Place, Resource, Returned, resolve};
use crate::{group_name, user_name};

type Result<T> = std::result::Result<T, FilterError>;

/// A filter that can be evaluated.
#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Or(Vec<Bound>),
    And(Vec<Bound>),
    Not(Box<Bound>),
    Test(Place, Check),
    Within(Place, Box<Bound>),
    /// Only in queries over several kinds: this kind does not have the attribute.
    Never,
}

/// What one value has to fulfil.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    Present,
    /// `eq null`: not there at all.
    Absent,
    Bool {
        equal: bool,
        value: bool,
    },
    Moment {
        op: Op,
        value: i128,
    },
    /// Text as it is.
    Exact {
        op: Op,
        value: String,
    },
    /// Text in lower case.
    Folded {
        op: Op,
        value: String,
    },
    /// A userName; none if the text could be nobody's.
    UserName {
        equal: bool,
        key: Option<String>,
    },
    /// The name of a group.
    GroupName {
        equal: bool,
        key: String,
    },
}

/// Binds a filter over resources of one kind.
pub(crate) fn bind(filter: &Filter, resource: Resource) -> Result<Bound> {
    Scope { resource, others: &[] }.bind(filter)
}

/// Binds a filter over several kinds: an attribute that only another kind has is one without a
/// value.
pub(super) fn bind_among(filter: &Filter, resource: Resource, others: &'static [Resource]) -> Result<Bound> {
    Scope { resource, others }.bind(filter)
}

impl Bound {
    /// Binds a filter for a query at the root.
    pub(crate) fn at_root(filter: &Filter, resource: Resource) -> Result<Self> {
        bind_among(filter, resource, &Resource::ALL)
    }
}

/// Binds what stands in the brackets behind an attribute.
pub(crate) fn bind_within(filter: &Filter, attribute: &'static Attribute) -> Result<Bound> {
    Ok(match filter {
        Filter::Or(parts) => Bound::Or(parts.iter().map(|part| bind_within(part, attribute)).collect::<Result<_>>()?),
        Filter::And(parts) => Bound::And(parts.iter().map(|part| bind_within(part, attribute)).collect::<Result<_>>()?),
        Filter::Not(inner) => Bound::Not(Box::new(bind_within(inner, attribute)?)),
        Filter::Present(path) => Bound::Test(inner_place(path, attribute)?, Check::Present),
        Filter::Compare(path, op, value) => {
            let place = inner_place(path, attribute)?;
            Bound::Test(place, check(place.attribute, *op, value)?)
        }
        Filter::Within(..) => return Err(FilterError::new("A filter in brackets cannot hold another one.")),
    })
}

/// A sub-attribute, seen as an attribute of the value. A list of plain values has only `value`.
fn inner_place(path: &AttrPath, attribute: &'static Attribute) -> Result<Place> {
    let found = if path.schema.is_none() && path.sub.is_none() { attribute.sub(&path.attribute) } else { None };
    let attribute = found.ok_or_else(|| unknown(path))?;
    Ok(Place { extension: None, attribute, sub: None })
}

struct Scope {
    resource: Resource,
    others: &'static [Resource],
}

impl Scope {
    fn bind(&self, filter: &Filter) -> Result<Bound> {
        let all = |parts: &[Filter]| parts.iter().map(|part| self.bind(part)).collect::<Result<Vec<_>>>();
        Ok(match filter {
            Filter::Or(parts) => Bound::Or(all(parts)?),
            Filter::And(parts) => Bound::And(all(parts)?),
            Filter::Not(inner) => Bound::Not(Box::new(self.bind(inner)?)),
            Filter::Present(path) => self.place(path)?.map_or(Bound::Never, |place| Bound::Test(place, Check::Present)),
            Filter::Compare(path, op, value) => match self.place(path)? {
                None => Bound::Never,
                Some(place) => {
                    let place = place.compared().ok_or_else(|| {
                        FilterError::new(format!("{path} has sub-attributes; the filter must name one of them."))
                    })?;
                    Bound::Test(place, check(place.leaf(), *op, value)?)
                }
            },
            Filter::Within(path, inner) => match self.place(path)? {
                None => Bound::Never,
                Some(place) if place.attribute.kind == Kind::Complex => {
                    Bound::Within(place, Box::new(bind_within(inner, place.attribute)?))
                }
                Some(_) => return Err(FilterError::new(format!("{path} has no sub-attributes to filter by."))),
            },
        })
    }

    fn place(&self, path: &AttrPath) -> Result<Option<Place>> {
        let known = |resource| match resolve(resource, path) {
            Some(Named::Place(place)) if place.leaf().returned != Returned::Never => Some(place),
            _ => None,
        };
        match known(self.resource) {
            Some(place) => Ok(Some(place)),
            None if self.others.iter().any(|other| known(*other).is_some()) => Ok(None),
            None => Err(unknown(path)),
        }
    }
}

fn unknown(path: &AttrPath) -> FilterError {
    let name: String = path.to_string().chars().take(100).collect();
    FilterError::new(format!("There is no attribute {name} to filter by."))
}

fn check(attribute: &Attribute, op: Op, value: &Literal) -> Result<Check> {
    let wrong = || FilterError::new(format!("{} cannot be compared in that way.", attribute.name));
    let text = match value {
        Literal::Null => {
            return match op {
                Op::Eq => Ok(Check::Absent),
                Op::Ne => Ok(Check::Present),
                _ => Err(wrong()),
            };
        }
        Literal::Bool(value) => value.to_string(),
        Literal::Text(text) => text.clone(),
    };
    let ordered = matches!(op, Op::Gt | Op::Ge | Op::Lt | Op::Le);
    Ok(match attribute.kind {
        Kind::Boolean => {
            let value = match text.to_ascii_lowercase().as_str() {
                "true" => true,
                "false" => false,
                _ => return Err(wrong()),
            };
            match op {
                Op::Eq | Op::Ne => Check::Bool { equal: op == Op::Eq, value },
                _ => return Err(wrong()),
            }
        }
        Kind::Moment if matches!(op, Op::Co | Op::Sw | Op::Ew) => Check::Exact { op, value: text },
        Kind::Moment => Check::Moment { op, value: instant::read(&text).ok_or_else(wrong)? },
        Kind::Binary if ordered => return Err(wrong()),
        Kind::Complex => return Err(wrong()),
        _ if attribute.name == "userName" && matches!(op, Op::Eq | Op::Ne) => {
            Check::UserName { equal: op == Op::Eq, key: user_name::key(&text) }
        }
        _ if attribute.name == "displayName" && attribute.unique && matches!(op, Op::Eq | Op::Ne) => {
            Check::GroupName { equal: op == Op::Eq, key: group_name::key(&text) }
        }
        _ if attribute.exact => Check::Exact { op, value: text },
        _ => Check::Folded { op, value: text.to_lowercase() },
    })
}
