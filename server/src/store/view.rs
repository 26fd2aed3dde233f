//! Everything that is stored on an account, for the administrator who asks.

use super::accounts::IS_MEMBER;
use super::addresses::earlier_key;
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

/// Whose address it is: the account whose mailbox was proven, else the person whom an organisation
/// names so, else who had it last.
const WHOSE: [&str; 3] = [
    "SELECT a.account_id FROM account a WHERE a.email_key = ?1 AND a.state = 'complete'",
    "SELECT m.account_id FROM membership m WHERE m.email_key = ?1
     ORDER BY m.standing = 'invited' DESC, m.active DESC, m.created_at, m.user_id LIMIT 1",
    "SELECT a.account_id FROM account a WHERE a.email_key = ?1 AND a.state = 'removed'
     ORDER BY a.completed_at IS NULL, a.removed_at DESC, a.created_at DESC LIMIT 1",
];
const ACCOUNT: &str = concat!(
    "SELECT a.account_id, coalesce(a.email, m.email), a.state, coalesce(a.earlier_fingerprint, ",
    earlier_key!("m.email_key"),
    ") FROM account a LEFT JOIN membership m ON m.account_id = a.account_id AND m.accepted_at IS NULL AND a.state = 'invited'
     WHERE a.account_id = ?1"
);

impl Store {
    /// The account of this address, removed ones last.
    pub(crate) async fn stored(&self, email_key: String) -> Result<Option<Stored>> {
        self.read(move |db| {
            let mut whose: Option<[u8; 16]> = None;
            for sql in WHOSE {
                if whose.is_none() {
                    whose = db.row(sql, &values![&email_key])?.map(|row| row.at(0)).transpose()?;
                }
            }
            whose.map(|account| account_of(db, account)).transpose()
        })
        .await
    }

    /// The account of this id, if there is one.
    pub(crate) async fn stored_if_there(&self, account: [u8; 16]) -> Result<Option<Stored>> {
        self.read(move |db| {
            let is_there = db.exists("SELECT 1 FROM account WHERE account_id = ?1", &values![account])?;
            is_there.then(|| account_of(db, account)).transpose()
        })
        .await
    }

    /// Whether an organisation has the account, asks it to join, or names that mailbox.
    pub(crate) async fn is_in(&self, account: [u8; 16], email_key: String, org: [u8; 16]) -> Result<bool> {
        self.read(move |db| {
            let sql = "SELECT 1 FROM membership WHERE org_id = ?2 AND (account_id = ?1 OR email_key = ?3)";
            db.exists(sql, &values![account, org, &email_key])
        })
        .await
    }

    /// The account of this id.
    pub(crate) async fn stored_of(&self, account: [u8; 16]) -> Result<Stored> {
        self.read(move |db| account_of(db, account)).await
    }
}

fn account_of(db: &Db, account_id: [u8; 16]) -> Result<Stored> {
    let row = db.one(ACCOUNT, &values![account_id])?;
    let (email, state) = (row.at(1)?, row.at(2)?);
    let state = standing(db, account_id, state)?;
    let sql = format!("SELECT {} FROM bundle b WHERE b.account_id = ?1", Bundle::COLUMNS);
    let bundle = db.row(&sql, &values![account_id])?.map(|row| Bundle::from_row(&row, 0)).transpose()?;
    let letters = letters_of(db, account_id, LETTERS)?;
    Ok(Stored { account_id, email, state, bundle, earlier_fingerprint: row.at(3)?, letters })
}

/// The account's state in the words of `docs/LIFECYCLE.md`, which tell who waits for whom.
fn standing(db: &Db, account: [u8; 16], state: String) -> Result<String> {
    let of = |condition: &str| {
        db.row(
            &format!("SELECT m.standing FROM membership m WHERE m.account_id = ?1 AND {condition}"),
            &values![account],
        )
    };
    Ok(match state.as_str() {
        "invited" => of("m.accepted_at IS NULL")?.map_or(Ok(state), |row| row.at(0))?,
        "complete" if of(IS_MEMBER)?.is_none() => "suspended".to_owned(),
        _ => state,
    })
}
