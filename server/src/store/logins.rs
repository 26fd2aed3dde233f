//! Logins: begun, finished once, counted; with the password, or with the recovery code.
//!
//! Promise: a conversation counts as a failure from its first message until it succeeds, because
//! OPAQUE's second message lets the caller test one guess. People who do not exist are counted like
//! those who do, by the same statements. A count is of the last hour or day and never for good:
//! otherwise anybody could lock anybody out.

use super::accounts::{LoginRow, account, strictest};
use super::audit::{Entry, note};
use super::db::{Db, values};
use super::proofs::Way;
use super::rows::Policy;
use super::sessions::{self, NewSession, Purpose};
use super::{Result, Store, StoreError, resets};
use crate::life::Admission;

const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 86_400;
/// Most failures, and in how many seconds.
const LIMITS: [(i64, i64); 2] = [(10, HOUR), (40, DAY)];

/// How a login with a proof that held ended.
pub(crate) enum Proven {
    /// With a session, and what the account's organisations ask of a new lock.
    Opened(Box<LoginRow>, Policy),
    /// Without, because of how the account stands.
    Barred(Admission),
    /// The conversation was over already.
    Over,
}

/// Whether a login may begin.
pub(crate) enum Began {
    Yes,
    /// Seconds until the next try.
    TooMany(i64),
}

/// A conversation that begins.
pub(crate) struct Begins {
    pub(crate) account: [u8; 16],
    /// Whether there is no such account.
    pub(crate) made_up: bool,
    pub(crate) state: Vec<u8>,
}

/// A conversation taken up to be finished; it cannot be taken again.
pub(crate) struct Proof {
    pub(crate) account_id: [u8; 16],
    pub(crate) state: Vec<u8>,
}

impl Store {
    /// Begins a conversation unless there were too many that failed.
    pub(crate) async fn begin_login(&self, way: Way, login: [u8; 16], begins: Begins, now: i64) -> Result<Began> {
        let Begins { account, made_up, state } = begins;
        let began = self.write(move |db| {
            if let Some(wait) = too_many(db, way, account, now)? {
                return Ok(Began::TooMany(wait));
            }
            db.execute(
                "INSERT INTO login (login_id, account_id, made_up, state, started_at, expires_at, way) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                &values![login, account, i64::from(made_up), &state, now, now + way.life(), way.as_str()],
            )?;
            Ok(Began::Yes)
        });
        let began = began.await?;
        if self.begun.one(made_up) {
            self.trim_made_up().await?;
        }
        Ok(began)
    }

    /// Takes a conversation up; from here on it counts as failed until [`Store::login_succeeded`].
    pub(crate) async fn take_login(&self, way: Way, login: [u8; 16], now: i64) -> Result<Option<Proof>> {
        self.write(move |db| {
            let proof = db.row(
                "SELECT account_id, state FROM login WHERE login_id = ?1 AND way = ?3 AND state IS NOT NULL AND expires_at > ?2",
                &values![login, now, way.as_str()],
            )?;
            let proof = proof
                .map(|row| Ok::<_, StoreError>(Proof { account_id: row.at(0)?, state: row.at(1)? }))
                .transpose()?;
            db.execute(
                "UPDATE login SET tried = CASE WHEN state IS NOT NULL AND expires_at > ?3 THEN 1 ELSE tried END, state = NULL
                 WHERE login_id = ?1 AND way = ?2",
                &values![login, way.as_str(), now],
            )?;
            Ok(proof)
        })
        .await
    }

    /// Opens a session, unless the person is or was meanwhile deactivated, or what was proven was
    /// changed meanwhile.
    pub(crate) async fn login_succeeded(
        &self,
        way: Way,
        login: [u8; 16],
        id: [u8; 16],
        session: NewSession,
        now: i64,
    ) -> Result<Proven> {
        self.write(move |db| {
            let Some(row) = account(db, "a.account_id = ?1", id.into())? else { return Ok(Proven::Over) };
            // One conversation opens one session. One that was ended by a change stays, and stays
            // counted.
            let over = "DELETE FROM login WHERE login_id = ?1 AND way = ?2 AND expires_at > ?3";
            if db.execute(over, &values![login, way.as_str(), now])? != 1 {
                return Ok(Proven::Over);
            }
            let entry = Entry { account: Some(id), ..Entry::default() };
            let [succeeded, _, barred] = way.events();
            let asked = match (&row.standing, way) {
                (Admission::Suspended { .. }, Way::Password) => asked_to_join(db, id, now)?,
                _ => None,
            };
            if row.standing != Admission::Active && asked.is_none() {
                note(db, now, barred, entry);
                return Ok(Proven::Barred(row.standing));
            }
            let purpose = if asked.is_some() { Purpose::Join } else { session.purpose };
            // Whoever is active has an organisation.
            let Some(policy) = asked.map_or_else(|| strictest(db, id), |policy| Ok(Some(policy)))? else {
                return Ok(Proven::Over);
            };
            sessions::open(db, id, &NewSession { purpose, ..session }, now)?;
            note(db, now, succeeded, entry);
            // Whoever proves the password or the kit has not lost both.
            resets::call_off(db, id, succeeded, now)?;
            Ok(Proven::Opened(Box::new(row), policy))
        })
        .await
    }
}

/// What an organisation asks that an account may join: one whose invitation was opened with the
/// link that only the mailbox has. A suspension takes the person out of one organisation; it does
/// not keep them from another.
fn asked_to_join(db: &Db, account: [u8; 16], now: i64) -> Result<Option<Policy>> {
    let row = db.row(
        "SELECT o.min_profile, o.recovery, o.secret_key, o.min_length
         FROM membership m JOIN invite i ON i.user_id = m.user_id AND i.state = 'live' JOIN organisation o ON o.org_id = m.org_id
         WHERE m.account_id = ?1 AND m.active = 1 AND m.accepted_at IS NULL AND i.mode = 'join'
           AND i.expires_at > ?2 AND i.claim_key IS NOT NULL LIMIT 1",
        &values![account, now],
    )?;
    row.map(|row| {
        Ok(Policy { min_profile: row.at(0)?, recovery: row.at(1)?, secret_key: row.at(2)?, min_length: row.at(3)? })
    })
    .transpose()
}

/// Seconds to wait, if there were too many failures.
fn too_many(db: &Db, way: Way, account: [u8; 16], now: i64) -> Result<Option<i64>> {
    let mut longest = 0;
    for (most, seconds) in LIMITS {
        // The oldest of the last so many: when it is old enough, one more try is free.
        let oldest = db.row(
            "SELECT started_at FROM login WHERE account_id = ?1 AND way = ?3 ORDER BY started_at DESC LIMIT 1 OFFSET ?2",
            &values![account, most - 1, way.as_str()],
        )?;
        if let Some(row) = oldest {
            longest = longest.max(row.at::<i64>(0)? + seconds - now);
        }
    }
    Ok(Some(longest).filter(|wait| *wait > 0))
}
