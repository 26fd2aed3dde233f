//! Invitations: listed and taken back.

use super::uuid;
use crate::realm::{Realm, RealmError};
use crate::store::{InviteRow, WantedInvites};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;

/// An invitation.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct InviteShown {
    pub invite_id: String,
    pub account_id: String,
    pub email: Option<String>,
    pub org_id: String,
    pub organisation: String,
    /// `enrol`, `join` or `reset`.
    pub mode: String,
    /// `live`, `used`, `withdrawn`, `expired` or `locked`.
    pub state: &'static str,
    pub created_at: i64,
    /// When its letter was last handed over.
    pub sent_at: Option<i64>,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    /// How often it was opened with the right token.
    pub claims: i64,
    pub last_claim_at: Option<i64>,
    /// How often with a wrong one; ten lock it.
    pub wrong_tries: i64,
}

impl Realm {
    /// Invitations, newest first, at most `limit`.
    pub async fn invites(
        &self,
        org: Option<OrgId>,
        state: Option<String>,
        limit: usize,
    ) -> Result<Vec<InviteShown>, RealmError> {
        let wanted = WantedInvites { of: None, state, org: org.map(|org| org.0) };
        let rows = self.store.invites(wanted, limit, self.clock.now()).await?;
        Ok(rows.into_iter().map(InviteShown::new).collect())
    }

    /// Takes back the open invitations of the person at this address, of one organisation or of
    /// all; tells how many there were.
    pub async fn withdraw_invites(&self, email: &str, org: Option<OrgId>) -> Result<i64, RealmError> {
        let org = org.map(|org| org.0);
        let withdrawn = self.store.withdraw_invites(email.to_owned(), org, self.clock.now()).await?;
        withdrawn.ok_or_else(|| RealmError::NoSuchPerson(email.to_owned()))
    }
}

impl InviteShown {
    pub(super) fn new(row: InviteRow) -> Self {
        Self {
            invite_id: uuid(row.invite_id),
            account_id: uuid(row.account_id),
            email: row.email,
            org_id: uuid(row.org_id),
            organisation: row.org_name,
            mode: row.mode,
            state: row.state,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            claims: row.claims,
            last_claim_at: row.last_claim_at,
            wrong_tries: row.wrong_tries,
        }
    }
}
