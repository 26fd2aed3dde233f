//! Logins and recoveries that ended without a proof that held: counted, and told to the audit log.
//!
//! In OPAQUE the client learns first that the password is wrong, and sends nothing more. So a
//! conversation counts when its time is over, whether a proof came or not. Promises: each is
//! counted once, by one server; the audit log gets at most one entry in [`AGAIN`] for each account
//! and way, however often somebody tries; of accounts that do not exist it gets one entry a day
//! with a number, and the database keeps at most [`MOST_MADE_UP`] of their conversations.

use super::audit::{Entry, note};
use super::db::{Db, values};
use super::proofs::Way;
use super::{Result, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Seconds between two entries about one account.
const AGAIN: i64 = 6 * 3600;
/// Seconds between two entries about accounts that do not exist.
const AGAIN_UNKNOWN: i64 = 86_400;
/// Most conversations that are kept of accounts that do not exist.
pub(super) const MOST_MADE_UP: i64 = 10_000;
/// So many more may come in before the oldest go.
const SLACK: u64 = 1_000;
/// Most accounts that are told to the audit log in one transaction.
const TOGETHER: i64 = 200;

/// What came since the last time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Logins of accounts that exist, without a proof.
    pub(crate) logins: u64,
    /// Recoveries, likewise.
    pub(crate) recoveries: u64,
}

/// Conversations that began at this server.
#[derive(Clone, Default)]
pub(super) struct Begun(Arc<Counts>);

#[derive(Default)]
struct Counts {
    /// All.
    all: AtomicU64,
    /// Of accounts that do not exist, not yet in the audit log.
    unknown: AtomicU64,
    /// When the audit log was told of these.
    told_at: AtomicI64,
}

impl Begun {
    /// One more; whether it is time to let the oldest go. Known and unknown accounts alike, so that
    /// an answer takes as long.
    pub(super) fn one(&self, made_up: bool) -> bool {
        self.0.unknown.fetch_add(u64::from(made_up), Ordering::Relaxed);
        self.0.all.fetch_add(1, Ordering::Relaxed) % SLACK == SLACK - 1
    }

    /// How many to tell the audit log of, if it is time.
    fn due(&self, now: i64) -> Option<u64> {
        let told_at = self.0.told_at.load(Ordering::Relaxed);
        // A clock that was set back does not silence it.
        if (now - told_at).abs() < AGAIN_UNKNOWN || self.0.unknown.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.0.told_at.store(now, Ordering::Relaxed);
        Some(self.0.unknown.swap(0, Ordering::Relaxed))
    }
}

impl Store {
    /// Counts what ended without a proof, tells the audit log, and throws away what no longer
    /// matters: states and sessions that ran out, and failures that count no more.
    pub(crate) async fn sweep_logins(&self, now: i64) -> Result<Ended> {
        let unknown = self.begun.due(now);
        // Looked at first: a server that has nothing to do does not take the turn to write.
        if unknown.is_none() && !self.read(move |db| is_due(db, now)).await? {
            return Ok(Ended::default());
        }
        self.write(move |db| {
            let ended = count(db, now)?;
            tell(db, now)?;
            if let Some(unknown) = unknown {
                let detail = format!("{unknown} tries");
                note(db, now, "login.unknown", Entry { detail: Some(&detail), ..Entry::default() });
            }
            db.execute("UPDATE login SET state = NULL WHERE expires_at <= ?1 AND state IS NOT NULL", &values![now])?;
            db.execute("DELETE FROM login WHERE started_at <= ?1", &values![now - super::logins::DAY])?;
            trim(db)?;
            db.execute("DELETE FROM session WHERE expires_at <= ?1", &values![now])?;
            Ok(ended)
        })
        .await
    }

    /// Lets the oldest conversations of accounts that do not exist go.
    pub(super) async fn trim_made_up(&self) -> Result<()> {
        self.write(trim).await
    }
}

fn trim(db: &Db) -> Result<()> {
    let oldest = "SELECT login_id FROM login WHERE made_up = 1 ORDER BY started_at DESC LIMIT 1000000 OFFSET ?1";
    db.execute(&format!("DELETE FROM login WHERE login_id IN ({oldest})"), &values![MOST_MADE_UP])?;
    Ok(())
}

/// Whether a sweep would change anything.
fn is_due(db: &Db, now: i64) -> Result<bool> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM session WHERE expires_at <= ?1)
        OR EXISTS (SELECT 1 FROM login WHERE started_at <= ?2
                   OR (expires_at <= ?1 AND (counted = 0 OR state IS NOT NULL OR (noted_at IS NULL AND made_up = 0))))";
    db.exists(sql, &values![now, now - super::logins::DAY])
}

/// Marks what is over as counted; tells how many of these never came to a proof.
fn count(db: &Db, now: i64) -> Result<Ended> {
    let silent = |way: Way| -> Result<u64> {
        let sql = "SELECT count(*) FROM login
                   WHERE counted = 0 AND made_up = 0 AND tried = 0 AND expires_at <= ?1 AND way = ?2";
        let count: i64 = db.one(sql, &values![now, way.as_str()])?.at(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    };
    let ended = Ended { logins: silent(Way::Password)?, recoveries: silent(Way::Recovery)? };
    db.execute("UPDATE login SET counted = 1 WHERE counted = 0 AND expires_at <= ?1", &values![now])?;
    Ok(ended)
}

/// Writes one entry for each account and way that had none lately.
fn tell(db: &Db, now: i64) -> Result<()> {
    let due = db.rows(
        "SELECT account_id, way, count(CASE WHEN tried = 1 THEN 1 END), count(*) FROM login
         WHERE noted_at IS NULL AND made_up = 0 AND expires_at <= ?1 AND NOT EXISTS (
             SELECT 1 FROM login told WHERE told.account_id = login.account_id AND told.way = login.way AND told.noted_at > ?2)
         GROUP BY account_id, way ORDER BY min(started_at) LIMIT ?3",
        &values![now, now - AGAIN, TOGETHER],
    )?;
    for row in due {
        let (account, way): ([u8; 16], String) = (row.at(0)?, row.at(1)?);
        let Some(way) = Way::read(&way) else { continue };
        let (wrong, all): (i64, i64) = (row.at(2)?, row.at(3)?);
        let detail = format!("{} without a proof, {wrong} with a wrong one", all - wrong);
        let [_, failed, _] = way.events();
        note(db, now, failed, Entry { account: Some(account), detail: Some(&detail), ..Entry::default() });
        db.execute(
            "UPDATE login SET noted_at = ?3 WHERE account_id = ?1 AND way = ?2 AND noted_at IS NULL AND expires_at <= ?3",
            &values![account, way.as_str(), now],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{AGAIN_UNKNOWN, Begun, MOST_MADE_UP, SLACK};
    use crate::rng::fresh_id;
    use crate::store::{Began, Begins, Store, Way};

    #[test]
    fn however_many_ask_for_nobody_the_table_of_logins_is_bounded() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let store = Store::open_in_memory().expect("a database");
        let most = usize::try_from(MOST_MADE_UP).expect("small") + usize::try_from(SLACK).expect("small");
        runtime.block_on(async {
            for at in 0..2 * MOST_MADE_UP {
                let begins = Begins { account: fresh_id(), made_up: at % 100 != 0, state: vec![0; 192] };
                let began = store.begin_login(Way::Recovery, fresh_id(), begins, at / 50).await;
                assert!(matches!(began, Ok(Began::Yes)));
            }
        });
        let rows = store.in_memory().rows_of("login").expect("rows");
        let made_up = rows.iter().filter(|row| row.at::<i64>(6).ok() == Some(1)).count();
        assert!(made_up <= most, "{made_up}");
        assert_eq!(rows.len() - made_up, 200, "those of people stay");
        let newest = rows.iter().filter_map(|row| row.at::<i64>(3).ok()).max();
        assert_eq!(newest, Some((2 * MOST_MADE_UP - 1) / 50), "the oldest went");
    }

    #[test]
    fn however_many_try_the_log_is_told_of_nobody_once_a_day_with_the_number() {
        let begun = Begun::default();
        assert_eq!(begun.due(AGAIN_UNKNOWN), None, "nobody tried");
        for at in [AGAIN_UNKNOWN, 2 * AGAIN_UNKNOWN] {
            for _ in 0..3 {
                begun.one(true);
                begun.one(false);
            }
            assert_eq!([begun.due(at), begun.due(at), begun.due(at + AGAIN_UNKNOWN - 1)], [Some(3), None, None]);
        }
    }

    #[test]
    fn the_oldest_go_after_as_many_starts_whoever_they_were_for() {
        let begun = Begun::default();
        let calls: Vec<u64> = (1..=3 * SLACK).filter(|at| begun.one(at % 7 == 0)).collect();
        assert_eq!(calls, [SLACK, 2 * SLACK, 3 * SLACK]);
    }
}
