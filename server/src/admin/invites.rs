//! Invitations: listed, sent again and taken back.

use super::uuid;
use super::why::why;
use crate::realm::{INVITE_TTL, Realm, RealmError, org_options};
use crate::store::{InviteRow, Resent, WantedInvites};
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

/// An invitation that was sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvitedAgain {
    /// Where it goes.
    pub email: Option<String>,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// Invitations that were taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenBack {
    /// The address of the person, if there is one.
    pub email: Option<String>,
    /// How many were open.
    pub withdrawn: i64,
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

    /// Withdraws the open invitation of the person whom the organisation has at this address and
    /// puts a new one into the outbox; tells when it expires. A running server delivers it. Without
    /// an organisation, that of the only one that waits for somebody there. A SCIM id or a user
    /// name means a person too.
    pub async fn resend_invite(
        &self,
        name: &str,
        org: Option<OrgId>,
        ttl: Option<i64>,
    ) -> Result<InvitedAgain, RealmError> {
        let (ttl, now) = (ttl.unwrap_or(INVITE_TTL), self.clock.now());
        let (email, resent) = match self.store.resend(name.to_owned(), org.map(|org| org.0), ttl, now).await? {
            Resent::Unknown => {
                let named = self.named(name, org).await?;
                (named.email, self.store.resend_to(named.key, ttl, now).await?)
            }
            answered => (Some(name.to_owned()), answered),
        };
        match resent {
            Resent::Queued { expires_at } => Ok(InvitedAgain { email, expires_at }),
            Resent::Unknown => Err(RealmError::NoSuchPerson(name.to_owned())),
            Resent::Complete => Err(RealmError::AlreadyComplete(name.to_owned())),
            Resent::Inactive => Err(RealmError::Inactive(name.to_owned())),
            Resent::HeldBack => Err(RealmError::HeldBack(name.to_owned())),
            Resent::Waits(reason) => Err(RealmError::Waits { name: name.to_owned(), why: why(reason.as_str()) }),
            Resent::Several(orgs) => {
                let orgs = org_options(orgs.iter().map(|(org, name)| (*org, name.as_str())));
                Err(RealmError::SeveralOrganisations { email: name.to_owned(), orgs })
            }
        }
    }

    /// Takes back the open invitations of the person at this address, of one organisation or of
    /// all; tells how many there were. A SCIM id or a user name means a person too.
    pub async fn withdraw_invites(&self, name: &str, org: Option<OrgId>) -> Result<TakenBack, RealmError> {
        let now = self.clock.now();
        if let Some(withdrawn) = self.store.withdraw_invites(name.to_owned(), org.map(|org| org.0), now).await? {
            return Ok(TakenBack { email: Some(name.to_owned()), withdrawn });
        }
        let named = self.named(name, org).await?;
        Ok(TakenBack { email: named.email, withdrawn: self.store.withdraw_of(named.key, now).await? })
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
