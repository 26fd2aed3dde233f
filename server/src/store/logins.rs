//! Logins: begun, finished once, counted.
//!
//! Promise: a conversation counts as a failure from its first message until it succeeds, because OPAQUE's second message lets whoever asked test one guess.
//! People who do not exist are counted like those who do.

use super::audit::{Entry, note};
use super::db::{Db, Value, values};
use super::rows::Bundle;
use super::{Result, Store, StoreError};
use crate::rng::fresh_id;
use crate::token::TokenHash;

/// Seconds that a login may take.
const LIFE: i64 = 120;
const HOUR: i64 = 3600;
/// Failures in an hour.
const HOURLY: i64 = 10;
/// Failures in all.
const TOTAL: i64 = 100;
/// What a person is told to wait who has used up all of them.
const DAY: i64 = 86_400;

/// An account that can be logged in to.
pub(crate) struct LoginRow {
    pub(crate) account_id: [u8; 16],
    pub(crate) bundle: Bundle,
}

/// Whether a login may begin.
pub(crate) enum Began {
    Yes,
    /// Seconds until the next try.
    TooMany(i64),
}

/// A conversation taken up to be finished; it cannot be taken again.
pub(crate) struct Proof {
    pub(crate) account_id: [u8; 16],
    pub(crate) state: Vec<u8>,
}

impl Store {
    /// The completed, active account of this address.
    pub(crate) async fn login_by_email(&self, email_key: String) -> Result<Option<LoginRow>> {
        self.read(move |db| account(db, "a.email_key = ?1 AND a.state = 'complete'", (&email_key).into())).await
    }

    /// The completed, active account of this id.
    pub(crate) async fn login_by_id(&self, id: [u8; 16]) -> Result<Option<LoginRow>> {
        self.read(move |db| account(db, "a.account_id = ?1 AND a.state = 'complete'", id.into())).await
    }

    /// Begins a conversation unless there were too many that failed.
    pub(crate) async fn begin_login(
        &self,
        login: [u8; 16],
        account: [u8; 16],
        state: Vec<u8>,
        now: i64,
    ) -> Result<Began> {
        self.write(move |db| {
            if let Some(wait) = too_many(db, account, now)? {
                return Ok(Began::TooMany(wait));
            }
            db.execute(
                "INSERT INTO login VALUES (?1, ?2, ?3, ?4, ?5)",
                &values![login, account, &state, now, now + LIFE],
            )?;
            Ok(Began::Yes)
        })
        .await
    }

    /// Takes a conversation up; from here on it counts as failed until [`Store::login_succeeded`].
    pub(crate) async fn take_login(&self, login: [u8; 16], now: i64) -> Result<Option<Proof>> {
        self.write(move |db| {
            let proof = db.row(
                "SELECT account_id, state FROM login WHERE login_id = ?1 AND state IS NOT NULL AND expires_at > ?2",
                &values![login, now],
            )?;
            let proof = proof
                .map(|row| Ok::<_, StoreError>(Proof { account_id: row.at(0)?, state: row.at(1)? }))
                .transpose()?;
            db.execute("UPDATE login SET state = NULL WHERE login_id = ?1", &values![login])?;
            Ok(proof)
        })
        .await
    }

    /// Opens a session; `None` if the person was deactivated meanwhile.
    pub(crate) async fn login_succeeded(
        &self,
        login: [u8; 16],
        id: [u8; 16],
        session: TokenHash,
        expires_at: i64,
        now: i64,
    ) -> Result<Option<LoginRow>> {
        self.write(move |db| {
            let row = account(db, "a.account_id = ?1 AND a.state = 'complete'", id.into())?;
            // One conversation opens one session.
            let open = db.execute("DELETE FROM login WHERE login_id = ?1", &values![login])? == 1;
            if row.is_some() && open {
                db.execute(
                    "INSERT INTO session (session_hash, account_id, expires_at, session_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    &values![session.0, id, expires_at, fresh_id(), now],
                )?;
                note(db, now, "login.succeeded", Entry { account: Some(id), ..Entry::default() });
            }
            Ok(row.filter(|_| open))
        })
        .await
    }

    /// Writes down that a proof did not hold.
    pub(crate) async fn login_failed(&self, account: [u8; 16], now: i64) -> Result<()> {
        self.write(move |db| {
            note(db, now, "login.failed", Entry { account: Some(account), ..Entry::default() });
            Ok(())
        })
        .await
    }

    /// Throws away what no longer matters: states and sessions that ran out, and the counts of people who do not exist.
    pub(crate) async fn sweep_logins(&self, now: i64) -> Result<()> {
        self.write(move |db| {
            db.execute("UPDATE login SET state = NULL WHERE expires_at <= ?1 AND state IS NOT NULL", &values![now])?;
            db.execute(
                "DELETE FROM login WHERE started_at <= ?1 AND account_id NOT IN (SELECT account_id FROM account)",
                &values![now - HOUR],
            )?;
            db.execute("DELETE FROM session WHERE expires_at <= ?1", &values![now])?;
            Ok(())
        })
        .await
    }
}

/// Ends whatever a person has open.
pub(super) fn end_all(db: &Db, account: [u8; 16]) -> Result<()> {
    db.execute("DELETE FROM session WHERE account_id = ?1", &values![account])?;
    db.execute("UPDATE login SET state = NULL WHERE account_id = ?1", &values![account])?;
    Ok(())
}

fn account(db: &Db, which: &str, value: Value<'_>) -> Result<Option<LoginRow>> {
    let sql = format!(
        "SELECT a.account_id, {} FROM account a JOIN bundle b USING (account_id)
         WHERE {which} AND EXISTS (SELECT 1 FROM membership m WHERE m.account_id = a.account_id AND m.active = 1)",
        Bundle::COLUMNS
    );
    let row = db.row(&sql, &[value])?;
    row.map(|row| Ok(LoginRow { account_id: row.at(0)?, bundle: Bundle::from_row(&row, 1)? })).transpose()
}

/// Seconds to wait, if there were too many failures.
fn too_many(db: &Db, account: [u8; 16], now: i64) -> Result<Option<i64>> {
    let total: i64 = db.one("SELECT count(*) FROM login WHERE account_id = ?1", &values![account])?.at(0)?;
    if total >= TOTAL {
        return Ok(Some(DAY));
    }
    // The oldest of the last ten: when it is an hour old, one more try is free.
    let tenth = db.row(
        "SELECT started_at FROM login WHERE account_id = ?1 ORDER BY started_at DESC LIMIT 1 OFFSET ?2",
        &values![account, HOURLY - 1],
    )?;
    let Some(at) = tenth.map(|row| row.at::<i64>(0)).transpose()? else { return Ok(None) };
    Ok(Some(at + HOUR - now).filter(|wait| *wait > 0))
}
