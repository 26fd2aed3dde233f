//! The realm, its organisations and their SCIM tokens.

use super::audit::{Entry, note};
use super::{Result, Store};
use crate::token::TokenHash;
use rusqlite::{OptionalExtension, params};

/// The deployment itself.
#[derive(Clone)]
pub(crate) struct RealmRow {
    pub(crate) realm_id: [u8; 16],
    pub(crate) origin: String,
    pub(crate) contact: Option<String>,
    pub(crate) key_canary: [u8; 32],
}

impl Store {
    /// Writes the one realm of a new database.
    pub(crate) async fn create_realm(&self, realm: RealmRow, now: i64) -> Result<()> {
        self.write(move |db| {
            db.execute(
                "INSERT INTO realm VALUES (1, ?1, ?2, ?3, ?4, ?5)",
                params![realm.realm_id, realm.origin, realm.contact, realm.key_canary, now],
            )?;
            note(db, now, "realm.created", Entry::default())
        })
        .await
    }

    /// The realm, if the database has been initialised.
    pub(crate) async fn realm(&self) -> Result<Option<RealmRow>> {
        self.read(|db| {
            let row = db.query_row("SELECT realm_id, origin, contact, key_canary FROM realm", [], |row| {
                Ok(RealmRow {
                    realm_id: row.get(0)?,
                    origin: row.get(1)?,
                    contact: row.get(2)?,
                    key_canary: row.get(3)?,
                })
            });
            Ok(row.optional()?)
        })
        .await
    }

    /// Adds an organisation.
    pub(crate) async fn add_organisation(
        &self,
        org_id: [u8; 16],
        name: String,
        contact: Option<String>,
        min_profile: u8,
        now: i64,
    ) -> Result<()> {
        self.write(move |db| {
            db.execute(
                "INSERT INTO organisation (org_id, name, contact, min_profile, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![org_id, name, contact, min_profile, now],
            )?;
            note(db, now, "organisation.added", Entry { org: Some(org_id), ..Entry::default() })
        })
        .await
    }

    /// Adds a SCIM token by its hash; false if there is no such organisation.
    pub(crate) async fn add_scim_token(&self, org_id: [u8; 16], hash: TokenHash, now: i64) -> Result<bool> {
        self.write(move |db| {
            let known: bool =
                db.query_row("SELECT EXISTS (SELECT 1 FROM organisation WHERE org_id = ?1)", [org_id], |row| {
                    row.get(0)
                })?;
            if known {
                db.execute(
                    "INSERT INTO scim_token (token_hash, org_id, created_at) VALUES (?1, ?2, ?3)",
                    params![hash.0, org_id, now],
                )?;
                note(db, now, "scim-token.added", Entry { org: Some(org_id), ..Entry::default() })?;
            }
            Ok(known)
        })
        .await
    }

    /// Whose token this is.
    pub(crate) async fn organisation_of_token(&self, hash: TokenHash) -> Result<Option<[u8; 16]>> {
        self.read(move |db| {
            let row = db
                .prepare_cached(
                    "SELECT token_hash, org_id FROM scim_token WHERE token_hash = ?1 AND revoked_at IS NULL",
                )?
                .query_row([hash.0], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get(1)?)))
                .optional()?;
            Ok(row.filter(|(stored, _)| hash.matches(stored)).map(|(_, org)| org))
        })
        .await
    }
}
