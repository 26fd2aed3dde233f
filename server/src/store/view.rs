//! Everything that is stored on an account, for the administrator who asks.

use super::accounts::IS_MEMBER;
use super::db::{Db, values};
use super::letter_outcomes::{LetterRow, letters_of};
use super::rows::Bundle;
use super::{Result, Store};

/// An account as it lies in the database.
pub(crate) struct Stored {
    pub(crate) account_id: [u8; 16],
    pub(crate) email: Option<String>,
    pub(crate) state: String,
    pub(crate) bundle: Option<Bundle>,
    /// The eight words of the key that an earlier account with this address had.
    pub(crate) earlier_fingerprint: Option<String>,
    pub(crate) letters: Vec<LetterRow>,
}

/// Letters that are shown with an account.
const LETTERS: i64 = 20;

const ACCOUNT: &str = "SELECT account_id, email, state, earlier_fingerprint FROM account WHERE email_key = ?1";

impl Store {
    /// The account of this address, removed ones last.
    pub(crate) async fn stored(&self, email_key: String) -> Result<Option<Stored>> {
        self.read(move |db| {
            let present = format!("{ACCOUNT} AND state <> 'removed'");
            let removed = format!("{ACCOUNT} AND state = 'removed' ORDER BY created_at DESC LIMIT 1");
            let mut row = db.row(&present, &values![&email_key])?;
            if row.is_none() {
                row = db.row(&removed, &values![&email_key])?;
            }
            let Some(row) = row else { return Ok(None) };
            let (account_id, email, state): ([u8; 16], _, String) = (row.at(0)?, row.at(1)?, row.at(2)?);
            let state = standing(db, account_id, state)?;
            let sql = format!("SELECT {} FROM bundle b WHERE b.account_id = ?1", Bundle::COLUMNS);
            let bundle = db.row(&sql, &values![account_id])?.map(|row| Bundle::from_row(&row, 0)).transpose()?;
            let letters = letters_of(db, account_id, LETTERS)?;
            Ok(Some(Stored { account_id, email, state, bundle, earlier_fingerprint: row.at(3)?, letters }))
        })
        .await
    }
}

/// The account's state in the words of `docs/LIFECYCLE.md`, which tell who waits for whom.
fn standing(db: &Db, account: [u8; 16], state: String) -> Result<String> {
    let any = |condition: &str| {
        db.exists(&format!("SELECT 1 FROM membership m WHERE m.account_id = ?1 AND {condition}"), &values![account])
    };
    Ok(match state.as_str() {
        "invited" if !any("m.invited_at IS NOT NULL")? => "staged".to_owned(),
        "invited" if !any("m.active = 1")? => "suspended".to_owned(),
        "complete" if !any(IS_MEMBER)? => "suspended".to_owned(),
        _ => state,
    })
}
