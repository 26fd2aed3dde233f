//! The tables, as steps that only go forward. A step that has been released is never changed; a new one is added.

use super::{Result, StoreError};
use rusqlite::{Connection, TransactionBehavior};

/// Each entry brings the database one version on.
const STEPS: &[&str] = &[include_str!("schema/0001_start.sql")];

/// Brings the database to the newest version; several programs may try at once.
pub(super) fn run(db: &mut Connection) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
    )?;
    let found: i64 = step.query_row("SELECT coalesce(max(version), 0) FROM migration", [], |row| row.get(0))?;
    let known = i64::try_from(STEPS.len()).expect("invariant: a handful of steps");
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, sql) in (1_i64..).zip(STEPS) {
        if version > found {
            step.execute_batch(sql)?;
            step.execute("INSERT INTO migration VALUES (?1, unixepoch())", [version])?;
        }
    }
    step.commit()?;
    Ok(())
}
