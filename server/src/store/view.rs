//! Everything that is stored on an account, for the administrator who asks.

use super::rows::Bundle;
use super::{Result, Store};
use rusqlite::OptionalExtension;

/// An account as it lies in the database.
pub(crate) struct Stored {
    pub(crate) account_id: [u8; 16],
    pub(crate) email: Option<String>,
    pub(crate) state: String,
    pub(crate) bundle: Option<Bundle>,
}

impl Store {
    /// The account of this address, removed ones last.
    pub(crate) async fn stored(&self, email_key: String) -> Result<Option<Stored>> {
        self.read(move |db| {
            let row = db
                .query_row(
                    "SELECT account_id, email, state FROM account WHERE email_key = ?1 ORDER BY state = 'removed', created_at DESC LIMIT 1",
                    [&email_key],
                    |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?;
            let Some((account_id, email, state)) = row else { return Ok(None) };
            let sql = format!("SELECT {} FROM bundle b WHERE b.account_id = ?1", Bundle::COLUMNS);
            let bundle = db.query_row(&sql, [account_id], |row| Bundle::from_row(row, 0)).optional()?;
            Ok(Some(Stored { account_id, email, state, bundle }))
        })
        .await
    }
}
