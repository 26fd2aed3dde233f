//! The brake: what it holds, taken back or let go.

use super::{no_such_organisation, uuid};
use crate::realm::{INVITE_TTL, Realm, RealmError};
use crate::store::{LeftOut, Tripped};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;

/// A brake that has tripped.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct BrakeShown {
    pub org_id: String,
    pub organisation: String,
    /// When it tripped.
    pub tripped_at: i64,
    pub suspended: i64,
    pub deleted: i64,
    /// When the last of the deleted may be erased.
    pub until: i64,
}

/// Who was brought back, and who was not.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct BrakeUndone {
    pub deleted: u64,
    pub suspended: u64,
    pub left_out: Vec<LeftOutShown>,
}

/// Somebody who was not brought back, and rests on.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct LeftOutShown {
    pub user_id: String,
    pub account_id: String,
    /// `made-anew`, `address-taken`, `erased` or `deleted`.
    pub why: &'static str,
}

impl Realm {
    /// The brakes that have tripped, of one organisation or of all.
    pub async fn brakes(&self, org: Option<OrgId>) -> Result<Vec<BrakeShown>, RealmError> {
        Ok(self.store.brakes(org.map(|org| org.0)).await?.into_iter().map(BrakeShown::new).collect())
    }

    /// Brings back everybody whom the brake holds, as they were before; none if it holds nobody.
    pub async fn undo_brake(&self, org: OrgId) -> Result<Option<BrakeUndone>, RealmError> {
        self.organisation(org).await?;
        let undone = self.store.undo_brake(org.0, INVITE_TTL, self.clock.now()).await?;
        Ok(undone.map(|undone| BrakeUndone {
            deleted: undone.deleted,
            suspended: undone.suspended,
            left_out: undone.left_out.into_iter().map(LeftOutShown::new).collect(),
        }))
    }

    /// Lets everybody go whom the brake holds; none if it has not tripped.
    pub async fn release_brake(&self, org: OrgId) -> Result<Option<u64>, RealmError> {
        if self.store.organisation(org.0).await?.is_none() {
            return Err(no_such_organisation(org));
        }
        Ok(self.store.release_brake(org.0, self.clock.now()).await?)
    }
}

impl BrakeShown {
    fn new(row: Tripped) -> Self {
        Self {
            org_id: uuid(row.org_id),
            organisation: row.organisation,
            tripped_at: row.since,
            suspended: row.suspended,
            deleted: row.deleted,
            until: row.until,
        }
    }
}

impl LeftOutShown {
    fn new(row: LeftOut) -> Self {
        Self { user_id: uuid(row.user_id), account_id: uuid(row.account_id), why: row.why }
    }
}
