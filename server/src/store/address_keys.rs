//! Brings the keys of addresses forward to one rule: a mailbox has one key, however its domain is
//! spelled.

use super::audit::{Entry, note};
use super::db::{Db, Row, values};
use super::error::Result;
use super::mailboxes::{For, Issue, settle_everywhere, settle_in};
use crate::address;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// How long the invitations live that are issued on the way: a week.
const TTL: i64 = 7 * 86_400;

/// The keys of mailboxes by the rule of [`address::key`], and everybody at a mailbox whose key
/// changed is settled there. Of complete accounts whose mailboxes were different before and are one
/// now the first that was completed is found by the address. Nobody finds the others by it, and the
/// audit log names them; an administrator finds them by account id.
pub(super) fn bring_forward(db: &Db, now: i64) -> Result<()> {
    let issue = Issue { ttl: TTL, now };
    let mailboxes = accounts(db, now)?;
    let changed = memberships(db)?;
    look_ups(db)?;
    letters(db)?;
    for mailbox in mailboxes {
        settle_everywhere(db, &mailbox, issue)?;
    }
    for (org, mailbox) in changed {
        settle_in(db, org, &mailbox, For::All, issue)?;
    }
    Ok(())
}

/// The rows whose key is another one now: the row, the key before and the key by the rule. The
/// first two columns are the address and its key.
fn moved(db: &Db, sql: &str) -> Result<Vec<(Row, String, String)>> {
    let mut moved = Vec::new();
    db.each(sql, &[], |row| {
        if let (Some(email), Some(before)) = (row.at::<Option<String>>(0)?, row.at::<Option<String>>(1)?) {
            let key = address::key(&email);
            if key != before {
                moved.push((row, before, key));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(moved)
}

/// The mailboxes that complete accounts came to.
fn accounts(db: &Db, now: i64) -> Result<Vec<String>> {
    const SET: &str = "UPDATE account SET email_key = ?2 WHERE account_id = ?1";
    let removed = moved(db, "SELECT email, email_key, account_id FROM account WHERE state <> 'complete'")?;
    for (row, _, key) in removed {
        db.execute(SET, &values![row.at::<[u8; 16]>(2)?, &key])?;
    }
    let complete = "SELECT email, email_key, account_id FROM account WHERE state = 'complete'";
    let moved = moved(db, complete)?;
    // Those at the mailboxes that somebody comes to, in the order in which they were completed.
    let mut at_the_mailbox: BTreeMap<&str, Vec<(i64, [u8; 16])>> = BTreeMap::new();
    for (row, _, key) in &moved {
        let all = at_the_mailbox.entry(key).or_default();
        let when = "SELECT completed_at, account_id FROM account WHERE account_id = ?1 OR (email_key = ?2 AND state = 'complete')";
        for one in db.rows(when, &values![row.at::<[u8; 16]>(2)?, key])? {
            all.push((one.at::<Option<i64>>(0)?.unwrap_or_default(), one.at(1)?));
        }
    }
    // First out of each other's way: the new key of one can be the old one of another.
    for (account, key) in at_the_mailbox.values().flatten().map(|(_, account)| (*account, apart(*account))) {
        db.execute(SET, &values![account, &key])?;
    }
    let mailboxes = at_the_mailbox.keys().map(|key| (*key).to_owned()).collect();
    for (key, mut all) in at_the_mailbox {
        all.sort_unstable();
        all.dedup();
        for (at, (_, account)) in all.into_iter().enumerate() {
            if at == 0 {
                db.execute(SET, &values![account, key])?;
            } else {
                let detail = Some("another account has this mailbox");
                note(db, now, "account.apart", Entry { account: Some(account), detail, ..Entry::default() });
            }
        }
    }
    Ok(mailboxes)
}

/// A key that no address has, so that nobody finds the account by it.
fn apart(account: [u8; 16]) -> String {
    account.iter().fold("\u{1f}".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The mailboxes at which somebody is named now who was not before, and those that they left.
fn memberships(db: &Db) -> Result<BTreeSet<([u8; 16], String)>> {
    let mut changed = BTreeSet::new();
    for (row, before, key) in moved(db, "SELECT email, email_key, user_id, org_id FROM membership")? {
        let (user, org): ([u8; 16], [u8; 16]) = (row.at(2)?, row.at(3)?);
        db.execute("UPDATE membership SET email_key = ?2 WHERE user_id = ?1", &values![user, &key])?;
        changed.extend([(org, before), (org, key)]);
    }
    Ok(changed)
}

/// What people are looked up by is kept as a key alone: the rule is applied to the key itself.
fn look_ups(db: &Db) -> Result<()> {
    for (row, before, key) in moved(db, "SELECT email_key, email_key, user_id, org_id FROM membership_email")? {
        let (user, org): ([u8; 16], [u8; 16]) = (row.at(2)?, row.at(3)?);
        let whose = values![org, &before, user];
        db.execute("DELETE FROM membership_email WHERE org_id = ?1 AND email_key = ?2 AND user_id = ?3", &whose)?;
        let sql =
            "INSERT INTO membership_email (org_id, email_key, user_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        db.execute(sql, &values![org, &key, user])?;
    }
    Ok(())
}

/// By which letters to an address are counted.
fn letters(db: &Db) -> Result<()> {
    for (row, _, key) in moved(db, "SELECT to_key, to_key, seq FROM outbox")? {
        db.execute("UPDATE outbox SET to_key = ?2 WHERE seq = ?1", &values![row.at::<i64>(2)?, &key])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{bring_forward, values};
    use crate::store::Store;
    use crate::store::db::Db;

    fn account(db: &Db, at: u8, email: &str, state: &str) -> super::Result<()> {
        let completed = (state == "complete").then_some(i64::from(at));
        db.execute(
            "INSERT INTO account (account_id, email, email_key, state, created_at, completed_at)
             VALUES (?1, ?2, lower(?2), ?3, 0, ?4)",
            &values![[at; 16], email, state, completed],
        )?;
        Ok(())
    }

    fn person(db: &Db, at: u8, email: &str) -> super::Result<()> {
        let id = [at; 16];
        db.execute("INSERT INTO account (account_id, state, created_at) VALUES (?1, 'invited', 0)", &values![id])?;
        db.execute(
            "INSERT INTO membership (user_id, org_id, account_id, mode, user_name, user_name_key, active, email, attributes,
                 created_at, modified_at, version, email_key, standing)
             VALUES (?1, ?2, ?1, 'enrol', ?3, ?3, 1, ?4, '{}', ?5, 0, 1, lower(?4), 'staged')",
            &values![id, [1; 16], format!("person{at}"), email, i64::from(at)],
        )?;
        db.execute(
            "INSERT INTO membership_email (org_id, email_key, user_id) VALUES (?1, lower(?2), ?3)",
            &values![[1; 16], email, id],
        )?;
        Ok(())
    }

    #[test]
    fn mailboxes_that_were_two_are_one_and_the_first_to_come_has_it() {
        let store = Store::open_in_memory().expect("a store");
        let found = store.in_memory().write(|db| {
            db.execute(
                "INSERT INTO organisation (org_id, name, created_at) VALUES (?1, 'Corp', 0)",
                &values![[1; 16]],
            )?;
            account(db, 20, "eve@bücher.de", "complete")?;
            account(db, 21, "eve@xn--bcher-kva.de", "complete")?;
            person(db, 2, "ada@bücher.de")?;
            person(db, 3, "ada@xn--bcher-kva.de")?;
            person(db, 4, "plain@example.org")?;
            // Their organisation has the address in the spelling that is the key already.
            person(db, 5, "eve@xn--bcher-kva.de")?;
            bring_forward(db, 100)?;
            let texts =
                |sql: &str| -> super::Result<Vec<String>> { db.rows(sql, &[])?.iter().map(|row| row.at(0)).collect() };
            Ok([
                texts("SELECT email_key FROM account WHERE state = 'complete' ORDER BY account_id")?,
                texts("SELECT email_key FROM membership ORDER BY user_id")?,
                texts("SELECT standing FROM membership ORDER BY user_id")?,
                texts("SELECT email_key FROM membership_email ORDER BY user_id")?,
            ])
        });
        let [complete, keys, standings, look_ups] = found.expect("no trouble");
        // The first has what is now the key of both, which only the second had so far.
        let second = format!("\u{1f}{}", "15".repeat(16));
        assert_eq!(complete, ["eve@xn--bcher-kva.de", second.as_str()]);
        let mailbox = "ada@xn--bcher-kva.de";
        assert_eq!(keys, [mailbox, mailbox, "plain@example.org", "eve@xn--bcher-kva.de"]);
        assert_eq!(standings, ["invited", "waiting", "staged", "invited"]);
        assert_eq!(look_ups, keys);
    }
}
