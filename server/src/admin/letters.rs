//! Letters: which wait, and which did not arrive.

use crate::realm::{Realm, RealmError};
use crate::store::LetterLine;
use serde::Serialize;

/// A letter; not its words, which are nobody else's.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct LetterShown {
    pub letter: i64,
    pub kind: String,
    pub email: Option<String>,
    pub organisation: String,
    /// `waiting`, `refused` (and tried again), `gave-up`, `bounced`, `dropped` or `sent`.
    pub state: &'static str,
    pub attempts: i64,
    pub created_at: i64,
    pub next_try_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// What the mail server said.
    pub trouble: Option<String>,
}

impl Realm {
    /// Letters in these states, newest first, at most `limit`; in all states if none is given.
    pub async fn letters(&self, states: Vec<String>, limit: usize) -> Result<Vec<LetterShown>, RealmError> {
        let rows: Vec<LetterLine> = self.store.letters(states, limit).await?;
        Ok(rows.into_iter().map(LetterShown::new).collect())
    }
}

impl LetterShown {
    fn new(row: LetterLine) -> Self {
        Self {
            letter: row.seq,
            kind: row.kind,
            email: row.email,
            organisation: row.org_name,
            state: row.state,
            attempts: row.attempts,
            created_at: row.created_at,
            next_try_at: row.next_try_at,
            ended_at: row.ended_at,
            trouble: row.trouble,
        }
    }
}
