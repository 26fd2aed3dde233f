//! How groups are created, changed and removed.
//!
//! Promises: what a request asks for is worked out by a reader, beside the writer; the writer
//! compares what that was made from and writes the rows concerned, at most [`FEW`] members in one
//! command; a larger change is written as a list of its own, piece by piece, and the group turns to
//! it in one command (`member_lists`). So a change is made whole or not at all, and no change of a
//! group keeps other writers waiting for longer than one piece takes. Must never: run the caller's
//! `edit` in the writer.

use super::audit::{Entry, note};
use super::db::{Db, values};
use super::groups::{
    Group, GroupDraft, GroupEdit, GroupKey, GroupOutcome, Joining, Load, Member, MemberChange, find, join, known,
    leave, leave_groups, members, taken,
};
use super::{Result, Store};
use crate::group_name;
use crate::rng::fresh_id;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Most members that one command of the writer writes.
pub(super) const PIECE: usize = 250;
/// Most members that one command changes row by row. Providers push large groups in pieces of up to
/// this; a list of its own for each would write the whole group again each time.
const FEW: usize = 1000;
/// Most members of a group.
pub(super) const MOST_IN_GROUP: usize = 50_000;
/// How often a change is worked out anew because others came before it.
const TRIES: usize = 8;

/// What a reader found out about a change.
enum Look<E> {
    /// There is nothing to write.
    Done(GroupOutcome<E>),
    /// These rows.
    Rows(Group, GroupEdit),
    /// All members anew.
    Whole(Group, GroupDraft, Members),
}

/// All members that a group is to have.
pub(super) struct Members {
    /// In the order of their ids, as they lie in the database.
    pub(super) all: Vec<Member>,
    /// Those who must exist when they are written.
    pub(super) must_exist: HashSet<[u8; 16]>,
}

impl Store {
    /// Creates a group with its members.
    pub(crate) async fn create_group(
        &self,
        org: [u8; 16],
        draft: GroupDraft,
        joining: Vec<Joining>,
        now: i64,
    ) -> Result<GroupOutcome<()>> {
        let key = GroupKey { org, group: fresh_id() };
        let (name, changes) = (draft.display_name.clone(), vec![MemberChange::Add(joining)]);
        let found = self
            .read_of(org, move |db| {
                if taken(db, key, &name)? {
                    return Ok(Err(GroupOutcome::Taken));
                }
                Ok(worked_out(db, key, Vec::new(), &changes)?.ok_or(GroupOutcome::Dangling))
            })
            .await?;
        let members = match found {
            Ok(members) => members,
            Err(refused) => return Ok(refused),
        };
        if members.all.len() <= FEW {
            return self.write(move |db| new_group(db, key, key.group, &draft, Some(&members), now)).await;
        }
        // Nobody knows its list before the group is there.
        if !self.write_list(key, key.group, members, now).await? {
            return Ok(GroupOutcome::Dangling);
        }
        let made = self.write(move |db| new_group(db, key, key.group, &draft, None, now)).await?;
        if !matches!(made, GroupOutcome::Group(_)) {
            self.remove_list(key.group).await?;
        }
        Ok(made)
    }

    /// Changes a group; `edit` sees it without its members, maybe several times, and never in the
    /// writer.
    pub(crate) async fn edit_group<E, F>(&self, key: GroupKey, now: i64, edit: F) -> Result<GroupOutcome<E>>
    where
        E: Send + 'static,
        F: Fn(&Group) -> std::result::Result<GroupEdit, E> + Send + Sync + 'static,
    {
        let edit = Arc::new(edit);
        for _ in 0..TRIES {
            let edit = Arc::clone(&edit);
            let done = match self.read_of(key.org, move |db| look(db, key, &*edit)).await? {
                Look::Done(outcome) => return Ok(outcome),
                Look::Rows(seen, edit) => self.write(move |db| write_rows(db, key, &seen, edit, now)).await?,
                Look::Whole(seen, draft, members) => self.turn(key, seen, draft, members, now).await?,
            };
            if let Some(outcome) = done {
                return Ok(outcome);
            }
        }
        Ok(GroupOutcome::Contended)
    }

    /// Writes a list and turns the group to it; none if the group is not what it was.
    async fn turn<E: Send + 'static>(
        &self,
        key: GroupKey,
        seen: Group,
        draft: GroupDraft,
        members: Members,
        now: i64,
    ) -> Result<Option<GroupOutcome<E>>> {
        let list = fresh_id();
        if !self.write_list(key, list, members, now).await? {
            return Ok(Some(GroupOutcome::Dangling));
        }
        let old = seen.list;
        let outcome = self.write(move |db| turn_to(db, key, &seen, &draft, list, now)).await?;
        let turned = matches!(outcome, Some(GroupOutcome::Group(_)));
        self.remove_list(if turned { old } else { list }).await?;
        Ok(outcome)
    }

    /// Removes a group if `allow` lets it; nobody else is touched.
    pub(crate) async fn remove_group<E, F>(&self, key: GroupKey, now: i64, allow: F) -> Result<GroupOutcome<E>>
    where
        E: Send + 'static,
        F: FnOnce(&Group) -> std::result::Result<(), E> + Send + 'static,
    {
        let removed = self
            .write(move |db| {
                let Some(group) = find(db, key, &Load::Nobody)? else { return Ok(GroupOutcome::Unknown) };
                if let Err(refusal) = allow(&group) {
                    return Ok(GroupOutcome::Refused(refusal));
                }
                leave_groups(db, key.org, key.group, now)?;
                db.execute_all(&[
                    ("INSERT INTO loose_list (list_id, since) VALUES (?1, ?2)", values![group.list, now].to_vec()),
                    (
                        "DELETE FROM scim_group WHERE group_id = ?1 AND org_id = ?2",
                        values![key.group, key.org].to_vec(),
                    ),
                    (
                        "UPDATE organisation SET groups_count = groups_count - 1 WHERE org_id = ?1",
                        values![key.org].to_vec(),
                    ),
                ])?;
                note(db, now, "group.removed", Entry { org: Some(key.org), ..Entry::default() });
                Ok(GroupOutcome::Group(Box::new(group)))
            })
            .await?;
        if let GroupOutcome::Group(group) = &removed {
            self.remove_list(group.list).await?;
        }
        Ok(removed)
    }
}

/// Works a change out.
fn look<E>(db: &Db, key: GroupKey, edit: &impl Fn(&Group) -> std::result::Result<GroupEdit, E>) -> Result<Look<E>> {
    let Some(seen) = find(db, key, &Load::Nobody)? else { return Ok(Look::Done(GroupOutcome::Unknown)) };
    let edit = match edit(&seen) {
        Ok(edit) => edit,
        Err(refusal) => return Ok(Look::Done(GroupOutcome::Refused(refusal))),
    };
    if edit.draft.display_name != seen.draft.display_name && taken(db, key, &edit.draft.display_name)? {
        return Ok(Look::Done(GroupOutcome::Taken));
    }
    if let Some((named, joining)) = named(&edit.members)
        && named <= FEW
        && (joining == 0 || size(db, key.org, seen.list)? + joining <= MOST_IN_GROUP)
    {
        return Ok(Look::Rows(seen, edit));
    }
    let before = members(db, key.org, seen.list, &Load::Everybody)?;
    let Some(after) = worked_out(db, key, before.clone(), &edit.members)? else {
        return Ok(Look::Done(GroupOutcome::Dangling));
    };
    if after.all.len() > MOST_IN_GROUP && after.all.len() > before.len() {
        return Ok(Look::Done(GroupOutcome::Full));
    }
    let (gone, new) = difference(&before, &after.all);
    if gone.is_empty() && new.is_empty() && edit.draft == seen.draft {
        return Ok(Look::Done(GroupOutcome::Group(Box::new(seen))));
    }
    if gone.len() + new.len() > FEW {
        return Ok(Look::Whole(seen, edit.draft, after));
    }
    let joining = new.into_iter().map(|member| Joining {
        must_exist: after.must_exist.contains(&member.member_id),
        member_id: member.member_id,
        display: member.display,
    });
    let members = vec![MemberChange::Remove(gone), MemberChange::Add(joining.collect())];
    Ok(Look::Rows(seen, GroupEdit { draft: edit.draft, members, is_for_version: true }))
}

/// How many members the changes name, and how many of them join; none if that is not all they
/// touch.
fn named(changes: &[MemberChange]) -> Option<(usize, usize)> {
    changes.iter().try_fold((0, 0), |(named, joining), change| match change {
        MemberChange::Add(more) => Some((named + more.len(), joining + more.len())),
        MemberChange::Remove(ids) => Some((named + ids.len(), joining)),
        MemberChange::Replace(_) | MemberChange::RemoveAll | MemberChange::RemoveWhere(_) => None,
    })
}

fn size(db: &Db, org: [u8; 16], list: [u8; 16]) -> Result<usize> {
    let row = db.one("SELECT count(*) FROM group_member WHERE list_id = ?1 AND org_id = ?2", &values![list, org])?;
    Ok(usize::try_from(row.at::<i64>(0)?).unwrap_or(usize::MAX))
}

fn joining(changes: &[MemberChange]) -> impl Iterator<Item = &Joining> {
    changes.iter().flat_map(|change| match change {
        MemberChange::Add(joining) | MemberChange::Replace(joining) => joining.as_slice(),
        _ => &[],
    })
}

/// Who is in the group after the changes; none if somebody who must exist does not.
fn worked_out(db: &Db, key: GroupKey, before: Vec<Member>, changes: &[MemberChange]) -> Result<Option<Members>> {
    let known = known(db, key, joining(changes).map(|joining| joining.member_id))?;
    let mut must_exist = HashSet::new();
    for joining in joining(changes).filter(|joining| joining.must_exist) {
        if known.is_group(&joining.member_id).is_none() {
            return Ok(None);
        }
        must_exist.insert(joining.member_id);
    }
    let mut all: BTreeMap<[u8; 16], Member> = before.into_iter().map(|member| (member.member_id, member)).collect();
    let add = |all: &mut BTreeMap<[u8; 16], Member>, joining: &[Joining]| {
        for Joining { member_id, display, .. } in joining {
            if let Some(is_group) = known.is_group(member_id) {
                let member = || Member { member_id: *member_id, is_group, display: display.clone() };
                all.entry(*member_id).or_insert_with(member);
            }
        }
    };
    for change in changes {
        match change {
            MemberChange::Add(joining) => add(&mut all, joining),
            MemberChange::Replace(joining) => {
                let staying: HashSet<[u8; 16]> = joining.iter().map(|joining| joining.member_id).collect();
                all.retain(|id, _| staying.contains(id));
                add(&mut all, joining);
            }
            MemberChange::Remove(ids) => ids.iter().for_each(|id| drop(all.remove(id))),
            MemberChange::RemoveAll => all.clear(),
            MemberChange::RemoveWhere(leaves) => all.retain(|_, member| !leaves(member)),
        }
    }
    Ok(Some(Members { all: all.into_values().collect(), must_exist }))
}

/// Who goes, and who comes; who stays under another name does both.
fn difference(before: &[Member], after: &[Member]) -> (Vec<[u8; 16]>, Vec<Member>) {
    let (was, is) = (by_id(before), by_id(after));
    let gone = before.iter().filter(|one| is.get(&one.member_id) != Some(one)).map(|one| one.member_id);
    let new = after.iter().filter(|one| was.get(&one.member_id) != Some(one)).cloned();
    (gone.collect(), new.collect())
}

fn by_id(members: &[Member]) -> HashMap<[u8; 16], &Member> {
    members.iter().map(|member| (member.member_id, member)).collect()
}

/// In the writer: makes a change of few members; none if the group is not what it was.
fn write_rows<E>(db: &Db, key: GroupKey, seen: &Group, edit: GroupEdit, now: i64) -> Result<Option<GroupOutcome<E>>> {
    let Some(before) = find(db, key, &Load::Nobody)? else { return Ok(Some(GroupOutcome::Unknown)) };
    let is_same = before.draft == seen.draft && (before.version == seen.version || !edit.is_for_version);
    if !is_same {
        return Ok(None);
    }
    let GroupEdit { draft, members, .. } = edit;
    let mut is_changed = draft != before.draft;
    if draft.display_name != before.draft.display_name && taken(db, key, &draft.display_name)? {
        return Ok(Some(GroupOutcome::Taken));
    }
    // Everything that can be refused is refused before anything is written.
    let known = known(db, key, joining(&members).map(|joining| joining.member_id))?;
    if joining(&members).any(|joining| joining.must_exist && known.is_group(&joining.member_id).is_none()) {
        return Ok(Some(GroupOutcome::Dangling));
    }
    for change in members {
        is_changed |= match change {
            MemberChange::Add(joining) => {
                let mut once = HashSet::new();
                let mut new = Vec::with_capacity(joining.len());
                for Joining { member_id, display, .. } in joining {
                    if let Some(is_group) = known.is_group(&member_id)
                        && once.insert(member_id)
                    {
                        new.push(Member { member_id, is_group, display });
                    }
                }
                join(db, key.org, before.list, &new)? > 0
            }
            MemberChange::Remove(ids) => leave(db, key.org, before.list, &ids)? > 0,
            // Worked out to the two above.
            MemberChange::Replace(_) | MemberChange::RemoveAll | MemberChange::RemoveWhere(_) => return Ok(None),
        };
    }
    if !is_changed {
        return Ok(Some(GroupOutcome::Group(Box::new(before))));
    }
    save(db, key, &draft, before.list, now).map(Some)
}

/// In the writer: turns the group to another list; none if it is not what it was.
fn turn_to<E>(
    db: &Db,
    key: GroupKey,
    seen: &Group,
    draft: &GroupDraft,
    list: [u8; 16],
    now: i64,
) -> Result<Option<GroupOutcome<E>>> {
    let Some(before) = find(db, key, &Load::Nobody)? else { return Ok(Some(GroupOutcome::Unknown)) };
    if before.version != seen.version {
        return Ok(None);
    }
    if draft.display_name != before.draft.display_name && taken(db, key, &draft.display_name)? {
        return Ok(Some(GroupOutcome::Taken));
    }
    db.execute_all(&[
        ("DELETE FROM loose_list WHERE list_id = ?1", values![list].to_vec()),
        ("INSERT INTO loose_list (list_id, since) VALUES (?1, ?2)", values![before.list, now].to_vec()),
    ])?;
    save(db, key, draft, list, now).map(Some)
}

/// Writes a changed group. A name that stays keeps its key: it was settled before, also if another
/// group has one that is equal by now (see `group_names`).
fn save<E>(db: &Db, key: GroupKey, draft: &GroupDraft, list: [u8; 16], now: i64) -> Result<GroupOutcome<E>> {
    db.execute(
        "UPDATE scim_group SET display_name = ?3, name_key = CASE display_name WHEN ?3 THEN name_key ELSE ?4 END, external_id = ?5, modified_at = ?6, list_id = ?7,
             version = version + 1 WHERE group_id = ?1 AND org_id = ?2",
        &values![
            key.group,
            key.org,
            &draft.display_name,
            group_name::key(&draft.display_name),
            &draft.external_id,
            now,
            list
        ],
    )?;
    note(db, now, "group.changed", Entry { org: Some(key.org), ..Entry::default() });
    Ok(find(db, key, &Load::Nobody)?.map_or(GroupOutcome::Unknown, |group| GroupOutcome::Group(Box::new(group))))
}

/// In the writer: makes a group, with members if there are few and else with the list that was
/// written.
fn new_group(
    db: &Db,
    key: GroupKey,
    list: [u8; 16],
    draft: &GroupDraft,
    few: Option<&Members>,
    now: i64,
) -> Result<GroupOutcome<()>> {
    if taken(db, key, &draft.display_name)? {
        return Ok(GroupOutcome::Taken);
    }
    if let Some(members) = few
        && !super::member_lists::write(db, key, list, &members.all, &members.must_exist)?
    {
        return Ok(GroupOutcome::Dangling);
    }
    db.execute_all(&[
        (
            "INSERT INTO scim_group (group_id, org_id, display_name, name_key, external_id, attributes, created_at, modified_at, version, list_id)
             VALUES (?1, ?2, ?3, ?4, ?5, '{}', ?6, ?6, 1, ?7)",
            values![key.group, key.org, &draft.display_name, group_name::key(&draft.display_name), &draft.external_id, now, list]
                .to_vec(),
        ),
        ("UPDATE organisation SET groups_count = groups_count + 1 WHERE org_id = ?1", values![key.org].to_vec()),
        ("DELETE FROM loose_list WHERE list_id = ?1", values![list].to_vec()),
    ])?;
    note(db, now, "group.created", Entry { org: Some(key.org), ..Entry::default() });
    Ok(find(db, key, &Load::Nobody)?.map_or(GroupOutcome::Unknown, |group| GroupOutcome::Group(Box::new(group))))
}
