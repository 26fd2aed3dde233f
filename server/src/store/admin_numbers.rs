//! Numbers for whoever watches the server.

use super::db::{Db, values};
use super::invites::WRONG_TRIES;
use super::{Result, Store};
use crate::life::Reason;

/// What is counted in the database.
pub(crate) struct Numbers {
    pub(crate) letters_waiting: i64,
    /// When the oldest of them was written.
    pub(crate) oldest_letter_at: Option<i64>,
    pub(crate) letters_given_up: i64,
    pub(crate) letters_bounced: i64,
    pub(crate) invites_live: i64,
    /// Active people without an invitation that can be finished, by reason.
    pub(crate) people_waiting: Vec<(&'static str, i64)>,
    pub(crate) accounts_invited: i64,
    pub(crate) accounts_complete: i64,
    pub(crate) accounts_removed: i64,
    /// Organisations whose brake has tripped, and people who rest.
    pub(crate) brakes_tripped: i64,
    pub(crate) people_resting: i64,
}

impl Store {
    /// Counts now.
    pub(crate) async fn numbers(&self, now: i64) -> Result<Numbers> {
        self.read(move |db| {
            let waiting = db.one(
                "SELECT count(*), min(created_at) FROM outbox WHERE done_at IS NULL AND gave_up_at IS NULL",
                &[],
            )?;
            let accounts = |state: &str| one(db, "SELECT count(*) FROM account WHERE state = ?1", state);
            Ok(Numbers {
                letters_waiting: waiting.at(0)?,
                oldest_letter_at: waiting.at(1)?,
                letters_given_up: db.one("SELECT count(*) FROM outbox WHERE gave_up_at IS NOT NULL", &[])?.at(0)?,
                letters_bounced: db.one("SELECT count(*) FROM outbox WHERE bounced_at IS NOT NULL", &[])?.at(0)?,
                invites_live: db
                    .one(
                        "SELECT count(*) FROM invite WHERE state = 'live' AND expires_at > ?1 AND wrong_tries < ?2",
                        &values![now, WRONG_TRIES],
                    )?
                    .at(0)?,
                people_waiting: waiting_people(db, now)?,
                accounts_invited: accounts("invited")?,
                accounts_complete: accounts("complete")?,
                accounts_removed: accounts("removed")?,
                brakes_tripped: db
                    .one("SELECT count(*) FROM organisation WHERE brake_since IS NOT NULL", &[])?
                    .at(0)?,
                people_resting: db
                    .one("SELECT count(DISTINCT user_id) FROM leaver WHERE rests_until IS NOT NULL", &[])?
                    .at(0)?,
            })
        })
        .await
    }

    /// Commands that wait for the writer.
    pub(crate) fn writes_waiting(&self) -> usize {
        self.engine.waiting()
    }
}

fn waiting_people(db: &Db, now: i64) -> Result<Vec<(&'static str, i64)>> {
    let mut counts = Vec::new();
    for reason in Reason::ALL {
        let sql = "SELECT count(*) FROM membership WHERE standing = 'waiting' AND reason = ?1";
        counts.push((reason.as_str(), one(db, sql, reason.as_str())?));
    }
    let expired = "SELECT count(*) FROM invite WHERE state = 'live' AND reset_to IS NULL AND expires_at <= ?1";
    counts.push(("invitation-expired", db.one(expired, &values![now])?.at(0)?));
    let locked = "SELECT count(*) FROM invite WHERE state = 'live' AND reset_to IS NULL AND expires_at > ?1 AND wrong_tries >= ?2";
    counts.push(("invitation-locked", db.one(locked, &values![now, WRONG_TRIES])?.at(0)?));
    Ok(counts)
}

fn one(db: &Db, sql: &str, value: &str) -> Result<i64> {
    db.one(sql, &values![value])?.at(0)
}
