//! New keys for a completed account whose password and kit are both lost: started by an
//! administrator, completed by the person, called off by whoever proves that one of the two is not
//! lost.
//!
//! Promise: until it is completed the account works as before; a log-in, a recovery or a change by
//! its owner ends an open reset in the same transaction; nothing of it happens without an entry in
//! the audit log and letters. Must never: keep a sealed key of the old generation, or take a
//! generation but the next.

use super::accounts::IS_MEMBER;
use super::audit::{Entry, note};
use super::db::{Db, values};
use super::invites::withdraw;
use super::outbox::{self, tell};
use super::people::PersonKey;
use super::proofs::{Way, end_running};
use super::rows::Reset;
use super::{Result, Store, sessions};
use crate::rng::fresh_ordered_id;

/// How the start of one went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ResetStart {
    /// The letters are in the outbox.
    Queued { key_gen: u32, expires_at: i64 },
    /// Nobody has this address.
    Unknown,
    /// The account was never completed: there are no keys to replace.
    Unfinished,
    /// No organisation has the person active.
    Inactive,
    /// The last organisation has removed the person.
    Removed,
}

impl Store {
    /// Starts a reset; `by` says who did, for the audit log. One that was open before is withdrawn.
    pub(crate) async fn start_reset(&self, account: [u8; 16], by: String, ttl: i64, now: i64) -> Result<ResetStart> {
        self.write(move |db| {
            let sql = "SELECT a.state, b.key_gen FROM account a LEFT JOIN bundle b USING (account_id) WHERE a.account_id = ?1";
            let Some(row) = db.row(sql, &values![account])? else { return Ok(ResetStart::Unknown) };
            let (state, present): (String, Option<u32>) = (row.at(0)?, row.at(1)?);
            let key_gen = match (state.as_str(), present.and_then(|present| present.checked_add(1))) {
                ("removed", _) => return Ok(ResetStart::Removed),
                ("complete", Some(next)) => next,
                _ => return Ok(ResetStart::Unfinished),
            };
            let sql = format!(
                "SELECT m.org_id, m.user_id, a.email FROM membership m JOIN account a USING (account_id)
                 WHERE m.account_id = ?1 AND {IS_MEMBER} ORDER BY m.created_at, m.org_id LIMIT 1"
            );
            let Some(row) = db.row(&sql, &values![account])? else { return Ok(ResetStart::Inactive) };
            let (org, user, email): ([u8; 16], [u8; 16], Option<String>) = (row.at(0)?, row.at(1)?, row.at(2)?);
            for earlier in open(db, account)? {
                withdraw(db, earlier, now)?;
            }
            let invite = fresh_ordered_id();
            db.execute(
                "INSERT INTO invite (invite_id, account_id, org_id, mode, state, created_at, expires_at, reset_to, user_id, email)
                 VALUES (?1, ?2, ?3, 'enrol', 'live', ?4, ?5, ?6, ?7, ?8)",
                &values![invite, account, org, now, now + ttl, key_gen, user, email],
            )?;
            db.execute_all(&[outbox::reset(account, org, invite, now)])?;
            tell(db, account, None, Some("reset-started-admin"), now)?;
            let entry = Entry { org: Some(org), account: Some(account), invite: Some(invite), detail: Some(&by) };
            note(db, now, "reset.started", entry);
            Ok(ResetStart::Queued { key_gen, expires_at: now + ttl })
        })
        .await
    }
}

/// The members in whose name a reset of this account is open.
fn open(db: &Db, account: [u8; 16]) -> Result<Vec<PersonKey>> {
    let sql = "SELECT org_id, user_id FROM invite WHERE account_id = ?1 AND state = 'live' AND reset_to IS NOT NULL";
    db.rows(sql, &values![account])?.iter().map(|row| Ok(PersonKey { org: row.at(0)?, user: row.at(1)? })).collect()
}

/// Goes on with an open reset in the name of another member of the account: the link and the letter
/// are of the account, whichever of its organisations lets the person go.
pub(super) fn pass_on(db: &Db, from: [u8; 16], to: PersonKey) -> Result<()> {
    let sql = "SELECT invite_id, account_id FROM invite WHERE user_id = ?1 AND state = 'live' AND reset_to IS NOT NULL";
    let Some(row) = db.row(sql, &values![from])? else { return Ok(()) };
    let (invite, account): ([u8; 16], [u8; 16]) = (row.at(0)?, row.at(1)?);
    db.execute_all(&[
        ("UPDATE invite SET user_id = ?2, org_id = ?3 WHERE invite_id = ?1", values![invite, to.user, to.org].to_vec()),
        (
            "UPDATE outbox SET org_id = ?3 WHERE account_id = ?2 AND invite_id = ?1 AND done_at IS NULL",
            values![invite, account, to.org].to_vec(),
        ),
    ])
}

/// Ends an open reset because its ground is gone: `how` says what the owner has just proven.
pub(super) fn call_off(db: &Db, account: [u8; 16], how: &str, now: i64) -> Result<()> {
    let open = open(db, account)?;
    if open.is_empty() {
        return Ok(());
    }
    for member in open {
        withdraw(db, member, now)?;
        let entry = Entry { org: Some(member.org), account: Some(account), invite: None, detail: Some(how) };
        note(db, now, "reset.called-off", entry);
    }
    tell(db, account, Some("reset-called-off"), Some("reset-called-off-admin"), now)
}

/// Takes the old keys away and ends whatever they opened; false if the account is not of the
/// generation before. Whoever calls stores the new ones.
pub(super) fn take_old_keys(db: &Db, account: [u8; 16], reset: Reset, fingerprint: &str, now: i64) -> Result<bool> {
    let changed = db.execute(
        "UPDATE account SET earlier_fingerprint = fingerprint, fingerprint = ?2, reset_started_at = ?3, reset_at = ?4
         WHERE account_id = ?1 AND state = 'complete'
           AND EXISTS (SELECT 1 FROM bundle b WHERE b.account_id = account.account_id AND b.key_gen = ?5)",
        &values![account, fingerprint, reset.started_at, now, reset.key_gen - 1],
    )?;
    if changed != 1 {
        return Ok(false);
    }
    db.execute("DELETE FROM bundle WHERE account_id = ?1", &values![account])?;
    // Answers to changes of the old keys: nobody should hear "stored" of what is gone.
    db.execute("DELETE FROM account_change WHERE account_id = ?1", &values![account])?;
    end_running(db, Way::Password, account)?;
    end_running(db, Way::Recovery, account)?;
    sessions::replace(db, account, None, false)?;
    tell(db, account, Some("reset"), Some("reset-admin"), now)?;
    Ok(true)
}
