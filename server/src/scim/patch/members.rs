//! Changes of a group's members, by id, so that they can be made on rows.

use super::Op;
use super::apply::read_only;
use super::target::Selection;
use crate::scim::error::{ScimError, Type};
use crate::scim::filter::{Bound, Filter, Literal, Op as Compared};
use crate::scim::schema::{Attribute, Place};
use crate::scim::value::one_value;
use serde_json::Value;

/// One change of the members.
#[derive(Debug)]
pub(crate) enum MemberStep {
    Add(Vec<NewMember>),
    /// All others go.
    Replace(Vec<NewMember>),
    /// Who is no member is no error.
    Remove(Vec<String>),
    RemoveAll,
    RemoveWhere(Bound),
}

/// A member as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewMember {
    pub(crate) value: String,
    pub(crate) display: Option<String>,
    /// It was a bare text, as Microsoft's collection sends it: then an id that nobody has is no
    /// error, and no member either.
    pub(crate) bare: bool,
}

impl NewMember {
    /// The same where nobody may be left out, because others go.
    pub(crate) fn certain(self) -> Self {
        Self { bare: false, ..self }
    }
}

pub(super) fn step(
    op: Op,
    place: Place,
    filter: Option<Selection>,
    value: Option<Value>,
) -> Result<MemberStep, ScimError> {
    if place.sub.is_some() {
        return Err(read_only("A member"));
    }
    match (op, filter) {
        (Op::Remove, Some(selection)) => Ok(match ids(&selection.written) {
            Some(ids) => MemberStep::Remove(ids),
            None => MemberStep::RemoveWhere(selection.bound),
        }),
        (Op::Add, Some(selection)) => match ids(&selection.written) {
            Some(ids) if ids.len() == 1 => Ok(MemberStep::Add(
                ids.into_iter().map(|value| NewMember { value, display: None, bare: false }).collect(),
            )),
            _ => Err(ScimError::bad(Type::InvalidPath, "Members are added by their id.")),
        },
        (Op::Replace, Some(_)) => Err(read_only("A member")),
        (Op::Remove, None) => match value {
            None | Some(Value::Null) => Ok(MemberStep::RemoveAll),
            // Entra removes whom it names. Read by the letter of the RFC, this would empty the
            // group.
            Some(value) => {
                Ok(MemberStep::Remove(read(place.attribute, value)?.into_iter().map(|member| member.value).collect()))
            }
        },
        (Op::Add, None) => Ok(MemberStep::Add(read(place.attribute, value.unwrap_or_default())?)),
        (Op::Replace, None) => {
            let members = read(place.attribute, value.unwrap_or_default())?;
            Ok(MemberStep::Replace(members.into_iter().map(NewMember::certain).collect()))
        }
    }
}

/// Reads members in any of the forms that are sent: a list or one, objects or bare texts.
pub(crate) fn read(attribute: &'static Attribute, value: Value) -> Result<Vec<NewMember>, ScimError> {
    let items = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        value => vec![value],
    };
    let mut members = Vec::with_capacity(items.len());
    for item in items {
        let needed = || ScimError::bad(Type::InvalidValue, "A member needs a value.");
        let bare = item.is_string();
        let member = one_value(attribute, item)?.ok_or_else(needed)?;
        let text = |name: &str| member.get(name).and_then(Value::as_str).map(str::to_owned);
        members.push(NewMember { value: text("value").ok_or_else(needed)?, display: text("display"), bare });
    }
    Ok(members)
}

/// The ids of `value eq "a" or value eq "b"`.
fn ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare(path, Compared::Eq, Literal::Text(id)) if path.attribute.eq_ignore_ascii_case("value") => {
            Some(vec![id.clone()])
        }
        Filter::Or(parts) => parts.iter().map(ids).collect::<Option<Vec<_>>>().map(|lists| lists.concat()),
        _ => None,
    }
}
