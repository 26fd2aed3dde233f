//! Where an account is invited, and which key an earlier account with the same address had.

use super::db::{Db, values};
use super::error::Result;
use crate::address;

/// The key that the last removed account with this address had, as SQL.
macro_rules! earlier_key {
    ($address:literal) => {
        concat!(
            "(SELECT coalesce(b.fingerprint, b.earlier_fingerprint) FROM account b WHERE b.email_key = ",
            $address,
            " AND b.state = 'removed' AND coalesce(b.fingerprint, b.earlier_fingerprint) IS NOT NULL ",
            "ORDER BY b.removed_at DESC, b.created_at DESC LIMIT 1)"
        )
    };
}

/// A new account at an address, or at none.
pub(super) const NEW_ACCOUNT: &str = concat!(
    "INSERT INTO account (account_id, email, email_key, state, created_at, earlier_fingerprint) VALUES (?1, ?2, ?3, 'invited', ?4, ",
    earlier_key!("?3"),
    ")"
);

/// Gives an account the address that it is invited at.
pub(super) fn give_address(db: &Db, account: [u8; 16], email: &str) -> Result<()> {
    db.execute(
        "UPDATE account SET email = ?2, email_key = ?3 WHERE account_id = ?1",
        &values![account, email, address::key(email)],
    )?;
    remember_earlier_key(db, account)
}

/// Keeps on an account which key the last removed account with its address had: whoever knew that
/// key must learn that this is another one.
fn remember_earlier_key(db: &Db, account: [u8; 16]) -> Result<()> {
    const SQL: &str = concat!(
        "UPDATE account SET earlier_fingerprint = coalesce(",
        earlier_key!("account.email_key"),
        ", earlier_fingerprint) WHERE account_id = ?1"
    );
    db.execute(SQL, &values![account])?;
    Ok(())
}
