//! People as an administrator sees them: who is where, how far each has come, and whose fingerprint
//! was compared.
//!
//! Promise: a confirmation names the key that it was given for, and is written only while that is
//! still the account's key.

use super::audit::{Entry, note};
use super::db::{Row, values};
use super::invites::WRONG_TRIES;
use super::mailboxes::read_standing;
use super::people::read_source;
use super::{Result, Store, by_hand};
use crate::life::{InvitationSeen, LetterSeen, Mode, Seen, Shown, Source, shown};
use firstkey_core::crypto::context::AccountId;
use std::ops::ControlFlow;

/// An account in an organisation, or alone if it is in none any more.
pub(crate) struct AccountRow {
    pub(crate) account_id: [u8; 16],
    pub(crate) email: Option<String>,
    pub(crate) state: String,
    pub(crate) created_at: i64,
    pub(crate) completed_at: Option<i64>,
    pub(crate) confirmed_at: Option<i64>,
    pub(crate) confirmed_fingerprint: Option<String>,
    pub(crate) membership: Option<MembershipRow>,
}

/// What one organisation says of the person.
pub(crate) struct MembershipRow {
    pub(crate) user_id: [u8; 16],
    pub(crate) org_id: [u8; 16],
    pub(crate) org_name: String,
    pub(crate) user_name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) active: bool,
    pub(crate) mode: String,
    pub(crate) accepted_at: Option<i64>,
    pub(crate) invited_at: Option<i64>,
    /// How the person stands now.
    pub(crate) shown: Shown,
    /// The open invitation, if there is one.
    pub(crate) invitation: Option<InvitationFate>,
    /// The user name of who has the address, where the person waits for it.
    pub(crate) held_by: Option<String>,
    pub(crate) source: Source,
    /// Those that were given by hand.
    pub(crate) groups: Vec<String>,
}

/// How far an open invitation has come.
pub(crate) struct InvitationFate {
    /// What became of its last letter: `waiting`, `refused` (and tried again), `gave-up`, `bounced`
    /// or `sent`; none if it has no letter.
    pub(crate) letter: Option<&'static str>,
    pub(crate) claims: i64,
    pub(crate) last_claim_at: Option<i64>,
    /// Letters that were handed over, with the first.
    pub(crate) sent: i64,
    pub(crate) last_sent_at: Option<i64>,
}

/// Who is looked for; all that is given must fit.
#[derive(Default)]
pub(crate) struct PeopleQuery {
    pub(crate) org: Option<[u8; 16]>,
    pub(crate) state: Option<String>,
    /// Lower case; in an address, a user name or a display name, or where an account's id begins.
    pub(crate) text: Option<String>,
    /// Those alone who are active, not held back, and have not finished since this moment.
    pub(crate) unfinished_since: Option<i64>,
    /// An account, and everybody who names its mailbox.
    pub(crate) of: Option<([u8; 16], String)>,
}

/// How a confirmation went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    Done,
    /// The account has other keys now, or none.
    Changed,
}

const QUERY: &str = "SELECT a.account_id, coalesce(a.email, m.email), a.state, a.created_at, a.completed_at, a.confirmed_at, a.confirmed_fingerprint,
        m.user_id, m.org_id, o.name, m.user_name, m.display_name, m.email, m.active, m.mode, m.accepted_at, m.invited_at,
        m.standing, m.reason, i.expires_at, i.wrong_tries, l.seq IS NOT NULL,
        CASE WHEN l.done_at IS NULL AND l.attempts = 0 AND l.not_before > l.created_at THEN l.not_before END,
        CASE m.reason WHEN 'address-held' THEN
            (SELECT h.user_name FROM membership h JOIN account b ON b.account_id = h.account_id
             WHERE h.org_id = m.org_id AND h.active = 1 AND h.user_id <> m.user_id
               AND ((h.email_key = m.email_key AND h.standing <> 'waiting') OR (h.accepted_at IS NOT NULL AND b.email_key = m.email_key))
             ORDER BY h.accepted_at IS NULL, h.created_at LIMIT 1) END,
        CASE m.standing WHEN 'invited' THEN m.invited_at ELSE m.standing_at END, coalesce(m.release_at, o.inviting_from),
        coalesce(l.gave_up_at, l.bounced_at), i.claim_count, i.last_claim_at, l.done_at, l.trouble, l.bounced_at,
        (SELECT count(*) FROM outbox n WHERE n.account_id = i.account_id AND n.invite_id = i.invite_id AND n.done_at IS NOT NULL AND n.trouble IS NULL),
        (SELECT max(n.done_at) FROM outbox n WHERE n.account_id = i.account_id AND n.invite_id = i.invite_id AND n.done_at IS NOT NULL AND n.trouble IS NULL), m.source
     FROM account a LEFT JOIN membership m ON m.account_id = a.account_id LEFT JOIN organisation o ON o.org_id = m.org_id
     LEFT JOIN invite i ON i.user_id = m.user_id AND i.state = 'live' AND i.reset_to IS NULL
     LEFT JOIN outbox l ON l.seq = (SELECT max(n.seq) FROM outbox n WHERE n.account_id = i.account_id AND n.invite_id = i.invite_id)
     WHERE (m.user_id IS NOT NULL OR a.email IS NOT NULL)";

/// As people came, to the millisecond: their ids begin with the time. Removed accounts have nobody.
const ORDER: &str = "a.created_at, m.user_id IS NULL, m.user_id, a.account_id";

impl Store {
    /// Everybody who is wanted, oldest first, at most `limit`.
    pub(crate) async fn accounts(&self, wanted: PeopleQuery, limit: usize, now: i64) -> Result<Vec<AccountRow>> {
        self.read(move |db| {
            let mut found = Vec::new();
            let visit = |row: Row| {
                let account = AccountRow::from_row(&row, now)?;
                if wanted.is(&account) {
                    found.push(account);
                }
                Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            };
            match &wanted.of {
                Some((account, mailbox)) => db.each(
                    &format!(
                        "{QUERY} AND (a.account_id = ?1 OR m.email_key = ?2) ORDER BY a.account_id <> ?1, {ORDER}"
                    ),
                    &values![account, mailbox],
                    visit,
                )?,
                None => db.each(&format!("{QUERY} ORDER BY {ORDER}"), &[], visit)?,
            }
            // Of one person only: a list does not show them.
            if wanted.of.is_some() {
                for one in found.iter_mut().filter_map(|account: &mut AccountRow| account.membership.as_mut()) {
                    one.groups = by_hand::groups(db, one.user_id)?;
                }
            }
            Ok(found)
        })
        .await
    }

    /// Writes down that an administrator compared this fingerprint, of the account that has this
    /// identity key.
    pub(crate) async fn confirm_fingerprint(
        &self,
        account: [u8; 16],
        ed25519: [u8; 32],
        fingerprint: String,
        now: i64,
    ) -> Result<Confirmed> {
        self.write(move |db| {
            let sql = "UPDATE account SET confirmed_at = ?3, confirmed_fingerprint = ?4 WHERE account_id = ?1 AND state = 'complete'
                       AND EXISTS (SELECT 1 FROM bundle b WHERE b.account_id = ?1 AND b.ed25519 = ?2)";
            if db.execute(sql, &values![account, ed25519, now, &fingerprint])? != 1 {
                return Ok(Confirmed::Changed);
            }
            note(db, now, "fingerprint.confirmed", Entry { account: Some(account), detail: Some(&fingerprint), ..Entry::default() });
            Ok(Confirmed::Done)
        })
        .await
    }

    /// Writes down that an administrator had a fingerprint that is not this account's: somebody may
    /// have put themselves in between.
    pub(crate) async fn fingerprint_differed(&self, account: [u8; 16], now: i64) -> Result<()> {
        self.write(move |db| {
            note(db, now, "fingerprint.differed", Entry { account: Some(account), ..Entry::default() });
            Ok(())
        })
        .await
    }
}

impl PeopleQuery {
    fn is(&self, account: &AccountRow) -> bool {
        let membership = account.membership.as_ref();
        let org = self.org.is_none_or(|org| membership.is_some_and(|m| m.org_id == org));
        let state = self.state.as_ref().is_none_or(|state| *state == account.shown_state());
        let text = self.text.as_ref().is_none_or(|text| {
            let names = membership.map(|m| [Some(&m.user_name), m.display_name.as_ref(), m.email.as_ref()]);
            let all = names.into_iter().flatten().chain([account.email.as_ref()]).flatten();
            all.into_iter().any(|name| name.to_lowercase().contains(text.as_str()))
                || (text.len() >= 8 && AccountId::heard(account.account_id).to_string().starts_with(text.as_str()))
        });
        let unfinished = self.unfinished_since.is_none_or(|since| {
            membership.is_some_and(|m| {
                let is_open = m.active && m.accepted_at.is_none() && matches!(m.shown.state, "invited" | "waiting");
                is_open && m.invited_at.unwrap_or(account.created_at) <= since
            })
        });
        org && state && text && unfinished
    }
}

impl AccountRow {
    /// The word that a list shows: how the person stands, or how the account does that nobody has
    /// any more.
    pub(crate) fn shown_state(&self) -> &str {
        self.membership.as_ref().map_or(self.state.as_str(), |membership| membership.shown.state)
    }

    fn from_row(row: &Row, now: i64) -> Result<Self> {
        let user_id: Option<[u8; 16]> = row.at(7)?;
        let membership = user_id.map(|user_id| {
            Ok::<_, super::StoreError>(MembershipRow {
                user_id,
                org_id: row.at(8)?,
                org_name: row.at(9)?,
                user_name: row.at(10)?,
                display_name: row.at(11)?,
                email: row.at(12)?,
                active: row.at(13)?,
                mode: row.at::<Mode>(14)?.as_str().to_owned(),
                accepted_at: row.at(15)?,
                invited_at: row.at(16)?,
                shown: shown(read_standing(row, 17, row.at(14)?)?, seen(row)?, now),
                held_by: row.at(23)?,
                invitation: fate(row)?,
                source: read_source(&row.at::<String>(34)?)?,
                groups: Vec::new(),
            })
        });
        Ok(Self {
            account_id: row.at(0)?,
            email: row.at(1)?,
            state: row.at(2)?,
            created_at: row.at(3)?,
            completed_at: row.at(4)?,
            confirmed_at: row.at(5)?,
            confirmed_fingerprint: row.at(6)?,
            membership: membership.transpose()?,
        })
    }
}

/// How far the live invitation has come, if there is one.
fn fate(row: &Row) -> Result<Option<InvitationFate>> {
    let Some(claims) = row.at::<Option<i64>>(27)? else { return Ok(None) };
    let (done, trouble): (Option<i64>, Option<String>) = (row.at(29)?, row.at(30)?);
    let (bounced, ended): (Option<i64>, Option<i64>) = (row.at(31)?, row.at(26)?);
    let letter = match (bounced, ended, done, trouble) {
        (Some(_), ..) => "bounced",
        (None, Some(_), ..) => "gave-up",
        (None, None, Some(_), _) => "sent",
        (None, None, None, Some(_)) => "refused",
        (None, None, None, None) => "waiting",
    };
    Ok(Some(InvitationFate {
        letter: row.at::<bool>(21)?.then_some(letter),
        claims,
        last_claim_at: row.at(28)?,
        sent: row.at(32)?,
        last_sent_at: row.at(33)?,
    }))
}

/// What decides beside the standing how the person is shown.
fn seen(row: &Row) -> Result<Seen> {
    Ok(Seen { since: row.at(24)?, active: row.at(13)?, held_until: row.at(25)?, invitation: invitation(row)? })
}

/// What has become of the live invitation, if there is one.
fn invitation(row: &Row) -> Result<Option<InvitationSeen>> {
    let Some(expires_at) = row.at::<Option<i64>>(19)? else { return Ok(None) };
    let (has_letter, limited_until): (bool, Option<i64>) = (row.at(21)?, row.at(22)?);
    let letter = has_letter.then_some(LetterSeen { refused_at: row.at(26)?, limited_until });
    Ok(Some(InvitationSeen { expires_at, is_locked: row.at::<i64>(20)? >= WRONG_TRIES, letter }))
}
