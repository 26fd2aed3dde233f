//! Groups as their organisation provisions them. They are kept for the organisation; being in one
//! gives nobody anything that is encrypted.
//!
//! Promises: every query names the organisation; a member exists when it joins and is one row, so
//! that a group of any size is changed by the rows concerned alone; who is removed from the
//! organisation leaves its groups.

use super::audit::{Entry, note};
use super::db::{Db, Row, Value, values};
use super::{Result, Store};
use crate::group_name;
use crate::rng::fresh_id;
use std::collections::HashSet;

/// Ids in one statement.
const CHUNK: usize = 50;

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
    pub(crate) members: Vec<Member>,
}

/// A member of a group.
#[derive(Clone, Debug)]
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
pub(crate) enum MemberChange {
    Add(Vec<Joining>),
    /// All others go.
    Replace(Vec<Joining>),
    Remove(Vec<[u8; 16]>),
    RemoveAll,
    RemoveWhere(Box<dyn Fn(&Member) -> bool + Send>),
}

/// What a group becomes.
pub(crate) struct GroupEdit {
    pub(crate) draft: GroupDraft,
    pub(crate) members: Vec<MemberChange>,
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
    Refused(E),
}

pub(super) const COLUMNS: &str = "g.group_id, g.display_name, g.external_id, g.created_at, g.modified_at, g.version";

impl Store {
    /// Creates a group with its members.
    pub(crate) async fn create_group(
        &self,
        org: [u8; 16],
        draft: GroupDraft,
        members: Vec<Joining>,
        now: i64,
    ) -> Result<GroupOutcome<()>> {
        self.write(move |db| {
            let key = GroupKey { org, group: fresh_id() };
            if taken(db, key, &draft.display_name)? {
                return Ok(GroupOutcome::Taken);
            }
            let changes = vec![MemberChange::Add(members)];
            let Some(known) = known(db, key, &changes)? else { return Ok(GroupOutcome::Dangling) };
            let name_key = group_name::key(&draft.display_name);
            db.execute_all(&[
                (
                    "INSERT INTO scim_group (group_id, org_id, display_name, name_key, external_id, attributes, created_at, modified_at, version)
                     VALUES (?1, ?2, ?3, ?4, ?5, '{}', ?6, ?6, 1)",
                    values![key.group, org, &draft.display_name, &name_key, &draft.external_id, now].to_vec(),
                ),
                ("UPDATE organisation SET groups_count = groups_count + 1 WHERE org_id = ?1", values![org].to_vec()),
            ])?;
            for change in changes {
                change_members(db, key, change, &known)?;
            }
            note(db, now, "group.created", Entry { org: Some(org), ..Entry::default() });
            Ok(find(db, key, &Load::Nobody)?.map_or(GroupOutcome::Unknown, |group| GroupOutcome::Group(Box::new(group))))
        })
        .await
    }

    /// One group of the organisation.
    pub(crate) async fn group(&self, key: GroupKey, load: Load) -> Result<Option<Group>> {
        self.read(move |db| find(db, key, &load)).await
    }

    /// Changes a group; `edit` sees it inside the transaction, without its members.
    pub(crate) async fn edit_group<E, F>(&self, key: GroupKey, now: i64, edit: F) -> Result<GroupOutcome<E>>
    where
        E: Send + 'static,
        F: FnOnce(&Group) -> std::result::Result<GroupEdit, E> + Send + 'static,
    {
        self.write(move |db| {
            let Some(before) = find(db, key, &Load::Nobody)? else { return Ok(GroupOutcome::Unknown) };
            let GroupEdit { draft, members } = match edit(&before) {
                Ok(edit) => edit,
                Err(refusal) => return Ok(GroupOutcome::Refused(refusal)),
            };
            // A name that stays was settled before, also if another group has one that is equal by
            // now (see `migrate`).
            let is_renamed = draft.display_name != before.draft.display_name;
            if is_renamed && taken(db, key, &draft.display_name)? {
                return Ok(GroupOutcome::Taken);
            }
            // Everything that can be refused is refused before anything is written.
            let Some(known) = known(db, key, &members)? else { return Ok(GroupOutcome::Dangling) };
            let mut is_changed = draft != before.draft;
            for change in members {
                is_changed |= change_members(db, key, change, &known)?;
            }
            if !is_changed {
                return Ok(GroupOutcome::Group(Box::new(before)));
            }
            let name_key = is_renamed.then(|| group_name::key(&draft.display_name));
            db.execute(
                "UPDATE scim_group SET display_name = ?3, name_key = coalesce(?4, name_key), external_id = ?5, modified_at = ?6, version = version + 1
                 WHERE group_id = ?1 AND org_id = ?2",
                &values![key.group, key.org, &draft.display_name, name_key, &draft.external_id, now],
            )?;
            note(db, now, "group.changed", Entry { org: Some(key.org), ..Entry::default() });
            Ok(find(db, key, &Load::Nobody)?.map_or(GroupOutcome::Unknown, |group| GroupOutcome::Group(Box::new(group))))
        })
        .await
    }

    /// Removes a group if `allow` lets it; nobody else is touched.
    pub(crate) async fn remove_group<E, F>(&self, key: GroupKey, now: i64, allow: F) -> Result<GroupOutcome<E>>
    where
        E: Send + 'static,
        F: FnOnce(&Group) -> std::result::Result<(), E> + Send + 'static,
    {
        self.write(move |db| {
            let Some(group) = find(db, key, &Load::Nobody)? else { return Ok(GroupOutcome::Unknown) };
            if let Err(refusal) = allow(&group) {
                return Ok(GroupOutcome::Refused(refusal));
            }
            leave_groups(db, key.org, key.group, now)?;
            db.execute_all(&[
                ("DELETE FROM group_member WHERE group_id = ?1 AND org_id = ?2", values![key.group, key.org].to_vec()),
                ("DELETE FROM scim_group WHERE group_id = ?1 AND org_id = ?2", values![key.group, key.org].to_vec()),
                (
                    "UPDATE organisation SET groups_count = groups_count - 1 WHERE org_id = ?1",
                    values![key.org].to_vec(),
                ),
            ])?;
            note(db, now, "group.removed", Entry { org: Some(key.org), ..Entry::default() });
            Ok(GroupOutcome::Group(Box::new(group)))
        })
        .await
    }
}

/// Takes somebody out of every group of the organisation.
pub(super) fn leave_groups(db: &Db, org: [u8; 16], member: [u8; 16], now: i64) -> Result<()> {
    db.execute_all(&[
        (
            "UPDATE scim_group SET modified_at = ?3, version = version + 1
             WHERE org_id = ?2 AND group_id IN (SELECT x.group_id FROM group_member x WHERE x.member_id = ?1 AND x.org_id = ?2)",
            values![member, org, now].to_vec(),
        ),
        ("DELETE FROM group_member WHERE member_id = ?1 AND org_id = ?2", values![member, org].to_vec()),
    ])
}

/// Reads [`COLUMNS`] and the members.
pub(super) fn group(db: &Db, org: [u8; 16], row: &Row, load: &Load) -> Result<Group> {
    let group_id = row.at(0)?;
    Ok(Group {
        group_id,
        draft: GroupDraft { display_name: row.at(1)?, external_id: row.at(2)? },
        created_at: row.at(3)?,
        modified_at: row.at(4)?,
        version: row.at(5)?,
        members: members(db, GroupKey { org, group: group_id }, load)?,
    })
}

fn find(db: &Db, key: GroupKey, load: &Load) -> Result<Option<Group>> {
    let sql = format!("SELECT {COLUMNS} FROM scim_group g WHERE g.group_id = ?1 AND g.org_id = ?2");
    let row = db.row(&sql, &values![key.group, key.org])?;
    row.map(|row| group(db, key.org, &row, load)).transpose()
}

fn members(db: &Db, key: GroupKey, load: &Load) -> Result<Vec<Member>> {
    const WHOM: &str =
        "SELECT x.member_id, x.kind, x.display FROM group_member x WHERE x.group_id = ?1 AND x.org_id = ?2";
    let rows = match load {
        Load::Nobody => return Ok(Vec::new()),
        Load::Everybody => db.rows(WHOM, &values![key.group, key.org])?,
        Load::Only(ids) => {
            let sql = format!("{WHOM} AND x.member_id IN ({})", marks(3));
            let mut rows = Vec::new();
            for ids in ids.chunks(CHUNK) {
                rows.extend(db.rows(&sql, &padded(key, ids))?);
            }
            rows
        }
    };
    rows.iter()
        .map(|row| Ok(Member { member_id: row.at(0)?, is_group: row.at::<String>(1)? == "Group", display: row.at(2)? }))
        .collect()
}

fn taken(db: &Db, key: GroupKey, display_name: &str) -> Result<bool> {
    db.exists(
        "SELECT 1 FROM scim_group WHERE org_id = ?1 AND name_key = ?2 AND group_id <> ?3",
        &values![key.org, group_name::key(display_name), key.group],
    )
}

/// Who of those that are to join exists.
struct Known {
    people: HashSet<[u8; 16]>,
    groups: HashSet<[u8; 16]>,
}

/// Looks everybody up who is to join; none if somebody who must exist does not.
fn known(db: &Db, key: GroupKey, changes: &[MemberChange]) -> Result<Option<Known>> {
    let joining = || {
        changes.iter().flat_map(|change| match change {
            MemberChange::Add(joining) | MemberChange::Replace(joining) => joining.as_slice(),
            _ => &[],
        })
    };
    let ids: HashSet<[u8; 16]> = joining().map(|joining| joining.member_id).filter(|id| *id != key.group).collect();
    let ids: Vec<[u8; 16]> = ids.into_iter().collect();
    let among = |table: &str, column: &str| -> Result<HashSet<[u8; 16]>> {
        // Not by an index of the organisation: SQLite would rather go through all its people than
        // look up a hundred.
        let sql = format!(
            "SELECT {column} FROM {table} WHERE coalesce(org_id, org_id) = ?2 AND {column} <> ?1 AND {column} IN ({})",
            marks(3)
        );
        let mut found = HashSet::new();
        for ids in ids.chunks(CHUNK) {
            for row in db.rows(&sql, &padded(key, ids))? {
                found.insert(row.at(0)?);
            }
        }
        Ok(found)
    };
    let known = Known { people: among("membership", "user_id")?, groups: among("scim_group", "group_id")? };
    let exists = |id: &[u8; 16]| known.people.contains(id) || known.groups.contains(id);
    let dangling = joining().any(|joining| joining.must_exist && !exists(&joining.member_id));
    Ok((!dangling).then_some(known))
}

/// Makes one change; tells whether anything is different afterwards.
fn change_members(db: &Db, key: GroupKey, change: MemberChange, known: &Known) -> Result<bool> {
    match change {
        MemberChange::Add(joining) => join(db, key, &joining, known),
        MemberChange::Remove(ids) => leave(db, key, &ids),
        MemberChange::RemoveAll => {
            let sql = "DELETE FROM group_member WHERE group_id = ?1 AND org_id = ?2";
            Ok(db.execute(sql, &values![key.group, key.org])? > 0)
        }
        MemberChange::RemoveWhere(leaves) => {
            let present = members(db, key, &Load::Everybody)?;
            let ids: Vec<[u8; 16]> =
                present.iter().filter(|member| leaves(member)).map(|member| member.member_id).collect();
            leave(db, key, &ids)
        }
        MemberChange::Replace(joining) => {
            let staying: HashSet<[u8; 16]> = joining.iter().map(|joining| joining.member_id).collect();
            let present = members(db, key, &Load::Everybody)?;
            let gone: Vec<[u8; 16]> =
                present.iter().map(|member| member.member_id).filter(|id| !staying.contains(id)).collect();
            Ok(leave(db, key, &gone)? | join(db, key, &joining, known)?)
        }
    }
}

fn join(db: &Db, key: GroupKey, joining: &[Joining], known: &Known) -> Result<bool> {
    const ROW: &str = "INSERT INTO group_member (group_id, org_id, member_id, kind, display) VALUES";
    const ONCE: &str = "ON CONFLICT (group_id, member_id) DO NOTHING";
    let row = |from: usize| format!("(?1, ?2, ?{from}, ?{}, ?{})", from + 1, from + 2);
    let many: Vec<String> = (0..CHUNK).map(|at| row(3 + 3 * at)).collect();
    let (many, one) = (format!("{ROW} {} {ONCE}", many.join(", ")), format!("{ROW} {} {ONCE}", row(3)));
    let mut seen = HashSet::new();
    let joining: Vec<(&Joining, &str)> = joining
        .iter()
        .filter(|joining| seen.insert(joining.member_id))
        .filter_map(|joining| match joining.member_id {
            id if known.people.contains(&id) => Some((joining, "User")),
            id if known.groups.contains(&id) => Some((joining, "Group")),
            _ => None,
        })
        .collect();
    let insert = |sql: &str, rows: &[(&Joining, &'static str)]| {
        let mut all = values![key.group, key.org].to_vec();
        for (joining, kind) in rows {
            all.extend(values![joining.member_id, *kind, joining.display.clone()]);
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
    Ok(added > 0)
}

fn leave(db: &Db, key: GroupKey, ids: &[[u8; 16]]) -> Result<bool> {
    let sql = format!("DELETE FROM group_member WHERE group_id = ?1 AND org_id = ?2 AND member_id IN ({})", marks(3));
    let mut removed = 0;
    for ids in ids.chunks(CHUNK) {
        removed += db.execute(&sql, &padded(key, ids))?;
    }
    Ok(removed > 0)
}

/// `?3, ?4, ...`: always as many, so that the statement is prepared once.
fn marks(from: usize) -> String {
    (from..from + CHUNK).map(|at| format!("?{at}")).collect::<Vec<_>>().join(", ")
}

/// Group, organisation and ids; the last id again and again to the end.
fn padded(key: GroupKey, ids: &[[u8; 16]]) -> Vec<Value<'static>> {
    let mut all = values![key.group, key.org].to_vec();
    let last = ids.last().copied().unwrap_or_default();
    all.extend(ids.iter().copied().chain(std::iter::repeat(last)).take(CHUNK).map(Value::from));
    all
}
