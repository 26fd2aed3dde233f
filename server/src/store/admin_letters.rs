//! Letters as an administrator sees them: waiting, refused so far, given up, sent back, sent.

use super::db::Row;
use super::{Result, Store};
use std::ops::ControlFlow;

/// A letter.
pub(crate) struct LetterLine {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) email: Option<String>,
    pub(crate) org_name: String,
    pub(crate) state: &'static str,
    pub(crate) created_at: i64,
    pub(crate) attempts: i64,
    pub(crate) next_try_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) trouble: Option<String>,
}

impl Store {
    /// Letters in one of these states, newest first, at most `limit`; all states if none is given.
    pub(crate) async fn letters(&self, states: Vec<String>, limit: usize) -> Result<Vec<LetterLine>> {
        self.read(move |db| {
            let mut found = Vec::new();
            db.each(
                "SELECT l.seq, l.kind, coalesce(l.to_key, a.email), coalesce(o.name, ''), l.created_at, l.attempts, l.not_before, l.done_at, l.trouble,
                        l.gave_up_at, l.bounced_at
                 FROM outbox l LEFT JOIN account a ON a.account_id = l.account_id LEFT JOIN organisation o ON o.org_id = l.org_id
                 ORDER BY l.seq DESC",
                &[],
                |row| {
                    let letter = LetterLine::from_row(&row)?;
                    if states.is_empty() || states.iter().any(|state| state == letter.state) {
                        found.push(letter);
                    }
                    Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
                },
            )?;
            Ok(found)
        })
        .await
    }
}

impl LetterLine {
    fn from_row(row: &Row) -> Result<Self> {
        let (attempts, not_before): (i64, i64) = (row.at(5)?, row.at(6)?);
        let (done, trouble): (Option<i64>, Option<String>) = (row.at(7)?, row.at(8)?);
        let (gave_up, bounced): (Option<i64>, Option<i64>) = (row.at(9)?, row.at(10)?);
        let state = match (gave_up, bounced, done, &trouble) {
            (Some(_), ..) => "gave-up",
            (_, Some(_), ..) => "bounced",
            (_, _, Some(_), Some(_)) => "dropped",
            (_, _, Some(_), None) => "sent",
            (_, _, None, Some(_)) => "refused",
            (_, _, None, None) => "waiting",
        };
        let waits = matches!(state, "refused" | "waiting");
        Ok(Self {
            seq: row.at(0)?,
            kind: row.at(1)?,
            email: row.at(2)?,
            org_name: row.at(3)?,
            state,
            created_at: row.at(4)?,
            attempts,
            next_try_at: waits.then_some(not_before),
            ended_at: gave_up.or(bounced).or(done),
            trouble,
        })
    }
}
