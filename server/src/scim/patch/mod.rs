//! PATCH (RFC 7644 section 3.5.2) in the forms that identity providers send: operators in any case,
//! with a path or without, paths as keys.
//!
//! Promises: all operations are applied or none; one that is not understood is an error, because an
//! ignored deactivation leaves somebody in; the time is bounded by the request's size. `password`,
//! `schemas` and the attributes of other people's extensions are ignored on purpose. Members of
//! groups are not touched here: they come out as changes of their own, so that a group of any size
//! is changed by its rows alone.

mod apply;
mod foreign;
mod keys;
#[cfg(test)]
pub(crate) mod laws;
mod list;
mod members;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use members::{MemberStep, NewMember, read as read_members};

use super::error::{ScimError, Type};
use super::message::{self, check_kind};
use super::schema::Resource;
use super::spelling::distinct;
use keys::{Keys, unfolded};
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
        check_kind(message::PATCH, &mut document)?;
        let operations = match take(&mut document, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            _ => return Err(syntax("Operations must be a list of at least one operation.")),
        };
        let mut reader = Reader {
            resource,
            tests: 0,
            tests_before: 0,
            counted: Counted::default(),
            changes: Vec::new(),
            members: Vec::new(),
        };
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
    /// How many there were before the path that is read now.
    tests_before: usize,
    counted: Counted,
    changes: Vec<Change>,
    members: Vec<MemberStep>,
}

impl Reader {
    fn operation(&mut self, mut operation: Map<String, Value>) -> Result<(), ScimError> {
        distinct(&operation)?;
        let op = take(&mut operation, "op").and_then(|op| op.as_str().map(str::to_ascii_lowercase));
        let op = match op.as_deref() {
            Some("add") => Op::Add,
            Some("remove") => Op::Remove,
            Some("replace") => Op::Replace,
            _ => return Err(syntax("op must be add, remove or replace.")),
        };
        let path = take(&mut operation, "path").filter(|path| !path.is_null());
        let value = take(&mut operation, "value");
        match (path, value) {
            (Some(Value::String(path)), value) => {
                let target = self.target(&path)?;
                match (op, value) {
                    (Op::Remove, value) => self.change(op, target, value),
                    (_, None) => Err(needs_a_value()),
                    (_, Some(value)) => {
                        let mut keys = Keys::default();
                        for (target, value) in unfolded(self.resource, target, value, &mut self.tests)? {
                            keys.add(&target, &value)?;
                            self.change(op, target, Some(value))?;
                        }
                        self.within_tests()
                    }
                }
            }
            (Some(_), _) => Err(ScimError::bad(Type::InvalidPath, "path must be a text.")),
            (None, _) if op == Op::Remove => Err(ScimError::bad(Type::NoTarget, "remove needs a path.")),
            // Without a path the keys are paths: attributes, "name.givenName", or those of an
            // extension behind its URN.
            (None, Some(Value::Object(values))) => {
                let mut keys = Keys::default();
                for (path, value) in values {
                    let target = self.target(&path)?;
                    for (target, value) in unfolded(self.resource, target, value, &mut self.tests)? {
                        keys.add(&target, &value)?;
                        self.change(op, target, Some(value))?;
                    }
                    self.within_tests()?;
                }
                Ok(())
            }
            (None, None) => Err(needs_a_value()),
            (None, _) => Err(ScimError::bad(Type::InvalidValue, "Without a path the value must be an object.")),
        }
    }

    fn target(&mut self, path: &str) -> Result<Target, ScimError> {
        self.tests_before = self.tests;
        let target = Target::read(self.resource, path, &mut self.tests)?;
        // Those of members are counted as members.
        let is_of_members = matches!(&target, Target::Place { place, .. } if place.is("members"));
        if !is_of_members {
            self.within_tests()?;
        }
        Ok(target)
    }

    fn within_tests(&self) -> Result<(), ScimError> {
        if self.tests > MOST_TESTS {
            return Err(ScimError::bad(Type::InvalidPath, "The paths of this request hold more than 4000 tests."));
        }
        Ok(())
    }

    fn change(&mut self, op: Op, target: Target, value: Option<Value>) -> Result<(), ScimError> {
        match target {
            Target::Place { place, filter } if place.is("members") => {
                let step = members::step(op, place, filter, value)?;
                self.counted.step(&step, self.tests - self.tests_before)?;
                // Counted as members, so that many can be taken out by their ids.
                self.tests = self.tests_before;
                self.members.push(step);
            }
            target => {
                self.counted.attribute(value.as_ref())?;
                self.changes.push(Change { op, target, value });
            }
        }
        self.within_tests()
    }
}

/// Removes a member of a message, whatever its case.
pub(crate) fn take(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = map.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    map.remove(&key)
}

fn needs_a_value() -> ScimError {
    ScimError::bad(Type::InvalidValue, "add and replace need a value.")
}

fn syntax(detail: &'static str) -> ScimError {
    ScimError::bad(Type::InvalidSyntax, detail)
}
