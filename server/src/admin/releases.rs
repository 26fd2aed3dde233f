//! Staged people: let go, one by one, by group, or all.

use super::uuid;
use crate::life::Inviting;
use crate::realm::{INVITE_TTL, Realm, RealmError, org_options};
use crate::store::{NoRelease, ReleaseOf};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use uuid::Uuid;

/// Whom an administrator lets go.
#[derive(Clone, Debug)]
pub enum Released {
    /// The person of this address, account id, SCIM id or user name.
    Person(String),
    /// The members of the group of this name, those of groups in it, too.
    Group(String),
    /// Everybody of the organisation.
    All,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct ReleaseShown {
    pub org_id: String,
    pub organisation: String,
    /// People who were held back and get a letter.
    pub released: i64,
    /// Of them, those who wait for something else first, such as an address.
    pub waiting: i64,
    /// When it takes effect; null is at once.
    pub at: Option<i64>,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// How the organisation invites from now on.
    pub invite: &'static str,
}

impl Realm {
    /// Lets people go whom their organisation holds back: their letters are put into the outbox,
    /// now or, with a moment, by a running server then. Without an organisation, that of the
    /// person, or the only one.
    pub async fn release(
        &self,
        whom: Released,
        org: Option<OrgId>,
        at: Option<i64>,
        dry_run: bool,
        ttl: Option<i64>,
    ) -> Result<ReleaseShown, RealmError> {
        let now = self.clock.now();
        if at.is_some_and(|at| at <= now) {
            return Err(RealmError::Invalid("That moment is over. Leave --at out to release now."));
        }
        let (org, whom) = match whom {
            Released::Person(name) => {
                let (org, user) = self.held_person(&name, org).await?;
                (org, ReleaseOf::One(user))
            }
            Released::Group(name) => (self.only_organisation(org).await?, ReleaseOf::Group(name)),
            Released::All => (self.only_organisation(org).await?, ReleaseOf::All),
        };
        let organisation = self.organisation(org).await?.name;
        let release = match self.store.release(org.0, whom.clone(), at.unwrap_or(0), dry_run, now).await? {
            Ok(release) => release,
            Err(NoRelease::NoOrganisation) => return Err(super::no_such_organisation(org)),
            Err(NoRelease::AtOnce) => return Err(RealmError::InvitesAtOnce(organisation)),
            Err(NoRelease::NoGroup) => {
                let group = if let ReleaseOf::Group(name) = whom { name } else { String::new() };
                return Err(RealmError::NoSuchGroup { organisation, group });
            }
        };
        if !dry_run && at.is_none() {
            // A running server does what this leaves if it is stopped here.
            while self.store.invite_released(ttl.unwrap_or(INVITE_TTL), now).await? > 0 {}
        }
        Ok(ReleaseShown {
            org_id: uuid(org.0),
            organisation,
            released: release.people,
            waiting: release.waiting,
            at,
            dry_run,
            invite: release.inviting.as_str(),
        })
    }

    /// How many people the organisation holds back now.
    pub async fn held_back(&self, org: OrgId) -> Result<i64, RealmError> {
        Ok(self.store.held_back(org.0).await?)
    }

    /// The one who is held back among those whom the name means.
    async fn held_person(&self, name: &str, org: Option<OrgId>) -> Result<(OrgId, [u8; 16]), RealmError> {
        let shown = self.person_named(name, org).await?;
        let theirs = org.map(|org| uuid(org.0));
        let is_meant = |one: &&super::MembershipShown| theirs.as_ref().is_none_or(|org| *org == one.org_id);
        let meant: Vec<_> = shown.organisations.iter().filter(is_meant).collect();
        let held: Vec<_> = meant
            .iter()
            .filter(|one| one.active && one.accepted_at.is_none() && one.invited_at.is_none())
            .filter(|one| matches!(one.state, "staged" | "waiting"))
            .collect();
        let id = |text: &str| Uuid::try_parse(text).map(|id| *id.as_bytes()).unwrap_or_default();
        match held.as_slice() {
            [one] => Ok((OrgId::heard(id(&one.org_id)), id(&one.user_id))),
            [] => {
                let state = meant.first().map_or("removed", |one| one.state);
                Err(RealmError::NotHeldBack { name: name.to_owned(), state: state.to_owned() })
            }
            several => {
                let orgs = org_options(several.iter().map(|one| (id(&one.org_id), one.organisation.as_str())));
                Err(RealmError::SeveralOrganisations { email: name.to_owned(), orgs })
            }
        }
    }

    /// The one that is named, or the only one that there is.
    pub(super) async fn only_organisation(&self, org: Option<OrgId>) -> Result<OrgId, RealmError> {
        if let Some(org) = org {
            return Ok(org);
        }
        let all = self.store.organisations().await?;
        match all.as_slice() {
            [one] => Ok(OrgId::heard(one.org_id)),
            several => {
                let orgs = org_options(several.iter().map(|one| (one.org_id, one.name.as_str())));
                Err(RealmError::WhichOrganisation(orgs))
            }
        }
    }
}

/// What an administrator says of when people are invited: the word, and the moment that one of the
/// words asks for.
pub(super) fn inviting(word: &str, from: Option<i64>, now: i64) -> Result<(Inviting, Option<i64>), RealmError> {
    let inviting = Inviting::read(word)
        .ok_or(RealmError::Invalid("People are invited at-once, until-released, staged or on-date."))?;
    match (inviting, from) {
        (Inviting::OnDate, None) => Err(RealmError::Invalid("Say from when on with --invite-at.")),
        (Inviting::OnDate, Some(at)) if at <= now => {
            Err(RealmError::Invalid("That moment is over. With --invite at-once, people are invited at once."))
        }
        (Inviting::OnDate, from) => Ok((inviting, from)),
        (_, Some(_)) => Err(RealmError::Invalid("--invite-at goes with --invite on-date.")),
        (_, None) => Ok((inviting, None)),
    }
}
