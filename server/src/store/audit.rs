//! The audit log: what happened, when, to which ids. Append-only, and chained: each entry's hash
//! covers the entry before it.
//!
//! Promise: an entry is written in the transaction that it tells of; changing, removing or
//! inserting an entry breaks the chain at that place. Must never hold names, addresses or tokens.

use super::db::{Db, Row, Statement, values};
use super::error::{Result, StoreError};
use crate::acting;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

/// One entry.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) org: Option<[u8; 16]>,
    pub(super) account: Option<[u8; 16]>,
    pub(super) invite: Option<[u8; 16]>,
    pub(super) detail: Option<&'a str>,
}

/// An entry that waits for the commit.
pub(crate) struct Pending {
    at: i64,
    event: &'static str,
    org: Option<[u8; 16]>,
    account: Option<[u8; 16]>,
    invite: Option<[u8; 16]>,
    detail: Option<String>,
}

/// An entry as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    /// Counted from 1, without gaps.
    pub(crate) seq: i64,
    /// Seconds since 1970.
    pub(crate) at: i64,
    /// What happened.
    pub(crate) event: String,
    pub(crate) org: Option<[u8; 16]>,
    pub(crate) account: Option<[u8; 16]>,
    pub(crate) invite: Option<[u8; 16]>,
    pub(crate) detail: Option<String>,
    /// What is stored as this entry's hash.
    pub(crate) hash: [u8; 32],
}

/// The hash "before" the first entry.
pub(crate) const START: [u8; 32] = [0; 32];

impl Logged {
    pub(super) const COLUMNS: &'static str = "seq, at, event, org_id, account_id, invite_id, detail, hash";

    /// Reads [`Logged::COLUMNS`].
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            seq: row.at(0)?,
            at: row.at(1)?,
            event: row.at(2)?,
            org: row.at(3)?,
            account: row.at(4)?,
            invite: row.at(5)?,
            detail: row.at(6)?,
            hash: row.at(7)?,
        })
    }

    /// What its hash must be if `before` is the hash of the entry before it: SHA-256 over lengths
    /// and values, so that no two entries read the same.
    pub(crate) fn chained(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"firstkey/v1/audit");
        let mut part = |present: bool, bytes: &[u8]| {
            hash.update([u8::from(present)]);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(true, before);
        part(true, &self.seq.to_le_bytes());
        part(true, &self.at.to_le_bytes());
        part(true, self.event.as_bytes());
        for id in [self.org, self.account, self.invite] {
            part(id.is_some(), id.as_ref().map_or(&[][..], |id| &id[..]));
        }
        part(self.detail.is_some(), self.detail.as_deref().unwrap_or_default().as_bytes());
        hash.finalize().into()
    }
}

/// What a look at the whole chain came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// How many entries hold together, from the first on.
    pub entries: i64,
    /// The hash of the last of them; 32 zero bytes if there is none. Written down elsewhere, it
    /// shows later that nothing was cut off.
    pub head: [u8; 32],
    /// The number of the first entry that was changed, or that stands behind a removed one.
    pub broken_at: Option<i64>,
}

/// Goes along the chain of a database.
pub(super) fn chain(db: &Db) -> Result<Chain> {
    let mut chain = Chain { entries: 0, head: START, broken_at: None };
    let sql = format!("SELECT {} FROM audit ORDER BY seq", Logged::COLUMNS);
    db.each(&sql, &[], |row| {
        let entry = Logged::from_row(&row)?;
        if entry.seq != chain.entries + 1 || entry.chained(&chain.head) != entry.hash {
            chain.broken_at = Some(entry.seq);
            return Ok(ControlFlow::Break(()));
        }
        (chain.entries, chain.head) = (entry.seq, entry.hash);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(chain)
}

/// Appends, when the transaction commits; with who asked for it, if a command did.
pub(super) fn note(db: &Db, now: i64, event: &'static str, entry: Entry<'_>) {
    let Entry { org, account, invite, detail } = entry;
    let detail = acting::named(detail, db.acts_for().as_deref());
    db.note(Pending { at: now, event, org, account, invite, detail });
}

/// Writes what was noted behind the last entry.
pub(super) fn write(db: &Db, noted: Vec<Pending>) -> Result<()> {
    if noted.is_empty() {
        return Ok(());
    }
    let last = db.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[])?;
    let (mut seq, mut hash) = last.map_or(Ok((0, START)), |row| Ok::<_, StoreError>((row.at(0)?, row.at(1)?)))?;
    let mut entries = Vec::with_capacity(noted.len());
    for Pending { at, event, org, account, invite, detail } in noted {
        seq += 1;
        let mut entry = Logged { seq, at, event: event.to_owned(), org, account, invite, detail, hash: START };
        entry.hash = entry.chained(&hash);
        hash = entry.hash;
        entries.push(entry);
    }
    let rows: Vec<Statement<'_>> = entries
        .iter()
        .map(|entry| {
            let values = values![
                entry.seq,
                entry.at,
                &entry.event,
                entry.org,
                entry.account,
                entry.invite,
                &entry.detail,
                &entry.hash
            ];
            (INSERT, values.to_vec())
        })
        .collect();
    db.execute_all(&rows)
}

const INSERT: &str = "INSERT INTO audit (seq, at, event, org_id, account_id, invite_id, detail, hash)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
