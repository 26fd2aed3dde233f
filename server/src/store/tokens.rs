//! The tokens of an invitation, as hashes: the one of its newest letter, and those of earlier
//! letters that may have arrived.
//!
//! A letter whose last answer got lost is sent again with another token. Nobody can know which copy
//! arrives, so both open the same invitation, until it is used, withdrawn or expired. A letter that
//! certainly did not arrive takes its token with it.

use super::db::{Db, values};
use super::error::Result;
use crate::token::TokenHash;

/// `token` is about to be sent; the one before it may have arrived.
pub(super) fn replace(db: &Db, invite: [u8; 16], token: TokenHash, now: i64) -> Result<()> {
    let before = db.row("SELECT token_hash FROM invite WHERE invite_id = ?1", &values![invite])?;
    let before: Option<[u8; 32]> = before.map(|row| row.at(0)).transpose()?.flatten();
    if let Some(before) = before {
        db.execute(
            "INSERT INTO invite_token (invite_id, token_hash, sent_at) VALUES (?1, ?2, ?3)",
            &values![invite, before, now],
        )?;
    }
    db.execute("UPDATE invite SET token_hash = ?2 WHERE invite_id = ?1", &values![invite, token.0])?;
    Ok(())
}

/// The newest token certainly reached nobody.
pub(super) fn void_newest(db: &Db, letter: i64) -> Result<()> {
    let sql = "UPDATE invite SET token_hash = NULL WHERE invite_id = (SELECT invite_id FROM outbox WHERE seq = ?1)";
    db.execute(sql, &values![letter])?;
    Ok(())
}

/// Whether the token opens the invitation; `newest` is what the invitation itself holds.
pub(super) fn opens(db: &Db, invite: [u8; 16], newest: Option<[u8; 32]>, token: TokenHash) -> Result<bool> {
    if newest.is_some_and(|hash| token.matches(&hash)) {
        return Ok(true);
    }
    let earlier = db.rows("SELECT token_hash FROM invite_token WHERE invite_id = ?1", &values![invite])?;
    for row in earlier {
        if token.matches(&row.at::<[u8; 32]>(0)?) {
            return Ok(true);
        }
    }
    Ok(false)
}
