//! The outbox: letters that a change has caused, taken out one at a time by whoever delivers.
//!
//! Promise: a letter is in the outbox if and only if its change was committed; taking an invitation out stores the hash of the token that is about to be sent,
//! durably, before it is sent. Must never: hold a token.

use super::db::{Db, Row, values};
use super::rows::{Bundle, Mode};
use super::{Result, Store};
use crate::token::TokenHash;

/// Seconds that a deliverer has a letter to itself.
const LEASE: i64 = 60;
/// Longest pause between two tries, in seconds.
const LONGEST_PAUSE: i64 = 3600;

/// A letter to be delivered.
pub(crate) struct Letter {
    pub(crate) seq: i64,
    pub(crate) attempts: i64,
    pub(crate) to: String,
    pub(crate) contact: Option<String>,
    pub(crate) org_name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) account_id: [u8; 16],
    pub(crate) what: Letters,
}

/// The kinds of letters.
pub(crate) enum Letters {
    /// An invitation; its token was just stored.
    Invite { invite_id: [u8; 16], mode: Mode, expires_at: i64 },
    /// To the person: your account is complete.
    Completed(Box<Bundle>, i64),
    /// To the administrator: this account is complete.
    CompletedForAdministrator(Box<Bundle>, i64),
}

impl Store {
    /// Takes the next letter that is due; if it is an invitation, its token becomes `token` and every earlier one is void.
    pub(crate) async fn take_letter(&self, token: TokenHash, now: i64) -> Result<Option<Letter>> {
        self.write(move |db| {
            let due = db.row(
                "SELECT seq, kind, account_id, invite_id, attempts, org_id FROM outbox
                 WHERE done_at IS NULL AND not_before <= ?1 AND lease_until <= ?1 ORDER BY not_before, seq LIMIT 1",
                &values![now],
            )?;
            let Some(due) = due.map(|row| Due::from_row(&row)).transpose()? else { return Ok(None) };
            db.execute(
                "UPDATE outbox SET lease_until = ?2, attempts = attempts + 1 WHERE seq = ?1",
                &values![due.seq, now + LEASE],
            )?;
            if let Some(invite) = due.invite {
                db.execute("UPDATE invite SET token_hash = ?2 WHERE invite_id = ?1", &values![invite, token.0])?;
            }
            let letter = due.write(db)?;
            if letter.is_none() {
                close(db, due.seq, Some("nobody to send it to"), now)?;
            }
            Ok(letter)
        })
        .await
    }

    /// Whether a letter is due.
    pub(crate) async fn letter_is_due(&self, now: i64) -> Result<bool> {
        self.read(move |db| {
            let sql = "SELECT 1 FROM outbox WHERE done_at IS NULL AND not_before <= ?1 AND lease_until <= ?1 LIMIT 1";
            db.exists(sql, &values![now])
        })
        .await
    }

    /// It was sent.
    pub(crate) async fn letter_sent(&self, seq: i64, now: i64) -> Result<()> {
        self.write(move |db| close(db, seq, None, now)).await
    }

    /// It was not; try again later, each time a little later.
    pub(crate) async fn letter_failed(&self, seq: i64, attempts: i64, trouble: String, now: i64) -> Result<()> {
        self.write(move |db| {
            let pause = (5_i64 << attempts.clamp(0, 10)).min(LONGEST_PAUSE);
            db.execute(
                "UPDATE outbox SET lease_until = 0, not_before = ?2, trouble = ?3 WHERE seq = ?1",
                &values![seq, now + pause, &trouble],
            )?;
            Ok(())
        })
        .await
    }

    /// Frees letters that an earlier run took and did not live to send. Where several servers share the database, another one may be sending them now: there
    /// the lease has to run out.
    pub(crate) async fn free_letters(&self) -> Result<()> {
        if !self.location.is_for_one_server() {
            return Ok(());
        }
        self.write(|db| {
            db.execute("UPDATE outbox SET lease_until = 0 WHERE done_at IS NULL AND lease_until <> 0", &[])?;
            Ok(())
        })
        .await
    }
}

fn close(db: &Db, seq: i64, trouble: Option<&str>, now: i64) -> Result<()> {
    db.execute("UPDATE outbox SET done_at = ?2, trouble = ?3 WHERE seq = ?1", &values![seq, now, trouble])?;
    Ok(())
}

struct Due {
    seq: i64,
    kind: String,
    account: [u8; 16],
    invite: Option<[u8; 16]>,
    attempts: i64,
    org: [u8; 16],
}

impl Due {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            seq: row.at(0)?,
            kind: row.at(1)?,
            account: row.at(2)?,
            invite: row.at(3)?,
            attempts: row.at(4)?,
            org: row.at(5)?,
        })
    }

    /// Puts together what the letter says; `None` if nobody can receive it.
    fn write(&self, db: &Db) -> Result<Option<Letter>> {
        let head = db.row(
            "SELECT a.email, o.name, coalesce(o.contact, r.contact), m.display_name
             FROM account a CROSS JOIN realm r JOIN organisation o ON o.org_id = ?2
             LEFT JOIN membership m ON m.account_id = a.account_id AND m.org_id = o.org_id WHERE a.account_id = ?1",
            &values![self.account, self.org],
        )?;
        let Some(head) = head else { return Ok(None) };
        let (email, org_name, contact, display_name): (_, _, Option<String>, _) =
            (head.at(0)?, head.at(1)?, head.at(2)?, head.at(3)?);
        let (what, to) = match self.kind.as_str() {
            "invite" => (self.invitation(db)?, email),
            "completed-admin" => {
                (self.bundle(db)?.map(|(b, at)| Letters::CompletedForAdministrator(b, at)), contact.clone())
            }
            _ => (self.bundle(db)?.map(|(b, at)| Letters::Completed(b, at)), email),
        };
        let (Some(what), Some(to)) = (what, to) else { return Ok(None) };
        Ok(Some(Letter {
            seq: self.seq,
            attempts: self.attempts,
            to,
            contact,
            org_name,
            display_name,
            account_id: self.account,
            what,
        }))
    }

    fn invitation(&self, db: &Db) -> Result<Option<Letters>> {
        let row = db.row(
            "SELECT invite_id, mode, expires_at FROM invite WHERE invite_id = ?1 AND state = 'live'",
            &values![self.invite],
        )?;
        row.map(|row| Ok(Letters::Invite { invite_id: row.at(0)?, mode: row.at(1)?, expires_at: row.at(2)? }))
            .transpose()
    }

    fn bundle(&self, db: &Db) -> Result<Option<(Box<Bundle>, i64)>> {
        let sql = format!("SELECT {}, b.created_at FROM bundle b WHERE b.account_id = ?1", Bundle::COLUMNS);
        let row = db.row(&sql, &values![self.account])?;
        row.map(|row| Ok((Box::new(Bundle::from_row(&row, 0)?), row.at(11)?))).transpose()
    }
}
