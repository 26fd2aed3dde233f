//! A wrong sync taken back: what the brake holds is shown, brought back, or let go.
//!
//! Promises: people come back as they were before the first thing that happened to them, in this
//! organisation alone; whom somebody has made anew meanwhile is left out, and rests on; nothing of
//! an account that rests is erased. Must never: bring back a session, or touch what others say.

use super::Store;
use super::audit::{Entry, note};
use super::db::{Cell, Db, Value, values};
use super::error::{Result, StoreError};
use super::leavers::{Left, all, cell, insert, one, read, value};
use super::mailboxes::{For, Issue, settle_everywhere, settle_in};
use super::people::PersonKey;
use crate::life::Brake;
use serde_json::{Map, Value as Json};

/// People who are brought back in one transaction.
const TOGETHER: usize = 50;

/// A brake that has tripped.
#[derive(Clone, Debug)]
pub(crate) struct Tripped {
    pub(crate) org_id: [u8; 16],
    pub(crate) organisation: String,
    pub(crate) since: i64,
    pub(crate) suspended: i64,
    pub(crate) deleted: i64,
    /// When the last of them has rested.
    pub(crate) until: i64,
}

/// Somebody who was not brought back.
#[derive(Clone, Debug)]
pub(crate) struct LeftOut {
    pub(crate) user_id: [u8; 16],
    pub(crate) account_id: [u8; 16],
    pub(crate) why: &'static str,
}

/// What an undo did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undone {
    pub(crate) deleted: u64,
    pub(crate) suspended: u64,
    pub(crate) left_out: Vec<LeftOut>,
}

/// One row of a leaver.
struct Leaver {
    id: [u8; 16],
    key: PersonKey,
    account: [u8; 16],
    at: i64,
    what: Left,
    before: Json,
}

impl Store {
    /// The brakes that have tripped, of one organisation or of all.
    pub(crate) async fn brakes(&self, org: Option<[u8; 16]>) -> Result<Vec<Tripped>> {
        self.read(move |db| {
            let sql = "SELECT o.org_id, o.name, o.brake_since, sum(CASE l.what WHEN 'suspended' THEN 1 ELSE 0 END),
                    sum(CASE l.what WHEN 'deleted' THEN 1 ELSE 0 END), max(l.rests_until)
                 FROM organisation o JOIN leaver l ON l.org_id = o.org_id AND l.rests_until IS NOT NULL
                 WHERE o.brake_since IS NOT NULL AND (o.org_id = ?1 OR ?2 = 0)
                 GROUP BY o.org_id, o.name, o.brake_since ORDER BY o.name, o.org_id";
            let rows = db.rows(sql, &values![org.unwrap_or_default(), org.is_some()])?;
            rows.iter()
                .map(|row| {
                    Ok(Tripped {
                        org_id: row.at(0)?,
                        organisation: row.at(1)?,
                        since: row.at(2)?,
                        suspended: row.at(3)?,
                        deleted: row.at(4)?,
                        until: row.at(5)?,
                    })
                })
                .collect()
        })
        .await
    }

    /// Brings back everybody who rests, newest first; none if the organisation's brake has not
    /// tripped.
    pub(crate) async fn undo_brake(&self, org: [u8; 16], ttl: i64, now: i64) -> Result<Option<Undone>> {
        let ids: Vec<[u8; 16]> = self
            .read(move |db| {
                let sql = "SELECT leaver_id FROM leaver WHERE org_id = ?1 AND rests_until IS NOT NULL ORDER BY leaver_id DESC";
                db.rows(sql, &values![org])?.iter().map(|row| row.at(0)).collect()
            })
            .await?;
        if ids.is_empty() {
            return Ok(None);
        }
        let mut undone = Undone::default();
        for some in ids.chunks(TOGETHER) {
            let some = some.to_vec();
            let part = self
                .write(move |db| {
                    let mut part = Undone::default();
                    for id in some {
                        bring_back(db, id, Issue { ttl, now }, &mut part)?;
                    }
                    Ok(part)
                })
                .await?;
            undone.deleted += part.deleted;
            undone.suspended += part.suspended;
            undone.left_out.extend(part.left_out);
        }
        let detail = format!("{} deleted, {} suspended", undone.deleted, undone.suspended);
        self.write(move |db| {
            end_if_nobody_rests(db, org)?;
            note(db, now, "brake.undone", Entry { org: Some(org), detail: Some(&detail), ..Entry::default() });
            Ok(())
        })
        .await?;
        Ok(Some(undone))
    }

    /// Lets everybody go who rests: what was deleted may be erased. Gives how many; none if the
    /// brake has not tripped.
    pub(crate) async fn release_brake(&self, org: [u8; 16], now: i64) -> Result<Option<u64>> {
        self.write(move |db| {
            let is_tripped = "SELECT 1 FROM organisation WHERE org_id = ?1 AND brake_since IS NOT NULL";
            if !db.exists(is_tripped, &values![org])? {
                return Ok(None);
            }
            let gone = db.execute("DELETE FROM leaver WHERE org_id = ?1", &values![org])?;
            end_if_nobody_rests(db, org)?;
            let detail = gone.to_string();
            note(db, now, "brake.released", Entry { org: Some(org), detail: Some(&detail), ..Entry::default() });
            Ok(Some(gone))
        })
        .await
    }

    /// Forgets leavers whose time is over.
    pub(crate) async fn forget_leavers(&self, now: i64) -> Result<()> {
        let due =
            self.read(move |db| db.exists("SELECT 1 FROM leaver WHERE at < ?1 LIMIT 1", &values![now - 60])).await?;
        if !due {
            return Ok(());
        }
        self.write(move |db| {
            for row in db.rows("SELECT DISTINCT l.org_id, o.brake FROM leaver l JOIN organisation o ON o.org_id = l.org_id", &[])? {
                let (org, said): ([u8; 16], Option<String>) = (row.at(0)?, row.at(1)?);
                let within = read(said.as_deref())?.map_or(0, Brake::within);
                let sql = "DELETE FROM leaver WHERE org_id = ?1 AND CASE WHEN rests_until IS NULL THEN at <= ?2 ELSE rests_until <= ?3 END";
                db.execute(sql, &values![org, now - within, now])?;
                end_if_nobody_rests(db, org)?;
            }
            Ok(())
        })
        .await
    }
}

fn end_if_nobody_rests(db: &Db, org: [u8; 16]) -> Result<()> {
    db.execute(
        "UPDATE organisation SET brake_since = NULL WHERE org_id = ?1 AND brake_since IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM leaver l WHERE l.org_id = ?1 AND l.rests_until IS NOT NULL)",
        &values![org],
    )
    .map(drop)
}

/// Brings one back, and forgets the row; whoever is left out keeps it.
fn bring_back(db: &Db, id: [u8; 16], issue: Issue, undone: &mut Undone) -> Result<()> {
    let sql = "SELECT l.org_id, l.user_id, l.account_id, l.at, l.what, l.before, o.brake_since
         FROM leaver l JOIN organisation o ON o.org_id = l.org_id WHERE l.leaver_id = ?1 AND l.rests_until IS NOT NULL";
    // Another undo has been here.
    let Some(row) = db.row(sql, &values![id])? else { return Ok(()) };
    let leaver = Leaver {
        id,
        key: PersonKey { org: row.at(0)?, user: row.at(1)? },
        account: row.at(2)?,
        at: row.at(3)?,
        what: if row.at::<String>(4)? == "deleted" { Left::Deleted } else { Left::Suspended },
        before: serde_json::from_str(&row.at::<String>(5)?).map_err(|_| StoreError::Corrupt("a leaver"))?,
    };
    // Whoever was made after it had tripped was not there before, and stands in the way of who was.
    let (since, created): (Option<i64>, Cell) = (row.at(6)?, cell(one(&leaver.before, "membership")?, "created_at")?);
    let is_new = matches!(created, Cell::Int(created) if since.is_some_and(|since| created > since));
    if is_new && leaver.what == Left::Deleted {
        return db.execute("DELETE FROM leaver WHERE leaver_id = ?1", &values![leaver.id]).map(drop);
    }
    let done = match leaver.what {
        Left::Deleted => leaver.undelete(db, issue)?,
        Left::Suspended => leaver.unsuspend(db, issue)?,
    };
    match done {
        Ok(is_back) => {
            undone.deleted += u64::from(is_back && leaver.what == Left::Deleted);
            undone.suspended += u64::from(is_back && leaver.what == Left::Suspended);
            db.execute("DELETE FROM leaver WHERE leaver_id = ?1", &values![leaver.id]).map(drop)
        }
        Err(why) => {
            undone.left_out.push(LeftOut { user_id: leaver.key.user, account_id: leaver.account, why });
            Ok(())
        }
    }
}

/// Whether somebody was brought back, or why they were left out.
type BroughtBack = std::result::Result<bool, &'static str>;

impl Leaver {
    fn undelete(&self, db: &Db, issue: Issue) -> Result<BroughtBack> {
        let org = self.key.org;
        let membership = one(&self.before, "membership")?;
        let name = cell(membership, "user_name_key")?;
        if db
            .exists("SELECT 1 FROM membership WHERE org_id = ?1 AND user_name_key = ?2", &[org.into(), value(&name)])?
        {
            return Ok(Err("made-anew"));
        }
        let accepted = cell(membership, "accepted_at")? != Cell::Null;
        let account = one(&self.before, "account")?;
        let was_complete = cell(account, "state")? == Cell::Text("complete".to_owned());
        let present =
            db.row("SELECT state, erased_at IS NOT NULL FROM account WHERE account_id = ?1", &values![self.account])?;
        let Some(now) = present else { return Ok(Err("erased")) };
        let (state, erased): (String, bool) = (now.at(0)?, now.at(1)?);
        if erased {
            return Ok(Err("erased"));
        }
        // Of an account that was theirs: one that they were only asked to join is others' affair.
        if state == "removed" && (accepted || !was_complete) {
            let mailbox = cell(account, "email_key")?;
            let taken = "SELECT 1 FROM account WHERE email_key = ?1 AND state = 'complete' AND account_id <> ?2";
            if was_complete && db.exists(taken, &[value(&mailbox), self.account.into()])? {
                return Ok(Err("address-taken"));
            }
            let sql =
                "UPDATE account SET state = ?2, removed_at = ?3, email = ?4, email_key = ?5 WHERE account_id = ?1";
            let cells = ["state", "removed_at", "email", "email_key"].map(|name| cell(account, name));
            let cells = cells.into_iter().collect::<Result<Vec<_>>>()?;
            let given: Vec<Value<'_>> = std::iter::once(self.account.into()).chain(cells.iter().map(value)).collect();
            db.execute(sql, &given)?;
        }
        insert(db, "membership", membership)?;
        for address in all(&self.before, "membership_email") {
            insert(db, "membership_email", address)?;
        }
        db.execute("UPDATE organisation SET people = people + 1 WHERE org_id = ?1", &values![org])?;
        self.rejoin(db, issue.now)?;
        self.invite_as_before(db)?;
        self.settle(db, membership, account, accepted, issue)?;
        let entry = Entry { org: Some(org), account: Some(self.account), ..Entry::default() };
        note(db, issue.now, "person.restored", entry);
        Ok(Ok(true))
    }

    /// Makes an inactive person active again, with what an administrator or the settling had
    /// decided then; attributes that were changed since stay.
    fn unsuspend(&self, db: &Db, issue: Issue) -> Result<BroughtBack> {
        let membership = one(&self.before, "membership")?;
        let names = ["standing", "reason", "taken_back"].map(|name| cell(membership, name));
        let cells = names.into_iter().collect::<Result<Vec<_>>>()?;
        let sql = "UPDATE membership SET active = 1, modified_at = ?3, version = version + 1, standing = ?4, reason = ?5, taken_back = ?6
             WHERE user_id = ?1 AND org_id = ?2 AND active = 0";
        let given: Vec<Value<'_>> =
            values![self.key.user, self.key.org, issue.now].into_iter().chain(cells.iter().map(value)).collect();
        if db.execute(sql, &given)? == 0 {
            // Active already, or deleted and left out: then this waits for that.
            let is_there = db.exists("SELECT 1 FROM membership WHERE user_id = ?1", &values![self.key.user])?;
            return Ok(if is_there { Ok(false) } else { Err("deleted") });
        }
        self.invite_as_before(db)?;
        let accepted = db.exists(
            "SELECT 1 FROM membership WHERE user_id = ?1 AND accepted_at IS NOT NULL",
            &values![self.key.user],
        )?;
        self.settle(db, membership, one(&self.before, "account")?, accepted, issue)?;
        let entry = Entry { org: Some(self.key.org), account: Some(self.account), ..Entry::default() };
        note(db, issue.now, "person.restored", entry);
        Ok(Ok(true))
    }

    /// Puts the person into the groups that they were in and that are still there.
    fn rejoin(&self, db: &Db, now: i64) -> Result<()> {
        for member in all(&self.before, "group_member") {
            let (group, kind, display) = (cell(member, "group_id")?, cell(member, "kind")?, cell(member, "display")?);
            let org = self.key.org;
            let sql = "SELECT list_id FROM scim_group WHERE group_id = ?1 AND org_id = ?2";
            let Some(row) = db.row(sql, &[value(&group), org.into()])? else { continue };
            let list: [u8; 16] = row.at(0)?;
            let joined = db.execute(
                "INSERT INTO group_member (list_id, org_id, member_id, kind, display) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                &[list.into(), org.into(), self.key.user.into(), value(&kind), value(&display)],
            )?;
            if joined > 0 {
                let sql = "UPDATE scim_group SET modified_at = ?2, version = version + 1 WHERE group_id = ?1";
                db.execute(sql, &[value(&group), now.into()])?;
            }
        }
        Ok(())
    }

    /// What could be used then can be used again, with the links that were sent; what was not sent
    /// yet is.
    fn invite_as_before(&self, db: &Db) -> Result<()> {
        if db.exists("SELECT 1 FROM invite WHERE user_id = ?1 AND state = 'live'", &values![self.key.user])? {
            return Ok(());
        }
        for invite in all(&self.before, "invite") {
            let id = cell(invite, "invite_id")?;
            let ended = cell(invite, "ended_at")?;
            let sql = "UPDATE invite SET state = 'live', ended_at = ?2 WHERE invite_id = ?1 AND state = 'withdrawn' AND user_id = ?3";
            db.execute(sql, &[value(&id), value(&ended), self.key.user.into()])?;
            let sql = "UPDATE outbox SET done_at = NULL, trouble = NULL WHERE account_id = ?3 AND invite_id = ?1 AND trouble = 'withdrawn' AND done_at >= ?2";
            db.execute(sql, &[value(&id), self.at.into(), self.account.into()])?;
        }
        Ok(())
    }

    /// Settles the mailbox with everybody who is at it now. Where nobody came meanwhile, nothing
    /// changes.
    fn settle(
        &self,
        db: &Db,
        membership: &Map<String, Json>,
        account: &Map<String, Json>,
        accepted: bool,
        issue: Issue,
    ) -> Result<()> {
        let of = if accepted { cell(account, "email_key")? } else { cell(membership, "email_key")? };
        let Cell::Text(mailbox) = of else { return Ok(()) };
        let whom = if accepted { For::All } else { For::Changed(self.key.user) };
        settle_in(db, self.key.org, &mailbox, whom, issue)?;
        // Others may have waited for what happens to the account.
        if accepted { settle_everywhere(db, &mailbox, issue) } else { Ok(()) }
    }
}
