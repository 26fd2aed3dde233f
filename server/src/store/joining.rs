//! A person who has a completed account accepts another organisation: once, in one transaction,
//! with nothing of the keys changed.

use super::audit::{Entry, note};
use super::db::values;
use super::invites::{accept, find, use_up};
use super::outbox::queue;
use super::people::PersonKey;
use super::sessions::{InSession, Purpose, joined, require};
use super::{Result, Store};
use crate::life::Unusable;
use crate::token::TokenHash;

/// How it went.
pub(crate) enum Acceptance {
    /// Accepted, now or before.
    Accepted {
        org: [u8; 16],
        at: i64,
    },
    /// A later claim has taken over.
    Stale,
    /// The session is of another account than the invitation.
    Foreign,
    Unusable(Unusable),
}

impl Store {
    /// Accepts an invitation to join as the account of the session.
    pub(crate) async fn join(
        &self,
        session: TokenHash,
        invite: [u8; 16],
        signer: [u8; 32],
        now: i64,
    ) -> Result<InSession<Acceptance>> {
        self.write(move |db| {
            let asker = match require(db, session, Some(Purpose::Join), now)? {
                Ok(asker) => asker,
                Err(none) => return Ok(Err(none)),
            };
            let Some(found) = find(db, invite)? else { return Ok(Ok(Acceptance::Stale)) };
            let (account, org) = (found.offer.account_id, found.offer.org_id);
            if account != asker.account.account_id {
                return Ok(Ok(Acceptance::Foreign));
            }
            let unusable = found.unusable(now);
            if matches!(unusable, Some(Unusable::Used { .. })) {
                let sql = "SELECT accepted_at FROM membership WHERE account_id = ?1 AND org_id = ?2 AND user_id = ?3 AND accepted_at IS NOT NULL";
                if let Some(row) = db.row(sql, &values![account, org, found.user])? {
                    return Ok(Ok(Acceptance::Accepted { org, at: row.at(0)? }));
                }
            }
            if found.claim_key != Some(signer) {
                return Ok(Ok(Acceptance::Stale));
            }
            if let Some(why) = unusable {
                return Ok(Ok(Acceptance::Unusable(why)));
            }
            let Some(user) = found.user else { return Ok(Ok(Acceptance::Stale)) };
            use_up(db, invite, now)?;
            accept(db, PersonKey { org, user }, now)?;
            joined(db, session)?;
            let administrators = found.offer.contact.as_ref().map(|_| "joined-admin");
            for letter in ["joined"].into_iter().chain(administrators) {
                queue(db, letter, account, org, now)?;
            }
            let entry = Entry { org: Some(org), account: Some(account), invite: Some(invite), detail: None };
            note(db, now, "account.joined", entry);
            Ok(Ok(Acceptance::Accepted { org, at: now }))
        })
        .await
    }
}
