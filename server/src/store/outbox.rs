//! Letters on their way into the outbox, in the transaction of the change that they tell of.

use super::accounts::IS_MEMBER;
use super::db::{Db, Statement, values};
use super::error::Result;

/// Queues a letter of this kind about an account, under the name of an organisation.
pub(super) fn queue(db: &Db, kind: &str, account: [u8; 16], org: [u8; 16], now: i64) -> Result<()> {
    db.execute(
        "INSERT INTO outbox (kind, account_id, org_id, created_at, not_before) VALUES (?1, ?2, ?3, ?4, ?4)",
        &values![kind, account, org, now],
    )?;
    Ok(())
}

/// What queues the letter with an invitation. The organisations have turns with these.
pub(super) fn invitation(account: [u8; 16], org: [u8; 16], invite: [u8; 16], now: i64) -> Statement<'static> {
    (
        "INSERT INTO outbox (kind, account_id, org_id, invite_id, created_at, not_before, takes_turns)
         VALUES ('invite', ?1, ?2, ?3, ?4, ?4, 1)",
        values![account, org, invite, now].to_vec(),
    )
}

/// What queues the letter with which a person makes new keys. It waits for no invitation.
pub(super) fn reset(account: [u8; 16], org: [u8; 16], invite: [u8; 16], now: i64) -> Statement<'static> {
    (
        "INSERT INTO outbox (kind, account_id, org_id, invite_id, created_at, not_before) VALUES ('invite', ?1, ?2, ?3, ?4, ?4)",
        values![account, org, invite, now].to_vec(),
    )
}

/// Queues one letter to the person, under the name of the organisation that has them longest, and
/// one to the administrators of each organisation, if they have to know.
pub(super) fn tell(
    db: &Db,
    account: [u8; 16],
    to_person: Option<&'static str>,
    to_administrators: Option<&'static str>,
    now: i64,
) -> Result<()> {
    let sql = format!(
        "SELECT m.org_id, coalesce(o.contact, r.contact) IS NOT NULL
         FROM membership m JOIN organisation o USING (org_id) CROSS JOIN realm r
         WHERE m.account_id = ?1 AND {IS_MEMBER} ORDER BY m.created_at, m.org_id"
    );
    for (at, row) in db.rows(&sql, &values![account])?.iter().enumerate() {
        let (org, has_contact): ([u8; 16], bool) = (row.at(0)?, row.at(1)?);
        let person = to_person.filter(|_| at == 0);
        let administrators = to_administrators.filter(|_| has_contact);
        for letter in person.into_iter().chain(administrators) {
            queue(db, letter, account, org, now)?;
        }
    }
    Ok(())
}
