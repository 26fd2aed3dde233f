//! Everybody at a mailbox, brought to where `life` says that they stand.
//!
//! Promise: a command that changes who names a mailbox, or whether a complete account is there,
//! settles it in its own transaction; settling twice is settling once; the people of one
//! organisation are settled without a look at those of another, but for the one question whether a
//! complete account is at the mailbox. Must never: touch a membership that its owner has accepted.

use super::addresses::{NEW_ACCOUNT, retire};
use super::audit::{Entry, note};
use super::db::{Db, Row, Value, values};
use super::error::{Result, StoreError};
use super::invites::{self, Invited};
use super::people::PersonKey;
use crate::address;
use crate::life::{Bond, InviteMove, Inviting, Live, Mode, Outcome, Person, Reason, Standing, settle};
use crate::rng::fresh_id;

/// Most people of one organisation at one mailbox who are looked at: whoever has it, and whoever
/// has it next, are the first of them. Nobody else stands otherwise than before, but for whoever
/// was changed. An index has them in this order, so that a mailbox that thousands name costs as
/// much as any other.
const CROWD: i64 = 16;

/// When, and how long the invitations live that are issued now.
#[derive(Clone, Copy)]
pub(super) struct Issue {
    pub(super) ttl: i64,
    pub(super) now: i64,
}

/// A person where they are.
struct Seat {
    key: PersonKey,
    account: [u8; 16],
    person: Person,
    standing: Standing,
    email: Option<String>,
}

const SEAT: &str = "SELECT m.user_id, m.org_id, m.account_id, m.active, m.accepted_at IS NOT NULL, a.state = 'invited',
        m.invited_at IS NOT NULL, m.taken_back, m.standing, m.reason, m.mode, m.email, i.mode, i.email,
        (SELECT o.inviting FROM organisation o WHERE o.org_id = m.org_id), m.release_at
     FROM membership m JOIN account a ON a.account_id = m.account_id
     LEFT JOIN invite i ON i.user_id = m.user_id AND i.state = 'live' AND i.reset_to IS NULL";

/// On whose account people are settled.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// Nobody's who is at the mailbox now.
    All,
    /// This person's, who was changed or has come.
    Changed([u8; 16]),
    /// This person's, who has the mailbox if nobody else has it yet.
    First([u8; 16]),
}

/// Finds them. Both orders are that of an index (`schema/0006_turns`).
fn crowd() -> String {
    format!(
        "{SEAT} WHERE m.user_id IN (SELECT user_id FROM membership
             WHERE email_key = ?2 AND org_id = ?1 AND accepted_at IS NULL
             ORDER BY active DESC, (standing = 'invited') DESC, taken_back DESC, created_at, user_id LIMIT {CROWD})
         ORDER BY m.active DESC, (m.standing = 'invited') DESC, m.taken_back DESC, m.created_at, m.user_id"
    )
}

/// Settles the people of one organisation at a mailbox.
pub(super) fn settle_in(db: &Db, org: [u8; 16], mailbox: &str, whom: For, issue: Issue) -> Result<()> {
    let proven = proven(db, mailbox)?;
    let crowd = crowd();
    let now = issue.now;
    let mut seats = Seat::all(&db.rows(&crowd, &values![org, mailbox])?, now)?;
    if let For::Changed(user) | For::First(user) = whom
        && seats.iter().all(|seat| seat.key.user != user)
    {
        let sql = "WHERE m.user_id = ?3 AND m.org_id = ?1 AND m.email_key = ?2 AND m.accepted_at IS NULL";
        seats.extend(Seat::all(&db.rows(&format!("{SEAT} {sql}"), &values![org, mailbox, user])?, now)?);
    }
    if let For::First(user) = whom {
        seats.sort_by_key(|seat| seat.key.user != user);
    }
    if let Some(account) = proven {
        let members = format!("{SEAT} WHERE m.account_id = ?2 AND m.org_id = ?1 AND m.accepted_at IS NOT NULL");
        seats.extend(Seat::all(&db.rows(&members, &values![org, account])?, now)?);
    }
    seat_all(db, seats, proven, issue)
}

/// Settles the people of every organisation at a mailbox: an account was completed or removed
/// there.
pub(super) fn settle_everywhere(db: &Db, mailbox: &str, issue: Issue) -> Result<()> {
    let sql = "SELECT DISTINCT org_id FROM membership WHERE email_key = ?1";
    for row in db.rows(sql, &values![mailbox])? {
        settle_in(db, row.at(0)?, mailbox, For::All, issue)?;
    }
    Ok(())
}

/// Settles a person who names no mailbox.
pub(super) fn settle_alone(db: &Db, key: PersonKey, unplaced: Reason, issue: Issue) -> Result<()> {
    let row = db.one(&format!("{SEAT} WHERE m.user_id = ?1 AND m.org_id = ?2"), &values![key.user, key.org])?;
    seat_all(db, vec![Seat::from_row(&row, Some(unplaced), issue.now)?], None, issue)
}

/// The complete account at a mailbox.
pub(super) fn proven(db: &Db, mailbox: &str) -> Result<Option<[u8; 16]>> {
    let sql = "SELECT account_id FROM account WHERE email_key = ?1 AND state = 'complete'";
    db.row(sql, &values![mailbox])?.map(|row| row.at(0)).transpose()
}

fn seat_all(db: &Db, seats: Vec<Seat>, proven: Option<[u8; 16]>, issue: Issue) -> Result<()> {
    let people: Vec<Person> = seats.iter().map(|seat| seat.person).collect();
    for (seat, outcome) in seats.into_iter().zip(settle(proven.is_some(), &people)) {
        seat.take(db, outcome, proven, issue)?;
    }
    Ok(())
}

impl Seat {
    fn all(rows: &[Row], now: i64) -> Result<Vec<Self>> {
        rows.iter().map(|row| Self::from_row(row, None, now)).collect()
    }

    fn from_row(row: &Row, unplaced: Option<Reason>, now: i64) -> Result<Self> {
        let (is_member, is_pending): (bool, bool) = (row.at(4)?, row.at(5)?);
        let email: Option<String> = row.at(11)?;
        let (mode, issued_to): (Option<Mode>, Option<String>) = (row.at(12)?, row.at(13)?);
        let is_here = issued_to.map(|to| address::key(&to)) == email.as_deref().map(address::key);
        Ok(Self {
            key: PersonKey { user: row.at(0)?, org: row.at(1)? },
            account: row.at(2)?,
            person: Person {
                active: row.at(3)?,
                unplaced: unplaced.filter(|_| !is_member),
                bond: match (is_member, is_pending) {
                    (true, _) => Bond::Accepted,
                    (false, true) => Bond::Pending,
                    (false, false) => Bond::Asked,
                },
                invitation: match mode {
                    None => Live::None,
                    Some(mode) if is_here => Live::Here(mode),
                    Some(_) => Live::Elsewhere,
                },
                was_invited: row.at(6)?,
                taken_back: row.at(7)?,
                held_back: read_inviting(row, 14)?.holds_back(row.at(15)?, now),
            },
            standing: read_standing(row, 8, row.at(10)?)?,
            email,
        })
    }

    /// Writes what should stand, where something else stands.
    fn take(self, db: &Db, outcome: Outcome, proven: Option<[u8; 16]>, issue: Issue) -> Result<()> {
        let Outcome { standing, bond, invitation } = outcome;
        let Issue { ttl, now } = issue;
        if invitation == InviteMove::Withdrawn {
            invites::withdraw(db, self.key, now)?;
        }
        let account = self.tie(db, bond, proven, now)?;
        let is_tied_anew = account != self.account && matches!(standing, Standing::Invited(_));
        let mode = match (invitation, standing) {
            (InviteMove::Issued(mode), _) => Some(mode),
            (_, Standing::Invited(mode)) if is_tied_anew => Some(mode),
            _ => None,
        };
        if let (Some(mode), Some(email)) = (mode, self.email.as_deref()) {
            invites::withdraw(db, self.key, now)?;
            let invited = Invited { key: self.key, account, email, mode };
            db.execute_all(&invites::first(db, &invited, ttl, now))?;
            let sql = "UPDATE membership SET invited_at = ?3, mode = ?4 WHERE user_id = ?1 AND org_id = ?2";
            db.execute(sql, &values![self.key.user, self.key.org, now, mode])?;
        }
        if standing != self.standing {
            db.execute(
                "UPDATE membership SET standing = ?3, reason = ?4, standing_at = ?5 WHERE user_id = ?1 AND org_id = ?2",
                &values![self.key.user, self.key.org, standing.as_str(), standing.reason().map(Reason::as_str), now],
            )?;
            withheld(db, self.key.org, account, standing, now);
        }
        Ok(())
    }

    /// Ties the person to the account that they should have, and gives it.
    fn tie(&self, db: &Db, bond: Bond, proven: Option<[u8; 16]>, now: i64) -> Result<[u8; 16]> {
        let account = match (bond, proven) {
            (Bond::Accepted, _) => return Ok(self.account),
            (Bond::Asked, Some(account)) => account,
            _ if self.person.bond == Bond::Pending => self.account,
            _ => {
                let account = fresh_id();
                db.execute(NEW_ACCOUNT, &values![account, now])?;
                account
            }
        };
        if account != self.account {
            let mode = if bond == Bond::Asked { Mode::Join } else { Mode::Enrol };
            db.execute(
                "UPDATE membership SET account_id = ?3, mode = ?4 WHERE user_id = ?1 AND org_id = ?2",
                &values![self.key.user, self.key.org, account, mode],
            )?;
            match (self.person.bond, self.person.was_invited) {
                (Bond::Pending, true) => retire(db, self.account, None, now)?,
                // Nobody has ever heard of it.
                (Bond::Pending, false) => {
                    db.execute("DELETE FROM account WHERE account_id = ?1", &values![self.account])?;
                }
                _ => {}
            }
        }
        Ok(account)
    }
}

/// Tells the audit log of somebody who is active and not invited.
pub(super) fn withheld(db: &Db, org: [u8; 16], account: [u8; 16], standing: Standing, now: i64) {
    if let Standing::Waiting(reason) = standing
        && reason != Reason::TakenBack
    {
        let detail = Some(reason.as_str());
        note(db, now, "invite.withheld", Entry { org: Some(org), account: Some(account), invite: None, detail });
    }
}

/// The standing from its two columns, the first of which is column `at`, and the person's mode.
pub(super) fn read_standing(row: &Row, at: usize, mode: Mode) -> Result<Standing> {
    let (word, reason): (String, Option<String>) = (row.at(at)?, row.at(at + 1)?);
    let reason = || reason.as_deref().and_then(Reason::read).ok_or(StoreError::Corrupt("a reason to wait"));
    Ok(match word.as_str() {
        "staged" => Standing::Staged,
        "invited" => Standing::Invited(mode),
        "waiting" => Standing::Waiting(reason()?),
        "complete" => Standing::Complete,
        "suspended" => Standing::Suspended,
        _ => return Err(StoreError::Corrupt("a standing")),
    })
}

/// When the organisation invites its people, from a column.
pub(super) fn read_inviting(row: &Row, at: usize) -> Result<Inviting> {
    Inviting::read(&row.at::<String>(at)?).ok_or(StoreError::Corrupt("when people are invited"))
}

/// The two columns of a standing.
pub(super) fn write_standing<'a>(standing: Standing) -> [Value<'a>; 2] {
    values![standing.as_str(), standing.reason().map(Reason::as_str)]
}

#[cfg(test)]
mod tests {
    use super::{crowd, values};
    use crate::store::Store;
    use crate::store::error::Result;

    #[test]
    fn who_is_next_at_a_mailbox_is_found_without_sorting_all_who_name_it() {
        let store = Store::open_in_memory().expect("a store");
        let steps = store.in_memory().read(|db| {
            let sql = format!("EXPLAIN QUERY PLAN {}", crowd());
            db.rows(&sql, &values![[1; 16], "ada@example.org"])?
                .iter()
                .map(|row| Ok((row.at::<i64>(1)?, row.at::<String>(3)?)))
                .collect::<Result<Vec<_>>>()
        });
        let steps = steps.expect("a plan");
        let inner = steps.iter().find(|(_, step)| step.contains("membership_turn")).map(|(parent, _)| *parent);
        assert!(inner.is_some(), "{steps:?}");
        let sorts = |(parent, step): &&(i64, String)| Some(*parent) == inner && step.contains("TEMP B-TREE");
        assert_eq!(steps.iter().find(sorts), None, "{steps:?}");
    }
}
