//! The realm and its organisations.

use super::audit::{Entry, note};
use super::db::values;
use super::{Result, Store, server_keys};
use crate::key_file::KeyMark;
use crate::life::Inviting;

/// The deployment itself.
#[derive(Clone)]
pub(crate) struct RealmRow {
    pub(crate) realm_id: [u8; 16],
    pub(crate) origin: String,
    pub(crate) contact: Option<String>,
    /// The server's keys that are not retired, in order; the last is for new passwords.
    pub(crate) keys: Vec<KeyMark>,
}

impl Store {
    /// Writes the one realm of a new database.
    pub(crate) async fn create_realm(&self, realm: RealmRow, now: i64) -> Result<()> {
        self.write(move |db| {
            db.execute(
                "INSERT INTO realm VALUES (1, ?1, ?2, ?3, ?4)",
                &values![realm.realm_id, &realm.origin, &realm.contact, now],
            )?;
            for mark in &realm.keys {
                server_keys::insert(db, mark, now)?;
            }
            note(db, now, "realm.created", Entry::default());
            Ok(())
        })
        .await
    }

    /// The realm, if the database has been initialised.
    pub(crate) async fn realm(&self) -> Result<Option<RealmRow>> {
        self.read(|db| {
            let row = db.row("SELECT realm_id, origin, contact FROM realm", &[])?;
            row.map(|row| {
                let keys = server_keys::marks(db)?;
                Ok(RealmRow { realm_id: row.at(0)?, origin: row.at(1)?, contact: row.at(2)?, keys })
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
        inviting: Inviting,
        now: i64,
    ) -> Result<()> {
        self.write(move |db| {
            db.execute(
                "INSERT INTO organisation (org_id, name, contact, min_profile, inviting, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                &values![org_id, &name, &contact, min_profile, inviting.as_str(), now],
            )?;
            note(db, now, "organisation.added", Entry { org: Some(org_id), ..Entry::default() });
            Ok(())
        })
        .await
    }
}
