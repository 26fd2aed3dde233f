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

/// The invitation is about to live longer: the tokens of its letters so far end at `until`, as
/// those letters say.
pub(super) fn end_with_their_letters(db: &Db, invite: [u8; 16], until: i64, now: i64) -> Result<()> {
    db.execute_all(&[
        (
            "INSERT INTO invite_token (invite_id, token_hash, sent_at)
             SELECT invite_id, token_hash, ?2 FROM invite WHERE invite_id = ?1 AND token_hash IS NOT NULL",
            values![invite, now].to_vec(),
        ),
        ("UPDATE invite SET token_hash = NULL WHERE invite_id = ?1", values![invite].to_vec()),
        (
            "UPDATE invite_token SET expires_at = ?2 WHERE invite_id = ?1 AND expires_at IS NULL",
            values![invite, until].to_vec(),
        ),
    ])
}

/// The newest token certainly reached nobody.
pub(super) fn void_newest(db: &Db, letter: i64) -> Result<()> {
    let sql = "UPDATE invite SET token_hash = NULL WHERE invite_id = (SELECT invite_id FROM outbox WHERE seq = ?1)";
    db.execute(sql, &values![letter])?;
    Ok(())
}

/// What a token is to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// It is none of its tokens.
    No,
    /// It opens it.
    Yes,
    /// It did until this moment, which its letter named.
    Until(i64),
}

/// Whether the token opens the invitation; `newest` is what the invitation itself holds.
pub(super) fn opens(db: &Db, invite: [u8; 16], newest: Option<[u8; 32]>, token: TokenHash) -> Result<Opens> {
    if newest.is_some_and(|hash| token.matches(&hash)) {
        return Ok(Opens::Yes);
    }
    let earlier = db.rows("SELECT token_hash, expires_at FROM invite_token WHERE invite_id = ?1", &values![invite])?;
    for row in earlier {
        if token.matches(&row.at::<[u8; 32]>(0)?) {
            return Ok(row.at::<Option<i64>>(1)?.map_or(Opens::Yes, Opens::Until));
        }
    }
    Ok(Opens::No)
}
