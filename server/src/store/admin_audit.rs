//! The audit log as an administrator reads it.

use super::audit::Logged;
use super::db::values;
use super::{Result, Store};
use std::ops::ControlFlow;
use tokio::sync::mpsc;

impl Store {
    /// The newest entries, oldest of them first.
    pub(crate) async fn audit_tail(&self, count: u32) -> Result<Vec<Logged>> {
        self.read(move |db| {
            let sql = format!("SELECT {} FROM audit ORDER BY seq DESC LIMIT ?1", Logged::COLUMNS);
            let rows = db.rows(&sql, &values![count])?;
            rows.iter().rev().map(Logged::from_row).collect()
        })
        .await
    }

    /// Every entry in its order, one after the other into `out`, so that a log of any length can be written out.
    pub(crate) async fn audit_export(&self, out: mpsc::Sender<Logged>) -> Result<()> {
        self.read(move |db| {
            let sql = format!("SELECT {} FROM audit ORDER BY seq", Logged::COLUMNS);
            db.each(&sql, &[], |row| {
                let entry = Logged::from_row(&row)?;
                // Whoever has stopped reading wants no more.
                Ok(if out.blocking_send(entry).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })
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
