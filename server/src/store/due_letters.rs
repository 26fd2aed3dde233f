//! Due letters: taken out of the outbox one at a time by whoever delivers.
//!
//! Promise: a letter is in the outbox if and only if its change was committed; taking an invitation
//! out stores the hash of the token that is about to be sent, durably, before it is sent; an
//! invitation goes to the address that its organisation names for the person at this moment, or to
//! nobody; no organisation invites an address more than a few times an hour, the others wait;
//! letters about keys wait for nothing, and the organisations have turns with their invitations
//! ([`super::turns`]). Must never: hold a token.

use super::admin_organisations::InstallRow;
use super::db::{Db, Row, values};
use super::rows::{Bundle, Reset};
use super::{Result, Store, StoreError, letter_outcomes, tokens};
use crate::address;
use crate::life::Mode;
use crate::notice::Notice;
use crate::token::TokenHash;

/// Seconds that a deliverer has a letter to itself. It asks for as many again while it is still
/// sending; those of one that died are sent by another soon.
const LEASE: i64 = 60;
/// Invitations of one organisation to one address in an hour. Letters about keys are not counted,
/// so that nobody can hold them back by sending others.
const HOURLY: i64 = 5;
const HOUR: i64 = 3600;
/// How long a letter is tried, in seconds: a week, as long as an invitation lives.
const TRIED_FOR: i64 = 7 * 86_400;

/// A letter to be delivered.
pub(crate) struct Letter {
    pub(crate) seq: i64,
    pub(crate) attempts: i64,
    /// Its name, the same at every try.
    pub(crate) message_id: String,
    pub(crate) to: String,
    pub(crate) contact: Option<String>,
    pub(crate) org_name: String,
    /// How its people get the program.
    pub(crate) install: InstallRow,
    pub(crate) display_name: Option<String>,
    pub(crate) user_name: Option<String>,
    /// The person's mailbox, or the address that the organisation names.
    pub(crate) email: Option<String>,
    pub(crate) account_id: [u8; 16],
    pub(crate) what: Letters,
}

/// What taking a letter out gave.
pub(crate) enum Taken {
    /// One to be sent.
    Letter(Box<Letter>),
    /// One to administrators, about no account.
    Notice(Box<NoticeLetter>),
    /// One that has to wait, or that nobody will get; there may be others.
    Later,
    /// None is due.
    None,
}

/// The kinds of letters.
pub(crate) enum Letters {
    /// An invitation; its token was just stored.
    Invite {
        invite_id: [u8; 16],
        mode: Mode,
        expires_at: i64,
        reset: Option<Reset>,
        /// Whether a letter about it was sent before.
        is_reminder: bool,
    },
    /// To the person: your account is complete.
    Completed(Box<Bundle>, i64),
    /// To the administrator: this account is complete; and the fingerprint of the key that an
    /// earlier account with this address had.
    CompletedForAdministrator(Box<Bundle>, i64, Option<String>),
    /// To the administrator: very many people left at once; since when, how many were suspended and
    /// deleted, and until when they rest. The organisation's id.
    BrakeTripped { org_id: [u8; 16], since: i64, suspended: i64, deleted: i64, until: i64 },
    /// Something happened to an account that was complete before; at this moment.
    News(News, Box<Bundle>, i64),
}

/// A notice to be delivered.
pub(crate) struct NoticeLetter {
    pub(crate) seq: i64,
    pub(crate) attempts: i64,
    pub(crate) message_id: String,
    pub(crate) to: String,
    /// The organisation that it is about; the server if none.
    pub(crate) org: Option<[u8; 16]>,
    pub(crate) org_name: Option<String>,
    pub(crate) notice: Notice,
    /// Names and addresses of the people whom it is about, as far as they still have not finished.
    pub(crate) people: Vec<(String, Option<String>)>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    PasswordChanged,
    KitChanged,
    Recovered,
    RecoveredForAdministrator,
    Joined,
    JoinedForAdministrator,
    ResetStartedForAdministrator,
    ResetCalledOff,
    ResetCalledOffForAdministrator,
    Reset,
    ResetForAdministrator,
}

impl News {
    fn read(kind: &str) -> Option<Self> {
        Some(match kind {
            "password-changed" => Self::PasswordChanged,
            "kit-changed" => Self::KitChanged,
            "recovered" => Self::Recovered,
            "recovered-admin" => Self::RecoveredForAdministrator,
            "joined" => Self::Joined,
            "joined-admin" => Self::JoinedForAdministrator,
            "reset-started-admin" => Self::ResetStartedForAdministrator,
            "reset-called-off" => Self::ResetCalledOff,
            "reset-called-off-admin" => Self::ResetCalledOffForAdministrator,
            "reset" => Self::Reset,
            "reset-admin" => Self::ResetForAdministrator,
            _ => return None,
        })
    }
}

impl Store {
    /// Takes the next letter that is due. If it is an invitation, `token` opens it from now on, and
    /// so do those that were sent before and may have arrived. `name` becomes its Message-ID if it
    /// has none yet.
    pub(crate) async fn take_letter(&self, token: TokenHash, name: String, now: i64) -> Result<Taken> {
        let turns = self.invitations.clone();
        self.write(move |db| {
            let due = turns.next(db, now)?;
            let Some(due) = due.map(|row| Due::from_row(&row, name)).transpose()? else { return Ok(Taken::None) };
            if due.created_at + TRIED_FOR <= now {
                letter_outcomes::give_up(db, due.seq, "no mail server has taken it in a week", now)?;
                return Ok(Taken::Later);
            }
            if let Some(text) = due.notice.clone() {
                return due.take_notice(db, &text, now);
            }
            let (Some(account), Some(org)) = (due.account, due.org) else {
                return Err(StoreError::Corrupt("a letter without an account"));
            };
            let Some(letter) = due.write(db, account, org, now)? else {
                letter_outcomes::give_up(db, due.seq, "nobody to send it to, or expired before it could be sent", now)?;
                return Ok(Taken::Later);
            };
            let key = address::key(&letter.to);
            if matches!(letter.what, Letters::Invite { reset: None, .. })
                && let Some(until) = full_until(db, &key, org, now)?
            {
                db.execute("UPDATE outbox SET not_before = ?2 WHERE seq = ?1", &values![due.seq, until])?;
                return Ok(Taken::Later);
            }
            due.lease(db, &key, now)?;
            if let Some(invite) = due.invite {
                tokens::replace(db, invite, token, now)?;
            }
            Ok(Taken::Letter(Box::new(letter)))
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

    /// Keeps a letter that is still being sent.
    pub(crate) async fn letter_held(&self, seq: i64, now: i64) -> Result<()> {
        self.write(move |db| {
            db.execute(
                "UPDATE outbox SET lease_until = ?2 WHERE seq = ?1 AND done_at IS NULL",
                &values![seq, now + LEASE],
            )?;
            Ok(())
        })
        .await
    }

    /// Frees letters that an earlier run took and did not live to send. Where several servers share
    /// the database, another one may be sending them now: there the lease has to run out.
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

/// When the organisation may invite an address again that has had its share of this hour.
fn full_until(db: &Db, key: &str, org: [u8; 16], now: i64) -> Result<Option<i64>> {
    let sql = "SELECT done_at FROM outbox WHERE to_key = ?1 AND org_id = ?4 AND kind = 'invite' AND trouble IS NULL AND done_at > ?2
               ORDER BY done_at DESC LIMIT 1 OFFSET ?3";
    let oldest = db.row(sql, &values![key, now - HOUR, HOURLY - 1, org])?;
    oldest.map(|row| Ok(row.at::<i64>(0)? + HOUR)).transpose()
}

struct Due {
    seq: i64,
    kind: String,
    account: Option<[u8; 16]>,
    invite: Option<[u8; 16]>,
    attempts: i64,
    org: Option<[u8; 16]>,
    message_id: String,
    created_at: i64,
    notice: Option<String>,
}

impl Due {
    fn from_row(row: &Row, name: String) -> Result<Self> {
        Ok(Self {
            seq: row.at(0)?,
            kind: row.at(1)?,
            account: row.at(2)?,
            invite: row.at(3)?,
            attempts: row.at(4)?,
            org: row.at(5)?,
            message_id: row.at::<Option<String>>(6)?.unwrap_or(name),
            created_at: row.at(7)?,
            notice: row.at(8)?,
        })
    }

    /// Has it for a while, under its name.
    fn lease(&self, db: &Db, key: &str, now: i64) -> Result<()> {
        db.execute(
            "UPDATE outbox SET lease_until = ?2, attempts = attempts + 1, to_key = ?3, message_id = ?4 WHERE seq = ?1",
            &values![self.seq, now + LEASE, key, &self.message_id],
        )?;
        Ok(())
    }

    /// Takes out one about no account; it goes to whoever is named for questions at this moment.
    fn take_notice(self, db: &Db, text: &str, now: i64) -> Result<Taken> {
        let head = db.row(
            "SELECT CASE l.audience WHEN 'organisation' THEN coalesce(o.contact, r.contact) ELSE r.contact END, o.name
             FROM outbox l CROSS JOIN realm r LEFT JOIN organisation o ON o.org_id = l.org_id WHERE l.seq = ?1",
            &values![self.seq],
        )?;
        let (to, org_name): (Option<String>, _) = match head {
            Some(head) => (head.at(0)?, head.at(1)?),
            None => (None, None),
        };
        let (Some(to), Some(notice)) = (to, Notice::read(text)) else {
            letter_outcomes::give_up(db, self.seq, "nobody to send it to", now)?;
            return Ok(Taken::Later);
        };
        let people = people_of(db, &notice)?;
        if matches!(notice, Notice::Stragglers { .. }) && people.is_empty() {
            letter_outcomes::give_up(db, self.seq, "everybody whom it is about has finished or left", now)?;
            return Ok(Taken::Later);
        }
        self.lease(db, &address::key(&to), now)?;
        let Self { seq, attempts, message_id, org, .. } = self;
        Ok(Taken::Notice(Box::new(NoticeLetter { seq, attempts, message_id, to, org, org_name, notice, people })))
    }

    fn is_for_administrator(&self) -> bool {
        self.kind.ends_with("-admin")
    }

    /// Puts together what the letter says; `None` if nobody can receive it.
    fn write(&self, db: &Db, account: [u8; 16], org: [u8; 16], now: i64) -> Result<Option<Letter>> {
        let head = db.row(
            "SELECT a.email, o.name, coalesce(o.contact, r.contact), a.earlier_fingerprint,
                    o.install_url, o.install_text, o.install_sums
             FROM account a CROSS JOIN realm r JOIN organisation o ON o.org_id = ?2 WHERE a.account_id = ?1",
            &values![account, org],
        )?;
        let Some(head) = head else { return Ok(None) };
        let (email, org_name, contact): (Option<String>, _, Option<String>) = (head.at(0)?, head.at(1)?, head.at(2)?);
        let install = InstallRow { url: head.at(4)?, text: head.at(5)?, sums: head.at(6)? };
        let member = db.row(
            "SELECT m.display_name, m.user_name, m.email FROM membership m
             WHERE m.account_id = ?1 AND m.org_id = ?2 ORDER BY m.active DESC, m.created_at LIMIT 1",
            &values![account, org],
        )?;
        let (mut display_name, user_name, named): (Option<String>, Option<String>, Option<String>) = match &member {
            Some(member) => (member.at(0)?, member.at(1)?, member.at(2)?),
            None => (None, None, None),
        };
        let theirs = email.clone().or(named);
        let (what, to) = match self.kind.as_str() {
            "invite" => match self.invitation(db, now)? {
                Some((what, to, name)) => {
                    display_name = name;
                    (Some(what), to)
                }
                None => (None, None),
            },
            "brake-tripped-admin" => (brake(db, org)?, contact.clone()),
            "completed-admin" => {
                let earlier = head.at(3)?;
                let what = bundle(db, account)?.map(|(b, at)| Letters::CompletedForAdministrator(b, at, earlier));
                (what, contact.clone())
            }
            kind => {
                let what = bundle(db, account)?.map(|(b, at)| match News::read(kind) {
                    Some(news) => Letters::News(news, b, self.created_at),
                    None => Letters::Completed(b, at),
                });
                (what, if self.is_for_administrator() { contact.clone() } else { email })
            }
        };
        let (Some(what), Some(to)) = (what, to) else { return Ok(None) };
        Ok(Some(Letter {
            seq: self.seq,
            attempts: self.attempts,
            message_id: self.message_id.clone(),
            to,
            contact,
            org_name,
            install,
            display_name,
            user_name,
            email: theirs,
            account_id: account,
            what,
        }))
    }

    /// The invitation, where it goes and whom it greets: to the address that the organisation names
    /// now, if that is the one that the invitation was issued to.
    fn invitation(&self, db: &Db, now: i64) -> Result<Option<(Letters, Option<String>, Option<String>)>> {
        let row = db.row(
            "SELECT i.invite_id, i.mode, i.expires_at, i.reset_to, i.created_at, i.email, m.email, m.active, a.email, m.display_name,
                    EXISTS (SELECT 1 FROM outbox l WHERE l.account_id = i.account_id AND l.invite_id = i.invite_id
                            AND l.done_at IS NOT NULL AND l.trouble IS NULL)
             FROM invite i JOIN account a ON a.account_id = i.account_id JOIN membership m ON m.user_id = i.user_id
             WHERE i.invite_id = ?1 AND i.state = 'live' AND i.expires_at > ?2",
            &values![self.invite, now],
        )?;
        row.map(|row| {
            let started_at = row.at(4)?;
            let reset = row.at::<Option<u32>>(3)?.map(|key_gen| Reset { key_gen, started_at });
            let key_at = |at| row.at::<Option<String>>(at).map(|email| email.map(|email| address::key(&email)));
            let (issued_to, named) = (key_at(5)?, key_at(6)?);
            let to = match reset {
                Some(_) => row.at(8)?,
                None if row.at::<bool>(7)? && issued_to == named => row.at(6)?,
                None => None,
            };
            let what = Letters::Invite {
                invite_id: row.at(0)?,
                mode: row.at(1)?,
                expires_at: row.at(2)?,
                reset,
                is_reminder: row.at(10)?,
            };
            Ok((what, to, row.at(9)?))
        })
        .transpose()
    }
}

/// Who of those that a notice is about still has not finished, at this moment.
fn people_of(db: &Db, notice: &Notice) -> Result<Vec<(String, Option<String>)>> {
    let Notice::Stragglers { people } = notice else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for user in people.iter().filter_map(|id| uuid::Uuid::try_parse(id).ok()) {
        let sql = "SELECT coalesce(display_name, user_name), email FROM membership WHERE user_id = ?1 AND standing = 'invited'";
        if let Some(row) = db.row(sql, &values![*user.as_bytes()])? {
            found.push((row.at(0)?, row.at(1)?));
        }
    }
    Ok(found)
}

fn bundle(db: &Db, account: [u8; 16]) -> Result<Option<(Box<Bundle>, i64)>> {
    let sql = format!("SELECT {}, b.created_at FROM bundle b WHERE b.account_id = ?1", Bundle::COLUMNS);
    let row = db.row(&sql, &values![account])?;
    row.map(|row| Ok((Box::new(Bundle::from_row(&row, 0)?), row.at(Bundle::WIDTH)?))).transpose()
}

/// What the brake holds now; nothing, if somebody has looked at it already.
fn brake(db: &Db, org: [u8; 16]) -> Result<Option<Letters>> {
    let row = db.row(
        "SELECT o.brake_since, max(l.rests_until), sum(CASE l.what WHEN 'suspended' THEN 1 ELSE 0 END),
                sum(CASE l.what WHEN 'deleted' THEN 1 ELSE 0 END)
         FROM organisation o JOIN leaver l ON l.org_id = o.org_id AND l.rests_until IS NOT NULL
         WHERE o.org_id = ?1 AND o.brake_since IS NOT NULL GROUP BY o.brake_since",
        &values![org],
    )?;
    row.map(|row| {
        Ok(Letters::BrakeTripped {
            org_id: org,
            since: row.at(0)?,
            until: row.at(1)?,
            suspended: row.at(2)?,
            deleted: row.at(3)?,
        })
    })
    .transpose()
}
