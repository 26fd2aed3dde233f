//! Organisations: listed, shown, changed.

use super::releases::inviting;
use super::{no_such_organisation, uuid};
use crate::address::is_address;
use crate::install::Install;
use crate::life::{Brake, Inviting, Schedule};
use crate::realm::{Realm, RealmError, organisation_name};
use crate::store::{InstallRow, OrganisationChange, OrganisationRow};
use firstkey_core::crypto::context::OrgId;
use firstkey_core::wire::asked::SecretKeys;
use serde::Serialize;
use uuid::Uuid;

/// So many organisations are named to whoever named none of them.
const FEW: usize = 10;

const NO_SCHEDULE: &str =
    "Reminders are one to three times after the letter, in order and an hour or more apart, such as 3d,7d,14d; or off.";

/// An organisation.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct OrganisationShown {
    pub org_id: String,
    pub name: String,
    pub contact: Option<String>,
    pub min_profile: u8,
    pub recovery: String,
    pub secret_key: String,
    pub min_length: u32,
    pub people: i64,
    pub groups: i64,
    pub created_at: i64,
    pub install_url: Option<String>,
    pub install_text: Option<String>,
    pub install_sums: Option<String>,
    pub scim_log_values: bool,
    /// Such as `10%/5/60m`, or `off`.
    pub brake: String,
    /// `at-once`, `until-released`, `staged` or `on-date`.
    pub invite: &'static str,
    /// From when on, where it is a date.
    pub invite_at: Option<i64>,
    /// When people are reminded of an invitation, such as `3d,7d,14d`; null: never.
    pub remind: Option<String>,
}

/// What is to be changed; what is not given stays.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "as in NewOrganisation")]
pub struct ChangedOrganisation {
    pub name: Option<String>,
    pub contact: Option<String>,
    pub min_profile: Option<u8>,
    pub secret_key: Option<String>,
    /// As the next two: an empty value takes back what was said.
    pub install_url: Option<String>,
    pub install_text: Option<String>,
    pub install_sums: Option<String>,
    /// Whether the SCIM request log keeps its requests' values, for 7 days.
    pub scim_log_values: Option<bool>,
    /// When the brake trips: `10%/5/60m`, or `off`.
    pub brake: Option<String>,
    /// When people are invited: `at-once`, `until-released`, `staged` or `on-date`.
    pub invite: Option<String>,
    /// From when on, with `on-date`.
    pub invite_at: Option<i64>,
    /// When people are reminded of an invitation, such as `3d,7d,14d`; `off`: never.
    pub remind: Option<String>,
}

impl Realm {
    /// All of them.
    pub async fn organisations(&self) -> Result<Vec<OrganisationShown>, RealmError> {
        Ok(self.store.organisations().await?.into_iter().map(OrganisationShown::new).collect())
    }

    /// The one whose id or name this is; a name in any case, if no other differs by case alone.
    pub async fn organisation_named(&self, named: &str) -> Result<OrgId, RealmError> {
        let all = self.store.organisations().await?;
        let ids = |of: &dyn Fn(&OrganisationRow) -> bool| -> Vec<&OrganisationRow> {
            all.iter().filter(|one| of(one)).collect()
        };
        let by_id = Uuid::try_parse(named).ok().map(|id| *id.as_bytes());
        let found = [
            ids(&|one| Some(one.org_id) == by_id),
            ids(&|one| one.name == named),
            ids(&|one| one.name.to_lowercase() == named.to_lowercase()),
        ];
        match found.iter().find(|found| !found.is_empty()).map(Vec::as_slice) {
            Some([one]) => Ok(OrgId::heard(one.org_id)),
            Some(several) => Err(RealmError::SeveralOrganisationsNamed {
                named: named.to_owned(),
                orgs: lines(several.iter().copied()),
            }),
            None => Err(RealmError::NoOrganisationNamed { named: named.to_owned(), known: known(&all) }),
        }
    }

    /// One of them.
    pub async fn organisation(&self, org: OrgId) -> Result<OrganisationShown, RealmError> {
        let row = self.store.organisation(org.0).await?;
        row.map(OrganisationShown::new).ok_or_else(|| no_such_organisation(org))
    }

    /// Changes one, and gives it as it is then. A stricter profile holds for people who finish
    /// their account later.
    pub async fn change_organisation(
        &self,
        org: OrgId,
        change: ChangedOrganisation,
    ) -> Result<OrganisationShown, RealmError> {
        let ChangedOrganisation {
            name,
            contact,
            min_profile,
            secret_key,
            install_url,
            install_text,
            install_sums,
            scim_log_values,
            brake,
            invite,
            invite_at,
            remind,
        } = change;
        let install = InstallRow { url: install_url, text: install_text, sums: install_sums };
        let name = name.as_deref().map(organisation_name).transpose()?;
        if contact.as_deref().is_some_and(|contact| !is_address(contact)) {
            return Err(RealmError::Invalid("The contact must be one e-mail address."));
        }
        if min_profile.is_some_and(|profile| !(1..=4).contains(&profile)) {
            return Err(RealmError::Invalid("The least profile is 1, 2, 3 or 4."));
        }
        if secret_key.as_deref().is_some_and(|word| SecretKeys::read(word).is_none()) {
            return Err(RealmError::Invalid("Secret keys are off, allowed or required."));
        }
        let rest = (&name, &contact, min_profile, &secret_key) == (&None, &None, None, &None);
        let inviting = match &invite {
            Some(word) => Some(inviting(word, invite_at, self.clock.now())?),
            None if invite_at.is_some() => {
                return Err(RealmError::Invalid("--invite-at goes with --invite on-date."));
            }
            None => None,
        };
        if inviting.is_some_and(|(inviting, _)| inviting == Inviting::AtOnce) {
            let people = self.store.held_back(org.0).await?;
            if people > 0 {
                return Err(RealmError::StillHeldBack { people, org });
            }
        }
        let remind = match remind.as_deref() {
            None => None,
            Some("off") => Some(String::new()),
            Some(text) => Some(Schedule::read(text).ok_or(RealmError::Invalid(NO_SCHEDULE))?.to_string()),
        };
        if rest
            && install == InstallRow::default()
            && scim_log_values.is_none()
            && brake.is_none()
            && inviting.is_none()
            && remind.is_none()
        {
            return Err(RealmError::Invalid(
                "Say what to change: --name, --contact, --min-profile, --secret-key, --install-url, --install-text, --install-sums, --scim-log-values, --brake, --invite or --remind.",
            ));
        }
        if brake.as_deref().is_some_and(|text| text != "off" && text.parse::<Brake>().is_err()) {
            return Err(RealmError::Invalid("A brake looks like 10%/5/60m, or off."));
        }
        if install != InstallRow::default() {
            let now = self.store.organisation(org.0).await?.ok_or_else(|| no_such_organisation(org))?.install;
            // What it will be: parts that were right alone can be wrong together.
            let will = |new: &Option<String>, now: Option<String>| new.clone().or(now);
            let (url, text, sums) =
                (will(&install.url, now.url), will(&install.text, now.text), will(&install.sums, now.sums));
            Install::read(url.as_deref(), text.as_deref(), sums.as_deref())
                .map_err(|refused| RealmError::Invalid(refused.says()))?;
        }
        let change = OrganisationChange {
            name,
            contact,
            min_profile,
            secret_key,
            install,
            inviting,
            remind,
            scim_log_values,
            brake,
        };
        if !self.store.change_organisation(org.0, change, self.clock.now()).await? {
            return Err(no_such_organisation(org));
        }
        self.organisation(org).await
    }
}

/// Which organisations there are, for who named none of them.
fn known(all: &[OrganisationRow]) -> String {
    match all.len() {
        0 => "There is none yet: `org add NAME` adds one.".to_owned(),
        1..=FEW => format!("There are:\n{}", lines(all.iter())),
        _ => "`org list` shows all.".to_owned(),
    }
}

fn lines<'a>(orgs: impl Iterator<Item = &'a OrganisationRow>) -> String {
    orgs.map(|one| format!("  {}  {}", uuid(one.org_id), one.name)).collect::<Vec<_>>().join("\n")
}

impl OrganisationShown {
    fn new(row: OrganisationRow) -> Self {
        Self {
            org_id: uuid(row.org_id),
            name: row.name,
            contact: row.contact,
            min_profile: row.policy.min_profile,
            recovery: row.policy.recovery,
            secret_key: row.policy.secret_key,
            min_length: row.policy.min_length,
            people: row.people,
            groups: row.groups,
            created_at: row.created_at,
            install_url: row.install.url.filter(|said| !said.is_empty()),
            install_text: row.install.text.filter(|said| !said.is_empty()),
            install_sums: row.install.sums.filter(|said| !said.is_empty()),
            scim_log_values: row.scim_log_values,
            brake: row.brake.unwrap_or_else(|| Brake::default().to_string()),
            invite: row.inviting.as_str(),
            invite_at: row.inviting_from,
            remind: row.remind.filter(|said| !said.is_empty()),
        }
    }
}
