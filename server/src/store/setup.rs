//! The realm, its organisations and their SCIM tokens.

use super::audit::{Entry, note};
use super::db::values;
use super::{Result, Store};
use crate::rng::fresh_id;
use crate::token::TokenHash;

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
                &values![realm.realm_id, &realm.origin, &realm.contact, realm.key_canary, now],
            )?;
            note(db, now, "realm.created", Entry::default());
            Ok(())
        })
        .await
    }

    /// The realm, if the database has been initialised.
    pub(crate) async fn realm(&self) -> Result<Option<RealmRow>> {
        self.read(|db| {
            let row = db.row("SELECT realm_id, origin, contact, key_canary FROM realm", &[])?;
            row.map(|row| {
                Ok(RealmRow { realm_id: row.at(0)?, origin: row.at(1)?, contact: row.at(2)?, key_canary: row.at(3)? })
            })
            .transpose()
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
                &values![org_id, &name, &contact, min_profile, now],
            )?;
            note(db, now, "organisation.added", Entry { org: Some(org_id), ..Entry::default() });
            Ok(())
        })
        .await
    }

    /// Adds a SCIM token by its hash; false if there is no such organisation.
    pub(crate) async fn add_scim_token(&self, org_id: [u8; 16], hash: TokenHash, now: i64) -> Result<bool> {
        self.write(move |db| {
            let known = db.exists("SELECT 1 FROM organisation WHERE org_id = ?1", &values![org_id])?;
            if known {
                db.execute(
                    "INSERT INTO scim_token (token_id, token_hash, org_id, created_at) VALUES (?1, ?2, ?3, ?4)",
                    &values![fresh_id(), hash.0, org_id, now],
                )?;
                note(db, now, "scim-token.added", Entry { org: Some(org_id), ..Entry::default() });
            }
            Ok(known)
        })
        .await
    }

    /// Whose token this is.
    pub(crate) async fn organisation_of_token(&self, hash: TokenHash) -> Result<Option<[u8; 16]>> {
        self.read(move |db| {
            let row = db.row(
                "SELECT token_hash, org_id FROM scim_token WHERE token_hash = ?1 AND revoked_at IS NULL",
                &values![hash.0],
            )?;
            let Some(row) = row else { return Ok(None) };
            let stored: [u8; 32] = row.at(0)?;
            if hash.matches(&stored) { row.at(1).map(Some) } else { Ok(None) }
        })
        .await
    }
}
