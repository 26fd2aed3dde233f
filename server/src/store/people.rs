//! People as their organisation provisions them: created, read, changed, removed, always within one
//! organisation.
//!
//! Promise: every query names the organisation; deactivation ends invitations, logins and running
//! enrolments in the same transaction; a completed account never gets a second invitation to enrol.

use super::accounts::IS_MEMBER;
use super::addresses::{NEW_ACCOUNT, give_address};
use super::audit::{Entry, note};
use super::db::{Db, Row, Statement, values};
use super::{Result, Store, StoreError, groups, invites, sessions};
use crate::rng::{fresh_id, fresh_ordered_id};
use crate::standing::{AddressMove, AtAddress, Before, Consequences, InviteMove, Mode, Placement, decide, place};
use crate::{address, user_name};

/// What an organisation says of a person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) user_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) active: bool,
    /// Where mail for the person goes, if the organisation says.
    pub(crate) email: Option<String>,
    pub(crate) display_name: Option<String>,
    /// The other SCIM attributes, as JSON text.
    pub(crate) attributes: String,
    /// Every address that the person is found by, in lower case. Only written: what is loaded has
    /// none.
    pub(crate) addresses: Vec<String>,
}

/// A person of an organisation.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user_id: [u8; 16],
    pub(crate) draft: Draft,
    pub(crate) created_at: i64,
    pub(crate) modified_at: i64,
    pub(crate) version: i64,
}

/// Which person of which organisation.
#[derive(Clone, Copy)]
pub(crate) struct PersonKey {
    pub(crate) org: [u8; 16],
    pub(crate) user: [u8; 16],
}

/// How a creation went.
pub(crate) enum Placed {
    Person(Box<Person>),
    /// The userName is taken in this organisation.
    Taken,
}

/// How a change went; `E` is the caller's own refusal.
pub(crate) enum Edited<E> {
    Person(Box<Person>),
    Unknown,
    Taken,
    Refused(E),
}

/// What stands in the way of a new person: the userName, and who has the address already. No joins:
/// a planner that knows nothing of the tables yet would begin at the wrong end.
const BEFORE: &str = "SELECT EXISTS (SELECT 1 FROM membership WHERE org_id = ?1 AND user_name_key = ?2),
        (SELECT account_id FROM account WHERE email_key = ?3 AND state <> 'removed'),
        EXISTS (SELECT 1 FROM membership WHERE org_id = ?1
                AND account_id = (SELECT account_id FROM account WHERE email_key = ?3 AND state <> 'removed'))";
const NEW_MEMBERSHIP: &str =
    "INSERT INTO membership (user_id, org_id, account_id, mode, user_name, user_name_key, external_id, active, email,
         display_name, attributes, created_at, modified_at, version, invited_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, 1, ?13)";

pub(super) const COLUMNS: &str = "m.user_id, m.user_name, m.external_id, m.active, m.email, m.display_name, m.attributes, m.created_at, m.modified_at, m.version";

impl Store {
    /// Creates a person and, if active, their invitation.
    pub(crate) async fn create_person(&self, org: [u8; 16], draft: Draft, invite_ttl: i64, now: i64) -> Result<Placed> {
        let key = key_of(&draft.user_name)?;
        let email_key = draft.email.as_deref().map(address::key);
        self.write(move |db| {
            let before = db.one(BEFORE, &values![org, &key, &email_key])?;
            let (taken, at_address, is_member): (bool, Option<[u8; 16]>, bool) =
                (before.at(0)?, before.at(1)?, before.at(2)?);
            if taken {
                return Ok(Placed::Taken);
            }
            let Placement { account, mode, gets_address, invited } =
                place(draft.active, draft.email.is_some(), &AtAddress { account: at_address, is_member });
            let address = draft.email.as_deref().filter(|_| gets_address);
            let address_key = email_key.as_deref().filter(|_| gets_address);
            let (new_account, user) = (account.is_none(), fresh_ordered_id());
            let account = account.unwrap_or_else(fresh_id);
            let mut statements = Vec::with_capacity(8);
            if new_account {
                statements.push((NEW_ACCOUNT, values![account, address, address_key, now].to_vec()));
            }
            let membership = values![
                user,
                org,
                account,
                mode,
                &draft.user_name,
                &key,
                &draft.external_id,
                draft.active,
                &draft.email,
                &draft.display_name,
                &draft.attributes,
                now,
                invited.then_some(now)
            ];
            statements.push((NEW_MEMBERSHIP, membership.to_vec()));
            statements.push(("UPDATE organisation SET people = people + 1 WHERE org_id = ?1", values![org].to_vec()));
            statements.extend(addresses(PersonKey { org, user }, &draft));
            note(db, now, "person.created", Entry { org: Some(org), account: Some(account), ..Entry::default() });
            if invited {
                statements.extend(invites::first(db, account, org, mode, invite_ttl, now));
            }
            db.execute_all(&statements)?;
            Ok(Placed::Person(Box::new(Person { user_id: user, draft, created_at: now, modified_at: now, version: 1 })))
        })
        .await
    }

    /// Changes a person; `edit` sees the present state inside the transaction.
    pub(crate) async fn edit_person<E, F>(
        &self,
        key: PersonKey,
        invite_ttl: i64,
        now: i64,
        edit: F,
    ) -> Result<Edited<E>>
    where
        E: Send + 'static,
        F: FnOnce(&Person) -> std::result::Result<Draft, E> + Send + 'static,
    {
        self.write(move |db| {
            let Some(row) = load(db, key)? else { return Ok(Edited::Unknown) };
            let mut draft = match edit(&row.person) {
                Ok(draft) => draft,
                Err(refusal) => return Ok(Edited::Refused(refusal)),
            };
            let addresses = std::mem::take(&mut draft.addresses);
            if draft == row.person.draft {
                return Ok(Edited::Person(Box::new(row.person)));
            }
            draft.addresses = addresses;
            if taken(db, key.org, &draft.user_name, key.user)? {
                return Ok(Edited::Taken);
            }
            save(db, key, &draft, now)?;
            note(
                db,
                now,
                "person.changed",
                Entry { org: Some(key.org), account: Some(row.account), ..Entry::default() },
            );
            row.consequences(db, key.org, &draft, invite_ttl, now)?;
            let person = load(db, key)?.map(|row| Box::new(row.person));
            Ok(person.map_or(Edited::Unknown, Edited::Person))
        })
        .await
    }

    /// Removes a person from the organisation if `allow` lets it.
    pub(crate) async fn remove_person<E, F>(&self, key: PersonKey, now: i64, allow: F) -> Result<Edited<E>>
    where
        E: Send + 'static,
        F: FnOnce(&Person) -> std::result::Result<(), E> + Send + 'static,
    {
        self.write(move |db| {
            let Some(row) = load(db, key)? else { return Ok(Edited::Unknown) };
            if let Err(refusal) = allow(&row.person) {
                return Ok(Edited::Refused(refusal));
            }
            groups::leave_groups(db, key.org, key.user, now)?;
            deactivate(db, key.org, row.account, now)?;
            db.execute_all(&[
                ("DELETE FROM membership WHERE user_id = ?1 AND org_id = ?2", values![key.user, key.org].to_vec()),
                ("UPDATE organisation SET people = people - 1 WHERE org_id = ?1", values![key.org].to_vec()),
            ])?;
            // The last organisation gone, the address is free again: who comes back is a new
            // account with new keys.
            db.execute(
                "UPDATE account SET state = 'removed', removed_at = ?2
                 WHERE account_id = ?1 AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.account_id = ?1)",
                &values![row.account, now],
            )?;
            note(
                db,
                now,
                "person.removed",
                Entry { org: Some(key.org), account: Some(row.account), ..Entry::default() },
            );
            Ok(Edited::Person(Box::new(row.person)))
        })
        .await
    }
}

struct Membership {
    person: Person,
    account: [u8; 16],
    mode: Mode,
    accepted: bool,
    invited: bool,
}

impl Membership {
    /// Applies what follows from a change: invitations, sessions, logins.
    fn consequences(&self, db: &Db, org: [u8; 16], after: &Draft, ttl: i64, now: i64) -> Result<()> {
        let account = self.account;
        let Consequences { deactivated, address, invite } =
            decide(self.before(db, after.email.as_deref())?, after.active, after.email.as_deref());
        if deactivated {
            deactivate(db, org, account, now)?;
        }
        match (address, after.email.as_deref()) {
            (AddressMove::Follows, Some(email)) => give_address(db, account, email)?,
            (AddressMove::Apart, _) => invites::withdraw(db, account, org, now)?,
            _ => {}
        }
        match invite {
            InviteMove::Stays => {}
            InviteMove::Issued => invites::issue(db, account, org, self.mode, ttl, now)?,
            InviteMove::Withheld => {
                note(db, now, "invite.withheld", Entry { org: Some(org), account: Some(account), ..Entry::default() });
            }
        }
        Ok(())
    }

    /// What is decided by; `email` is the address that the organisation gives from now on.
    fn before(&self, db: &Db, email: Option<&str>) -> Result<Before<'_>> {
        let row = db.one(
            "SELECT a.email IS NOT NULL,
                    a.state = 'invited' AND NOT EXISTS (SELECT 1 FROM invite i WHERE i.account_id = a.account_id),
                    (SELECT h.account_id FROM account h WHERE h.email_key = ?2 AND h.state <> 'removed')
             FROM account a WHERE a.account_id = ?1",
            &values![self.account, email.map(address::key)],
        )?;
        Ok(Before {
            active: self.person.draft.active,
            email: self.person.draft.email.as_deref(),
            mode: self.mode,
            accepted: self.accepted,
            invited: self.invited,
            account: self.account,
            has_address: row.at(0)?,
            is_untouched: row.at(1)?,
            holder: row.at(2)?,
        })
    }
}

/// Ends what the person has open in this organisation and, if it was the last active one, in the
/// realm.
fn deactivate(db: &Db, org: [u8; 16], account: [u8; 16], now: i64) -> Result<()> {
    invites::withdraw(db, account, org, now)?;
    let elsewhere = db.exists(
        &format!("SELECT 1 FROM membership m WHERE m.account_id = ?1 AND m.org_id <> ?2 AND {IS_MEMBER}"),
        &values![account, org],
    )?;
    if !elsewhere {
        sessions::bar_all(db, account)?;
    }
    note(db, now, "person.deactivated", Entry { org: Some(org), account: Some(account), ..Entry::default() });
    Ok(())
}

fn taken(db: &Db, org: [u8; 16], user_name: &str, except: [u8; 16]) -> Result<bool> {
    let holder = db.row(
        "SELECT user_id FROM membership WHERE org_id = ?1 AND user_name_key = ?2",
        &values![org, key_of(user_name)?],
    )?;
    let holder: Option<[u8; 16]> = holder.map(|row| row.at(0)).transpose()?;
    Ok(holder.is_some_and(|holder| holder != except))
}

fn save(db: &Db, key: PersonKey, draft: &Draft, now: i64) -> Result<()> {
    db.execute(
        "UPDATE membership SET user_name = ?3, user_name_key = ?4, external_id = ?5, active = ?6, email = ?7, display_name = ?8,
             attributes = ?9, modified_at = ?10, version = version + 1 WHERE user_id = ?1 AND org_id = ?2",
        &values![
            key.user,
            key.org,
            &draft.user_name,
            key_of(&draft.user_name)?,
            &draft.external_id,
            draft.active,
            &draft.email,
            &draft.display_name,
            &draft.attributes,
            now
        ],
    )?;
    db.execute("DELETE FROM membership_email WHERE user_id = ?1", &values![key.user])?;
    db.execute_all(&addresses(key, draft).collect::<Vec<_>>())
}

/// Writes down by which addresses the person is found.
fn addresses(key: PersonKey, draft: &Draft) -> impl Iterator<Item = Statement<'_>> {
    const ONE: &str =
        "INSERT INTO membership_email (org_id, email_key, user_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    draft.addresses.iter().map(move |address| (ONE, values![key.org, address, key.user].to_vec()))
}

fn key_of(user_name: &str) -> Result<String> {
    user_name::key(user_name).ok_or(StoreError::Corrupt("a userName that cannot be one"))
}

/// One person of the organisation.
pub(super) fn find(db: &Db, key: PersonKey) -> Result<Option<Person>> {
    Ok(load(db, key)?.map(|row| row.person))
}

fn load(db: &Db, key: PersonKey) -> Result<Option<Membership>> {
    let sql = format!(
        "SELECT {COLUMNS}, m.account_id, m.mode, m.accepted_at IS NOT NULL, m.invited_at IS NOT NULL FROM membership m WHERE m.user_id = ?1 AND m.org_id = ?2"
    );
    let row = db.row(&sql, &values![key.user, key.org])?;
    row.map(|row| {
        Ok(Membership {
            person: person(&row)?,
            account: row.at(10)?,
            mode: row.at(11)?,
            accepted: row.at(12)?,
            invited: row.at(13)?,
        })
    })
    .transpose()
}

pub(super) fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        user_id: row.at(0)?,
        draft: Draft {
            user_name: row.at(1)?,
            external_id: row.at(2)?,
            active: row.at(3)?,
            email: row.at(4)?,
            display_name: row.at(5)?,
            attributes: row.at(6)?,
            addresses: Vec::new(),
        },
        created_at: row.at(7)?,
        modified_at: row.at(8)?,
        version: row.at(9)?,
    })
}
