//! Looking up an account for somebody who has proven nothing yet.
//!
//! Promise: an account that does not exist costs what one that exists costs: the same statements in
//! the same order, with a whole row read in both cases. For nobody that row is of a stand-in, whom
//! the caller's ring number picks; nothing of it may go into an answer.

use super::accounts::{LoginRow, account};
use super::db::{Db, Value};
use super::{Result, Store};

/// A kind of lock that people have, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The KDF block before its salt.
    pub(crate) head: [u8; 14],
    /// And behind it.
    pub(crate) tail: [u8; 1],
    pub(crate) key_gen: u32,
    /// The number of the server's key.
    pub(crate) server_key: u32,
    pub(crate) people: u32,
}

/// What a look found.
pub(crate) struct Looked {
    row: Option<LoginRow>,
    exists: bool,
    /// What the realm's people have, in one order.
    pub(crate) kinds: Vec<Kind>,
}

impl Looked {
    /// The account, if it exists.
    pub(crate) fn account(&self) -> Option<&LoginRow> {
        self.row.as_ref().filter(|_| self.exists)
    }

    /// An OPAQUE record to read, whosever it is: of the account, or of a stand-in. `None` in a
    /// realm in which nobody has finished.
    pub(crate) fn some_record(&self) -> Option<&[u8]> {
        self.row.as_ref().map(|row| row.bundle.opaque_record.as_slice())
    }
}

impl Store {
    /// The completed account of this address; else the last removed one.
    pub(crate) async fn look_by_email(&self, email_key: String, ring: [u8; 16]) -> Result<Looked> {
        self.read(move |db| look(db, "a.email_key = ?1", (&email_key).into(), ring)).await
    }

    /// The completed account of this id, however it stands.
    pub(crate) async fn look_by_id(&self, id: [u8; 16], ring: [u8; 16]) -> Result<Looked> {
        self.read(move |db| look(db, "a.account_id = ?1", id.into(), ring)).await
    }
}

fn look(db: &Db, which: &str, value: Value<'_>, ring: [u8; 16]) -> Result<Looked> {
    let next = id(db, "SELECT account_id FROM bundle WHERE account_id >= ?1 ORDER BY account_id LIMIT 1", ring.into())?;
    let first =
        id(db, "SELECT account_id FROM bundle WHERE account_id >= ?1 ORDER BY account_id LIMIT 1", [0; 16].into())?;
    let stand_in = next.or(first);
    let found = id(db, &who(which), value)?;
    // Once more, so that both have found somebody once, and once nobody.
    let other = if found.is_some() { [0; 16] } else { stand_in.unwrap_or_default() };
    id(db, &who("a.account_id = ?1"), other.into())?;
    let row = match found.or(stand_in) {
        Some(id) => account(db, "a.account_id = ?1", id.into())?,
        None => None,
    };
    let sql = "SELECT head, tail, key_gen, server_key, people FROM lock_kind WHERE people > 0 ORDER BY 1, 2, 3, 4";
    let kinds = db.rows(sql, &[])?;
    let kinds = kinds.iter().map(|row| {
        let (head, tail, key_gen) = (row.at(0)?, row.at(1)?, row.at(2)?);
        Ok(Kind { head, tail, key_gen, server_key: row.at(3)?, people: row.at(4)? })
    });
    Ok(Looked { row, exists: found.is_some(), kinds: kinds.collect::<Result<_>>()? })
}

fn who(which: &str) -> String {
    format!(
        "SELECT a.account_id FROM account a JOIN bundle b USING (account_id)
         WHERE {which} ORDER BY a.state = 'removed', a.removed_at DESC LIMIT 1"
    )
}

fn id(db: &Db, sql: &str, value: Value<'_>) -> Result<Option<[u8; 16]>> {
    db.row(sql, &[value])?.map(|row| row.at(0)).transpose()
}

#[cfg(test)]
mod tests {
    use crate::store::Store;

    #[test]
    fn for_nobody_a_whole_row_is_read_too_and_never_taken_for_an_account() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let store = Store::open_in_memory().expect("a database");
        let looked = |at: u8, ring: u8| runtime.block_on(store.look_by_id([at; 16], [ring; 16])).expect("a look");
        let alone = looked(1, 1);
        assert!(alone.account().is_none() && alone.some_record().is_none() && alone.kinds.is_empty());
        for at in [3_u8, 7] {
            store.in_memory().complete_somebody(at).expect("an account");
        }
        let own = looked(3, 7);
        assert_eq!(own.account().map(|row| row.account_id), Some([3; 16]));
        for (ring, stand_in) in [(0, 3), (3, 3), (4, 7), (7, 7), (8, 3), (255, 3)] {
            let nobody = looked(5, ring);
            assert!(nobody.account().is_none());
            assert_eq!(nobody.some_record(), Some(&[stand_in; 192][..]), "the next on the ring");
            assert_eq!(nobody.kinds, own.kinds);
        }
        assert_eq!(own.kinds.iter().map(|kind| kind.people).collect::<Vec<_>>(), [2]);
    }
}
