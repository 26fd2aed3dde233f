//! Organisations as an administrator sees and changes them.

use super::audit::{Entry, note};
use super::db::{Row, values};
use super::rows::Policy;
use super::{Result, Store};

/// An organisation with its counts.
pub(crate) struct OrganisationRow {
    pub(crate) org_id: [u8; 16],
    pub(crate) name: String,
    pub(crate) contact: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) people: i64,
    pub(crate) groups: i64,
    pub(crate) created_at: i64,
}

/// What is to be changed; what is not given stays.
#[derive(Default)]
pub(crate) struct OrganisationChange {
    pub(crate) name: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) min_profile: Option<u8>,
    pub(crate) secret_key: Option<String>,
}

const COLUMNS: &str =
    "org_id, name, contact, min_profile, recovery, secret_key, min_length, people, groups_count, created_at";

impl Store {
    /// All of them, by name.
    pub(crate) async fn organisations(&self) -> Result<Vec<OrganisationRow>> {
        self.read(|db| {
            let rows = db.rows(&format!("SELECT {COLUMNS} FROM organisation ORDER BY name, org_id"), &[])?;
            rows.iter().map(OrganisationRow::from_row).collect()
        })
        .await
    }

    /// One of them.
    pub(crate) async fn organisation(&self, org: [u8; 16]) -> Result<Option<OrganisationRow>> {
        self.read(move |db| {
            let row = db.row(&format!("SELECT {COLUMNS} FROM organisation WHERE org_id = ?1"), &values![org])?;
            row.map(|row| OrganisationRow::from_row(&row)).transpose()
        })
        .await
    }

    /// Changes one; false if there is no such organisation.
    pub(crate) async fn change_organisation(
        &self,
        org: [u8; 16],
        change: OrganisationChange,
        now: i64,
    ) -> Result<bool> {
        self.write(move |db| {
            let OrganisationChange { name, contact, min_profile, secret_key } = &change;
            let changed = db.execute(
                "UPDATE organisation SET name = coalesce(?2, name), contact = coalesce(?3, contact), min_profile = coalesce(?4, min_profile),
                 secret_key = coalesce(?5, secret_key)
                 WHERE org_id = ?1",
                &values![org, name, contact, *min_profile, secret_key],
            )?;
            if changed == 1 {
                // Which, not what: a contact is somebody's address.
                let parts = [
                    ("name", name.is_some()),
                    ("contact", contact.is_some()),
                    ("min_profile", min_profile.is_some()),
                    ("secret_key", secret_key.is_some()),
                ];
                let parts: Vec<&str> = parts.iter().filter(|(_, given)| *given).map(|(part, _)| *part).collect();
                note(db, now, "organisation.changed", Entry { org: Some(org), detail: Some(&parts.join(" ")), ..Entry::default() });
            }
            Ok(changed == 1)
        })
        .await
    }
}

impl OrganisationRow {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            org_id: row.at(0)?,
            name: row.at(1)?,
            contact: row.at(2)?,
            policy: Policy {
                min_profile: row.at(3)?,
                recovery: row.at(4)?,
                secret_key: row.at(5)?,
                min_length: row.at(6)?,
            },
            people: row.at(7)?,
            groups: row.at(8)?,
            created_at: row.at(9)?,
        })
    }
}
