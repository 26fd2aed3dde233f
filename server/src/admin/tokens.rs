//! SCIM tokens: made, listed, rotated, revoked.

use super::{no_such_organisation, uuid};
use crate::realm::{Realm, RealmError};
use crate::rng::fresh_id;
use crate::store::{NewToken, Rotated, TokenRow};
use crate::token::Token;
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use zeroize::Zeroizing;

/// How long a token lives if nothing else is said.
pub const TOKEN_DAYS: u32 = 365;
const DAY: i64 = 86_400;

/// A token in clear, for the one moment in which it can be shown.
pub struct FreshToken {
    /// What identity providers send.
    pub token: Zeroizing<String>,
    /// What it is called in lists.
    pub token_id: String,
    /// When it ends.
    pub expires_at: i64,
}

/// A rotation: the new one, and until when the old one is good.
pub struct RotatedToken {
    /// The new token.
    pub fresh: FreshToken,
    /// When the old one ends.
    pub old_expires_at: i64,
}

/// A token in a list.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct TokenShown {
    pub token_id: String,
    pub org_id: String,
    pub organisation: String,
    pub label: Option<String>,
    /// `good`, `expired` or `revoked`.
    pub state: &'static str,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

impl Realm {
    /// Mints a SCIM token that lives a year. It cannot be shown again.
    pub async fn add_scim_token(&self, org: OrgId) -> Result<Zeroizing<String>, RealmError> {
        Ok(self.mint_scim_token(org, None, TOKEN_DAYS).await?.token)
    }

    /// Mints a SCIM token with a label, for some days.
    pub async fn mint_scim_token(
        &self,
        org: OrgId,
        label: Option<String>,
        days: u32,
    ) -> Result<FreshToken, RealmError> {
        let (token, new) = self.fresh_token(label, days)?;
        let fresh = fresh(&token, &new);
        if self.store.add_scim_token(org.0, new, self.clock.now()).await? {
            Ok(fresh)
        } else {
            Err(no_such_organisation(org))
        }
    }

    /// Mints a token in the place of another, which goes on for `overlap_days`, so that nothing
    /// stands still while it is replaced.
    pub async fn rotate_scim_token(
        &self,
        old: [u8; 16],
        days: u32,
        overlap_days: u32,
    ) -> Result<RotatedToken, RealmError> {
        let (token, new) = self.fresh_token(None, days)?;
        let fresh = fresh(&token, &new);
        match self.store.rotate_scim_token(old, new, i64::from(overlap_days) * DAY, self.clock.now()).await? {
            Rotated::Until(old_expires_at) => Ok(RotatedToken { fresh, old_expires_at }),
            Rotated::Unknown => Err(RealmError::NoSuchToken(uuid(old))),
            Rotated::Ended => {
                Err(RealmError::Invalid("This token has ended already; make a new one with `scim-token add`."))
            }
        }
    }

    /// Ends a token at once; tells when it ended.
    pub async fn revoke_scim_token(&self, token: [u8; 16]) -> Result<i64, RealmError> {
        let revoked = self.store.revoke_scim_token(token, self.clock.now()).await?;
        revoked.ok_or_else(|| RealmError::NoSuchToken(uuid(token)))
    }

    /// All tokens, of one organisation or of all.
    pub async fn scim_tokens(&self, org: Option<OrgId>) -> Result<Vec<TokenShown>, RealmError> {
        let now = self.clock.now();
        let rows = self.store.scim_tokens(org.map(|org| org.0)).await?;
        Ok(rows.into_iter().map(|row| TokenShown::new(row, now)).collect())
    }

    fn fresh_token(&self, label: Option<String>, days: u32) -> Result<(Token, NewToken), RealmError> {
        if !(1..=3650).contains(&days) {
            return Err(RealmError::Invalid("A token lives 1 to 3650 days."));
        }
        if label.as_ref().is_some_and(|label| label.chars().count() > 100 || label.chars().any(char::is_control)) {
            return Err(RealmError::Invalid("A label is at most 100 characters on one line."));
        }
        let token = Token::mint();
        let expires_at = self.clock.now() + i64::from(days) * DAY;
        let new = NewToken { token_id: fresh_id(), hash: token.hash(), label, expires_at };
        Ok((token, new))
    }
}

fn fresh(token: &Token, new: &NewToken) -> FreshToken {
    FreshToken { token: token.reveal_for_scim(), token_id: uuid(new.token_id), expires_at: new.expires_at }
}

impl TokenShown {
    fn new(row: TokenRow, now: i64) -> Self {
        let state = match (row.revoked_at, row.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now => "expired",
            _ => "good",
        };
        Self {
            token_id: uuid(row.token_id),
            org_id: uuid(row.org_id),
            organisation: row.org_name,
            label: row.label,
            state,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        }
    }
}
