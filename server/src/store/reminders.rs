//! Reminders of invitations that are not finished.
//!
//! Promise: who is reminded is decided by `life` in the transaction that queues the letter, so two
//! servers, or one that was killed, queue it once; a reminder is another letter of the same
//! invitation with a token of its own, and the links of earlier letters stay good until the moment
//! that those letters name. Must never: prolong an earlier link, or remind anybody whom the
//! organisation has suspended or holds back.

use super::audit::{Entry, note};
use super::db::{Db, Row, values};
use super::invites::WRONG_TRIES;
use super::{Result, Store, notices, outbox, tokens};
use crate::life::{Chase, Open, Schedule, reminding};
use crate::notice::Notice;

/// Letters that are queued in one transaction.
const PIECE: usize = 100;
/// The least between two lists to the administrators of one organisation, in seconds.
const LIST_EVERY: i64 = 86_400;

/// Somebody who was invited and has not finished.
#[derive(Clone, Debug)]
pub(crate) struct Straggler {
    pub(crate) org: [u8; 16],
    pub(crate) user: [u8; 16],
    pub(crate) user_name: String,
    pub(crate) email: Option<String>,
    pub(crate) open: Open,
    invite: [u8; 16],
    account: [u8; 16],
    expires_at: i64,
}

/// What reminders a sweep came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chased {
    pub(crate) reminded: usize,
    /// People of whom administrators are told.
    pub(crate) told: usize,
}

/// Who can be reminded by hand.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) org: Option<[u8; 16]>,
    /// These people alone, if some are named.
    pub(crate) users: Option<Vec<[u8; 16]>>,
    /// Those alone whose last letter is so old, in seconds.
    pub(crate) older: i64,
}

const OPEN: &str = "SELECT i.org_id, m.user_id, m.user_name, m.email, i.invite_id, i.account_id, i.expires_at,
        (SELECT count(*) FROM outbox l WHERE l.account_id = i.account_id AND l.invite_id = i.invite_id AND l.done_at IS NOT NULL AND l.trouble IS NULL),
        (SELECT max(l.done_at) FROM outbox l WHERE l.account_id = i.account_id AND l.invite_id = i.invite_id AND l.done_at IS NOT NULL AND l.trouble IS NULL),
        EXISTS (SELECT 1 FROM outbox l WHERE l.account_id = i.account_id AND l.invite_id = i.invite_id AND l.done_at IS NULL),
        EXISTS (SELECT 1 FROM outbox l WHERE l.account_id = i.account_id AND l.invite_id = i.invite_id
                AND (l.gave_up_at IS NOT NULL OR l.bounced_at IS NOT NULL)),
        i.wrong_tries, i.told_at IS NOT NULL
     FROM invite i JOIN membership m ON m.user_id = i.user_id AND m.standing = 'invited' AND m.active = 1
     WHERE i.state = 'live' AND i.reset_to IS NULL AND i.org_id = ?1";

impl Store {
    /// Queues the reminders that are due, of every organisation that wants some, and gives those of
    /// whom its administrators are told; they are marked as told. In pieces: others write between.
    pub(crate) async fn remind_who_is_due(&self, ttl: i64, now: i64) -> Result<Chased> {
        let mut chased = Chased::default();
        for (org, schedule) in self.schedules().await? {
            loop {
                let schedule = schedule.clone();
                let asked = schedule.clone();
                let is_due = self.read(move |db| {
                    Ok(open_of(db, org)?.iter().any(|one| one.open.chase(&asked, now) != Chase::Nothing))
                });
                if !is_due.await? {
                    break;
                }
                let (reminded, told) = self
                    .write(move |db| {
                        let open = open_of(db, org)?;
                        let mut reminded = 0;
                        let is_due = |one: &&Straggler| one.open.chase(&schedule, now) == Chase::Remind;
                        for one in open.iter().filter(is_due).take(PIECE) {
                            remind(db, one, ttl, now)?;
                            reminded += 1;
                        }
                        Ok((reminded, tell(db, org, open, &schedule, now)?))
                    })
                    .await?;
                let is_done = reminded < PIECE;
                chased.reminded += reminded;
                chased.told += told;
                if is_done {
                    break;
                }
            }
        }
        Ok(chased)
    }

    /// Reminds those who are wanted and can be reminded; gives them. With `dry`, nothing is queued.
    pub(crate) async fn remind_by_hand(&self, wanted: Wanted, dry: bool, ttl: i64, now: i64) -> Result<Vec<Straggler>> {
        self.write(move |db| {
            let orgs: Vec<[u8; 16]> = match wanted.org {
                Some(org) => vec![org],
                None => db
                    .rows("SELECT org_id FROM organisation", &[])?
                    .iter()
                    .map(|row| row.at(0))
                    .collect::<Result<_>>()?,
            };
            let mut reminded = Vec::new();
            for org in orgs {
                let is_wanted = |one: &Straggler| {
                    let is_named = wanted.users.as_ref().is_none_or(|users| users.contains(&one.user));
                    is_named && one.open.can_be_reminded() && one.open.is_older(wanted.older, now)
                };
                for one in open_of(db, org)?.into_iter().filter(is_wanted) {
                    if !dry {
                        remind(db, &one, ttl, now)?;
                    }
                    reminded.push(one);
                }
            }
            Ok(reminded)
        })
        .await
    }

    /// Organisations that want reminders, and when.
    async fn schedules(&self) -> Result<Vec<([u8; 16], Schedule)>> {
        self.read(|db| {
            let rows =
                db.rows("SELECT org_id, remind FROM organisation WHERE remind IS NOT NULL AND remind <> ''", &[])?;
            let schedule = |row: &Row| -> Result<Option<([u8; 16], Schedule)>> {
                let org: [u8; 16] = row.at(0)?;
                Ok(Schedule::read(&row.at::<String>(1)?).map(|schedule| (org, schedule)))
            };
            rows.iter().filter_map(|row| schedule(row).transpose()).collect()
        })
        .await
    }
}

/// Everybody whom the organisation has invited and who has not finished, by invitation.
fn open_of(db: &Db, org: [u8; 16]) -> Result<Vec<Straggler>> {
    let sql = format!("{OPEN} ORDER BY i.created_at, i.invite_id");
    db.rows(&sql, &values![org])?.iter().map(Straggler::from_row).collect()
}

impl Straggler {
    fn from_row(row: &Row) -> Result<Self> {
        let sent: i64 = row.at(7)?;
        Ok(Self {
            org: row.at(0)?,
            user: row.at(1)?,
            user_name: row.at(2)?,
            email: row.at(3)?,
            invite: row.at(4)?,
            account: row.at(5)?,
            expires_at: row.at(6)?,
            open: Open {
                sent: usize::try_from(sent).unwrap_or(0),
                last_sent_at: row.at(8)?,
                is_waiting: row.at(9)?,
                is_refused: row.at(10)?,
                is_locked: row.at::<i64>(11)? >= WRONG_TRIES,
                is_listed: row.at(12)?,
            },
        })
    }
}

/// Queues another letter of the invitation. It lives longer if it is about to end; the links of
/// earlier letters do not.
fn remind(db: &Db, one: &Straggler, ttl: i64, now: i64) -> Result<()> {
    let until = reminding::until(one.expires_at, ttl, now);
    if until != one.expires_at {
        tokens::end_with_their_letters(db, one.invite, one.expires_at, now)?;
        // Who claimed it before it ended comes with a new letter.
        let sql = "UPDATE invite SET expires_at = ?2, claim_key = CASE WHEN ?3 = 1 THEN NULL ELSE claim_key END WHERE invite_id = ?1";
        db.execute(sql, &values![one.invite, until, one.expires_at <= now])?;
    }
    db.execute_all(&[outbox::invitation(one.account, one.org, one.invite, now)])?;
    let entry = Entry { org: Some(one.org), account: Some(one.account), invite: Some(one.invite), detail: None };
    note(db, now, "invite.reminded", entry);
    Ok(())
}

/// Those of whom the administrators are told now: once somebody's last reminder is a day old, and
/// at most once a day, of all who have had every reminder.
fn tell(db: &Db, org: [u8; 16], open: Vec<Straggler>, schedule: &Schedule, now: i64) -> Result<usize> {
    if !open.iter().any(|one| one.open.chase(schedule, now) == Chase::Tell) {
        return Ok(0);
    }
    let row = db.one("SELECT stragglers_told_at FROM organisation WHERE org_id = ?1", &values![org])?;
    // A clock that was set back holds nothing up.
    if row.at::<Option<i64>>(0)?.is_some_and(|at| (now - at).abs() < LIST_EVERY) {
        return Ok(0);
    }
    let people: Vec<Straggler> = open.into_iter().filter(|one| one.open.has_had_all(schedule)).collect();
    for one in &people {
        db.execute("UPDATE invite SET told_at = ?2 WHERE invite_id = ?1", &values![one.invite, now])?;
    }
    db.execute("UPDATE organisation SET stragglers_told_at = ?2 WHERE org_id = ?1", &values![org, now])?;
    let ids = people.iter().map(|one| uuid::Uuid::from_bytes(one.user).to_string()).collect();
    notices::tell_administrators(db, Some(org), &Notice::Stragglers { people: ids }, now)?;
    let count = people.len().to_string();
    note(db, now, "stragglers.told", Entry { org: Some(org), detail: Some(&count), ..Entry::default() });
    Ok(people.len())
}
