//! People who are kept by hand: taken in from a file, changed, removed, handed over to SCIM.
//!
//! Promises: a file is taken whole or not at all, in one transaction, and a dry run decides the
//! very same without writing; nobody whom SCIM keeps is changed here; who is handed over keeps id,
//! account, keys and membership. What follows for invitations and accounts is what follows of the
//! same change over SCIM.

use super::audit::{Entry, note};
use super::db::{Db, values};
use super::mailboxes::Issue;
use super::people::{self, Draft, Edited, Person, PersonKey, Placed};
use super::{Result, Store, StoreError};
use crate::address;
use crate::life::Source;
use crate::roster::{Fate, Here, fate};

/// A person as an administrator wants them.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Where the person stands in the file.
    pub(crate) line: u64,
    pub(crate) draft: Draft,
    pub(crate) groups: Vec<String>,
}

/// How much of a file is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// Nothing: what would become of it is decided.
    Nothing,
    /// Everything, if every line can be taken.
    Everything,
    /// Everything, if everybody is new.
    Newcomers,
}

/// What became of a line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) line: u64,
    pub(crate) email: Option<String>,
    pub(crate) fate: Fate,
}

/// How a hand-over went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Adopted {
    Done,
    /// SCIM keeps the person already, or there is none.
    Unknown,
    /// Another person has the userName.
    Taken,
}

impl Take {
    /// Whether something is written, if this becomes of the lines.
    fn writes(self, lines: &[Line]) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => lines.iter().all(|line| line.fate.refusal().is_none()),
            Self::Newcomers => lines.iter().all(|line| line.fate == Fate::Added),
        }
    }
}

impl Store {
    /// Takes people into an organisation. Gives what became of every line, or would; whether it
    /// did, `take` and the lines say.
    pub(crate) async fn take_in(
        &self,
        org: [u8; 16],
        wanted: Vec<Wanted>,
        take: Take,
        invite_ttl: i64,
        now: i64,
    ) -> Result<Vec<Line>> {
        self.write(move |db| {
            let lines = wanted.iter().map(|one| line(db, org, one)).collect::<Result<Vec<_>>>()?;
            if take.writes(&lines) {
                let issue = Issue { ttl: invite_ttl, now };
                for (one, line) in wanted.into_iter().zip(&lines) {
                    write(db, org, one, line.fate, issue)?;
                }
            }
            Ok(lines)
        })
        .await
    }

    /// Changes a person who is kept by hand; unknown if SCIM keeps the person.
    pub(crate) async fn change_by_hand<F>(
        &self,
        key: PersonKey,
        invite_ttl: i64,
        now: i64,
        edit: F,
    ) -> Result<Edited<StoreError>>
    where
        F: FnOnce(&Person) -> Result<Draft> + Send + 'static,
    {
        self.write(move |db| people::change(db, key, Source::Manual, Issue { ttl: invite_ttl, now }, edit)).await
    }

    /// Removes a person who is kept by hand; unknown if SCIM keeps the person.
    pub(crate) async fn remove_by_hand(&self, key: PersonKey, invite_ttl: i64, now: i64) -> Result<Edited<()>> {
        self.write(move |db| people::remove(db, key, Source::Manual, Issue { ttl: invite_ttl, now }, |_| Ok(()))).await
    }

    /// Hands a person over to SCIM, under another userName if one is given. The groups that were
    /// given by hand end: the identity provider says them from now on.
    pub(crate) async fn adopt(&self, key: PersonKey, user_name: Option<String>, now: i64) -> Result<Adopted> {
        self.write(move |db| {
            let sql = "SELECT account_id, user_name FROM membership WHERE user_id = ?1 AND org_id = ?2 AND source = 'manual'";
            let Some(row) = db.row(sql, &values![key.user, key.org])? else { return Ok(Adopted::Unknown) };
            let (account, present): ([u8; 16], String) = (row.at(0)?, row.at(1)?);
            let name = user_name.unwrap_or(present);
            if people::taken(db, key.org, &name, key.user)?.is_some() {
                return Ok(Adopted::Taken);
            }
            db.execute_all(&[
                (
                    "UPDATE membership SET source = 'scim', user_name = ?3, user_name_key = ?4, modified_at = ?5, version = version + 1
                     WHERE user_id = ?1 AND org_id = ?2",
                    values![key.user, key.org, &name, people::key_of(&name)?, now].to_vec(),
                ),
                ("UPDATE organisation SET people = people + 1 WHERE org_id = ?1", values![key.org].to_vec()),
                ("DELETE FROM manual_group WHERE user_id = ?1", values![key.user].to_vec()),
            ])?;
            note(db, now, "person.adopted", Entry { org: Some(key.org), account: Some(account), ..Entry::default() });
            Ok(Adopted::Done)
        })
        .await
    }
}

/// What becomes of a person of the file.
fn line(db: &Db, org: [u8; 16], one: &Wanted) -> Result<Line> {
    let Draft { user_name, external_id, email, display_name, .. } = &one.draft;
    let sql = "SELECT user_id, source, user_name, external_id, email, display_name FROM membership
               WHERE org_id = ?1 AND user_name_key = ?2";
    let here = db.row(sql, &values![org, people::key_of(user_name)?])?.map(|row| {
        let same = row.at::<String>(2)? == *user_name
            && row.at::<Option<String>>(3)? == *external_id
            && row.at::<Option<String>>(4)? == *email
            && row.at::<Option<String>>(5)? == *display_name
            && groups(db, row.at(0)?)? == one.groups;
        Ok::<_, StoreError>(Here { source: people::read_source(&row.at::<String>(1)?)?, is_same: same })
    });
    let mailbox = email.as_deref().map(address::key);
    let is_held = db.exists("SELECT 1 FROM membership WHERE org_id = ?1 AND email_key = ?2", &values![org, mailbox])?;
    Ok(Line { line: one.line, email: email.clone(), fate: fate(here.transpose()?, is_held) })
}

fn write(db: &Db, org: [u8; 16], one: Wanted, fate: Fate, issue: Issue) -> Result<()> {
    let Wanted { draft, groups, .. } = one;
    let changed_meanwhile = || StoreError::Corrupt("a person who was looked at just now");
    match fate {
        Fate::Unchanged => Ok(()),
        Fate::Added => match people::create(db, org, draft, Source::Manual, issue)? {
            Placed::Person(person) => join(db, person.user_id, &groups),
            Placed::Taken(..) => Err(changed_meanwhile()),
        },
        Fate::Changed => {
            let sql = "SELECT user_id FROM membership WHERE org_id = ?1 AND user_name_key = ?2 AND source = 'manual'";
            let user = db.one(sql, &values![org, people::key_of(&draft.user_name)?])?.at(0)?;
            // Who is suspended stays so: a file says who there is, not who may go on.
            let keep = |now: &Person| Ok::<_, StoreError>(Draft { active: now.draft.active, ..draft });
            match people::change(db, PersonKey { org, user }, Source::Manual, issue, keep)? {
                Edited::Person(_) => join(db, user, &groups),
                _ => Err(changed_meanwhile()),
            }
        }
        Fate::OfScim | Fate::AddressHeld => Err(changed_meanwhile()),
    }
}

/// The groups of a person who is kept by hand.
pub(super) fn groups(db: &Db, user: [u8; 16]) -> Result<Vec<String>> {
    let sql = "SELECT name FROM manual_group WHERE user_id = ?1 ORDER BY at";
    db.rows(sql, &values![user])?.iter().map(|row| row.at(0)).collect()
}

fn join(db: &Db, user: [u8; 16], groups: &[String]) -> Result<()> {
    let mut statements = vec![("DELETE FROM manual_group WHERE user_id = ?1", values![user].to_vec())];
    statements.extend((0_i64..).zip(groups).map(|(at, name)| {
        ("INSERT INTO manual_group (user_id, at, name) VALUES (?1, ?2, ?3)", values![user, at, name].to_vec())
    }));
    db.execute_all(&statements)
}
