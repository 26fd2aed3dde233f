//! What became of a letter: taken, waiting, in doubt, refused, sent back.
//!
//! Promises: a letter that was refused for now is tried again, each time a little later; one that
//! may have arrived is tried again rarely and only a few times; one that was refused for good or
//! sent back says so where an administrator looks. Must never: change an invitation or an account
//! because of a bounce, which anybody can write.

use super::audit::{Entry, note};
use super::db::{Db, Row, values};
use super::{Result, Store, tokens};
use crate::rng::random;

/// Longest pause between two tries, in seconds, before chance is added.
const LONGEST_PAUSE: i64 = 3600;
/// Pause after a letter that may have arrived: as long as a mail server may take to say so (RFC
/// 5321 section 4.5.3.2.6).
const DOUBTFUL_PAUSE: i64 = 600;
/// How often a letter may have arrived before it is left at that.
const DOUBTS: i64 = 3;
/// How long after a letter a bounce that does not name it is taken for its own, in seconds.
const BOUNCES_WITHIN: i64 = 14 * 86_400;

/// A letter as an administrator sees it.
pub(crate) struct LetterRow {
    pub(crate) kind: String,
    pub(crate) account_id: [u8; 16],
    pub(crate) to: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) attempts: i64,
    pub(crate) done_at: Option<i64>,
    pub(crate) next_try_at: Option<i64>,
    pub(crate) trouble: Option<String>,
    pub(crate) gave_up_at: Option<i64>,
    pub(crate) bounced_at: Option<i64>,
}

impl Store {
    /// It was taken.
    pub(crate) async fn letter_sent(&self, seq: i64, now: i64) -> Result<()> {
        self.write(move |db| {
            db.execute("UPDATE outbox SET done_at = ?2, trouble = NULL WHERE seq = ?1", &values![seq, now])?;
            Ok(())
        })
        .await
    }

    /// It was certainly not taken; try again later, each time a little later.
    pub(crate) async fn letter_failed(&self, seq: i64, attempts: i64, trouble: String, now: i64) -> Result<()> {
        self.write(move |db| {
            tokens::void_newest(db, seq)?;
            let pause = (5_i64 << attempts.clamp(0, 10)).min(LONGEST_PAUSE);
            wait(db, seq, with_chance(pause), &trouble, now)
        })
        .await
    }

    /// It may have been taken. A second copy is better than none, a tenth is not.
    pub(crate) async fn letter_in_doubt(&self, seq: i64, trouble: String, now: i64) -> Result<()> {
        self.write(move |db| {
            db.execute("UPDATE outbox SET doubts = doubts + 1 WHERE seq = ?1", &values![seq])?;
            let doubts: i64 = db.one("SELECT doubts FROM outbox WHERE seq = ?1", &values![seq])?.at(0)?;
            if doubts >= DOUBTS {
                return give_up(db, seq, &trouble, now);
            }
            wait(db, seq, with_chance(DOUBTFUL_PAUSE << (doubts - 1)), &trouble, now)
        })
        .await
    }

    /// It was refused for good.
    pub(crate) async fn letter_refused(&self, seq: i64, trouble: String, now: i64) -> Result<()> {
        self.write(move |db| {
            tokens::void_newest(db, seq)?;
            give_up(db, seq, &trouble, now)
        })
        .await
    }

    /// Marks the letter of one of these names as sent back; else the last letter to one of these
    /// addresses. Gives the account that it was for, if it was for one.
    pub(crate) async fn letter_bounced(
        &self,
        names: Vec<String>,
        to_keys: Vec<String>,
        trouble: String,
        now: i64,
    ) -> Result<Option<Option<[u8; 16]>>> {
        self.write(move |db| {
            let by_name = "SELECT seq, account_id, org_id, invite_id FROM outbox WHERE message_id = ?1 LIMIT 1";
            let by_address = "SELECT seq, account_id, org_id, invite_id FROM outbox
                 WHERE to_key = ?1 AND done_at > ?2 AND gave_up_at IS NULL AND bounced_at IS NULL ORDER BY done_at DESC, seq DESC LIMIT 1";
            let mut found = None;
            for name in &names {
                found = found.or(db.row(by_name, &values![name])?);
            }
            for key in &to_keys {
                if found.is_none() {
                    found = db.row(by_address, &values![key, now - BOUNCES_WITHIN])?;
                }
            }
            let Some(row) = found else { return Ok(None) };
            let (seq, account): (i64, Option<[u8; 16]>) = (row.at(0)?, row.at(1)?);
            let first = db.execute(
                "UPDATE outbox SET bounced_at = ?2, trouble = ?3, done_at = coalesce(done_at, ?2) WHERE seq = ?1 AND bounced_at IS NULL",
                &values![seq, now, &trouble],
            )?;
            if first == 1 {
                let entry = Entry { org: row.at(2)?, account, invite: row.at(3)?, detail: None };
                note(db, now, "letter.bounced", entry);
            }
            Ok(Some(account))
        })
        .await
    }
}

/// The last letters of an account, newest first.
pub(super) fn letters_of(db: &Db, account: [u8; 16], limit: i64) -> Result<Vec<LetterRow>> {
    let sql = format!("SELECT {LETTER} FROM outbox WHERE account_id = ?1 ORDER BY seq DESC LIMIT ?2");
    db.rows(&sql, &values![account, limit])?.iter().map(letter).collect()
}

/// No more tries.
pub(super) fn give_up(db: &Db, seq: i64, trouble: &str, now: i64) -> Result<()> {
    db.execute(
        "UPDATE outbox SET done_at = ?2, gave_up_at = ?2, trouble = ?3 WHERE seq = ?1",
        &values![seq, now, trouble],
    )?;
    let row = db.one("SELECT org_id, account_id, invite_id FROM outbox WHERE seq = ?1", &values![seq])?;
    let entry = Entry { org: row.at(0)?, account: row.at(1)?, invite: row.at(2)?, detail: None };
    note(db, now, "letter.given-up", entry);
    Ok(())
}

fn wait(db: &Db, seq: i64, pause: i64, trouble: &str, now: i64) -> Result<()> {
    db.execute(
        "UPDATE outbox SET lease_until = 0, not_before = ?2, trouble = ?3 WHERE seq = ?1 AND done_at IS NULL",
        &values![seq, now + pause, trouble],
    )?;
    Ok(())
}

/// Up to half as long again, by chance: letters that failed together do not all come back together.
fn with_chance(pause: i64) -> i64 {
    let chance = i64::from(u32::from_le_bytes(random()));
    pause + chance % (pause / 2 + 1)
}

const LETTER: &str =
    "kind, account_id, to_key, created_at, attempts, done_at, not_before, trouble, gave_up_at, bounced_at";

fn letter(row: &Row) -> Result<LetterRow> {
    let done_at: Option<i64> = row.at(5)?;
    let not_before: i64 = row.at(6)?;
    Ok(LetterRow {
        kind: row.at(0)?,
        account_id: row.at(1)?,
        to: row.at(2)?,
        created_at: row.at(3)?,
        attempts: row.at(4)?,
        done_at,
        next_try_at: done_at.is_none().then_some(not_before),
        trouble: row.at(7)?,
        gave_up_at: row.at(8)?,
        bounced_at: row.at(9)?,
    })
}
