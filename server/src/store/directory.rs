//! What people may know of each other: public keys, and whether somebody compared the fingerprint.

use super::db::values;
use super::rows::Bundle;
use super::sessions::{InSession, Purpose, require};
use super::{Result, Store};
use crate::token::TokenHash;

/// Somebody with a completed account, as a colleague sees them.
pub(crate) struct Colleague {
    pub(crate) account_id: [u8; 16],
    pub(crate) bundle: Bundle,
    pub(crate) confirmed_at: Option<i64>,
    /// The eight words that the administrator compared; another key than the present one if they
    /// differ.
    pub(crate) confirmed_fingerprint: Option<String>,
    /// The key that an earlier account with this address had, or this one before a reset.
    pub(crate) earlier_fingerprint: Option<String>,
    /// When the last reset of the keys was started, and when it was completed.
    pub(crate) reset: Option<(i64, i64)>,
}

impl Store {
    /// The person with this address, if an organisation has both them and the asker as active
    /// members who accepted it.
    pub(crate) async fn colleague(
        &self,
        session: TokenHash,
        email_key: String,
        now: i64,
    ) -> Result<InSession<Option<Colleague>>> {
        self.read(move |db| {
            let asker = match require(db, session, Some(Purpose::Full), now)? {
                Ok(asker) => asker,
                Err(none) => return Ok(Err(none)),
            };
            let sql = format!(
                "SELECT a.account_id, a.confirmed_at, a.confirmed_fingerprint, a.earlier_fingerprint, a.reset_started_at, a.reset_at, {}
                 FROM account a JOIN bundle b USING (account_id)
                 WHERE a.email_key = ?1 AND a.state = 'complete' AND EXISTS (
                     SELECT 1 FROM membership theirs JOIN membership mine ON mine.org_id = theirs.org_id
                     WHERE theirs.account_id = a.account_id AND theirs.active = 1 AND theirs.accepted_at IS NOT NULL
                       AND mine.account_id = ?2 AND mine.active = 1 AND mine.accepted_at IS NOT NULL)",
                Bundle::COLUMNS
            );
            let row = db.row(&sql, &values![&email_key, asker.account.account_id])?;
            let colleague = row.map(|row| {
                Ok(Colleague {
                    account_id: row.at(0)?,
                    confirmed_at: row.at(1)?,
                    confirmed_fingerprint: row.at(2)?,
                    earlier_fingerprint: row.at(3)?,
                    reset: row.at::<Option<i64>>(4)?.zip(row.at::<Option<i64>>(5)?),
                    bundle: Bundle::from_row(&row, 6)?,
                })
            });
            colleague.transpose().map(Ok)
        })
        .await
    }
}
