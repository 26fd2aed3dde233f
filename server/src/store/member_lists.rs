//! Lists of members that are written and removed in pieces, each piece a command of the writer, so
//! that others get their turn in between.
//!
//! Promises: nobody sees a list before a group has turned to it, or after the group turned away; a
//! list that nobody has is written down as loose before its first member, so that it is removed
//! even if the server ends in between; who is removed from the organisation leaves loose lists too.

use super::db::{Db, values};
use super::group_changes::{Members, PIECE};
use super::groups::{GroupKey, Member, join, known};
use super::{Result, Store};
use std::collections::HashSet;
use std::sync::Arc;

/// Seconds after which a loose list belongs to nobody who is still at work.
const FORGOTTEN: i64 = 3600;

impl Store {
    /// Writes the members under a list that no group has. False, and nothing is left of it, if one
    /// of those who must exist does not.
    pub(super) async fn write_list(&self, key: GroupKey, list: [u8; 16], members: Members, now: i64) -> Result<bool> {
        self.remove_forgotten(now).await?;
        self.write(move |db| {
            db.execute("INSERT INTO loose_list (list_id, since) VALUES (?1, ?2)", &values![list, now]).map(drop)
        })
        .await?;
        let must_exist = Arc::new(members.must_exist);
        let mut left = members.all;
        while !left.is_empty() {
            let rest = left.split_off(PIECE.min(left.len()));
            let (piece, must_exist) = (std::mem::replace(&mut left, rest), Arc::clone(&must_exist));
            if !self.write(move |db| write(db, key, list, &piece, &must_exist)).await? {
                self.remove_list(list).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes a loose list.
    pub(super) async fn remove_list(&self, list: [u8; 16]) -> Result<()> {
        while self.write(move |db| remove_piece(db, list)).await? {}
        Ok(())
    }

    /// Removes a list that was left when a server ended.
    async fn remove_forgotten(&self, now: i64) -> Result<()> {
        let found = self.read(move |db| {
            let row = db.row("SELECT list_id FROM loose_list WHERE since < ?1", &values![now - FORGOTTEN])?;
            row.map(|row| row.at(0)).transpose()
        });
        match found.await? {
            Some(list) => self.remove_list(list).await,
            None => Ok(()),
        }
    }
}

/// In the writer: writes some members under the list; false if one of those who must exist does
/// not. Anybody else who does not is left out.
pub(super) fn write(
    db: &Db,
    key: GroupKey,
    list: [u8; 16],
    members: &[Member],
    must_exist: &HashSet<[u8; 16]>,
) -> Result<bool> {
    let known = known(db, key, members.iter().map(|member| member.member_id))?;
    let (there, missing): (Vec<&Member>, Vec<&Member>) =
        members.iter().partition(|member| known.is_group(&member.member_id) == Some(member.is_group));
    if missing.iter().any(|member| must_exist.contains(&member.member_id)) {
        return Ok(false);
    }
    let there: Vec<Member> = there.into_iter().cloned().collect();
    join(db, key.org, list, &there)?;
    Ok(true)
}

/// In the writer: removes some; false if there are none any more.
fn remove_piece(db: &Db, list: [u8; 16]) -> Result<bool> {
    let removed = db.execute(
        "DELETE FROM group_member WHERE list_id = ?1
         AND member_id IN (SELECT x.member_id FROM group_member x WHERE x.list_id = ?1 ORDER BY x.member_id LIMIT ?2)
         AND EXISTS (SELECT 1 FROM loose_list l WHERE l.list_id = ?1)",
        &values![list, i64::try_from(PIECE).unwrap_or(i64::MAX)],
    )?;
    if removed < PIECE as u64 {
        db.execute("DELETE FROM loose_list WHERE list_id = ?1", &values![list])?;
        return Ok(false);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{Member, Members, PIECE, values};
    use crate::store::{GroupKey, Store};

    /// Somebody is removed from the organisation after a change was worked out and before its list
    /// is written.
    #[tokio::test]
    async fn a_list_on_which_somebody_is_missing_is_taken_away_again() {
        let store = Store::open_in_memory().expect("a store");
        let key = GroupKey { org: [1; 16], group: [2; 16] };
        store
            .add_organisation(key.org, "Corp".into(), None, 1, crate::life::Inviting::AtOnce, 0)
            .await
            .expect("an organisation");
        let count = u16::try_from(PIECE + 1).expect("not so many");
        let id = |at: u16| std::array::from_fn(|byte| if byte < 2 { at.to_be_bytes()[byte] } else { 3 });
        // All but the last are there, so that a whole piece has been written before.
        let written = store.write(move |db| {
            for at in 0..count - 1 {
                db.execute(
                    "INSERT INTO scim_group (group_id, org_id, display_name, name_key, attributes, created_at, modified_at, version, list_id)
                     VALUES (?1, ?2, ?3, ?3, '{}', 0, 0, 1, ?1)",
                    &values![id(at), key.org, format!("group {at}")],
                )?;
            }
            Ok(())
        });
        written.await.expect("groups");
        let all: Vec<Member> =
            (0..count).map(|at| Member { member_id: id(at), is_group: true, display: None }).collect();
        let must_exist = all.iter().map(|member| member.member_id).collect();
        let list = [9; 16];
        assert!(!store.write_list(key, list, Members { all, must_exist }, 0).await.expect("no trouble"));
        for table in ["group_member", "loose_list"] {
            assert_eq!(store.in_memory().rows_of(table).expect("rows").len(), 0, "{table}");
        }
    }
}
