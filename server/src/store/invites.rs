//! Invitations: issued, withdrawn, claimed.
//!
//! Promise: at most one invitation per person and organisation is live; the token is asked for
//! before anything is said about its state.

use super::accounts::strictest;
use super::audit::{Entry, note};
use super::db::{Db, Row, Statement, values};
use super::mailboxes::{For, Issue, settle_in};
use super::people::PersonKey;
use super::rows::{Policy, Reset};
use super::{Result, Store, StoreError, outbox, server_keys, tokens};
use crate::address;
use crate::key_file::FIRST;
use crate::life::{Invitation, Mode, Reason, Unusable};
use crate::rng::fresh_ordered_id;
use crate::token::TokenHash;
use tokens::Opens;

/// Wrong tokens after which an invite is locked.
pub(super) const WRONG_TRIES: i64 = 10;

/// What the person who claims is told.
pub(crate) struct Offer {
    pub(crate) org_id: [u8; 16],
    pub(crate) org_name: String,
    pub(crate) account_id: [u8; 16],
    pub(crate) email: String,
    pub(crate) display_name: Option<String>,
    pub(crate) mode: Mode,
    pub(crate) policy: Policy,
    pub(crate) expires_at: i64,
    pub(crate) earlier_claims: i64,
    pub(crate) last_claim_at: Option<i64>,
    /// The newest of these, newest first.
    pub(crate) claims: Vec<SeenClaim>,
    pub(crate) contact: Option<String>,
    /// Where the account is complete and gets new keys.
    pub(crate) reset: Option<Reset>,
}

/// A claim of before.
pub(crate) struct SeenClaim {
    pub(crate) key: [u8; 32],
    pub(crate) at: i64,
}

/// The most that an offer lists.
const LISTED_CLAIMS: i64 = 16;

/// How a claim went.
pub(crate) enum Claimed {
    Offer(Box<Offer>),
    Unknown,
    Unusable(Unusable),
}

/// How a re-issue went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resent {
    /// A new invitation is in the outbox; the old one is void.
    Queued { expires_at: i64 },
    /// Nobody of that address is provisioned.
    Unknown,
    /// The account is complete: nothing to invite to.
    Complete,
    /// The person is deactivated.
    Inactive,
    /// Several organisations have somebody at the address who is not complete: these.
    Several(Vec<([u8; 16], String)>),
    /// There is no address to send to, or somebody else has it.
    Waits(Reason),
    /// The organisation holds the person back.
    HeldBack,
}

/// Who is invited, where and to what.
pub(super) struct Invited<'a> {
    pub(super) key: PersonKey,
    pub(super) account: [u8; 16],
    pub(super) email: &'a str,
    pub(super) mode: Mode,
}

impl Store {
    /// Claims an invite for `claim_key`; replaces an earlier claim.
    pub(crate) async fn claim(
        &self,
        invite: [u8; 16],
        token: TokenHash,
        claim_key: [u8; 32],
        now: i64,
    ) -> Result<Claimed> {
        self.write(move |db| {
            let Some(mut found) = find(db, invite)? else { return Ok(Claimed::Unknown) };
            if found.wrong_tries >= WRONG_TRIES {
                return Ok(Claimed::Unknown);
            }
            let entry = || Entry {
                org: Some(found.offer.org_id),
                account: Some(found.offer.account_id),
                invite: Some(invite),
                detail: None,
            };
            let opens = tokens::opens(db, invite, found.token_hash, token)?;
            if opens == Opens::No {
                db.execute("UPDATE invite SET wrong_tries = wrong_tries + 1 WHERE invite_id = ?1", &values![invite])?;
                if found.wrong_tries + 1 == WRONG_TRIES {
                    note(db, now, "invite.locked", entry());
                }
                return Ok(Claimed::Unknown);
            }
            if let Some(why) = found.unusable(now) {
                return Ok(Claimed::Unusable(why));
            }
            // A reminder has prolonged the invitation, and not the link of an earlier letter.
            if let Opens::Until(at) = opens
                && at <= now
            {
                return Ok(Claimed::Unusable(Unusable::Expired { at, contact: found.offer.contact }));
            }
            let earlier = "SELECT claim_key, at FROM claim WHERE invite_id = ?1 ORDER BY seq DESC LIMIT ?2";
            let earlier = db.rows(earlier, &values![invite, LISTED_CLAIMS])?;
            let earlier =
                earlier.iter().map(|row| -> Result<SeenClaim> { Ok(SeenClaim { key: row.at(0)?, at: row.at(1)? }) });
            found.offer.claims = earlier.collect::<Result<_>>()?;
            db.execute(
                &format!(
                    "UPDATE invite SET claim_key = ?2, claim_count = claim_count + 1, last_claim_at = ?3,
                            server_key = coalesce(server_key, {})
                     WHERE invite_id = ?1",
                    server_keys::NEWEST
                ),
                &values![invite, claim_key, now],
            )?;
            db.execute(
                "INSERT INTO claim (invite_id, claim_key, at) VALUES (?1, ?2, ?3)",
                &values![invite, claim_key, now],
            )?;
            note(db, now, "invite.claimed", entry());
            Ok(Claimed::Offer(Box::new(found.offer)))
        })
        .await
    }

    /// Withdraws the open invitation of the person whom the organisation has at this address now,
    /// and queues a new one. Without an organisation, of the only one that waits for somebody
    /// there.
    pub(crate) async fn resend(&self, email: String, org: Option<[u8; 16]>, ttl: i64, now: i64) -> Result<Resent> {
        self.write(move |db| {
            let mailbox = address::key(&email);
            let waiting = match unfinished(db, &mailbox, org)? {
                Ok(waiting) => waiting,
                Err(refused) => return Ok(refused),
            };
            let Some(chosen) = waiting.iter().find(|person| person.active) else { return Ok(Resent::Inactive) };
            if chosen.is_held {
                return Ok(Resent::HeldBack);
            }
            reissue(db, &waiting, chosen.key, &mailbox, Issue { ttl, now })
        })
        .await
    }

    /// The same for one person, whose turn it has to be at an address.
    pub(crate) async fn resend_to(&self, key: PersonKey, ttl: i64, now: i64) -> Result<Resent> {
        self.write(move |db| {
            let sql = "SELECT active, accepted_at IS NOT NULL, email_key, reason FROM membership WHERE user_id = ?1 AND org_id = ?2";
            let Some(row) = db.row(sql, &values![key.user, key.org])? else { return Ok(Resent::Unknown) };
            let (active, is_member): (bool, bool) = (row.at(0)?, row.at(1)?);
            let (mailbox, reason): (Option<String>, Option<String>) = (row.at(2)?, row.at(3)?);
            if is_member {
                return Ok(Resent::Complete);
            }
            if !active {
                return Ok(Resent::Inactive);
            }
            let unplaced = reason.as_deref().and_then(Reason::read).filter(|reason| *reason != Reason::TakenBack);
            match (unplaced, mailbox) {
                (Some(reason), _) => Ok(Resent::Waits(reason)),
                (None, None) => Ok(Resent::Waits(Reason::NoAddress)),
                (None, Some(mailbox)) => match unfinished(db, &mailbox, Some(key.org))? {
                    Ok(waiting) if waiting.iter().any(|person| person.key == key && person.is_held) => {
                        Ok(Resent::HeldBack)
                    }
                    Ok(waiting) => reissue(db, &waiting, key, &mailbox, Issue { ttl, now }),
                    Err(refused) => Ok(refused),
                },
            }
        })
        .await
    }

    /// Takes back the open invitations of the person whom the organisation has at this address;
    /// without an organisation, of everybody's. `None` if nobody is there, else how many there
    /// were.
    pub(crate) async fn withdraw_invites(&self, email: String, org: Option<[u8; 16]>, now: i64) -> Result<Option<i64>> {
        self.write(move |db| {
            let mailbox = address::key(&email);
            let sql = "SELECT m.user_id, m.org_id, m.accepted_at IS NULL FROM membership m JOIN account a ON a.account_id = m.account_id
                       WHERE (m.email_key = ?1 OR a.email_key = ?1) AND (m.org_id = ?2 OR ?3 = 0)";
            let people = db.rows(sql, &values![&mailbox, org.unwrap_or_default(), org.is_some()])?;
            if people.is_empty() {
                return Ok(None);
            }
            let mut count = 0;
            for row in &people {
                let (key, is_asked) = (PersonKey { user: row.at(0)?, org: row.at(1)? }, row.at::<bool>(2)?);
                count += i64::from(take_back(db, key, is_asked.then_some(&mailbox), now)?);
            }
            Ok(Some(count))
        })
        .await
    }

    /// The same for one person.
    pub(crate) async fn withdraw_of(&self, key: PersonKey, now: i64) -> Result<i64> {
        self.write(move |db| {
            let sql = "SELECT email_key FROM membership WHERE user_id = ?1 AND org_id = ?2 AND accepted_at IS NULL";
            let row = db.row(sql, &values![key.user, key.org])?;
            let mailbox: Option<String> = row.map(|row| row.at(0)).transpose()?.flatten();
            Ok(i64::from(take_back(db, key, mailbox.as_ref(), now)?))
        })
        .await
    }
}

/// Withdraws what is open of everybody who waits at a mailbox in an organisation, and invites the
/// chosen one.
fn reissue(db: &Db, waiting: &[Unfinished], chosen: PersonKey, mailbox: &str, issue: Issue) -> Result<Resent> {
    for person in waiting {
        withdraw(db, person.key, issue.now)?;
        db.execute("UPDATE membership SET taken_back = 0 WHERE user_id = ?1", &values![person.key.user])?;
    }
    settle_in(db, chosen.org, mailbox, For::First(chosen.user), issue)?;
    if db.exists("SELECT 1 FROM invite WHERE user_id = ?1 AND state = 'live'", &values![chosen.user])? {
        return Ok(Resent::Queued { expires_at: issue.now + issue.ttl });
    }
    // A member of the account at this mailbox has it.
    Ok(Resent::Complete)
}

/// Withdraws the open invitation of a person; who waits at a mailbox is not invited again by
/// itself. Whether there was one.
fn take_back(db: &Db, key: PersonKey, waits_at: Option<&String>, now: i64) -> Result<bool> {
    if !withdraw(db, key, now)? {
        return Ok(false);
    }
    if let Some(mailbox) = waits_at {
        db.execute("UPDATE membership SET taken_back = 1 WHERE user_id = ?1", &values![key.user])?;
        settle_in(db, key.org, mailbox, For::First(key.user), Issue { ttl: 0, now })?;
    }
    Ok(true)
}

/// Somebody who has not accepted the organisation.
struct Unfinished {
    key: PersonKey,
    active: bool,
    /// Whether the organisation holds them back.
    is_held: bool,
}

/// Those whom one organisation has at the mailbox and who have not accepted, whoever is invited
/// first; or why there is nobody to invite.
fn unfinished(db: &Db, mailbox: &str, org: Option<[u8; 16]>) -> Result<std::result::Result<Vec<Unfinished>, Resent>> {
    let sql =
        "SELECT m.user_id, m.org_id, m.active, o.name, m.standing = 'staged' FROM membership m JOIN organisation o ON o.org_id = m.org_id
               WHERE m.email_key = ?1 AND m.accepted_at IS NULL AND (m.org_id = ?2 OR ?3 = 0)
               ORDER BY m.standing = 'invited' DESC, m.active DESC, m.created_at, m.user_id";
    let rows = db.rows(sql, &values![mailbox, org.unwrap_or_default(), org.is_some()])?;
    let mut orgs: Vec<([u8; 16], String)> = Vec::new();
    let mut people = Vec::new();
    for row in &rows {
        let org: [u8; 16] = row.at(1)?;
        if orgs.iter().all(|(known, _)| *known != org) {
            orgs.push((org, row.at(3)?));
        }
        let (active, is_staged): (bool, bool) = (row.at(2)?, row.at(4)?);
        people.push(Unfinished { key: PersonKey { user: row.at(0)?, org }, active, is_held: active && is_staged });
    }
    if orgs.len() > 1 {
        return Ok(Err(Resent::Several(orgs)));
    }
    if people.is_empty() {
        let member = "SELECT 1 FROM account a JOIN membership m ON m.account_id = a.account_id
                      WHERE a.email_key = ?1 AND m.accepted_at IS NOT NULL AND (m.org_id = ?2 OR ?3 = 0)";
        let is_member = db.exists(member, &values![mailbox, org.unwrap_or_default(), org.is_some()])?;
        return Ok(Err(if is_member { Resent::Complete } else { Resent::Unknown }));
    }
    Ok(Ok(people))
}

/// What issues an invitation, and queues the letter, to somebody who has none.
pub(super) fn first(db: &Db, invited: &Invited<'_>, ttl: i64, now: i64) -> [Statement<'static>; 2] {
    let Invited { key: PersonKey { org, user }, account, email, mode } = *invited;
    let invite = fresh_ordered_id();
    let detail = Some(mode.as_str());
    note(db, now, "invite.issued", Entry { org: Some(org), account: Some(account), invite: Some(invite), detail });
    [
        (
            "INSERT INTO invite (invite_id, account_id, org_id, mode, state, created_at, expires_at, user_id, email)
             VALUES (?1, ?2, ?3, ?4, 'live', ?5, ?6, ?7, ?8)",
            values![invite, account, org, mode, now, now + ttl, user, email.to_owned()].to_vec(),
        ),
        outbox::invitation(account, org, invite, now),
    ]
}

/// Withdraws the open invitation of a person, and its letter if it was not sent yet; whether there
/// was one.
pub(super) fn withdraw(db: &Db, key: PersonKey, now: i64) -> Result<bool> {
    let open =
        db.row("SELECT invite_id, account_id FROM invite WHERE user_id = ?1 AND state = 'live'", &values![key.user])?;
    let Some(open) = open else { return Ok(false) };
    let (invite, account): ([u8; 16], [u8; 16]) = (open.at(0)?, open.at(1)?);
    db.execute_all(&[
        ("UPDATE invite SET state = 'withdrawn', ended_at = ?2 WHERE invite_id = ?1", values![invite, now].to_vec()),
        (
            "UPDATE outbox SET done_at = ?2, trouble = 'withdrawn' WHERE account_id = ?3 AND invite_id = ?1 AND done_at IS NULL",
            values![invite, now, account].to_vec(),
        ),
    ])?;
    let entry = Entry { org: Some(key.org), account: Some(account), invite: Some(invite), detail: None };
    note(db, now, "invite.withdrawn", entry);
    Ok(true)
}

/// Ends an invitation because it was used.
pub(super) fn use_up(db: &Db, invite: [u8; 16], now: i64) -> Result<()> {
    db.execute("UPDATE invite SET state = 'used', ended_at = ?2 WHERE invite_id = ?1", &values![invite, now])?;
    Ok(())
}

/// Writes down that the person has accepted the organisation.
pub(super) fn accept(db: &Db, key: PersonKey, now: i64) -> Result<()> {
    db.execute(
        "UPDATE membership SET accepted_at = ?3, standing = CASE active WHEN 1 THEN 'complete' ELSE 'suspended' END, reason = NULL, standing_at = ?3
         WHERE user_id = ?1 AND org_id = ?2",
        &values![key.user, key.org, now],
    )?;
    Ok(())
}

/// An invite with all that its state depends on.
pub(super) struct StoredInvite {
    pub(super) offer: Offer,
    pub(super) claim_key: Option<[u8; 32]>,
    /// The number of the server's key for its registration: that of its first claim, because a
    /// saved upload is sent after later ones too.
    pub(super) server_key: u32,
    /// Whose invitation it is; `None` if the organisation has removed the person.
    pub(super) user: Option<[u8; 16]>,
    token_hash: Option<[u8; 32]>,
    wrong_tries: i64,
    state: String,
    ended_at: Option<i64>,
    account_state: String,
    completed_at: Option<i64>,
    active: Option<bool>,
    asked_to_join: bool,
    issued_to: Option<String>,
    named: Option<String>,
}

impl StoredInvite {
    /// Why it cannot be used now, if it cannot.
    pub(super) fn unusable(&self, now: i64) -> Option<Unusable> {
        let invitation = Invitation {
            mode: self.offer.mode,
            state: &self.state,
            ended_at: self.ended_at,
            expires_at: self.offer.expires_at,
            is_reset: self.offer.reset.is_some(),
            active: self.active,
            account_is_complete: self.account_state == "complete",
            completed_at: self.completed_at,
            contact: self.offer.contact.as_deref(),
            asked_to_join: self.asked_to_join,
            is_elsewhere: self.offer.reset.is_none()
                && self.issued_to.as_deref().map(address::key) != self.named.as_deref().map(address::key),
        };
        invitation.unusable(now)
    }
}

pub(super) fn find(db: &Db, invite: [u8; 16]) -> Result<Option<StoredInvite>> {
    let found = db.row(
        "SELECT i.org_id, o.name, i.account_id, coalesce(a.email, m.email, ''), m.display_name, i.mode,
                o.min_profile, o.recovery, o.secret_key, o.min_length,
                i.expires_at, i.claim_count, i.last_claim_at, coalesce(o.contact, r.contact),
                i.claim_key, i.token_hash, i.wrong_tries, i.state, i.ended_at, a.state, a.completed_at, m.active,
                i.reset_to, i.created_at, m.user_id,
                i.reset_to IS NULL AND EXISTS (SELECT 1 FROM invite j WHERE j.user_id = i.user_id AND j.state = 'live' AND j.mode = 'join'),
                i.email, m.email, i.server_key
         FROM invite i JOIN organisation o USING (org_id) JOIN account a USING (account_id) CROSS JOIN realm r
         LEFT JOIN membership m ON m.user_id = i.user_id
         WHERE i.invite_id = ?1",
        &values![invite],
    )?;
    let Some(mut found) = found.map(|row| StoredInvite::from_row(&row)).transpose()? else { return Ok(None) };
    // A complete account can have several organisations; the strictest says what is least, as for
    // every change of its password.
    if found.offer.reset.is_some()
        && let Some(policy) = strictest(db, found.offer.account_id)?
    {
        found.offer.policy = policy;
    }
    Ok(Some(found))
}

impl StoredInvite {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            offer: Offer {
                org_id: row.at(0)?,
                org_name: row.at(1)?,
                account_id: row.at(2)?,
                email: row.at(3)?,
                display_name: row.at(4)?,
                mode: row.at(5)?,
                policy: Policy {
                    min_profile: row.at(6)?,
                    recovery: row.at(7)?,
                    secret_key: row.at(8)?,
                    min_length: row.at(9)?,
                },
                expires_at: row.at(10)?,
                earlier_claims: row.at(11)?,
                last_claim_at: row.at(12)?,
                claims: Vec::new(),
                contact: row.at(13)?,
                reset: row
                    .at::<Option<u32>>(22)?
                    .map(|key_gen| Ok::<_, StoreError>(Reset { key_gen, started_at: row.at(23)? }))
                    .transpose()?,
            },
            claim_key: row.at(14)?,
            token_hash: row.at(15)?,
            wrong_tries: row.at(16)?,
            state: row.at(17)?,
            ended_at: row.at(18)?,
            account_state: row.at(19)?,
            completed_at: row.at(20)?,
            active: row.at(21)?,
            user: row.at(24)?,
            asked_to_join: row.at(25)?,
            issued_to: row.at(26)?,
            named: row.at(27)?,
            // Before the first claim nothing is registered.
            server_key: row.at::<Option<u32>>(28)?.unwrap_or(FIRST),
        })
    }
}
