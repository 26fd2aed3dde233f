//! People as their organisation provisions them: created, read, changed, removed, always within one
//! organisation.
//!
//! Promise: every query names the organisation; what follows for invitations and accounts is
//! decided by `life` and written in the same transaction; SCIM finds and changes nobody who is kept
//! by hand; deactivation ends invitations, logins and running enrolments. Must never: end or move
//! what belongs to another organisation's person.

use super::accounts::IS_MEMBER;
use super::addresses::{NEW_ACCOUNT, retire};
use super::audit::{Entry, note};
use super::db::{Db, Row, Statement, values};
use super::invites::Invited;
use super::leavers::Left;
use super::mailboxes::{self, For, Issue, settle_alone, settle_everywhere, settle_in};
use super::{Result, Store, StoreError, groups, invites, leavers, resets, sessions};
use crate::life::{self, Bond, Live, Mode, Reason, Source, Standing};
use crate::rng::{fresh_id, fresh_ordered_id};
use crate::{address, user_name};

/// What an organisation says of a person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) user_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) active: bool,
    /// The address in use: where mail for the person goes.
    pub(crate) email: Option<String>,
    pub(crate) display_name: Option<String>,
    /// The other SCIM attributes, as JSON text.
    pub(crate) attributes: String,
    /// Every address that the person is found by, in lower case. Only written: what is loaded has
    /// none.
    pub(crate) addresses: Vec<String>,
    /// Why no address is in use, if none is. Only written.
    pub(crate) unplaced: Option<Reason>,
}

/// A person of an organisation.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user_id: [u8; 16],
    /// The account that the person has, or is asked to join.
    pub(crate) account: [u8; 16],
    pub(crate) draft: Draft,
    pub(crate) created_at: i64,
    pub(crate) modified_at: i64,
    pub(crate) version: i64,
    pub(crate) standing: Standing,
}

/// Which person of which organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PersonKey {
    pub(crate) org: [u8; 16],
    pub(crate) user: [u8; 16],
}

/// How a creation went.
pub(crate) enum Placed {
    Person(Box<Person>),
    /// The userName is taken in this organisation, by this person, who is kept by one of these.
    Taken(Source, [u8; 16]),
}

/// How a change went; `E` is the caller's own refusal.
pub(crate) enum Edited<E> {
    Person(Box<Person>),
    Unknown,
    Taken(Source),
    Refused(E),
}

/// What stands in the way of a new person: the userName, and whether anybody is at the mailbox
/// already. No joins: a planner that knows nothing of the tables yet would begin at the wrong end.
const BEFORE: &str = "SELECT (SELECT user_id FROM membership WHERE org_id = ?1 AND user_name_key = ?2),
        (SELECT source FROM membership WHERE org_id = ?1 AND user_name_key = ?2),
        EXISTS (SELECT 1 FROM membership WHERE email_key = ?3 AND org_id = ?1)
        OR EXISTS (SELECT 1 FROM account WHERE email_key = ?3 AND state = 'complete'),
        coalesce((SELECT inviting FROM organisation WHERE org_id = ?1), 'at-once')";
const NEW_MEMBERSHIP: &str =
    "INSERT INTO membership (user_id, org_id, account_id, mode, user_name, user_name_key, external_id, active, email,
         display_name, attributes, created_at, modified_at, version, invited_at, email_key, source, standing, reason, standing_at, release_at)
     VALUES (?1, ?2, ?3, 'enrol', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, 1, ?12, ?13, ?14, ?15, ?16, ?11, CASE ?14 WHEN 'manual' THEN 0 END)";

pub(super) const COLUMNS: &str = "m.user_id, m.user_name, m.external_id, m.active, m.email, m.display_name, m.attributes, m.created_at, m.modified_at, m.version, m.standing, m.reason, m.mode, m.account_id";

impl Store {
    /// Creates a person and, if active, their invitation.
    pub(crate) async fn create_person(&self, org: [u8; 16], draft: Draft, invite_ttl: i64, now: i64) -> Result<Placed> {
        self.write(move |db| create(db, org, draft, Source::Scim, Issue { ttl: invite_ttl, now })).await
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
        self.write(move |db| change(db, key, Source::Scim, Issue { ttl: invite_ttl, now }, edit)).await
    }

    /// Removes a person from the organisation if `allow` lets it.
    pub(crate) async fn remove_person<E, F>(
        &self,
        key: PersonKey,
        invite_ttl: i64,
        now: i64,
        allow: F,
    ) -> Result<Edited<E>>
    where
        E: Send + 'static,
        F: FnOnce(&Person) -> std::result::Result<(), E> + Send + 'static,
    {
        self.write(move |db| remove(db, key, Source::Scim, Issue { ttl: invite_ttl, now }, allow)).await
    }
}

/// What the audit log says of a change.
fn entry(source: Source, org: [u8; 16], account: [u8; 16]) -> Entry<'static> {
    let detail = match source {
        Source::Scim => None,
        Source::Manual => Some("by hand"),
    };
    Entry { org: Some(org), account: Some(account), detail, ..Entry::default() }
}

pub(super) fn read_source(word: &str) -> Result<Source> {
    Source::read(word).ok_or(StoreError::Corrupt("who keeps a person"))
}

/// Creates a person and, if active, their invitation.
pub(super) fn create(db: &Db, org: [u8; 16], draft: Draft, source: Source, issue: Issue) -> Result<Placed> {
    let now = issue.now;
    let name_key = key_of(&draft.user_name)?;
    let mailbox = draft.email.as_deref().map(address::key);
    let before = db.one(BEFORE, &values![org, &name_key, &mailbox])?;
    let (holder, by): (Option<[u8; 16]>, Option<String>) = (before.at(0)?, before.at(1)?);
    if let (Some(holder), Some(by)) = (holder, by) {
        return Ok(Placed::Taken(read_source(&by)?, holder));
    }
    let has_others: bool = before.at(2)?;
    // Whoever adds somebody by hand means it: only a directory's people are held back.
    let held_back = source == Source::Scim && mailboxes::read_inviting(&before, 3)?.holds_back(None, now);
    let (key, account) = (PersonKey { org, user: fresh_ordered_id() }, fresh_id());
    // Where others are at the mailbox, who is invited is decided with a look at all.
    let standing = if has_others { Standing::Staged } else { alone(&draft, held_back) };
    let invited = match (standing, draft.email.as_deref()) {
        (Standing::Invited(mode), Some(email)) => Some(Invited { key, account, email, mode }),
        _ => None,
    };
    let [word, reason] = mailboxes::write_standing(standing);
    let mut statements = Vec::with_capacity(8);
    statements.push((NEW_ACCOUNT, values![account, now].to_vec()));
    let membership = values![
        key.user,
        org,
        account,
        &draft.user_name,
        &name_key,
        &draft.external_id,
        draft.active,
        &draft.email,
        &draft.display_name,
        &draft.attributes,
        now,
        invited.is_some().then_some(now),
        &mailbox,
        source.as_str()
    ];
    statements.push((NEW_MEMBERSHIP, membership.into_iter().chain([word, reason]).collect()));
    if source == Source::Scim {
        statements.push(("UPDATE organisation SET people = people + 1 WHERE org_id = ?1", values![org].to_vec()));
    }
    statements.extend(addresses(key, &draft));
    note(db, now, "person.created", entry(source, org, account));
    if let Some(invited) = &invited {
        statements.extend(invites::first(db, invited, issue.ttl, now));
    }
    db.execute_all(&statements)?;
    if !has_others {
        mailboxes::withheld(db, org, account, standing, now);
        let user_id = key.user;
        let person = Person { user_id, account, draft, created_at: now, modified_at: now, version: 1, standing };
        return Ok(Placed::Person(Box::new(person)));
    }
    settle_in(db, org, mailbox.as_deref().unwrap_or_default(), For::Changed(key.user), issue)?;
    let person = load(db, key, source)?.ok_or(StoreError::Corrupt("a person who was just created"))?.person;
    Ok(Placed::Person(Box::new(person)))
}

/// Changes a person of that source; `edit` sees the present state inside the transaction.
pub(super) fn change<E>(
    db: &Db,
    key: PersonKey,
    source: Source,
    issue: Issue,
    edit: impl FnOnce(&Person) -> std::result::Result<Draft, E>,
) -> Result<Edited<E>> {
    let Some(row) = load(db, key, source)? else { return Ok(Edited::Unknown) };
    let mut draft = match edit(&row.person) {
        Ok(draft) => draft,
        Err(refusal) => return Ok(Edited::Refused(refusal)),
    };
    let (addresses, unplaced) = (std::mem::take(&mut draft.addresses), draft.unplaced.take());
    if draft == row.person.draft {
        return Ok(Edited::Person(Box::new(row.person)));
    }
    (draft.addresses, draft.unplaced) = (addresses, unplaced);
    if let Some(by) = taken(db, key.org, &draft.user_name, key.user)? {
        return Ok(Edited::Taken(by));
    }
    // The brake watches directories; who is kept by hand is suspended by hand.
    let is_suspended = source == Source::Scim && row.person.draft.active && !draft.active;
    if is_suspended {
        leavers::write_down(db, (key.org, key.user), row.account, Left::Suspended, true, issue.now)?;
    }
    save(db, key, &draft, issue.now)?;
    note(db, issue.now, "person.changed", entry(source, key.org, row.account));
    row.consequences(db, key, &draft, issue)?;
    if is_suspended {
        leavers::look(db, key.org, row.account, issue.now)?;
    }
    let person = load(db, key, source)?.map(|row| Box::new(row.person));
    Ok(person.map_or(Edited::Unknown, Edited::Person))
}

/// Removes a person of that source from the organisation if `allow` lets it.
pub(super) fn remove<E>(
    db: &Db,
    key: PersonKey,
    source: Source,
    issue: Issue,
    allow: impl FnOnce(&Person) -> std::result::Result<(), E>,
) -> Result<Edited<E>> {
    let Some(row) = load(db, key, source)? else { return Ok(Edited::Unknown) };
    if let Err(refusal) = allow(&row.person) {
        return Ok(Edited::Refused(refusal));
    }
    if source == Source::Scim {
        let was_active = row.person.draft.active;
        leavers::write_down(db, (key.org, key.user), row.account, Left::Deleted, was_active, issue.now)?;
    }
    groups::leave_groups(db, key.org, key.user, issue.now)?;
    deactivate(db, key, row.account, row.accepted, issue.now)?;
    let mut statements =
        vec![("DELETE FROM membership WHERE user_id = ?1 AND org_id = ?2", values![key.user, key.org].to_vec())];
    if source == Source::Scim {
        statements.push(("UPDATE organisation SET people = people - 1 WHERE org_id = ?1", values![key.org].to_vec()));
    }
    db.execute_all(&statements)?;
    row.left(db, key.org, issue)?;
    if source == Source::Scim {
        leavers::look(db, key.org, row.account, issue.now)?;
    }
    note(db, issue.now, "person.removed", entry(source, key.org, row.account));
    Ok(Edited::Person(Box::new(row.person)))
}

struct Membership {
    person: Person,
    account: [u8; 16],
    bond: Bond,
    accepted: bool,
    /// The mailbox that was proven for the account.
    proven: Option<String>,
}

impl Membership {
    /// Applies what follows from a change: invitations, sessions, logins.
    fn consequences(&self, db: &Db, key: PersonKey, after: &Draft, issue: Issue) -> Result<()> {
        let before = &self.person.draft;
        let (was_at, is_at) = (before.email.as_deref().map(address::key), after.email.as_deref().map(address::key));
        let moved = was_at != is_at;
        if before.active && !after.active {
            deactivate(db, key, self.account, self.accepted, issue.now)?;
        }
        if self.accepted && moved {
            let entry = Entry { org: Some(key.org), account: Some(self.account), ..Entry::default() };
            note(db, issue.now, "person.address-differs", entry);
        }
        if before.active == after.active && !moved && is_at.is_some() {
            return Ok(());
        }
        // What an administrator took back was the invitation of then.
        if moved || before.active != after.active {
            db.execute("UPDATE membership SET taken_back = 0 WHERE user_id = ?1", &values![key.user])?;
        }
        // A release was of who was active then.
        if before.active != after.active {
            db.execute(
                "UPDATE membership SET release_at = NULL WHERE user_id = ?1 AND source = 'scim'",
                &values![key.user],
            )?;
        }
        match (&is_at, &self.proven) {
            (_, Some(proven)) if self.accepted => settle_in(db, key.org, proven, For::All, issue)?,
            (Some(mailbox), _) => settle_in(db, key.org, mailbox, For::Changed(key.user), issue)?,
            (None, _) => settle_alone(db, key, after.unplaced.unwrap_or(Reason::NoAddress), issue)?,
        }
        match was_at.filter(|_| moved && !self.accepted) {
            Some(left) => settle_in(db, key.org, &left, For::All, issue),
            None => Ok(()),
        }
    }

    /// Applies what follows from a removal: a pending account ends, and so does a complete one
    /// without a member; whoever waits for the address has their turn.
    fn left(&self, db: &Db, org: [u8; 16], issue: Issue) -> Result<()> {
        let email = self.person.draft.email.as_deref();
        match self.bond {
            Bond::Pending => retire(db, self.account, email, issue.now)?,
            Bond::Asked => {}
            Bond::Accepted => {
                let has_member = "SELECT 1 FROM membership WHERE account_id = ?1 AND accepted_at IS NOT NULL";
                if !db.exists(has_member, &values![self.account])? {
                    // The address is free again: who comes back is a new account with new keys.
                    retire(db, self.account, None, issue.now)?;
                    if let Some(mailbox) = &self.proven {
                        settle_everywhere(db, mailbox, issue)?;
                    }
                }
            }
        }
        for mailbox in [email.map(address::key), self.proven.clone().filter(|_| self.accepted)].into_iter().flatten() {
            settle_in(db, org, &mailbox, For::All, issue)?;
        }
        Ok(())
    }
}

/// How somebody stands who is alone at their mailbox, or at none.
fn alone(draft: &Draft, held_back: bool) -> Standing {
    let person = life::Person {
        active: draft.active,
        unplaced: draft.unplaced,
        bond: Bond::Pending,
        invitation: Live::None,
        was_invited: false,
        taken_back: false,
        held_back,
    };
    life::settle(false, &[person]).first().map_or(Standing::Staged, |outcome| outcome.standing)
}

/// Ends what the person has open in this organisation and, if they are no active member of any
/// other, in the realm.
fn deactivate(db: &Db, key: PersonKey, account: [u8; 16], accepted: bool, now: i64) -> Result<()> {
    if accepted {
        let sql = format!(
            "SELECT m.org_id, m.user_id FROM membership m WHERE m.account_id = ?1 AND m.user_id <> ?2 AND {IS_MEMBER}
             ORDER BY m.created_at, m.user_id LIMIT 1"
        );
        match db.row(&sql, &values![account, key.user])? {
            Some(row) => resets::pass_on(db, key.user, PersonKey { org: row.at(0)?, user: row.at(1)? })?,
            None => sessions::bar_all(db, account)?,
        }
    }
    invites::withdraw(db, key, now)?;
    note(db, now, "person.deactivated", Entry { org: Some(key.org), account: Some(account), ..Entry::default() });
    Ok(())
}

/// Who keeps the other person of the organisation that has this userName.
pub(super) fn taken(db: &Db, org: [u8; 16], user_name: &str, except: [u8; 16]) -> Result<Option<Source>> {
    let holder = db.row(
        "SELECT source FROM membership WHERE org_id = ?1 AND user_name_key = ?2 AND user_id <> ?3",
        &values![org, key_of(user_name)?, except],
    )?;
    holder.map(|row| read_source(&row.at::<String>(0)?)).transpose()
}

fn save(db: &Db, key: PersonKey, draft: &Draft, now: i64) -> Result<()> {
    db.execute(
        "UPDATE membership SET user_name = ?3, user_name_key = ?4, external_id = ?5, active = ?6, email = ?7, display_name = ?8,
             attributes = ?9, modified_at = ?10, email_key = ?11, version = version + 1 WHERE user_id = ?1 AND org_id = ?2",
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
            now,
            draft.email.as_deref().map(address::key)
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

pub(super) fn key_of(user_name: &str) -> Result<String> {
    user_name::key(user_name).ok_or(StoreError::Corrupt("a userName that cannot be one"))
}

/// One person of the organisation, as SCIM knows it.
pub(super) fn find(db: &Db, key: PersonKey) -> Result<Option<Person>> {
    Ok(load(db, key, Source::Scim)?.map(|row| row.person))
}

fn load(db: &Db, key: PersonKey, source: Source) -> Result<Option<Membership>> {
    let sql = format!(
        "SELECT {COLUMNS}, m.accepted_at IS NOT NULL, a.state = 'invited', a.email_key
         FROM membership m JOIN account a ON a.account_id = m.account_id WHERE m.user_id = ?1 AND m.org_id = ?2 AND m.source = ?3"
    );
    let row = db.row(&sql, &values![key.user, key.org, source.as_str()])?;
    row.map(|row| {
        let (accepted, is_pending): (bool, bool) = (row.at(14)?, row.at(15)?);
        let bond = match (accepted, is_pending) {
            (true, _) => Bond::Accepted,
            (false, true) => Bond::Pending,
            (false, false) => Bond::Asked,
        };
        Ok(Membership { person: person(&row)?, account: row.at(13)?, bond, accepted, proven: row.at(16)? })
    })
    .transpose()
}

pub(super) fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        user_id: row.at(0)?,
        account: row.at(13)?,
        draft: Draft {
            user_name: row.at(1)?,
            external_id: row.at(2)?,
            active: row.at(3)?,
            email: row.at(4)?,
            display_name: row.at(5)?,
            attributes: row.at(6)?,
            addresses: Vec::new(),
            unplaced: None,
        },
        created_at: row.at(7)?,
        modified_at: row.at(8)?,
        version: row.at(9)?,
        standing: mailboxes::read_standing(row, 10, row.at::<Mode>(12)?)?,
    })
}
