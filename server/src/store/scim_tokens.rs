//! Tokens of identity providers: added, found, rotated with an overlap, listed, revoked.
//!
//! Promise: a token that has expired or was revoked is not found, from the same second on. Must
//! never: hold a token, only its hash.

use super::audit::{Entry, note};
use super::db::{Db, Row, values};
use super::{Result, Store};
use crate::token::TokenHash;
use std::collections::BTreeMap;

/// Seconds after which a use is written down again: "when was it last used" needs no write for
/// every request.
const USE_NOTED: i64 = 3600;

/// A token that is about to be added.
pub(crate) struct NewToken {
    pub(crate) token_id: [u8; 16],
    pub(crate) hash: TokenHash,
    pub(crate) label: Option<String>,
    pub(crate) expires_at: i64,
}

/// Whose a good token is.
#[derive(Clone, Copy)]
pub(crate) struct TokenOwner {
    pub(crate) org: [u8; 16],
    /// Whether the organisation wants its requests' values in the log.
    pub(crate) keeps_values: bool,
}

/// A token as it is listed.
pub(crate) struct TokenRow {
    pub(crate) token_id: [u8; 16],
    pub(crate) org_id: [u8; 16],
    pub(crate) org_name: String,
    pub(crate) label: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    /// The token that was made in its place.
    pub(crate) successor: Option<[u8; 16]>,
}

/// When an identity provider stops being heard, if nobody makes it a new token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LastToken {
    pub(crate) org_name: String,
    /// Seconds since 1970.
    pub(crate) ends_at: i64,
}

/// How a rotation went.
pub(crate) enum Rotated {
    /// The new one is there; the old one ends then.
    Until(i64),
    Unknown,
    /// It was revoked, or has ended already: nothing to overlap with.
    Ended,
}

impl Store {
    /// Adds a SCIM token by its hash; false if there is no such organisation.
    pub(crate) async fn add_scim_token(&self, org_id: [u8; 16], new: NewToken, now: i64) -> Result<bool> {
        self.write(move |db| {
            let known = db.exists("SELECT 1 FROM organisation WHERE org_id = ?1", &values![org_id])?;
            if known {
                insert(db, org_id, &new, now)?;
                noted(db, now, "scim-token.added", org_id, new.token_id);
            }
            Ok(known)
        })
        .await
    }

    /// Whose token this is, if it is good now.
    pub(crate) async fn owner_of_token(&self, hash: TokenHash, now: i64) -> Result<Option<TokenOwner>> {
        let found = self
            .read(move |db| {
                let row = db.row(
                    "SELECT t.token_hash, t.org_id, t.last_used_at, o.scim_log_values
                     FROM scim_token t JOIN organisation o ON o.org_id = t.org_id
                     WHERE t.token_hash = ?1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?2)",
                    &values![hash.0, now],
                )?;
                let Some(row) = row else { return Ok(None) };
                let (stored, used): ([u8; 32], Option<i64>) = (row.at(0)?, row.at(2)?);
                let owner = TokenOwner { org: row.at(1)?, keeps_values: row.at(3)? };
                Ok(hash.matches(&stored).then_some((owner, used)))
            })
            .await?;
        if let Some((_, used)) = found
            && used.is_none_or(|used| now - used >= USE_NOTED)
        {
            let noted = self.write(move |db| {
                let sql = "UPDATE scim_token SET last_used_at = ?2 WHERE token_hash = ?1";
                db.execute(sql, &values![hash.0, now]).map(drop)
            });
            // A token is no worse because its use could not be written down.
            drop(noted.await);
        }
        Ok(found.map(|(owner, _)| owner))
    }

    /// Adds a token beside another, which ends after `overlap` seconds, or when it would have
    /// anyway.
    pub(crate) async fn rotate_scim_token(
        &self,
        old: [u8; 16],
        new: NewToken,
        overlap: i64,
        now: i64,
    ) -> Result<Rotated> {
        self.write(move |db| {
            let sql = "SELECT org_id, label, expires_at, revoked_at FROM scim_token WHERE token_id = ?1";
            let Some(row) = db.row(sql, &values![old])? else { return Ok(Rotated::Unknown) };
            let (org, label): ([u8; 16], Option<String>) = (row.at(0)?, row.at(1)?);
            let (expires, revoked): (Option<i64>, Option<i64>) = (row.at(2)?, row.at(3)?);
            if revoked.is_some() || expires.is_some_and(|end| end <= now) {
                return Ok(Rotated::Ended);
            }
            let end = expires.map_or(now + overlap, |end| end.min(now + overlap));
            let sql = "UPDATE scim_token SET expires_at = ?2, successor = ?3 WHERE token_id = ?1";
            db.execute(sql, &values![old, end, new.token_id])?;
            let new = NewToken { label: new.label.or(label), ..new };
            insert(db, org, &new, now)?;
            noted(db, now, "scim-token.rotated", org, old);
            noted(db, now, "scim-token.added", org, new.token_id);
            Ok(Rotated::Until(end))
        })
        .await
    }

    /// Ends a token at once; tells when it ended, `None` if there is no such token.
    pub(crate) async fn revoke_scim_token(&self, token: [u8; 16], now: i64) -> Result<Option<i64>> {
        self.write(move |db| {
            let sql = "SELECT org_id, revoked_at FROM scim_token WHERE token_id = ?1";
            let Some(row) = db.row(sql, &values![token])? else { return Ok(None) };
            let (org, revoked): ([u8; 16], Option<i64>) = (row.at(0)?, row.at(1)?);
            if let Some(at) = revoked {
                return Ok(Some(at));
            }
            db.execute("UPDATE scim_token SET revoked_at = ?2 WHERE token_id = ?1", &values![token, now])?;
            noted(db, now, "scim-token.revoked", org, token);
            Ok(Some(now))
        })
        .await
    }

    /// All tokens, of one organisation or of all, oldest first.
    pub(crate) async fn scim_tokens(&self, org: Option<[u8; 16]>) -> Result<Vec<TokenRow>> {
        self.read(move |db| {
            let rows = db.rows(
                "SELECT t.token_id, t.org_id, o.name, t.label, t.created_at, t.expires_at, t.revoked_at, t.last_used_at,
                        t.successor
                 FROM scim_token t JOIN organisation o USING (org_id) ORDER BY t.created_at, t.token_id",
                &[],
            )?;
            let rows = rows.iter().map(TokenRow::from_row).collect::<Result<Vec<_>>>()?;
            Ok(rows.into_iter().filter(|row| org.is_none_or(|org| org == row.org_id)).collect())
        })
        .await
    }

    /// The organisation whose identity provider stops being heard first; `None` if there is no
    /// token that ends.
    pub(crate) async fn first_scim_to_stop(&self) -> Result<Option<LastToken>> {
        Ok(first_to_stop(&self.scim_tokens(None).await?))
    }
}

/// Of each organisation the token that lasts longest counts, whether it has ended or not; of all
/// organisations, the one that stops first. What was revoked was ended on purpose.
fn first_to_stop(tokens: &[TokenRow]) -> Option<LastToken> {
    let mut last: BTreeMap<[u8; 16], (Option<i64>, &str)> = BTreeMap::new();
    for token in tokens.iter().filter(|token| token.revoked_at.is_none()) {
        let end = last.entry(token.org_id).or_insert((token.expires_at, &token.org_name));
        // Without a date it never ends.
        end.0 = end.0.zip(token.expires_at).map(|(one, other)| one.max(other));
    }
    let ends = last.into_values().filter_map(|(end, org_name)| Some((end?, org_name)));
    ends.min().map(|(ends_at, org_name)| LastToken { org_name: org_name.to_owned(), ends_at })
}

impl TokenRow {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            token_id: row.at(0)?,
            org_id: row.at(1)?,
            org_name: row.at(2)?,
            label: row.at(3)?,
            created_at: row.at(4)?,
            expires_at: row.at(5)?,
            revoked_at: row.at(6)?,
            last_used_at: row.at(7)?,
            successor: row.at(8)?,
        })
    }
}

fn insert(db: &Db, org: [u8; 16], new: &NewToken, now: i64) -> Result<()> {
    db.execute(
        "INSERT INTO scim_token (token_id, token_hash, org_id, label, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &values![new.token_id, new.hash.0, org, &new.label, now, new.expires_at],
    )?;
    Ok(())
}

fn noted(db: &Db, now: i64, event: &'static str, org: [u8; 16], token: [u8; 16]) {
    let id = uuid::Uuid::from_bytes(token).to_string();
    note(db, now, event, Entry { org: Some(org), detail: Some(&id), ..Entry::default() });
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn token(org: u8, expires_at: Option<i64>, revoked_at: Option<i64>) -> TokenRow {
        TokenRow {
            token_id: [0; 16],
            org_id: [org; 16],
            org_name: format!("Org {org}"),
            label: None,
            created_at: 0,
            expires_at,
            revoked_at,
            last_used_at: None,
            successor: None,
        }
    }

    #[test]
    fn the_last_token_of_the_organisation_that_stops_first_is_the_one_that_counts() {
        let stops = |tokens: &[TokenRow]| first_to_stop(tokens).map(|last| (last.org_name, last.ends_at));
        assert_eq!(stops(&[]), None);
        // A rotated one ends soon beside its successor, and nobody has to hurry.
        let mut tokens = vec![token(1, Some(7 * DAY), None), token(1, Some(365 * DAY), None)];
        assert_eq!(stops(&tokens), Some(("Org 1".into(), 365 * DAY)));
        // Another organisation's only one comes first, also once it is over.
        tokens.push(token(2, Some(DAY), None));
        assert_eq!(stops(&tokens), Some(("Org 2".into(), DAY)));
        // What was revoked was ended on purpose, and what has no end does not end.
        tokens.pop();
        tokens.extend([token(2, Some(DAY), Some(0)), token(3, None, None), token(3, Some(DAY), None)]);
        assert_eq!(stops(&tokens), Some(("Org 1".into(), 365 * DAY)));
    }
}
