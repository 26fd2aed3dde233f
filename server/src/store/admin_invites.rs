//! Invitations as an administrator sees them, and taking one back by hand.

use super::db::{Row, values};
use super::invites::WRONG_TRIES;
use super::{Result, Store};
use std::ops::ControlFlow;

/// An invitation with what is known of its letter.
pub(crate) struct InviteRow {
    pub(crate) invite_id: [u8; 16],
    pub(crate) account_id: [u8; 16],
    pub(crate) org_id: [u8; 16],
    pub(crate) org_name: String,
    pub(crate) email: Option<String>,
    pub(crate) mode: String,
    /// `live`, `used`, `withdrawn`; or, live in the database, `expired` because its time is over,
    /// or `locked` by wrong tokens.
    pub(crate) state: &'static str,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) claims: i64,
    pub(crate) last_claim_at: Option<i64>,
    pub(crate) wrong_tries: i64,
    pub(crate) sent_at: Option<i64>,
}

/// Which are looked for.
#[derive(Default)]
pub(crate) struct WantedInvites {
    /// Of an account, and of everybody who names its mailbox.
    pub(crate) of: Option<([u8; 16], String)>,
    pub(crate) state: Option<String>,
    pub(crate) org: Option<[u8; 16]>,
}

const QUERY: &str = "SELECT i.invite_id, i.account_id, i.org_id, o.name, coalesce(i.email, a.email),
        CASE WHEN i.reset_to IS NULL THEN i.mode ELSE 'reset' END, i.state, i.created_at, i.expires_at, i.ended_at,
        i.claim_count, i.last_claim_at, i.wrong_tries,
        (SELECT max(l.done_at) FROM outbox l WHERE l.account_id = i.account_id AND l.invite_id = i.invite_id AND l.trouble IS NULL)
     FROM invite i JOIN organisation o ON o.org_id = i.org_id JOIN account a ON a.account_id = i.account_id";

impl Store {
    /// Those that are wanted, newest first, at most `limit`.
    pub(crate) async fn invites(&self, wanted: WantedInvites, limit: usize, now: i64) -> Result<Vec<InviteRow>> {
        self.read(move |db| {
            let mut found = Vec::new();
            let visit = |row: Row| {
                let invite = InviteRow::from_row(&row, now)?;
                let fits = wanted.state.as_ref().is_none_or(|state| state == invite.state)
                    && wanted.org.is_none_or(|org| org == invite.org_id);
                if fits {
                    found.push(invite);
                }
                Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            };
            let order = "ORDER BY i.created_at DESC, i.invite_id";
            match &wanted.of {
                Some((account, mailbox)) => {
                    let of = "WHERE i.account_id = ?1 OR i.user_id IN (SELECT user_id FROM membership WHERE account_id = ?1 OR email_key = ?2)";
                    db.each(&format!("{QUERY} {of} {order}"), &values![account, mailbox], visit)?
                }
                None => db.each(&format!("{QUERY} {order}"), &[], visit)?,
            }
            Ok(found)
        })
        .await
    }
}

impl InviteRow {
    fn from_row(row: &Row, now: i64) -> Result<Self> {
        let (stored, expires_at, wrong_tries): (String, i64, i64) = (row.at(6)?, row.at(8)?, row.at(12)?);
        let state = match stored.as_str() {
            "live" if expires_at <= now => "expired",
            "live" if wrong_tries >= WRONG_TRIES => "locked",
            "live" => "live",
            "used" => "used",
            _ => "withdrawn",
        };
        Ok(Self {
            invite_id: row.at(0)?,
            account_id: row.at(1)?,
            org_id: row.at(2)?,
            org_name: row.at(3)?,
            email: row.at(4)?,
            mode: row.at(5)?,
            state,
            created_at: row.at(7)?,
            expires_at,
            ended_at: row.at(9)?,
            claims: row.at(10)?,
            last_claim_at: row.at(11)?,
            wrong_tries,
            sent_at: row.at(13)?,
        })
    }
}
