//! A deployment on disk: the folder with the database and the server's key, and what an
//! administrator does with it.

use crate::address::is_address;
use crate::clock::Clock;
use crate::data_folder::{self, FolderRefused};
use crate::key_file::KeyFileError;
use crate::key_place::KeyPlace;
use crate::keys::ServerKeys;
use crate::life::Inviting;
use crate::origin::{Origin, OriginRefused};
use crate::rng::fresh_id;
use crate::secret_file::write_new;
use crate::store::{Address, Chain, DatabaseWaits, Location, RealmRow, Store, StoreError};
use firstkey_core::crypto::context::{OrgId, RealmId};
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The embedded database.
const DATABASE: &str = "firstkey.db";
/// Where the database is, if it is not the embedded one. May hold a password, so it is the owner's
/// alone.
const ELSEWHERE: &str = "database.url";
/// How long an invitation lives, in seconds: 7 days.
pub(crate) const INVITE_TTL: i64 = 7 * 86_400;

/// An opened deployment.
pub struct Realm {
    pub(crate) id: RealmId,
    pub(crate) origin: Origin,
    pub(crate) contact: Option<String>,
    pub(crate) store: Store,
    pub(crate) keys: ServerKeys,
    /// Where it reads the time; tests put a clock of their own here.
    pub clock: Clock,
}

/// What an organisation is made from.
#[derive(Clone, Debug, Default)]
pub struct NewOrganisation {
    /// Its name, shown to its people.
    pub name: String,
    /// The administrator's address, shown to its people.
    pub contact: Option<String>,
    /// The least Argon2id profile, 1 to 4; 2 if not given.
    pub min_profile: Option<u8>,
}

/// Why a deployment cannot be made, opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum RealmError {
    /// There is one already.
    #[error("{0} already holds a server. Nothing was overwritten.")]
    Exists(PathBuf),
    /// There is none.
    #[error("{0} holds no server. Make one with `firstkey-server init --data {0} --origin https://...`.")]
    Missing(PathBuf),
    /// Its key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// Its origin is none.
    #[error(transparent)]
    Origin(#[from] OriginRefused),
    /// Its database cannot be used.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The folder is no place for a deployment.
    #[error(transparent)]
    Place(#[from] FolderRefused),
    /// The folder cannot be used.
    #[error("The folder {path} cannot be used: {source}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("The file {path} cannot be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No organisation of that id.
    #[error("There is no organisation {0}.")]
    NoSuchOrganisation(OrgId),
    /// No organisation of that id or name.
    #[error("There is no organisation {named}. {known}")]
    NoOrganisationNamed {
        /// What was typed.
        named: String,
        /// Which ones there are.
        known: String,
    },
    /// Several organisations of that name.
    #[error("Several organisations are called {named}. Name the one that you mean by its id:\n{orgs}")]
    SeveralOrganisationsNamed {
        /// The name.
        named: String,
        /// A line for each, with its id.
        orgs: String,
    },
    /// No token of that id.
    #[error("There is no SCIM token {0}. `scim-token list` shows all.")]
    NoSuchToken(String),
    /// No person of that address, account id, SCIM id or user name.
    #[error(
        "Nobody here has the address, id or user name {0}. `person search` looks for a part of an address, user name or name."
    )]
    NoSuchPerson(String),
    /// The account is complete.
    #[error("{0} has already finished the account. A finished account is never set up again.")]
    AlreadyComplete(String),
    /// The person is deactivated.
    #[error(
        "{0} is deactivated by the organisation. Activate the person at the identity provider; that sends a new invitation."
    )]
    Inactive(String),
    /// Several organisations wait for somebody at that address.
    #[error("Several organisations wait for somebody at {email}. Name the one that you act for:\n{orgs}")]
    SeveralOrganisations {
        /// The address.
        email: String,
        /// A line for each, with the option that names it.
        orgs: String,
    },
    /// Several organisations have somebody of that user name, or that account.
    #[error("Several organisations have {name}. Name the one that you mean:\n{orgs}")]
    SeveralNamed {
        /// The user name or the account's id.
        name: String,
        /// A line for each, with the option that names it.
        orgs: String,
    },
    /// The organisation holds the person back.
    #[error("{0} is staged: the organisation holds invitations back. `invite release {0}` sends the letter.")]
    HeldBack(String),
    /// Nobody holds the person back.
    #[error("{name} is not held back: `person show` says {state}, and why.")]
    NotHeldBack {
        /// Whom the administrator named.
        name: String,
        /// How they stand.
        state: String,
    },
    /// The organisation invites at once.
    #[error("{0} invites people at once, so nobody is held back. `person list` says who waits for something else.")]
    InvitesAtOnce(String),
    /// There are people whom it would invite.
    #[error(
        "{people} people of the organisation are staged. Release them first, which sends their letters:\n  firstkey-server invite release --all --org {org}"
    )]
    StillHeldBack {
        /// How many.
        people: i64,
        /// Whose.
        org: OrgId,
    },
    /// The organisation has no group of that name.
    #[error("{organisation} has no group {group}. The identity provider names the groups.")]
    NoSuchGroup {
        /// The organisation.
        organisation: String,
        /// What was looked for.
        group: String,
    },
    /// There is none, or there are several, and none was named.
    #[error("Name the organisation:\n{0}")]
    WhichOrganisation(String),
    /// The person has nowhere to be invited to.
    #[error("{name} cannot be invited. {why}")]
    Waits {
        /// Whom the administrator named.
        name: String,
        /// Why, and what to do.
        why: &'static str,
    },
    /// A value that is out of range.
    #[error("{0}")]
    Invalid(&'static str),
    /// The database's address cannot be used.
    #[error("{0}")]
    Database(String),
}

impl Realm {
    /// Makes a deployment in an absent folder, or in one that is its owner's alone: realm id, key
    /// file, embedded database.
    pub async fn init(dir: &Path, origin: &str, contact: Option<&str>) -> Result<Self, RealmError> {
        Self::init_with(dir, origin, contact, None).await
    }

    /// The same with the database that an address such as `postgres://user@host/name` names. The
    /// folder remembers it.
    pub async fn init_with(
        dir: &Path,
        origin: &str,
        contact: Option<&str>,
        database: Option<&str>,
    ) -> Result<Self, RealmError> {
        let origin = crate::origin::read(origin)?;
        if contact.is_some_and(|contact| !is_address(contact)) {
            return Err(RealmError::Invalid("The contact must be one e-mail address."));
        }
        let location = Self::prepare_folder(dir, database)?;
        let store = Store::open(location).await?;
        if store.realm().await?.is_some() {
            return Err(RealmError::Exists(dir.to_owned()));
        }
        let keys = ServerKeys::make(dir)?;
        if let Some(database) = database {
            Self::remember_database(dir, database)?;
        }
        let clock = Clock::System;
        let row = RealmRow {
            realm_id: fresh_id(),
            origin: origin.as_str().to_owned(),
            contact: contact.map(str::to_owned),
            keys: keys.marks(),
        };
        store.create_realm(row.clone(), clock.now()).await?;
        Ok(Self { id: RealmId::heard(row.realm_id), origin, contact: row.contact, store, keys, clock })
    }

    /// Makes the folder, for its owner alone, or takes one that is so; refuses one that holds a
    /// deployment. Gives the place of its database.
    pub(crate) fn prepare_folder(dir: &Path, database: Option<&str>) -> Result<Location, RealmError> {
        let address = database.map(Address::read).transpose().map_err(RealmError::Database)?;
        data_folder::prepare(dir)?;
        let file = dir.join(DATABASE);
        // A link to nowhere is something too.
        if [&file, &dir.join(ELSEWHERE)].into_iter().any(|path| path.symlink_metadata().is_ok()) {
            return Err(RealmError::Exists(dir.to_owned()));
        }
        Ok(address.map_or(Location::Sqlite(file), |address| Location::Postgres(Box::new(address))))
    }

    /// Keeps the address of the database in the folder.
    pub(crate) fn remember_database(dir: &Path, database: &str) -> Result<(), RealmError> {
        let path = dir.join(ELSEWHERE);
        write_new(&path, database.as_bytes()).map_err(|source| RealmError::File { path, source })
    }

    /// Opens a deployment; refuses a wrong, missing or damaged key file.
    pub async fn open(dir: &Path) -> Result<Self, RealmError> {
        Self::open_with(dir, None).await
    }

    /// The same with the database of that address, whatever the folder remembers: another server of
    /// one deployment needs the key file only.
    pub async fn open_with(dir: &Path, database: Option<&str>) -> Result<Self, RealmError> {
        Self::open_from(dir, database, &KeyPlace::in_folder(dir)).await
    }

    /// The same with the key file at that place.
    pub(crate) async fn open_from(dir: &Path, database: Option<&str>, key: &KeyPlace) -> Result<Self, RealmError> {
        Self::open_location(dir, locate(dir, database, DatabaseWaits::default())?, key).await
    }

    /// The same with other limits for the waits on a database that is not a file.
    ///
    /// # Errors
    /// As [`Realm::open`].
    pub async fn open_waiting(dir: &Path, database: Option<&str>, waits: DatabaseWaits) -> Result<Self, RealmError> {
        Self::open_location(dir, locate(dir, database, waits)?, &KeyPlace::in_folder(dir)).await
    }

    async fn open_location(dir: &Path, location: Location, key: &KeyPlace) -> Result<Self, RealmError> {
        if location.file().is_some_and(|file| !file.exists()) {
            return Err(RealmError::Missing(dir.to_owned()));
        }
        let store = Store::open(location).await?;
        let row = store.realm().await?.ok_or_else(|| RealmError::Missing(dir.to_owned()))?;
        let keys = ServerKeys::open(key, &row.keys)?;
        Ok(Self {
            id: RealmId::heard(row.realm_id),
            origin: crate::origin::read(&row.origin)?,
            contact: row.contact,
            store,
            keys,
            clock: Clock::System,
        })
    }

    /// The realm's id.
    pub fn id(&self) -> RealmId {
        self.id
    }

    /// The origin that clients talk to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Adds an organisation that invites its people at once.
    pub async fn add_organisation(&self, new: NewOrganisation) -> Result<OrgId, RealmError> {
        self.add_organisation_inviting(new, Inviting::AtOnce).await
    }

    /// Adds an organisation that invites its people then.
    pub async fn add_organisation_inviting(
        &self,
        new: NewOrganisation,
        inviting: Inviting,
    ) -> Result<OrgId, RealmError> {
        let name = organisation_name(&new.name)?;
        let min_profile = new.min_profile.unwrap_or(2);
        if !(1..=4).contains(&min_profile) {
            return Err(RealmError::Invalid("The least profile is 1, 2, 3 or 4."));
        }
        if new.contact.as_deref().is_some_and(|contact| !is_address(contact)) {
            return Err(RealmError::Invalid("The contact must be one e-mail address."));
        }
        let id = fresh_id();
        self.store.add_organisation(id, name, new.contact, min_profile, inviting, self.clock.now()).await?;
        Ok(OrgId::heard(id))
    }

    /// Goes along the audit log and tells whether every entry is as it was written.
    pub async fn audit_chain(&self) -> Result<Chain, RealmError> {
        Ok(self.store.audit_chain().await?)
    }
}

/// A line for each organisation, with the option that names it.
pub(crate) fn org_options<'a>(orgs: impl Iterator<Item = ([u8; 16], &'a str)>) -> String {
    orgs.map(|(org, name)| format!("  --org {}  {name}", OrgId::heard(org))).collect::<Vec<_>>().join("\n")
}

/// A name that an organisation can have.
pub(crate) fn organisation_name(text: &str) -> Result<String, RealmError> {
    let name = text.trim().to_owned();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(RealmError::Invalid("An organisation needs a name of 1 to 200 characters on one line."));
    }
    Ok(name)
}

/// Where the deployment of that folder keeps its data.
fn locate(dir: &Path, database: Option<&str>, waits: DatabaseWaits) -> Result<Location, RealmError> {
    let remembered = match database {
        Some(given) => Some(Zeroizing::new(given.to_owned())),
        None => match std::fs::read_to_string(dir.join(ELSEWHERE)) {
            Ok(text) => Some(Zeroizing::new(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(RealmError::Folder { path: dir.join(ELSEWHERE), source }),
        },
    };
    let Some(text) = remembered else { return Ok(Location::Sqlite(dir.join(DATABASE))) };
    let address = Address::read_with(&text, waits).map_err(RealmError::Database)?;
    Ok(Location::Postgres(Box::new(address)))
}
