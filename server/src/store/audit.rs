//! The audit log: what happened, when, to which ids. Must never hold names, addresses or tokens.

use super::Result;
use rusqlite::{Connection, params};

/// One entry.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) org: Option<[u8; 16]>,
    pub(super) account: Option<[u8; 16]>,
    pub(super) invite: Option<[u8; 16]>,
    pub(super) detail: Option<&'a str>,
}

/// Appends.
pub(super) fn note(db: &Connection, now: i64, event: &str, entry: Entry<'_>) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO audit (at, event, org_id, account_id, invite_id, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![now, event, entry.org, entry.account, entry.invite, entry.detail])?;
    Ok(())
}
