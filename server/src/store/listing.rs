//! Lists of people and groups: slices in order of creation, and walks over those that an index
//! narrows down to.
//!
//! Promises: every query names the organisation; people who are kept by hand are in none; a walk
//! holds one batch of rows at a time, however many there are and however large they are; a slice
//! ends early rather than hold more; the order is the same on every page.

use super::db::{Db, Value, values};
use super::groups::{self, Group, Load};
use super::people::{self, Person};
use super::{Result, Store};
use std::ops::ControlFlow;

/// Rows that are held at a time.
const BATCH: i64 = 200;
/// Bytes of people's attributes that are held at a time, or little more: what a page may have.
const BYTES: usize = 1024 * 1024;
/// About what a group adds to a person in an answer, in bytes.
const GROUP_OF_A_PERSON: usize = 256;

/// Which rows can fulfil a filter at all, by what there is an index for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Narrow {
    All,
    Nobody,
    Id([u8; 16]),
    /// The key of a userName, or of a group's displayName.
    Name(String),
    External(String),
    /// An address in lower case.
    Email(String),
    /// People or groups that are direct members of this group.
    MemberOf([u8; 16]),
    /// Groups that have this member.
    Having([u8; 16]),
}

/// Part of a list.
pub(crate) struct Slice<T> {
    pub(crate) total: i64,
    pub(crate) items: Vec<T>,
}

/// A group that somebody is a direct member of.
#[derive(Clone, Debug)]
pub(crate) struct GroupRef {
    pub(crate) group_id: [u8; 16],
    pub(crate) display_name: String,
}

/// A person with the groups, if they were asked for.
pub(crate) struct PersonWithGroups {
    pub(crate) person: Person,
    pub(crate) groups: Vec<GroupRef>,
}

impl Store {
    /// One person of the organisation.
    pub(crate) async fn found_person(
        &self,
        key: people::PersonKey,
        with_groups: bool,
    ) -> Result<Option<PersonWithGroups>> {
        self.read_of(key.org, move |db| match people::find(db, key)? {
            None => Ok(None),
            Some(person) => found(db, key.org, person, with_groups).map(Some),
        })
        .await
    }

    /// The organisation's people in order of creation, `skip` left out, at most `take`, and fewer
    /// if they are large: at least one, if there is one.
    pub(crate) async fn people_slice(
        &self,
        org: [u8; 16],
        skip: i64,
        take: i64,
        with_groups: bool,
    ) -> Result<Slice<PersonWithGroups>> {
        self.read_of(org, move |db| {
            let total = db.row("SELECT people FROM organisation WHERE org_id = ?1", &values![org])?;
            let total = total.map(|row| row.at(0)).transpose()?.unwrap_or(0);
            let sql = format!(
                "SELECT {} FROM membership m WHERE m.org_id = ?1 AND m.source = 'scim' ORDER BY m.created_at, m.user_id LIMIT ?2 OFFSET ?3",
                people::COLUMNS
            );
            let mut items = Vec::new();
            let mut held = 0;
            let people = if skip < total { some_people(db, &sql, &values![org, take, skip])?.0 } else { Vec::new() };
            for person in people {
                let person = found(db, org, person, with_groups)?;
                held += person.person.draft.attributes.len() + person.groups.len() * GROUP_OF_A_PERSON;
                if held > BYTES && !items.is_empty() {
                    break;
                }
                items.push(person);
            }
            Ok(Slice { total, items })
        })
        .await
    }

    /// Shows the organisation's people that `narrow` leaves to `visit`, in order of creation.
    pub(crate) async fn walk_people<S, F>(
        &self,
        org: [u8; 16],
        narrow: Narrow,
        with_groups: bool,
        mut state: S,
        mut visit: F,
    ) -> Result<S>
    where
        S: Send + 'static,
        F: FnMut(&mut S, PersonWithGroups) + Send + 'static,
    {
        self.read_of(org, move |db| {
            let Some((source, condition, value)) = narrow.people() else { return Ok(state) };
            let sql = people_sql(source, condition);
            let mut after = (i64::MIN, [0; 16]);
            loop {
                let (people, is_last) = some_people(db, &sql, &walk_values(org, after, value.clone()))?;
                for person in people {
                    after = (person.created_at, person.user_id);
                    visit(&mut state, found(db, org, person, with_groups)?);
                }
                if is_last {
                    return Ok(state);
                }
            }
        })
        .await
    }

    /// The organisation's groups in order of creation, `skip` left out, at most `take`, with
    /// `members` members together at most. A first group that has more comes alone and without its
    /// members; they are read by [`Store::members_after`].
    pub(crate) async fn groups_slice(
        &self,
        org: [u8; 16],
        skip: i64,
        take: i64,
        load: Load,
        members: usize,
    ) -> Result<Slice<Group>> {
        self.read_of(org, move |db| {
            let total = db.row("SELECT groups_count FROM organisation WHERE org_id = ?1", &values![org])?;
            let total = total.map(|row| row.at(0)).transpose()?.unwrap_or(0);
            let sql = format!(
                "SELECT {} FROM scim_group g WHERE g.org_id = ?1 ORDER BY g.created_at, g.group_id LIMIT ?2 OFFSET ?3",
                groups::COLUMNS
            );
            let rows = if skip < total { db.rows(&sql, &values![org, take, skip])? } else { Vec::new() };
            let mut items = Vec::new();
            let mut left = members;
            for row in &rows {
                let mut group = groups::group(db, org, row, &Load::Nobody)?;
                if load == Load::Everybody && !groups::add_members(db, org, &mut group, left)? && !items.is_empty() {
                    break;
                }
                let is_alone = group.is_long;
                left -= group.members.len();
                items.push(group);
                if is_alone {
                    break;
                }
            }
            Ok(Slice { total, items })
        })
        .await
    }

    /// Shows the organisation's groups that `narrow` leaves to `visit`, in order of creation.
    pub(crate) async fn walk_groups<S, F>(
        &self,
        org: [u8; 16],
        narrow: Narrow,
        load: Load,
        mut state: S,
        mut visit: F,
    ) -> Result<S>
    where
        S: Send + 'static,
        F: FnMut(&mut S, Group) + Send + 'static,
    {
        self.read_of(org, move |db| {
            let Some((source, condition, value)) = narrow.groups() else { return Ok(state) };
            let sql = groups_sql(source, condition);
            let mut after = (i64::MIN, [0; 16]);
            loop {
                let rows = db.rows(&sql, &walk_values(org, after, value.clone()))?;
                let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < BATCH);
                for row in rows {
                    let group = groups::group(db, org, &row, &load)?;
                    after = (group.created_at, group.group_id);
                    visit(&mut state, group);
                }
                if is_last {
                    return Ok(state);
                }
            }
        })
        .await
    }
}

/// The first people of a query, as many as may be held, and at least one; whether the query had no
/// more than a batch.
fn some_people(db: &Db, sql: &str, values: &[Value<'_>]) -> Result<(Vec<Person>, bool)> {
    let (mut people, mut held) = (Vec::new(), 0);
    let mut is_cut = false;
    db.each(sql, values, |row| {
        let person = people::person(&row)?;
        held += person.draft.attributes.len();
        is_cut = held > BYTES && !people.is_empty();
        if is_cut {
            return Ok(ControlFlow::Break(()));
        }
        people.push(person);
        Ok(ControlFlow::Continue(()))
    })?;
    let is_last = !is_cut && i64::try_from(people.len()).is_ok_and(|rows| rows < BATCH);
    Ok((people, is_last))
}

fn people_sql(source: &str, condition: &str) -> String {
    format!(
        "SELECT {} FROM {source} WHERE m.org_id = ?1 AND m.source = 'scim' AND (m.created_at, m.user_id) > (?2, ?3) AND {condition}
         ORDER BY m.created_at, m.user_id LIMIT ?4",
        people::COLUMNS
    )
}

fn groups_sql(source: &str, condition: &str) -> String {
    format!(
        "SELECT {} FROM {source} WHERE g.org_id = ?1 AND (g.created_at, g.group_id) > (?2, ?3) AND {condition}
         ORDER BY g.created_at, g.group_id LIMIT ?4",
        groups::COLUMNS
    )
}

fn walk_values(org: [u8; 16], after: (i64, [u8; 16]), value: Option<Value<'static>>) -> Vec<Value<'static>> {
    let mut all = values![org, after.0, after.1, BATCH].to_vec();
    all.extend(value);
    all
}

/// Tables, a condition on `membership m` or `scim_group g`, and its value as `?5`.
type Source = (&'static str, &'static str, Option<Value<'static>>);

// A cross join keeps its order in SQLite: the few rows that the index finds come first, instead of
// everybody in order of creation.
const BY_EMAIL: &str = "(SELECT e.user_id AS id FROM membership_email e WHERE e.org_id = ?1 AND e.email_key = ?5) f CROSS JOIN membership m";
const BY_EXTERNAL: &str =
    "(SELECT e.user_id AS id FROM membership e WHERE e.org_id = ?1 AND e.external_id = ?5) f CROSS JOIN membership m";
const GROUP_BY_EXTERNAL: &str =
    "(SELECT e.group_id AS id FROM scim_group e WHERE e.org_id = ?1 AND e.external_id = ?5) f CROSS JOIN scim_group g";
const IN_GROUP: &str = "(SELECT x.member_id AS id FROM scim_group e JOIN group_member x ON x.list_id = e.list_id
      WHERE e.group_id = ?5 AND e.org_id = ?1 AND x.org_id = ?1) f CROSS JOIN membership m";
const WITH_MEMBER: &str = "(SELECT e.group_id AS id FROM group_member x JOIN scim_group e ON e.list_id = x.list_id
      WHERE x.member_id = ?5 AND x.org_id = ?1) f CROSS JOIN scim_group g";

impl Narrow {
    /// Where people are; none if nobody can fulfil it.
    fn people(&self) -> Option<Source> {
        const ALL: &str = "membership m";
        Some(match self {
            Self::All => (ALL, "1 = 1", None),
            Self::Nobody | Self::Having(_) => return None,
            Self::Id(id) => (ALL, "m.user_id = ?5", Some((*id).into())),
            Self::Name(key) => (ALL, "m.user_name_key = ?5", Some(text(key)?)),
            Self::External(id) => (BY_EXTERNAL, "m.user_id = f.id", Some(text(id)?)),
            Self::Email(key) => (BY_EMAIL, "m.user_id = f.id", Some(text(key)?)),
            Self::MemberOf(group) => (IN_GROUP, "m.user_id = f.id", Some((*group).into())),
        })
    }

    /// Where groups are.
    fn groups(&self) -> Option<Source> {
        const ALL: &str = "scim_group g";
        Some(match self {
            Self::All => (ALL, "1 = 1", None),
            Self::Nobody | Self::Email(_) | Self::MemberOf(_) => return None,
            Self::Id(id) => (ALL, "g.group_id = ?5", Some((*id).into())),
            Self::Name(key) => (ALL, "g.name_key = ?5", Some(text(key)?)),
            Self::External(id) => (GROUP_BY_EXTERNAL, "g.group_id = f.id", Some(text(id)?)),
            Self::Having(member) => (WITH_MEMBER, "g.group_id = f.id", Some((*member).into())),
        })
    }
}

/// No stored text holds NUL, and PostgreSQL does not take one.
fn text(text: &str) -> Option<Value<'static>> {
    (!text.contains('\0')).then(|| text.to_owned().into())
}

fn found(db: &Db, org: [u8; 16], person: Person, with_groups: bool) -> Result<PersonWithGroups> {
    let groups = if with_groups { groups_of(db, org, person.user_id)? } else { Vec::new() };
    Ok(PersonWithGroups { person, groups })
}

fn groups_of(db: &Db, org: [u8; 16], member: [u8; 16]) -> Result<Vec<GroupRef>> {
    let rows = db.rows(
        "SELECT g.group_id, g.display_name FROM group_member x JOIN scim_group g ON g.list_id = x.list_id
         WHERE x.member_id = ?1 AND x.org_id = ?2 AND g.org_id = ?2 ORDER BY g.created_at, g.group_id",
        &values![member, org],
    )?;
    rows.iter().map(|row| Ok(GroupRef { group_id: row.at(0)?, display_name: row.at(1)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Location;

    /// How SQLite would go about it.
    async fn plan(store: &Store, sql: String, value: Option<Value<'static>>) -> String {
        let steps = store.read(move |db| {
            let rows = db.rows(&format!("EXPLAIN QUERY PLAN {sql}"), &walk_values([1; 16], (0, [0; 16]), value))?;
            rows.iter().map(|row| row.at::<String>(3)).collect::<Result<Vec<_>>>()
        });
        steps.await.expect("a plan").join("; ")
    }

    #[tokio::test]
    async fn nobody_is_looked_for_by_going_through_everybody() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let store = Store::open(Location::Sqlite(folder.path().join("plans.db"))).await.expect("a store");
        let id = [2; 16];
        for narrow in [
            Narrow::Id(id),
            Narrow::Name("ada".to_owned()),
            Narrow::External("00u1".to_owned()),
            Narrow::Email("ada@example.org".to_owned()),
            Narrow::MemberOf(id),
        ] {
            let (source, condition, value) = narrow.people().expect("people can be found by it");
            let plan = plan(&store, people_sql(source, condition), value).await;
            assert!(plan.contains("SEARCH") && !plan.contains("_page") && !plan.contains("SCAN"), "{plan}");
        }
        for narrow in [
            Narrow::Id(id),
            Narrow::Name("everybody".to_owned()),
            Narrow::External("00g1".to_owned()),
            Narrow::Having(id),
        ] {
            let (source, condition, value) = narrow.groups().expect("groups can be found by it");
            let plan = plan(&store, groups_sql(source, condition), value).await;
            assert!(plan.contains("SEARCH") && !plan.contains("_page") && !plan.contains("SCAN"), "{plan}");
        }
    }
}
