//! PATCH (RFC 7644 section 3.5.2) in the forms that identity providers send: operators in any case,
//! with a path or without, paths as keys.
//!
//! Promises: all operations are applied or none; one that is not understood is an error, because an
//! ignored deactivation leaves somebody in; the time is bounded by the request's size. `password`
//! and `schemas` are the two that are ignored on purpose. Members of groups are not touched here:
//! they come out as changes of their own, so that a group of any size is changed by its rows alone.

mod apply;
mod list;
mod members;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use members::{MemberStep, NewMember, read as read_members};

use super::error::{ScimError, Type};
use super::schema::Resource;
use serde_json::{Map, Value};
use target::Target;

/// Most changes of attributes in one request, in however many operations: each attribute that is
/// named counts, each value of a list and each part of a value too.
const MOST_CHANGES: usize = 1000;
/// Most members of a group that one request may name.
pub(crate) const MOST_MEMBERS: usize = 25_000;
/// Most tests in filters on members other than by their ids: each is made on every member.
const MOST_MEMBER_TESTS: usize = 20;
/// Most tests in all filters of one request.
const MOST_TESTS: usize = 4000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Remove,
    Replace,
}

/// One operation on one attribute.
#[derive(Debug)]
struct Change {
    op: Op,
    target: Target,
    value: Option<Value>,
}

/// The operations of a PATCH request, understood.
#[derive(Debug)]
pub(crate) struct Patch {
    changes: Vec<Change>,
    members: Vec<MemberStep>,
}

impl Patch {
    /// Reads the request.
    pub(crate) fn read(resource: Resource, mut document: Map<String, Value>) -> Result<Self, ScimError> {
        let operations = match take(&mut document, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            _ => return Err(syntax("Operations must be a list of at least one operation.")),
        };
        let mut reader =
            Reader { resource, tests: 0, counted: Counted::default(), changes: Vec::new(), members: Vec::new() };
        for operation in operations {
            let Value::Object(operation) = operation else { return Err(syntax("An operation must be an object.")) };
            reader.operation(operation)?;
        }
        Ok(Self { changes: reader.changes, members: reader.members })
    }

    /// Applies everything but the changes of members to a canonical resource whose id is `id`.
    pub(crate) fn apply(&self, document: &mut Map<String, Value>, id: &str) -> Result<(), ScimError> {
        let mut changed = document.clone();
        self.changes.iter().try_for_each(|change| change.apply(&mut changed, id))?;
        *document = changed;
        Ok(())
    }

    /// Takes out the changes of a group's members, in order.
    pub(crate) fn take_members(&mut self) -> Vec<MemberStep> {
        std::mem::take(&mut self.members)
    }
}

/// What one request asks for, whatever its form.
#[derive(Default)]
struct Counted {
    changes: usize,
    members: usize,
    member_tests: usize,
}

impl Counted {
    /// One more attribute with this value.
    fn attribute(&mut self, value: Option<&Value>) -> Result<(), ScimError> {
        self.changes += 1 + value.map_or(0, parts);
        if self.changes > MOST_CHANGES {
            return Err(ScimError::new(
                413,
                "The request changes more than 1000 attributes and values; send it in parts. Nothing was changed.",
            ));
        }
        Ok(())
    }

    /// One more change of members, with so many tests in its filter.
    fn step(&mut self, step: &MemberStep, tests: usize) -> Result<(), ScimError> {
        self.members += match step {
            MemberStep::Add(members) | MemberStep::Replace(members) => members.len().max(1),
            MemberStep::Remove(ids) => ids.len().max(1),
            MemberStep::RemoveAll | MemberStep::RemoveWhere(_) => 1,
        };
        if matches!(step, MemberStep::RemoveWhere(_)) {
            self.member_tests += tests;
        }
        if self.members > MOST_MEMBERS {
            return Err(too_many_members());
        }
        if self.member_tests > MOST_MEMBER_TESTS {
            return Err(syntax("The filters on members hold more than 20 tests beside those by id."));
        }
        Ok(())
    }
}

/// Values and parts of values, at any depth.
fn parts(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(|item| 1 + parts(item)).sum(),
        Value::Object(map) => map.values().map(|part| 1 + parts(part)).sum(),
        _ => 0,
    }
}

/// 413: a group takes more requests than one.
pub(crate) fn too_many_members() -> ScimError {
    ScimError::new(413, "The request names more than 25000 members; send them in parts. Nothing was changed.")
}

struct Reader {
    resource: Resource,
    tests: usize,
    counted: Counted,
    changes: Vec<Change>,
    members: Vec<MemberStep>,
}

impl Reader {
    fn operation(&mut self, mut operation: Map<String, Value>) -> Result<(), ScimError> {
        let op = take(&mut operation, "op").and_then(|op| op.as_str().map(str::to_ascii_lowercase));
        let op = match op.as_deref() {
            Some("add") => Op::Add,
            Some("remove") => Op::Remove,
            Some("replace") => Op::Replace,
            _ => return Err(syntax("op must be add, remove or replace.")),
        };
        let path = take(&mut operation, "path").filter(|path| !path.is_null());
        let value = take(&mut operation, "value");
        if op != Op::Remove && value.is_none() {
            return Err(ScimError::bad(Type::InvalidValue, "add and replace need a value."));
        }
        match (path, value) {
            (Some(Value::String(path)), value) => self.change(op, &path, value),
            (Some(_), _) => Err(ScimError::bad(Type::InvalidPath, "path must be a text.")),
            (None, _) if op == Op::Remove => Err(ScimError::bad(Type::NoTarget, "remove needs a path.")),
            // Without a path the keys are paths: attributes, "name.givenName", or those of an
            // extension behind its URN.
            (None, Some(Value::Object(values))) => {
                values.into_iter().try_for_each(|(path, value)| self.change(op, &path, Some(value)))
            }
            (None, _) => Err(ScimError::bad(Type::InvalidValue, "Without a path the value must be an object.")),
        }
    }

    fn change(&mut self, op: Op, path: &str, value: Option<Value>) -> Result<(), ScimError> {
        let tests = self.tests;
        let target = Target::read(self.resource, path, &mut self.tests)?;
        match target {
            Target::Place { place, filter } if place.is("members") => {
                let step = members::step(op, place, filter, value)?;
                self.counted.step(&step, self.tests - tests)?;
                // Counted as members, so that many can be taken out by their ids.
                self.tests = tests;
                self.members.push(step);
            }
            target => {
                self.counted.attribute(value.as_ref())?;
                self.changes.push(Change { op, target, value });
            }
        }
        if self.tests > MOST_TESTS {
            return Err(syntax("The paths of this request hold more than 4000 tests."));
        }
        Ok(())
    }
}

/// Removes a member of a message, whatever its case.
pub(crate) fn take(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = map.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    map.remove(&key)
}

fn syntax(detail: &'static str) -> ScimError {
    ScimError::bad(Type::InvalidSyntax, detail)
}
