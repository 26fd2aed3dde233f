//! Brings people forward from the time when an address had one account, whoever named it: each gets
//! an account of their own until it is complete, and everybody is settled at the mailbox that their
//! organisation names now.
//!
//! Promise: who is invited at the right address keeps the link; complete accounts and their members
//! stay as they are. Must never: send again what an administrator took back.

use super::addresses::NEW_ACCOUNT;
use super::db::{Db, values};
use super::error::Result;
use super::mailboxes::{For, Issue, settle_alone, settle_in};
use super::people::PersonKey;
use crate::address;
use crate::life::{Current, InUse, Mode, Reason, in_use, named};
use crate::rng::fresh_id;
use serde_json::{Map, Value};

/// How long the invitations live that are issued on the way: a week.
const TTL: i64 = 7 * 86_400;
/// People who are looked at at once.
const PAGE: i64 = 500;

/// Does it, in the transaction of the migration.
pub(super) fn bring_forward(db: &Db, now: i64) -> Result<()> {
    each_page(db, place)?;
    db.execute("UPDATE account SET email = NULL, email_key = NULL WHERE state = 'invited'", &[])?;
    db.execute(
        "UPDATE membership SET standing = CASE active WHEN 1 THEN 'complete' ELSE 'suspended' END WHERE accepted_at IS NOT NULL",
        &[],
    )?;
    let issue = Issue { ttl: TTL, now };
    each_page(db, |db, key| settle_one(db, key, issue))
}

/// Everybody, page by page.
fn each_page(db: &Db, work: impl Fn(&Db, PersonKey) -> Result<()>) -> Result<()> {
    let sql = "SELECT user_id, org_id FROM membership WHERE user_id > ?1 ORDER BY user_id LIMIT ?2";
    let mut after = [0; 16];
    loop {
        let rows = db.rows(sql, &values![after, PAGE])?;
        for row in &rows {
            let key = PersonKey { user: row.at(0)?, org: row.at(1)? };
            work(db, key)?;
            after = key.user;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

/// Gives a person the address in use and, while it is not complete, an account of their own.
fn place(db: &Db, key: PersonKey) -> Result<()> {
    let row = db.one(
        "SELECT m.account_id, m.mode, m.user_name, m.email, m.attributes, m.active, m.accepted_at IS NOT NULL, m.invited_at IS NOT NULL,
                a.state = 'invited', a.created_at,
                EXISTS (SELECT 1 FROM invite i WHERE i.user_id = m.user_id AND i.state = 'live'),
                (SELECT i.email FROM invite i WHERE i.user_id = m.user_id ORDER BY i.created_at DESC LIMIT 1),
                EXISTS (SELECT 1 FROM membership o WHERE o.account_id = m.account_id AND o.user_id <> m.user_id
                        AND (o.mode = 'enrol' OR (m.mode = 'join' AND o.user_id < m.user_id)))
         FROM membership m JOIN account a ON a.account_id = m.account_id WHERE m.user_id = ?1",
        &values![key.user],
    )?;
    let (user_name, was): (String, Option<String>) = (row.at(2)?, row.at(3)?);
    let attributes: Map<String, Value> = serde_json::from_str(&row.at::<String>(4)?).unwrap_or_default();
    let before = Current { email: was.as_deref(), user_name: &user_name };
    let (email, _) = place_of(&attributes, &user_name, before);
    let mailbox = email.as_deref().map(address::key);
    let (active, accepted, was_invited, has_link): (bool, bool, bool, bool) =
        (row.at(5)?, row.at(6)?, row.at(7)?, row.at(10)?);
    let last_to: Option<String> = row.at(11)?;
    let taken_back = active && !accepted && was_invited && !has_link && last_to.map(|to| address::key(&to)) == mailbox;
    db.execute(
        "UPDATE membership SET email = ?2, email_key = ?3, taken_back = ?4 WHERE user_id = ?1",
        &values![key.user, &email, &mailbox, taken_back],
    )?;
    let (is_pending, is_shared, created_at): (bool, bool, i64) = (row.at(8)?, row.at(12)?, row.at(9)?);
    if is_pending && is_shared && row.at::<Mode>(1)? == Mode::Join {
        let account = fresh_id();
        db.execute(NEW_ACCOUNT, &values![account, created_at])?;
        let sql = "UPDATE membership SET account_id = ?2, mode = 'enrol' WHERE user_id = ?1";
        db.execute(sql, &values![key.user, account])?;
    }
    Ok(())
}

fn settle_one(db: &Db, key: PersonKey, issue: Issue) -> Result<()> {
    let sql =
        "SELECT email_key, accepted_at IS NOT NULL, user_name, attributes, standing FROM membership WHERE user_id = ?1";
    let row = db.one(sql, &values![key.user])?;
    let (mailbox, accepted): (Option<String>, bool) = (row.at(0)?, row.at(1)?);
    match mailbox {
        _ if accepted => Ok(()),
        Some(mailbox) => settle_in(db, key.org, &mailbox, For::Changed(key.user), issue),
        None => {
            let (user_name, attributes): (String, String) = (row.at(2)?, row.at(3)?);
            let attributes = serde_json::from_str(&attributes).unwrap_or_default();
            let before = Current { email: None, user_name: &user_name };
            let (_, reason) = place_of(&attributes, &user_name, before);
            settle_alone(db, key, reason, issue)
        }
    }
}

/// The address in use. Where no e-mail address is named, a user name that is one wins over what was
/// kept: it may have been corrected since.
fn place_of(attributes: &Map<String, Value>, user_name: &str, before: Current<'_>) -> (Option<String>, Reason) {
    let before = Some(before).filter(|_| address::read(user_name).is_none());
    match in_use(&named(attributes), user_name, before) {
        InUse::Address(email) => (Some(email), Reason::NoAddress),
        InUse::None(reason) => (None, reason),
    }
}
