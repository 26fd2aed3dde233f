//! People whom an administrator keeps by hand, and their hand-over to SCIM.

use crate::life::Source;
use crate::realm::{INVITE_TTL, Realm, RealmError};
use crate::roster::{self, Entry, SheetRefused, Trouble};
use crate::scim;
use crate::store::{Adopted, Draft, Edited, Line, NamedPerson, StoreError, Take, Wanted};
use crate::user_name;
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A line of a file, or the one person who was added.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct LineShown {
    pub line: u64,
    pub email: Option<String>,
    /// `added`, `changed` or `unchanged`.
    pub outcome: &'static str,
}

/// A person after a change by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct ByHand {
    pub email: Option<String>,
    pub user_id: String,
    pub organisation: String,
    /// `suspended`, `resumed`, `removed` or `adopted`.
    pub done: &'static str,
}

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ByHandRefused {
    /// The person or organisation is unknown, or the store failed.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// What was typed is no person.
    #[error("{0}")]
    Form(String),
    /// The file cannot be taken.
    #[error(transparent)]
    Sheet(#[from] SheetRefused),
    /// The identity provider keeps the person.
    #[error(
        "The identity provider of {organisation} keeps {name} over SCIM, and would undo what is done here at its next sync. Do it at the identity provider."
    )]
    OfScim {
        /// Whom the administrator named.
        name: String,
        /// Whose person it is.
        organisation: String,
    },
    /// The person is in the organisation already.
    #[error("{0} is in the organisation already, and was added by hand. To change people, take a file: person import.")]
    Here(String),
    /// Somebody has the address.
    #[error("{0} is the address of another person of the organisation. Nobody was added.")]
    Held(String),
    /// SCIM keeps the person already.
    #[error("The identity provider of {organisation} keeps {name} already. Nothing was changed.")]
    Adopted {
        /// Whom the administrator named.
        name: String,
        /// Whose person it is.
        organisation: String,
    },
    /// Another person has the user name.
    #[error("Another person of the organisation has the user name {0}. Nothing was changed.")]
    NameTaken(String),
}

impl Realm {
    /// Adds a person by hand. A running server sends the invitation.
    pub async fn add_person(&self, org: OrgId, entry: Entry, ttl: Option<i64>) -> Result<LineShown, ByHandRefused> {
        let email = entry.email.clone();
        let lines = self.take_in(org, vec![(1, entry)], Take::Newcomers, ttl).await?;
        let Some(line) = lines.into_iter().next() else { return Err(ByHandRefused::Here(email)) };
        match line.fate {
            roster::Fate::Added => Ok(LineShown::new(line)),
            roster::Fate::Changed | roster::Fate::Unchanged => Err(ByHandRefused::Here(email)),
            roster::Fate::AddressHeld => Err(ByHandRefused::Held(email)),
            roster::Fate::OfScim => {
                let organisation = self.organisation(org).await?.name;
                Err(ByHandRefused::OfScim { name: email, organisation })
            }
        }
    }

    /// Takes all people of a file in, or nobody; with `is_dry` it only says what would become of
    /// each.
    pub async fn import_people(
        &self,
        org: OrgId,
        file: &[u8],
        is_dry: bool,
        ttl: Option<i64>,
    ) -> Result<Vec<LineShown>, ByHandRefused> {
        let people = roster::read(file)?;
        let take = if is_dry { Take::Nothing } else { Take::Everything };
        let lines = self.take_in(org, people, take, ttl).await?;
        let troubles: Vec<Trouble> = lines
            .iter()
            .filter_map(|line| Some(Trouble { line: line.line, says: line.fate.refusal()?.to_owned() }))
            .collect();
        if troubles.is_empty() {
            Ok(lines.into_iter().map(LineShown::new).collect())
        } else {
            Err(SheetRefused::Lines(troubles).into())
        }
    }

    async fn take_in(
        &self,
        org: OrgId,
        people: Vec<(u64, Entry)>,
        take: Take,
        ttl: Option<i64>,
    ) -> Result<Vec<Line>, ByHandRefused> {
        // Whoever is in no organisation could not be found again.
        self.organisation(org).await?;
        let (mut wanted, mut troubles) = (Vec::with_capacity(people.len()), Vec::new());
        for (line, entry) in people {
            match draft(&entry) {
                Ok(draft) => wanted.push(Wanted { line, draft, groups: entry.groups }),
                Err(says) => troubles.push(Trouble { line, says }),
            }
        }
        if !troubles.is_empty() {
            return Err(SheetRefused::Lines(troubles).into());
        }
        let (ttl, now) = (ttl.unwrap_or(INVITE_TTL), self.clock.now());
        Ok(self.store.take_in(org.0, wanted, take, ttl, now).await.map_err(RealmError::from)?)
    }

    /// Suspends a person who is kept by hand, or takes that back.
    pub async fn set_active_by_hand(
        &self,
        name: &str,
        org: Option<OrgId>,
        active: bool,
        ttl: Option<i64>,
    ) -> Result<ByHand, ByHandRefused> {
        let named = self.kept_by_hand(name, org).await?;
        let (ttl, now) = (ttl.unwrap_or(INVITE_TTL), self.clock.now());
        let changed = self.store.change_by_hand(named.key, ttl, now, move |now| {
            let corrupt = |_| StoreError::Corrupt("a person who was added by hand");
            let mut document = scim::person::document(&now.draft);
            document.insert("active".to_owned(), Value::Bool(active));
            scim::person::draft(document, Some(&now.draft)).map_err(corrupt)
        });
        match changed.await.map_err(RealmError::from)? {
            Edited::Person(_) => Ok(named.done(if active { "resumed" } else { "suspended" })),
            Edited::Refused(error) => Err(RealmError::from(error).into()),
            Edited::Unknown | Edited::Taken(_) => Err(RealmError::NoSuchPerson(name.to_owned()).into()),
        }
    }

    /// Removes a person who is kept by hand from the organisation. The keys of an account that
    /// nobody else has end with it.
    pub async fn remove_person_by_hand(&self, name: &str, org: Option<OrgId>) -> Result<ByHand, ByHandRefused> {
        let named = self.kept_by_hand(name, org).await?;
        let removed = self.store.remove_by_hand(named.key, INVITE_TTL, self.clock.now()).await;
        match removed.map_err(RealmError::from)? {
            Edited::Person(_) => Ok(named.done("removed")),
            _ => Err(RealmError::NoSuchPerson(name.to_owned()).into()),
        }
    }

    /// Hands a person who is kept by hand over to SCIM, under another user name if one is given.
    pub async fn adopt_person(
        &self,
        name: &str,
        org: Option<OrgId>,
        user_name: Option<&str>,
    ) -> Result<ByHand, ByHandRefused> {
        let named = self.named(name, org).await?;
        if user_name.is_some_and(|name| user_name::key(name).is_none()) {
            return Err(ByHandRefused::Form("That can be no user name.".to_owned()));
        }
        let adopted = self.store.adopt(named.key, user_name.map(str::to_owned), self.clock.now()).await;
        match adopted.map_err(RealmError::from)? {
            Adopted::Done => Ok(named.done("adopted")),
            Adopted::Unknown => Err(ByHandRefused::Adopted { name: name.to_owned(), organisation: named.organisation }),
            Adopted::Taken => Err(ByHandRefused::NameTaken(user_name.unwrap_or(name).to_owned())),
        }
    }

    async fn kept_by_hand(&self, name: &str, org: Option<OrgId>) -> Result<NamedPerson, ByHandRefused> {
        let named = self.named(name, org).await?;
        match named.source {
            Source::Manual => Ok(named),
            Source::Scim => Err(ByHandRefused::OfScim { name: name.to_owned(), organisation: named.organisation }),
        }
    }
}

/// What SCIM would have sent of the person; so the same checks hold.
fn draft(entry: &Entry) -> Result<Draft, String> {
    let mut user = json!({
        "userName": entry.email,
        "displayName": entry.name,
        "active": true,
        "emails": [{"value": entry.email, "type": "work", "primary": true}],
    });
    if let Some(id) = &entry.external_id {
        user["externalId"] = id.clone().into();
    }
    let user: Map<String, Value> = user.as_object().cloned().unwrap_or_default();
    scim::person::read(user, None).map_err(|refused| refused.detail().to_owned())
}

impl LineShown {
    fn new(line: Line) -> Self {
        Self { line: line.line, email: line.email, outcome: line.fate.as_str() }
    }
}

impl NamedPerson {
    fn done(self, done: &'static str) -> ByHand {
        ByHand { email: self.email, user_id: super::uuid(self.key.user), organisation: self.organisation, done }
    }
}
