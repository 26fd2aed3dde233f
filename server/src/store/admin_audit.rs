//! The audit log as an administrator reads it.

use super::audit::{Chain, Logged, chain};
use super::db::values;
use super::{Result, Store};
use tokio::sync::mpsc;

/// Entries that are read together.
const PART: i64 = 500;

impl Store {
    /// Goes along the chain from its first entry.
    pub(crate) async fn audit_chain(&self) -> Result<Chain> {
        self.read(chain).await
    }

    /// The newest entries, oldest of them first.
    pub(crate) async fn audit_tail(&self, count: u32) -> Result<Vec<Logged>> {
        self.read(move |db| {
            let sql = format!("SELECT {} FROM audit ORDER BY seq DESC LIMIT ?1", Logged::COLUMNS);
            let rows = db.rows(&sql, &values![count])?;
            rows.iter().rev().map(Logged::from_row).collect()
        })
        .await
    }

    /// Every entry in its order, one after the other into `out`, so that a log of any length can be
    /// written out.
    pub(crate) async fn audit_export(&self, out: mpsc::Sender<Logged>) -> Result<()> {
        let mut after = 0;
        loop {
            let part = self.audit_part(after).await?;
            let Some(last) = part.last() else { return Ok(()) };
            after = last.seq;
            for entry in part {
                // Whoever has stopped reading wants no more.
                if out.send(entry).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    /// Some entries behind one.
    async fn audit_part(&self, after: i64) -> Result<Vec<Logged>> {
        self.read(move |db| {
            let sql = format!("SELECT {} FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2", Logged::COLUMNS);
            db.rows(&sql, &values![after, PART])?.iter().map(Logged::from_row).collect()
        })
        .await
    }

    /// The hash of one entry.
    pub(crate) async fn audit_hash(&self, seq: i64) -> Result<Option<[u8; 32]>> {
        self.read(move |db| {
            db.row("SELECT hash FROM audit WHERE seq = ?1", &values![seq])?.map(|row| row.at(0)).transpose()
        })
        .await
    }
}
