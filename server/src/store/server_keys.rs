//! The server's keys as the database knows them: which there are, which is for new passwords, and
//! how many accounts each of them has.
//!
//! Promise: a key is named here only once a file holds it, and is retired only when no account, no
//! session and no open invitation can need it any more. Must never: hold a key; a canary says
//! nothing about it.

use super::audit::{Entry, note};
use super::db::{Db, values};
#[cfg(any(test, feature = "fuzzing"))]
use super::readiness::Unready;
use super::readiness::{Belongs, Found};
use super::{Result, Store};
use crate::key_file::KeyMark;

/// The number of the key for new passwords, as an expression.
pub(super) const NEWEST: &str = "(SELECT coalesce(max(number), 1) FROM server_key WHERE retired_at IS NULL)";

/// A key and who uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyUse {
    pub(crate) number: u32,
    pub(crate) made_at: i64,
    pub(crate) retired_at: Option<i64>,
    /// Completed accounts, those of removed people too.
    pub(crate) accounts: i64,
    /// Those of removed people among them.
    pub(crate) removed: i64,
    /// Invitations that were opened and sessions, which may still register a password with it.
    pub(crate) begun: i64,
}

/// How a retirement went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Retirement {
    /// It is retired, now or before.
    Done,
    /// There never was one of that number.
    Unknown,
    /// It is the one for new passwords.
    Newest,
    /// Somebody needs it.
    InUse(KeyUse),
}

impl Store {
    /// Names a key that the file holds: new passwords take it from now on. False if the database
    /// has got another newest one meanwhile.
    pub(crate) async fn name_key(&self, mark: KeyMark, by: String, now: i64) -> Result<bool> {
        self.write(move |db| {
            let last: u32 = db.one("SELECT coalesce(max(number), 0) FROM server_key", &[])?.at(0)?;
            if mark.number != last + 1 {
                return Ok(false);
            }
            insert(db, &mark, now)?;
            note(db, now, "server-key.rotated", Entry { detail: Some(&detail(mark.number, &by)), ..Entry::default() });
            Ok(true)
        })
        .await
    }

    /// Retires a key that nobody needs.
    pub(crate) async fn retire_key(&self, number: u32, by: String, now: i64) -> Result<Retirement> {
        self.write(move |db| {
            let uses = uses(db, now)?;
            let newest = uses.iter().rev().find(|key| key.retired_at.is_none()).map(|key| key.number);
            let Some(key) = uses.into_iter().find(|key| key.number == number) else { return Ok(Retirement::Unknown) };
            if key.retired_at.is_some() {
                return Ok(Retirement::Done);
            }
            if newest == Some(number) {
                return Ok(Retirement::Newest);
            }
            if key.accounts > 0 || key.begun > 0 {
                return Ok(Retirement::InUse(key));
            }
            db.execute("UPDATE server_key SET retired_at = ?2 WHERE number = ?1", &values![number, now])?;
            note(db, now, "server-key.retired", Entry { detail: Some(&detail(number, &by)), ..Entry::default() });
            Ok(Retirement::Done)
        })
        .await
    }

    /// Every key that there ever was, in order.
    pub(crate) async fn key_uses(&self, now: i64) -> Result<Vec<KeyUse>> {
        self.read(move |db| uses(db, now)).await
    }

    /// The addresses of the people who are here and have an account on that key.
    pub(crate) async fn people_on_key(&self, number: u32) -> Result<Vec<String>> {
        self.read(move |db| {
            let sql = "SELECT a.email FROM account a JOIN bundle b USING (account_id)
                       WHERE b.server_key = ?1 AND a.state = 'complete' AND a.email IS NOT NULL ORDER BY a.email";
            db.rows(sql, &values![number])?.iter().map(|row| row.at(0)).collect()
        })
        .await
    }
}

impl Store {
    /// Whether a write could be committed at this moment; gives the keys that the database belongs
    /// to.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn is_writable(&self) -> Found {
        let belongs: Belongs = |db| if db.exists("SELECT 1 FROM realm", &[])? { marks(db).map(Some) } else { Ok(None) };
        #[cfg(any(test, feature = "fuzzing"))]
        if matches!(self.engine, super::engine::Engine::InMemory(_)) {
            return self.read(belongs).await.map_err(|error| Unready::of(&error))?.ok_or(Unready::Empty);
        }
        self.probe.ask(&self.location, belongs).await
    }
}

/// The keys that are not retired, in order.
pub(super) fn marks(db: &Db) -> Result<Vec<KeyMark>> {
    let rows = db.rows("SELECT number, canary FROM server_key WHERE retired_at IS NULL ORDER BY number", &[])?;
    rows.iter().map(|row| Ok(KeyMark { number: row.at(0)?, canary: row.at(1)? })).collect()
}

pub(super) fn insert(db: &Db, mark: &KeyMark, now: i64) -> Result<()> {
    let sql = "INSERT INTO server_key (number, canary, made_at) VALUES (?1, ?2, ?3)";
    db.execute(sql, &values![mark.number, mark.canary, now])?;
    Ok(())
}

fn uses(db: &Db, now: i64) -> Result<Vec<KeyUse>> {
    let sql = "SELECT k.number, k.made_at, k.retired_at,
                      (SELECT count(*) FROM bundle b WHERE b.server_key = k.number),
                      (SELECT count(*) FROM bundle b JOIN account a USING (account_id)
                       WHERE b.server_key = k.number AND a.state = 'removed'),
                      (SELECT count(*) FROM invite i WHERE i.server_key = k.number AND i.state = 'live' AND i.expires_at > ?1)
                      + (SELECT count(*) FROM session s WHERE s.server_key = k.number AND s.expires_at > ?1 AND s.ended = 0)
               FROM server_key k ORDER BY k.number";
    let uses = db.rows(sql, &values![now])?;
    let uses = uses.iter().map(|row| {
        Ok(KeyUse {
            number: row.at(0)?,
            made_at: row.at(1)?,
            retired_at: row.at(2)?,
            accounts: row.at(3)?,
            removed: row.at(4)?,
            begun: row.at(5)?,
        })
    });
    uses.collect()
}

fn detail(number: u32, by: &str) -> String {
    format!("key {number}, {by}")
}
