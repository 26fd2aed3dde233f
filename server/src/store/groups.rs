//! Groups as their organisation provisions them. They are kept for the organisation; being in one
//! gives nobody anything that is encrypted.
//!
//! Promises: every query names the organisation; a member exists when it joins and is one row, so
//! that a group of any size is changed by the rows concerned alone; who is removed from the
//! organisation leaves its groups. `group_changes` says how a change is made, `member_lists` how
//! large ones are written.

use super::db::{Db, Row, Value, values};
use super::{Result, Store, StoreError};
use crate::group_name;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Ids in one statement.
const CHUNK: usize = 50;
/// Members of a long group that are read at a time.
const SOME: i64 = 250;

/// What an organisation says of a group, without the members.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupDraft {
    pub(crate) display_name: String,
    pub(crate) external_id: Option<String>,
}

/// A group, with as many members as were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) group_id: [u8; 16],
    pub(crate) draft: GroupDraft,
    pub(crate) created_at: i64,
    pub(crate) modified_at: i64,
    pub(crate) version: i64,
    /// Under which its members lie.
    pub(super) list: [u8; 16],
    pub(crate) members: Vec<Member>,
    /// Whether it has more members than were asked for, so that `members` is empty.
    pub(crate) is_long: bool,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) member_id: [u8; 16],
    /// A group, or else a person.
    pub(crate) is_group: bool,
    pub(crate) display: Option<String>,
}

/// Which group of which organisation.
#[derive(Clone, Copy)]
pub(crate) struct GroupKey {
    pub(crate) org: [u8; 16],
    pub(crate) group: [u8; 16],
}

/// Which members come with a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    Nobody,
    /// Those of these who are members.
    Only(Vec<[u8; 16]>),
    Everybody,
}

/// Somebody who is to join.
#[derive(Clone, Debug)]
pub(crate) struct Joining {
    pub(crate) member_id: [u8; 16],
    pub(crate) display: Option<String>,
    /// Whether an id that nobody has is an error; else it is left out.
    pub(crate) must_exist: bool,
}

/// One change of the members.
#[derive(Clone)]
pub(crate) enum MemberChange {
    Add(Vec<Joining>),
    /// All others go.
    Replace(Vec<Joining>),
    Remove(Vec<[u8; 16]>),
    RemoveAll,
    RemoveWhere(Arc<dyn Fn(&Member) -> bool + Send + Sync>),
}

/// What a group becomes.
#[derive(Clone)]
pub(crate) struct GroupEdit {
    pub(crate) draft: GroupDraft,
    pub(crate) members: Vec<MemberChange>,
    /// Whether it holds only for the version that it was made from.
    pub(crate) is_for_version: bool,
}

/// How a creation or change went; `E` is the caller's own refusal.
pub(crate) enum GroupOutcome<E> {
    /// As it is now, without its members.
    Group(Box<Group>),
    Unknown,
    /// The name is taken.
    Taken,
    /// A member is nobody of this organisation, or the group itself.
    Dangling,
    /// It would have more than `MOST_IN_GROUP` members.
    Full,
    /// Others changed it again and again meanwhile; nothing was changed.
    Contended,
    Refused(E),
}

pub(super) const COLUMNS: &str =
    "g.group_id, g.display_name, g.external_id, g.created_at, g.modified_at, g.version, g.list_id";

impl Store {
    /// One group of the organisation, without members.
    pub(crate) async fn group(&self, key: GroupKey) -> Result<Option<Group>> {
        self.read_of(key.org, move |db| find(db, key, &Load::Nobody)).await
    }

    /// One group of the organisation with its members, if they are not more than `most`.
    pub(crate) async fn group_with_members(&self, key: GroupKey, most: usize) -> Result<Option<Group>> {
        self.read_of(key.org, move |db| {
            let Some(mut group) = find(db, key, &Load::Nobody)? else { return Ok(None) };
            add_members(db, key.org, &mut group, most)?;
            Ok(Some(group))
        })
        .await
    }

    /// Some of a group's members: those behind `after`, in the order of their ids. None if the
    /// group is not in this version any more.
    pub(crate) async fn members_after(
        &self,
        key: GroupKey,
        version: i64,
        after: Option<[u8; 16]>,
    ) -> Result<Option<Vec<Member>>> {
        self.read_of(key.org, move |db| {
            let Some(group) = find(db, key, &Load::Nobody)? else { return Ok(None) };
            let mut found = Vec::new();
            let sql = format!("{WHOM} AND x.member_id > ?3 ORDER BY x.member_id LIMIT ?4");
            // No id is the smallest one.
            let values = values![group.list, key.org, after.unwrap_or_default(), SOME];
            db.each(&sql, &values, |row| {
                found.push(member(&row)?);
                Ok(ControlFlow::Continue(()))
            })?;
            // Looked at last: what was read until here belongs to this version.
            let is_same = find(db, key, &Load::Nobody)?.is_some_and(|group| group.version == version);
            Ok((is_same && group.version == version).then_some(found))
        })
        .await
    }
}

/// Takes somebody out of every group of the organisation.
pub(super) fn leave_groups(db: &Db, org: [u8; 16], member: [u8; 16], now: i64) -> Result<()> {
    db.execute_all(&[
        (
            "UPDATE scim_group SET modified_at = ?3, version = version + 1
             WHERE org_id = ?2 AND list_id IN (SELECT x.list_id FROM group_member x WHERE x.member_id = ?1 AND x.org_id = ?2)",
            values![member, org, now].to_vec(),
        ),
        ("DELETE FROM group_member WHERE member_id = ?1 AND org_id = ?2", values![member, org].to_vec()),
    ])
}

/// Reads [`COLUMNS`] and the members.
pub(super) fn group(db: &Db, org: [u8; 16], row: &Row, load: &Load) -> Result<Group> {
    let mut group = Group {
        group_id: row.at(0)?,
        draft: GroupDraft { display_name: row.at(1)?, external_id: row.at(2)? },
        created_at: row.at(3)?,
        modified_at: row.at(4)?,
        version: row.at(5)?,
        list: row.at(6)?,
        members: Vec::new(),
        is_long: false,
    };
    if *load != Load::Nobody {
        steady(db, org, &mut group, |group| {
            group.members = members(db, org, group.list, load)?;
            Ok(())
        })?;
    }
    Ok(group)
}

/// Reads something of a group's list, again if the group turned to another list meanwhile: of the
/// one before, rows may be gone already. A group that was removed meanwhile has no members.
fn steady(db: &Db, org: [u8; 16], group: &mut Group, mut read: impl FnMut(&mut Group) -> Result<()>) -> Result<()> {
    const LOOKS: usize = 100;
    for _ in 0..LOOKS {
        read(group)?;
        let Some(now) = find(db, GroupKey { org, group: group.group_id }, &Load::Nobody)? else {
            group.members = Vec::new();
            group.is_long = false;
            return Ok(());
        };
        if now.list == group.list {
            return Ok(());
        }
        *group = now;
    }
    Err(StoreError::Unavailable("a group that never stands still".to_owned()))
}

pub(super) fn find(db: &Db, key: GroupKey, load: &Load) -> Result<Option<Group>> {
    let sql = format!("SELECT {COLUMNS} FROM scim_group g WHERE g.group_id = ?1 AND g.org_id = ?2");
    let row = db.row(&sql, &values![key.group, key.org])?;
    row.map(|row| group(db, key.org, &row, load)).transpose()
}

const WHOM: &str = "SELECT x.member_id, x.kind, x.display FROM group_member x WHERE x.list_id = ?1 AND x.org_id = ?2";

fn member(row: &Row) -> Result<Member> {
    Ok(Member { member_id: row.at(0)?, is_group: row.at::<String>(1)? == "Group", display: row.at(2)? })
}

/// Gives a group its members; false, and none, if they are more than `most`.
pub(super) fn add_members(db: &Db, org: [u8; 16], group: &mut Group, most: usize) -> Result<bool> {
    steady(db, org, group, |group| {
        group.members = Vec::new();
        group.is_long = false;
        db.each(WHOM, &values![group.list, org], |row| {
            group.is_long = group.members.len() == most;
            if group.is_long {
                return Ok(ControlFlow::Break(()));
            }
            group.members.push(member(&row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        if group.is_long {
            group.members = Vec::new();
        }
        Ok(())
    })?;
    Ok(!group.is_long)
}

/// The members that lie under a list.
pub(super) fn members(db: &Db, org: [u8; 16], list: [u8; 16], load: &Load) -> Result<Vec<Member>> {
    let mut found = Vec::new();
    let mut keep = |row: Row| {
        found.push(member(&row)?);
        Ok(ControlFlow::Continue(()))
    };
    match load {
        Load::Nobody => {}
        Load::Everybody => db.each(WHOM, &values![list, org], &mut keep)?,
        Load::Only(ids) => {
            let sql = format!("{WHOM} AND x.member_id IN ({})", marks(3));
            for ids in ids.chunks(CHUNK) {
                db.each(&sql, &padded(list, org, ids), &mut keep)?;
            }
        }
    }
    Ok(found)
}

pub(super) fn taken(db: &Db, key: GroupKey, display_name: &str) -> Result<bool> {
    db.exists(
        "SELECT 1 FROM scim_group WHERE org_id = ?1 AND name_key = ?2 AND group_id <> ?3",
        &values![key.org, group_name::key(display_name), key.group],
    )
}

/// Who of those that are to join exists.
pub(super) struct Known {
    people: HashSet<[u8; 16]>,
    groups: HashSet<[u8; 16]>,
}

impl Known {
    /// Whether it is a group; none if nobody has the id.
    pub(super) fn is_group(&self, id: &[u8; 16]) -> Option<bool> {
        if self.people.contains(id) { Some(false) } else { self.groups.contains(id).then_some(true) }
    }
}

/// Looks up who of these exists; the group itself counts as nobody.
pub(super) fn known(db: &Db, key: GroupKey, ids: impl Iterator<Item = [u8; 16]>) -> Result<Known> {
    let ids: HashSet<[u8; 16]> = ids.filter(|id| *id != key.group).collect();
    let mut ids: Vec<[u8; 16]> = ids.into_iter().collect();
    // Side by side in the index.
    ids.sort_unstable();
    let among = |table: &str, column: &str, condition: &str, ids: &[[u8; 16]]| -> Result<HashSet<[u8; 16]>> {
        // Not by an index of the organisation: SQLite would rather go through all its people than
        // look up a hundred.
        let sql = format!(
            "SELECT {column} FROM {table} WHERE coalesce(org_id, org_id) = ?2 AND {column} <> ?1 AND {column} IN ({}){condition}",
            marks(3)
        );
        let mut found = HashSet::new();
        for ids in ids.chunks(CHUNK) {
            db.each(&sql, &padded(key.group, key.org, ids), |row| {
                found.insert(row.at(0)?);
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(found)
    };
    let people = among("membership", "user_id", " AND source = 'scim'", &ids)?;
    ids.retain(|id| !people.contains(id));
    Ok(Known { groups: among("scim_group", "group_id", "", &ids)?, people })
}

/// Adds members; gives how many were none before.
pub(super) fn join(db: &Db, org: [u8; 16], list: [u8; 16], joining: &[Member]) -> Result<u64> {
    const ROW: &str = "INSERT INTO group_member (list_id, org_id, member_id, kind, display) VALUES";
    const ONCE: &str = "ON CONFLICT (list_id, member_id) DO NOTHING";
    let row = |from: usize| format!("(?1, ?2, ?{from}, ?{}, ?{})", from + 1, from + 2);
    let many: Vec<String> = (0..CHUNK).map(|at| row(3 + 3 * at)).collect();
    let (many, one) = (format!("{ROW} {} {ONCE}", many.join(", ")), format!("{ROW} {} {ONCE}", row(3)));
    let insert = |sql: &str, rows: &[Member]| {
        let mut all = values![list, org].to_vec();
        for member in rows {
            let kind = if member.is_group { "Group" } else { "User" };
            all.extend(values![member.member_id, kind, member.display.clone()]);
        }
        db.execute(sql, &all)
    };
    let mut added = 0;
    let chunks = joining.chunks_exact(CHUNK);
    for rest in chunks.remainder().chunks(1) {
        added += insert(&one, rest)?;
    }
    for rows in chunks {
        added += insert(&many, rows)?;
    }
    Ok(added)
}

/// Takes members out; gives how many were there.
pub(super) fn leave(db: &Db, org: [u8; 16], list: [u8; 16], ids: &[[u8; 16]]) -> Result<u64> {
    let sql = format!("DELETE FROM group_member WHERE list_id = ?1 AND org_id = ?2 AND member_id IN ({})", marks(3));
    let mut removed = 0;
    for ids in ids.chunks(CHUNK) {
        removed += db.execute(&sql, &padded(list, org, ids))?;
    }
    Ok(removed)
}

/// `?3, ?4, ...`: always as many, so that the statement is prepared once.
fn marks(from: usize) -> String {
    (from..from + CHUNK).map(|at| format!("?{at}")).collect::<Vec<_>>().join(", ")
}

/// Group or list, organisation and ids; the last id again and again to the end.
fn padded(first: [u8; 16], org: [u8; 16], ids: &[[u8; 16]]) -> Vec<Value<'static>> {
    let mut all = values![first, org].to_vec();
    let last = ids.last().copied().unwrap_or_default();
    all.extend(ids.iter().copied().chain(std::iter::repeat(last)).take(CHUNK).map(Value::from));
    all
}
