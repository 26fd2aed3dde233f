//! Which letter is next: those about keys first, in their order; then an invitation of the
//! organisation whose turn it is.
//!
//! Promise: a letter about keys waits for no invitation; an organisation that has many invitations
//! to send delays one of another organisation by one letter, not by all of them. Must never: leave
//! a due letter where nobody finds it.

use super::db::{Db, Row, values};
use super::error::Result;
use std::sync::{Arc, Mutex, PoisonError};

const NEXT: &str =
    "SELECT seq, kind, account_id, invite_id, attempts, org_id, message_id, created_at, notice FROM outbox
     WHERE done_at IS NULL AND not_before <= ?1 AND lease_until <= ?1";
/// Most organisations that are asked for one letter. Each of them has invitations, and none is due;
/// where there are more, the oldest due invitation of all is taken.
const ASKED: usize = 64;

/// The organisation that had the last turn, of this server.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<[u8; 16]>>);

impl Turns {
    /// The next letter: the columns of the outbox are number, kind, account, invitation, tries,
    /// organisation, name, when it was written, and the notice if it is one.
    pub(super) fn next(&self, db: &Db, now: i64) -> Result<Option<Row>> {
        let about_keys = format!("{NEXT} AND takes_turns = 0 ORDER BY not_before, seq LIMIT 1");
        if let Some(row) = db.row(&about_keys, &values![now])? {
            return Ok(Some(row));
        }
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = after(db, last, now)?;
        if found.is_none() {
            let oldest = format!("{NEXT} AND takes_turns = 1 ORDER BY not_before, seq LIMIT 1");
            found = db.row(&oldest, &values![now])?;
        }
        if let Some(row) = &found {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = row.at(5)?;
        }
        Ok(found)
    }
}

/// The oldest due invitation of the next organisation that has one.
fn after(db: &Db, last: [u8; 16], now: i64) -> Result<Option<Row>> {
    const ORGANISATION: &str =
        "SELECT org_id FROM outbox WHERE done_at IS NULL AND takes_turns = 1 AND org_id > ?1 ORDER BY org_id LIMIT 1";
    let of = format!("{NEXT} AND takes_turns = 1 AND org_id = ?2 ORDER BY not_before, seq LIMIT 1");
    let (mut from, mut is_first_round) = (last, true);
    for _ in 0..ASKED {
        let Some(org) = db.row(ORGANISATION, &values![from])? else {
            if !is_first_round {
                break;
            }
            (from, is_first_round) = ([0; 16], false);
            continue;
        };
        from = org.at(0)?;
        if let Some(row) = db.row(&of, &values![now, from])? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::db::values;
    use super::Turns;
    use crate::store::Store;

    /// Letters of organisations, in the order in which they were written: the organisation, and
    /// whether it is an invitation.
    fn order(letters: &[(u8, bool)]) -> Vec<(u8, bool)> {
        let store = Store::open_in_memory().expect("a store");
        let turns = Turns::default();
        let work = {
            let letters = letters.to_vec();
            move |db: &super::Db| {
                let account = [9_u8; 16];
                db.execute(
                    "INSERT INTO account (account_id, state, created_at) VALUES (?1, 'invited', 0)",
                    &values![account],
                )?;
                let mut orgs: Vec<u8> = letters.iter().map(|(org, _)| *org).collect();
                orgs.sort_unstable();
                orgs.dedup();
                for org in orgs {
                    let sql = "INSERT INTO organisation (org_id, name, created_at) VALUES (?1, 'Corp', 0)";
                    db.execute(sql, &values![[org; 16]])?;
                }
                for (org, invitation) in &letters {
                    db.execute(
                        "INSERT INTO outbox (kind, account_id, org_id, created_at, not_before, takes_turns)
                         VALUES (?1, ?2, ?3, 0, 0, ?4)",
                        &values![if *invitation { "invite" } else { "kit-changed" }, account, [*org; 16], *invitation],
                    )?;
                }
                let mut order = Vec::new();
                while let Some(row) = turns.next(db, 1)? {
                    order.push((row.at::<[u8; 16]>(5)?[0], row.at::<String>(1)? == "invite"));
                    db.execute("UPDATE outbox SET done_at = 1 WHERE seq = ?1", &values![row.at::<i64>(0)?])?;
                }
                Ok(order)
            }
        };
        store.in_memory().write(work).expect("an order")
    }

    #[test]
    fn a_letter_about_keys_waits_for_no_invitation() {
        let mut letters = vec![(1, true); 50];
        letters.push((2, false));
        assert_eq!(order(&letters)[0], (2, false));
    }

    #[test]
    fn organisations_have_turns_with_their_invitations() {
        let mut letters = vec![(2, true); 50];
        letters.extend([(1, true), (3, true), (3, true)]);
        let order: Vec<u8> = order(&letters).into_iter().map(|(org, _)| org).collect();
        assert_eq!(order[..6], [1, 2, 3, 2, 3, 2]);
        assert_eq!(order.len(), letters.len(), "every letter has its turn");
    }

    #[test]
    fn where_more_organisations_wait_than_are_asked_a_due_letter_is_found_all_the_same() {
        let store = Store::open_in_memory().expect("a store");
        let found = store.in_memory().write(|db| {
            let account = [9_u8; 16];
            db.execute(
                "INSERT INTO account (account_id, state, created_at) VALUES (?1, 'invited', 0)",
                &values![account],
            )?;
            for org in 1..=200_u8 {
                let sql = "INSERT INTO organisation (org_id, name, created_at) VALUES (?1, 'Corp', 0)";
                db.execute(sql, &values![[org; 16]])?;
                let not_before = if org == 200 { 0_i64 } else { 100 };
                db.execute(
                    "INSERT INTO outbox (kind, account_id, org_id, created_at, not_before, takes_turns)
                     VALUES ('invite', ?1, ?2, 0, ?3, 1)",
                    &values![account, [org; 16], not_before],
                )?;
            }
            Turns::default().next(db, 1)?.map(|row| row.at::<[u8; 16]>(5)).transpose()
        });
        assert_eq!(found.expect("no trouble"), Some([200; 16]));
    }
}
