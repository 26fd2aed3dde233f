//! Organisations as an administrator sees and changes them.

use super::audit::{Entry, note};
use super::db::{Row, values};
use super::mailboxes::read_inviting;
use super::releases::set_inviting;
use super::rows::Policy;
use super::{Result, Store};
use crate::life::Inviting;

/// An organisation with its counts.
pub(crate) struct OrganisationRow {
    pub(crate) org_id: [u8; 16],
    pub(crate) name: String,
    pub(crate) contact: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) people: i64,
    pub(crate) groups: i64,
    pub(crate) created_at: i64,
    pub(crate) install: InstallRow,
    /// Whether the SCIM request log keeps its requests' values.
    pub(crate) scim_log_values: bool,
    /// When its brake trips; as usual, if nobody said.
    pub(crate) brake: Option<String>,
    /// When its people are invited, and from when on where that is a date.
    pub(crate) inviting: Inviting,
    pub(crate) inviting_from: Option<i64>,
    /// When people are reminded; empty or null: never.
    pub(crate) remind: Option<String>,
}

/// How an organisation's people get the program, as it is stored; what was taken back is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InstallRow {
    pub(crate) url: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) sums: Option<String>,
}

/// What is to be changed; what is not given stays.
#[derive(Default)]
pub(crate) struct OrganisationChange {
    pub(crate) name: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) min_profile: Option<u8>,
    pub(crate) secret_key: Option<String>,
    pub(crate) install: InstallRow,
    pub(crate) scim_log_values: Option<bool>,
    pub(crate) brake: Option<String>,
    /// With the date, where it is one.
    pub(crate) inviting: Option<(Inviting, Option<i64>)>,
    /// When people are reminded; empty: never.
    pub(crate) remind: Option<String>,
}

const COLUMNS: &str =
    "org_id, name, contact, min_profile, recovery, secret_key, min_length, people + (SELECT count(*) FROM membership m WHERE m.org_id = organisation.org_id AND m.source = 'manual'), groups_count, created_at,
     install_url, install_text, install_sums, scim_log_values, brake, inviting, inviting_from, remind";

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

    /// How people get the program, where all organisations say the same; nobody is told by it which
    /// ones there are.
    pub(crate) async fn install_of_all(&self) -> Result<Option<InstallRow>> {
        self.read(|db| {
            let said = "SELECT DISTINCT coalesce(install_url, ''), coalesce(install_text, ''), coalesce(install_sums, '') FROM organisation LIMIT 2";
            let rows = db.rows(said, &[])?;
            let [row] = rows.as_slice() else { return Ok(None) };
            Ok(Some(InstallRow { url: row.at(0)?, text: row.at(1)?, sums: row.at(2)? }))
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
            let OrganisationChange {
                name,
                contact,
                min_profile,
                secret_key,
                install,
                scim_log_values,
                brake,
                inviting,
                remind,
            } = &change;
            let changed = db.execute(
                "UPDATE organisation SET name = coalesce(?2, name), contact = coalesce(?3, contact), min_profile = coalesce(?4, min_profile),
                 secret_key = coalesce(?5, secret_key), install_url = coalesce(?6, install_url), install_text = coalesce(?7, install_text),
                 install_sums = coalesce(?8, install_sums), remind = coalesce(?11, remind), scim_log_values = coalesce(?9, scim_log_values),
                 brake = coalesce(?10, brake)
                 WHERE org_id = ?1",
                &values![
                    org,
                    name,
                    contact,
                    *min_profile,
                    secret_key,
                    &install.url,
                    &install.text,
                    &install.sums,
                    *scim_log_values,
                    brake,
                    remind
                ],
            )?;
            if changed == 1 {
                // What was kept goes with the wish to keep it.
                if *scim_log_values == Some(false) {
                    let sql = "UPDATE scim_request SET given = NULL WHERE given IS NOT NULL AND org_id = ?1";
                    db.execute(sql, &values![org])?;
                }
                // Which, not what: a contact is somebody's address.
                let parts = [
                    ("name", name.is_some()),
                    ("contact", contact.is_some()),
                    ("min_profile", min_profile.is_some()),
                    ("secret_key", secret_key.is_some()),
                    ("install_url", install.url.is_some()),
                    ("install_text", install.text.is_some()),
                    ("install_sums", install.sums.is_some()),
                    ("scim_log_values", scim_log_values.is_some()),
                    ("brake", brake.is_some()),
                    ("remind", remind.is_some()),
                ];
                let parts: Vec<&str> = parts.iter().filter(|(_, given)| *given).map(|(part, _)| *part).collect();
                if let Some((inviting, from)) = *inviting {
                    set_inviting(db, org, inviting, from, now)?;
                }
                if !parts.is_empty() {
                    note(db, now, "organisation.changed", Entry { org: Some(org), detail: Some(&parts.join(" ")), ..Entry::default() });
                }
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
            install: InstallRow { url: row.at(10)?, text: row.at(11)?, sums: row.at(12)? },
            scim_log_values: row.at(13)?,
            brake: row.at(14)?,
            inviting: read_inviting(row, 15)?,
            inviting_from: row.at(16)?,
            remind: row.at(17)?,
        })
    }
}
