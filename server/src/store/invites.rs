//! Invitations: issued, withdrawn, claimed.
//!
//! Promise: at most one invitation per person and organisation is live; the token is asked for
//! before anything is said about its state.

use super::accounts::strictest;
use super::audit::{Entry, note};
use super::db::{Db, Row, Statement, values};
use super::rows::{Policy, Reset};
use super::{Result, Store, StoreError, addresses, outbox, tokens};
use crate::address;
use crate::rng::fresh_ordered_id;
use crate::standing::{Invitation, Mode, Unusable};
use crate::token::TokenHash;

/// Wrong tokens after which an invite is locked.
const WRONG_TRIES: i64 = 10;

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
    pub(crate) contact: Option<String>,
    /// Where the account is complete and gets new keys.
    pub(crate) reset: Option<Reset>,
}

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
    /// Nobody of that address was ever provisioned.
    Unknown,
    /// The account is complete: nothing to invite to.
    Complete,
    /// The person is deactivated everywhere.
    Inactive,
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
            let Some(found) = find(db, invite)? else { return Ok(Claimed::Unknown) };
            if found.wrong_tries >= WRONG_TRIES {
                return Ok(Claimed::Unknown);
            }
            let entry = || Entry {
                org: Some(found.offer.org_id),
                account: Some(found.offer.account_id),
                invite: Some(invite),
                detail: None,
            };
            if !tokens::opens(db, invite, found.token_hash, token)? {
                db.execute("UPDATE invite SET wrong_tries = wrong_tries + 1 WHERE invite_id = ?1", &values![invite])?;
                if found.wrong_tries + 1 == WRONG_TRIES {
                    note(db, now, "invite.locked", entry());
                }
                return Ok(Claimed::Unknown);
            }
            if let Some(why) = found.unusable(now) {
                return Ok(Claimed::Unusable(why));
            }
            db.execute(
                "UPDATE invite SET claim_key = ?2, claim_count = claim_count + 1, last_claim_at = ?3 WHERE invite_id = ?1",
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

    /// Withdraws the open invitation of the person with this address and queues a new one, per
    /// organisation that has them active.
    pub(crate) async fn resend(&self, email: String, ttl: i64, now: i64) -> Result<Resent> {
        self.write(move |db| {
            let Some(account) = account_to_invite(db, &email)? else { return Ok(Resent::Unknown) };
            let sql = "SELECT org_id, mode, active, accepted_at IS NOT NULL FROM membership WHERE account_id = ?1";
            let rows = db.rows(sql, &values![account])?;
            let rows = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?)));
            let rows: Vec<([u8; 16], Mode, bool, bool)> = rows.collect::<Result<_>>()?;
            let open: Vec<_> = rows.iter().filter(|(.., accepted)| !accepted).collect();
            if open.is_empty() {
                return Ok(Resent::Complete);
            }
            let mut queued = false;
            for (org, mode, ..) in open.iter().filter(|(_, _, active, _)| *active) {
                issue(db, account, *org, *mode, ttl, now)?;
                queued = true;
            }
            Ok(if queued { Resent::Queued { expires_at: now + ttl } } else { Resent::Inactive })
        })
        .await
    }
}

/// The account of this address; or the unfinished one that its organisation has given this address
/// since, which then becomes where it is invited: an administrator who names the address has seen
/// it.
fn account_to_invite(db: &Db, email: &str) -> Result<Option<[u8; 16]>> {
    let key = address::key(email);
    let by_address =
        db.row("SELECT account_id FROM account WHERE email_key = ?1 AND state <> 'removed'", &values![&key])?;
    if let Some(row) = by_address {
        return row.at(0).map(Some);
    }
    let sql = "SELECT a.account_id, m.email FROM membership_email e JOIN membership m USING (user_id) JOIN account a USING (account_id)
               WHERE e.email_key = ?1 AND m.mode = 'enrol' AND a.state = 'invited' AND m.email IS NOT NULL";
    let moved = db.rows(sql, &values![&key])?;
    for row in moved {
        let (account, address): ([u8; 16], String) = (row.at(0)?, row.at(1)?);
        if address::key(&address) == key {
            addresses::give_address(db, account, &address)?;
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// Issues an invitation, withdraws the earlier one and queues the letter.
pub(super) fn issue(db: &Db, account: [u8; 16], org: [u8; 16], mode: Mode, ttl: i64, now: i64) -> Result<()> {
    withdraw(db, account, org, now)?;
    let mut statements = first(db, account, org, mode, ttl, now).to_vec();
    statements.push((
        "UPDATE membership SET invited_at = ?3 WHERE account_id = ?1 AND org_id = ?2",
        values![account, org, now].to_vec(),
    ));
    db.execute_all(&statements)
}

/// What issues an invitation, and queues the letter, to somebody who has none in this organisation.
pub(super) fn first(
    db: &Db,
    account: [u8; 16],
    org: [u8; 16],
    mode: Mode,
    ttl: i64,
    now: i64,
) -> [Statement<'static>; 2] {
    let invite = fresh_ordered_id();
    let detail = Some(mode.as_str());
    note(db, now, "invite.issued", Entry { org: Some(org), account: Some(account), invite: Some(invite), detail });
    [
        (
            "INSERT INTO invite (invite_id, account_id, org_id, mode, state, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, 'live', ?5, ?6)",
            values![invite, account, org, mode, now, now + ttl].to_vec(),
        ),
        outbox::invitation(account, org, invite, now),
    ]
}

/// Withdraws the open invitation of a person in an organisation, and its letter if it was not sent
/// yet.
pub(super) fn withdraw(db: &Db, account: [u8; 16], org: [u8; 16], now: i64) -> Result<()> {
    let open = db.row(
        "SELECT invite_id FROM invite WHERE account_id = ?1 AND org_id = ?2 AND state = 'live'",
        &values![account, org],
    )?;
    let Some(open) = open else { return Ok(()) };
    let invite: [u8; 16] = open.at(0)?;
    db.execute_all(&[
        ("UPDATE invite SET state = 'withdrawn', ended_at = ?2 WHERE invite_id = ?1", values![invite, now].to_vec()),
        (
            "UPDATE outbox SET done_at = ?2, trouble = 'withdrawn' WHERE account_id = ?3 AND invite_id = ?1 AND done_at IS NULL",
            values![invite, now, account].to_vec(),
        ),
    ])?;
    note(
        db,
        now,
        "invite.withdrawn",
        Entry { org: Some(org), account: Some(account), invite: Some(invite), detail: None },
    );
    Ok(())
}

/// Ends an invitation because it was used.
pub(super) fn use_up(db: &Db, invite: [u8; 16], now: i64) -> Result<()> {
    db.execute("UPDATE invite SET state = 'used', ended_at = ?2 WHERE invite_id = ?1", &values![invite, now])?;
    Ok(())
}

/// Writes down that the person has accepted the organisation.
pub(super) fn accept(db: &Db, account: [u8; 16], org: [u8; 16], now: i64) -> Result<()> {
    db.execute(
        "UPDATE membership SET accepted_at = ?3 WHERE account_id = ?1 AND org_id = ?2",
        &values![account, org, now],
    )?;
    Ok(())
}

/// An invite with all that its state depends on.
pub(super) struct StoredInvite {
    pub(super) offer: Offer,
    pub(super) claim_key: Option<[u8; 32]>,
    token_hash: Option<[u8; 32]>,
    wrong_tries: i64,
    state: String,
    ended_at: Option<i64>,
    account_state: String,
    completed_at: Option<i64>,
    active: Option<bool>,
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
        };
        invitation.unusable(now)
    }
}

pub(super) fn find(db: &Db, invite: [u8; 16]) -> Result<Option<StoredInvite>> {
    let found = db.row(
        "SELECT i.org_id, o.name, i.account_id, coalesce(a.email, ''), m.display_name, i.mode,
                o.min_profile, o.recovery, o.secret_key, o.min_length,
                i.expires_at, i.claim_count, i.last_claim_at, coalesce(o.contact, r.contact),
                i.claim_key, i.token_hash, i.wrong_tries, i.state, i.ended_at, a.state, a.completed_at, m.active,
                i.reset_to, i.created_at
         FROM invite i JOIN organisation o USING (org_id) JOIN account a USING (account_id) CROSS JOIN realm r
         LEFT JOIN membership m ON m.org_id = i.org_id AND m.account_id = i.account_id
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
        })
    }
}
