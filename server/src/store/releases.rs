//! Releases: people whom their organisation holds back are let go, at once or at a moment to come.
//!
//! Promise: a release is written first and whole, and its invitations follow in pieces, each in a
//! transaction of its own, so that whoever is killed between leaves the rest to any server's sweep;
//! whoever was invited is not invited by it again, however many servers sweep. Must never: touch an
//! invitation that is there.

use super::audit::{Entry, note};
use super::db::{Db, Value, values};
use super::mailboxes::{For, Issue, read_inviting, settle_in};
use super::people::PersonKey;
use super::{Result, Store};
use crate::group_name;
use crate::life::Inviting;

/// People who are invited in one transaction: other commands wait for no more than these.
const PIECE: i64 = 100;

/// Who is let go.
#[derive(Clone, Debug)]
pub(crate) enum Whom {
    One([u8; 16]),
    /// The members of the group of this name, and those of groups in it.
    Group(String),
    All,
}

/// What a release comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// People who have no letter yet and get one.
    pub(crate) people: i64,
    /// Of them, those who wait for something else, such as an address, and get it after that.
    pub(crate) waiting: i64,
    /// How the organisation invites from now on.
    pub(crate) inviting: Inviting,
}

/// What was wrong with a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRelease {
    NoOrganisation,
    NoGroup,
    /// It invites everybody at once: nobody is held back.
    AtOnce,
}

/// Active people of the organisation who were never invited and have not accepted.
const HELD: &str = "m.org_id = ?1 AND m.active = 1 AND m.accepted_at IS NULL AND m.invited_at IS NULL
     AND m.standing IN ('staged', 'waiting')";
/// Those in a group and in the groups in it.
const INSIDE: &str = "m.user_id IN (WITH RECURSIVE inside(list_id) AS (
         SELECT g.list_id FROM scim_group g WHERE g.org_id = ?1 AND g.name_key = ?2
         UNION SELECT g.list_id FROM inside i JOIN group_member c ON c.list_id = i.list_id AND c.kind = 'Group'
             JOIN scim_group g ON g.group_id = c.member_id AND g.org_id = ?1)
     SELECT c.member_id FROM inside i JOIN group_member c ON c.list_id = i.list_id WHERE c.kind = 'User')";
/// Who is staged and not held back any more.
const DUE: &str =
    "SELECT m.user_id, m.org_id, m.email_key FROM membership m WHERE m.standing = 'staged' AND m.active = 1";

impl Store {
    /// Lets people go from `at` on, 0 for at once, and says what that comes to; with `dry` it only
    /// says so. Who is to be invited now is invited by [`Store::invite_released`].
    pub(crate) async fn release(
        &self,
        org: [u8; 16],
        whom: Whom,
        at: i64,
        dry: bool,
        now: i64,
    ) -> Result<std::result::Result<Release, NoRelease>> {
        self.write(move |db| {
            let row = db.row("SELECT inviting FROM organisation WHERE org_id = ?1", &values![org])?;
            let Some(row) = row else { return Ok(Err(NoRelease::NoOrganisation)) };
            let inviting = read_inviting(&row, 0)?;
            if inviting == Inviting::AtOnce {
                return Ok(Err(NoRelease::AtOnce));
            }
            if let Whom::Group(name) = &whom {
                let there = "SELECT 1 FROM scim_group WHERE org_id = ?1 AND name_key = ?2";
                if !db.exists(there, &values![org, group_name::key(name)])? {
                    return Ok(Err(NoRelease::NoGroup));
                }
            }
            let (which, second): (String, Value<'_>) = match &whom {
                Whom::One(user) => (format!("{HELD} AND m.user_id = ?2"), Value::from(*user)),
                Whom::Group(name) => (format!("{HELD} AND {INSIDE}"), Value::from(group_name::key(name))),
                // The second parameter is used, so that its kind is known.
                Whom::All => (format!("{HELD} AND ?2 = 0"), Value::from(0_i64)),
            };
            let count = format!(
                "SELECT count(*), coalesce(sum(CASE m.standing WHEN 'waiting' THEN 1 ELSE 0 END), 0) FROM membership m WHERE {which}"
            );
            let found = db.one(&count, &[Value::from(org), second.clone()])?;
            let is_all = matches!(whom, Whom::All);
            let after = if is_all { inviting.after_all_are_released(at > now) } else { inviting };
            let release = Release { people: found.at(0)?, waiting: found.at(1)?, inviting: after };
            if dry {
                return Ok(Ok(release));
            }
            let mark = format!(
                "UPDATE membership SET release_at = ?3 WHERE user_id IN (SELECT m.user_id FROM membership m WHERE {which})"
            );
            if after == Inviting::OnDate {
                // Those who come until then are meant, too.
                set_inviting(db, org, after, Some(at), now)?;
            } else {
                db.execute(&mark, &[Value::from(org), second, Value::from(at)])?;
                if after != inviting {
                    set_inviting(db, org, after, None, now)?;
                }
            }
            let detail = match &whom {
                Whom::One(_) => "one",
                Whom::Group(_) => "group",
                Whom::All => "all",
            };
            let account = match &whom {
                Whom::One(user) => {
                    let row = db.row("SELECT account_id FROM membership WHERE user_id = ?1", &values![*user])?;
                    row.map(|row| row.at(0)).transpose()?
                }
                Whom::Group(_) | Whom::All => None,
            };
            let detail = if at > now { format!("{detail} later") } else { detail.to_owned() };
            note(db, now, "people.released", Entry { org: Some(org), account, invite: None, detail: Some(&detail) });
            Ok(Ok(release))
        })
        .await
    }

    /// Invites some of those who are not held back any more, and opens organisations whose moment
    /// has come; gives how many were invited, 0 once all are.
    pub(crate) async fn invite_released(&self, ttl: i64, now: i64) -> Result<i64> {
        let is_due = self.read(move |db| Ok(!whose_moment_has_come(db, now)?.is_empty() || !due(db, now)?.is_empty()));
        if !is_due.await? {
            return Ok(0);
        }
        self.write(move |db| {
            for org in whose_moment_has_come(db, now)? {
                set_inviting(db, org, Inviting::AtOnce, None, now)?;
            }
            let mut invited = 0;
            for (key, mailbox) in due(db, now)? {
                settle_in(db, key.org, &mailbox, For::Changed(key.user), Issue { ttl, now })?;
                let moved = "SELECT 1 FROM membership WHERE user_id = ?1 AND standing <> 'staged'";
                invited += i64::from(db.exists(moved, &values![key.user])?);
            }
            Ok(invited)
        })
        .await
    }

    /// How many people the organisation holds back.
    pub(crate) async fn held_back(&self, org: [u8; 16]) -> Result<i64> {
        self.read(move |db| {
            let sql = "SELECT count(*) FROM membership WHERE org_id = ?1 AND standing = 'staged' AND active = 1";
            db.one(sql, &values![org])?.at(0)
        })
        .await
    }
}

/// Says from now on when the organisation's people are invited.
pub(super) fn set_inviting(db: &Db, org: [u8; 16], inviting: Inviting, from: Option<i64>, now: i64) -> Result<()> {
    let sql = "UPDATE organisation SET inviting = ?2, inviting_from = ?3 WHERE org_id = ?1";
    db.execute(sql, &values![org, inviting.as_str(), from])?;
    note(
        db,
        now,
        "organisation.inviting",
        Entry { org: Some(org), detail: Some(inviting.as_str()), ..Entry::default() },
    );
    Ok(())
}

fn whose_moment_has_come(db: &Db, now: i64) -> Result<Vec<[u8; 16]>> {
    let sql = "SELECT org_id FROM organisation WHERE inviting = 'on-date' AND inviting_from <= ?1";
    db.rows(sql, &values![now])?.iter().map(|row| row.at(0)).collect()
}

/// Some of those who are staged although nobody holds them back: their own moment has come, or
/// their organisation's has.
fn due(db: &Db, now: i64) -> Result<Vec<(PersonKey, String)>> {
    let of_their_own = format!("{DUE} AND m.release_at <= ?1 ORDER BY m.release_at, m.user_id LIMIT ?2");
    let mut rows = db.rows(&of_their_own, &values![now, PIECE])?;
    if rows.is_empty() {
        let open = format!(
            "{DUE} AND m.org_id IN (SELECT org_id FROM organisation WHERE inviting = 'at-once') ORDER BY m.user_id LIMIT ?1"
        );
        rows = db.rows(&open, &values![PIECE])?;
    }
    let person = |row: &super::db::Row| {
        let key = PersonKey { user: row.at(0)?, org: row.at(1)? };
        Ok(row.at::<Option<String>>(2)?.map(|mailbox| (key, mailbox)))
    };
    rows.iter().filter_map(|row| person(row).transpose()).collect()
}
