//! Reminders by hand: whoever has not finished gets another letter of the same invitation.

use super::uuid;
use crate::realm::{INVITE_TTL, Realm, RealmError};
use crate::store::{Straggler, WantedReminders};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use uuid::Uuid;

/// Somebody who is reminded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct Reminded {
    pub org_id: String,
    pub user_id: String,
    pub user_name: String,
    pub email: Option<String>,
    /// When the letter before was handed over.
    pub last_letter_at: Option<i64>,
    /// Reminders of this invitation, with this one.
    pub reminders: usize,
}

impl Realm {
    /// Queues another letter for those who have not finished, whose last letter was handed over so
    /// many seconds ago or longer, and who had fewer than three reminders; gives them. Nobody is
    /// reminded whose letter waits, was refused or came back. With `dry_run`, nothing is queued.
    pub async fn remind(
        &self,
        name: Option<&str>,
        org: Option<OrgId>,
        older: i64,
        dry_run: bool,
        ttl: Option<i64>,
    ) -> Result<Vec<Reminded>, RealmError> {
        let users = match name {
            None => None,
            Some(name) => {
                let shown = self.person_named(name, org).await?;
                let ids = shown.organisations.iter().filter_map(|one| Uuid::try_parse(&one.user_id).ok());
                Some(ids.map(|id| *id.as_bytes()).collect())
            }
        };
        let wanted = WantedReminders { org: org.map(|org| org.0), users, older };
        let now = self.clock.now();
        let reminded = self.store.remind_by_hand(wanted, dry_run, ttl.unwrap_or(INVITE_TTL), now).await?;
        Ok(reminded.into_iter().map(Reminded::new).collect())
    }
}

impl Reminded {
    fn new(one: Straggler) -> Self {
        Self {
            org_id: uuid(one.org),
            user_id: uuid(one.user),
            user_name: one.user_name,
            email: one.email,
            last_letter_at: one.open.last_sent_at,
            reminders: one.open.reminders() + 1,
        }
    }
}
