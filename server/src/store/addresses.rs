//! Accounts and their mailbox: pending without one, complete at the one that was proven, retired
//! with the one that they had.

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
pub(super) use earlier_key;

/// A pending account.
pub(super) const NEW_ACCOUNT: &str = "INSERT INTO account (account_id, state, created_at) VALUES (?1, 'invited', ?2)";

/// Completes a pending account at the mailbox that its link was sent to; false if it is not pending
/// any more. Keeps on it which key the last removed account with the address had: whoever knew that
/// key must learn that this is another one.
pub(super) fn prove(db: &Db, account: [u8; 16], email: &str, fingerprint: &str, now: i64) -> Result<bool> {
    const SQL: &str = concat!(
        "UPDATE account SET state = 'complete', completed_at = ?2, fingerprint = ?3, email = ?4, email_key = ?5, earlier_fingerprint = ",
        earlier_key!("?5"),
        " WHERE account_id = ?1 AND state = 'invited'"
    );
    Ok(db.execute(SQL, &values![account, now, fingerprint, email, address::key(email)])? == 1)
}

/// Ends an account. A pending one has no mailbox of its own; `email` says where its person was.
pub(super) fn retire(db: &Db, account: [u8; 16], email: Option<&str>, now: i64) -> Result<()> {
    db.execute(
        "UPDATE account SET state = 'removed', removed_at = ?2, email = coalesce(email, ?3), email_key = coalesce(email_key, ?4)
         WHERE account_id = ?1",
        &values![account, now, email, email.map(address::key)],
    )?;
    Ok(())
}
