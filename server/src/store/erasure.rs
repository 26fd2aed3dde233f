//! What is left of people whom no organisation has any more, and its erasure.
//!
//! Promises: of an erased account nothing stays that decrypts, that a guess could be tested with,
//! or that names the person; the ids stay, because the audit log has them; an account that an
//! organisation has is never erased. Must never: touch another account, or the audit log.

use super::audit::{Entry, note};
use super::db::{Db, values};
use super::{Result, Store, StoreError, scim_log};
use crate::address;
use std::ops::ControlFlow;

/// Accounts that one transaction erases.
const AT_ONCE: i64 = 50;

/// Who is meant.
#[derive(Clone, Debug)]
pub(crate) enum Whom {
    /// One account.
    Account([u8; 16]),
    /// Everybody who was at this mailbox, as [`address::key`] writes it.
    Mailbox(String),
}

/// An organisation, with its name.
type Org = ([u8; 16], String);

/// What there is of somebody.
#[derive(Debug, Default)]
pub(crate) struct Former {
    /// The organisations that have the person now.
    pub(crate) present: Vec<Org>,
    /// Those whose brake has tripped, and where the person rests.
    pub(crate) resting: Vec<Org>,
    /// What is left of before.
    pub(crate) accounts: Vec<FormerAccount>,
}

/// A removed account that was not erased yet.
#[derive(Debug)]
pub(crate) struct FormerAccount {
    pub(crate) account: [u8; 16],
    /// Whose it was.
    pub(crate) orgs: Vec<Org>,
}

/// Everything but the audit log that is kept of an account; `?1` is its id.
const ERASE: [&str; 11] = [
    "DELETE FROM leaver WHERE account_id = ?1",
    "DELETE FROM session WHERE account_id = ?1",
    "DELETE FROM login WHERE account_id = ?1",
    "DELETE FROM account_change WHERE account_id = ?1",
    "DELETE FROM bundle WHERE account_id = ?1",
    "DELETE FROM outbox WHERE account_id = ?1",
    "DELETE FROM invite_token WHERE invite_id IN (SELECT invite_id FROM invite WHERE account_id = ?1)",
    "DELETE FROM claim WHERE invite_id IN (SELECT invite_id FROM invite WHERE account_id = ?1)",
    // Live ones are not found here: an account that nobody has is invited to nothing.
    "UPDATE invite SET email = NULL, token_hash = NULL, claim_key = NULL WHERE account_id = ?1",
    "UPDATE account SET email = NULL, email_key = NULL, confirmed_at = NULL, confirmed_fingerprint = NULL
     WHERE account_id = ?1",
    "UPDATE account SET fingerprint = NULL, earlier_fingerprint = NULL WHERE account_id = ?1",
];
/// A removed account that no organisation has, not even one that asks it to join, and that does not
/// rest because of a brake.
const IS_LEFT: &str = "a.state = 'removed' AND a.erased_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.account_id = a.account_id)
     AND NOT EXISTS (SELECT 1 FROM leaver l WHERE l.account_id = a.account_id AND l.rests_until IS NOT NULL)";

impl Store {
    /// Who has the person, and what is left of them.
    pub(crate) async fn former(&self, whom: Whom) -> Result<Former> {
        self.read(move |db| {
            let present = match &whom {
                Whom::Account(account) => orgs(db, "m.account_id = ?1", &values![account])?,
                Whom::Mailbox(key) => orgs(
                    db,
                    "(m.email_key = ?1 OR m.account_id IN (SELECT account_id FROM account WHERE email_key = ?1))",
                    &values![key],
                )?,
            };
            let resting = resting(db, &whom)?;
            let accounts = left(db, &whom)?.into_iter().map(|account| {
                let was_in = "SELECT DISTINCT o.org_id, o.name FROM audit u JOIN organisation o ON o.org_id = u.org_id
                     WHERE u.account_id = ?1 ORDER BY o.name, o.org_id";
                let rows = db.rows(was_in, &values![account])?;
                let orgs = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect::<Result<_>>()?;
                Ok(FormerAccount { account, orgs })
            });
            Ok(Former { present, resting, accounts: accounts.collect::<Result<_>>()? })
        })
        .await
    }

    /// Erases these accounts; gives those that were. `why` goes into the audit log.
    pub(crate) async fn erase(&self, accounts: Vec<[u8; 16]>, why: String, now: i64) -> Result<Vec<[u8; 16]>> {
        self.write(move |db| {
            let mut erased = Vec::with_capacity(accounts.len());
            for account in accounts {
                if erase(db, account, &why, now)? {
                    erased.push(account);
                }
            }
            scim_log::forget(db, &erased)?;
            Ok(erased)
        })
        .await
    }

    /// Erases what is left of everybody who was removed `age` seconds before `now` or earlier, some
    /// at a time so that nobody waits long; gives how many.
    pub(crate) async fn erase_by_age(&self, age: i64, now: i64) -> Result<u64> {
        let why = format!("removed for {} days", age / 86_400);
        let mut erased = 0;
        loop {
            let due = self.removed_before(now.saturating_sub(age)).await?;
            let done = if due.is_empty() { Vec::new() } else { self.erase(due, why.clone(), now).await? };
            // What is not erased now would be found again and again.
            if done.is_empty() {
                return Ok(erased);
            }
            erased += done.len() as u64;
        }
    }

    /// Some of those who were removed at that moment or before.
    async fn removed_before(&self, moment: i64) -> Result<Vec<[u8; 16]>> {
        self.read(move |db| {
            let sql = format!(
                "SELECT a.account_id FROM account a WHERE {IS_LEFT} AND a.removed_at <= ?1 ORDER BY a.removed_at LIMIT ?2"
            );
            db.rows(&sql, &values![moment, AT_ONCE])?.iter().map(|row| row.at(0)).collect()
        })
        .await
    }

    /// Takes what was deleted out of the database's files, where they are this program's: SQLite.
    /// Others can read meanwhile, and write afterwards. False if a reader was in the way.
    pub(crate) async fn compact(&self) -> Result<bool> {
        let location = self.location.clone();
        let done = tokio::task::spawn_blocking(move || location.connect()?.compact()).await;
        self.failures.pass(done.map_err(|_| StoreError::Closed).flatten())
    }
}

fn orgs(db: &Db, condition: &str, given: &[super::db::Value<'_>]) -> Result<Vec<Org>> {
    let sql = format!(
        "SELECT DISTINCT o.org_id, o.name FROM membership m JOIN organisation o ON o.org_id = m.org_id
         WHERE {condition} ORDER BY o.name, o.org_id"
    );
    db.rows(&sql, given)?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}

/// Where somebody rests.
fn resting(db: &Db, whom: &Whom) -> Result<Vec<Org>> {
    let resting = |condition: &str, given: &[super::db::Value<'_>]| -> Result<Vec<Org>> {
        let sql = format!(
            "SELECT DISTINCT o.org_id, o.name FROM leaver l JOIN organisation o ON o.org_id = l.org_id
             JOIN account a ON a.account_id = l.account_id
             WHERE l.rests_until IS NOT NULL AND a.state = 'removed' AND {condition} ORDER BY o.name, o.org_id"
        );
        db.rows(&sql, given)?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
    };
    match whom {
        Whom::Account(account) => resting("a.account_id = ?1", &values![account]),
        Whom::Mailbox(key) => resting("a.email_key = ?1", &values![key]),
    }
}

fn left(db: &Db, whom: &Whom) -> Result<Vec<[u8; 16]>> {
    let mut found = Vec::new();
    match whom {
        Whom::Account(account) => {
            let sql = format!("SELECT a.account_id FROM account a WHERE {IS_LEFT} AND a.account_id = ?1");
            found.extend(db.row(&sql, &values![account])?.map(|row| row.at::<[u8; 16]>(0)).transpose()?);
        }
        // One that was put aside for another has no address of its own; its invitations have.
        Whom::Mailbox(key) => db.each(
            &format!(
                "SELECT a.account_id, a.email_key, i.email FROM account a LEFT JOIN invite i ON i.account_id = a.account_id
                 WHERE {IS_LEFT} ORDER BY a.removed_at, a.account_id"
            ),
            &[],
            |row| {
                let (account, own, invited): ([u8; 16], Option<String>, Option<String>) =
                    (row.at(0)?, row.at(1)?, row.at(2)?);
                let is_theirs = own.as_ref() == Some(key) || invited.is_some_and(|email| address::key(&email) == *key);
                if is_theirs && !found.contains(&account) {
                    found.push(account);
                }
                Ok(ControlFlow::Continue(()))
            },
        )?,
    }
    Ok(found)
}

fn erase(db: &Db, account: [u8; 16], why: &str, now: i64) -> Result<bool> {
    let sql = format!("UPDATE account AS a SET erased_at = ?2 WHERE a.account_id = ?1 AND {IS_LEFT}");
    if db.execute(&sql, &values![account, now])? != 1 {
        return Ok(false);
    }
    db.execute_all(&ERASE.map(|sql| (sql, values![account].to_vec())))?;
    note(db, now, "person.erased", Entry { account: Some(account), detail: Some(why), ..Entry::default() });
    Ok(true)
}
