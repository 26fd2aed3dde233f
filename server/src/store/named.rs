//! People whom an administrator names by account id, SCIM id or user name: those who have no
//! address, too.
//!
//! Promise: an id is one person's; a user name is compared as the organisation compares it, whole.

use super::db::{Row, values};
use super::people::{PersonKey, read_source};
use super::{Result, Store};
use crate::life::Source;
use crate::user_name;
use uuid::Uuid;

/// Somebody of an organisation.
pub(crate) struct NamedPerson {
    pub(crate) key: PersonKey,
    /// The account that the person has, or is asked to join.
    pub(crate) account: [u8; 16],
    /// The address in use.
    pub(crate) email: Option<String>,
    pub(crate) organisation: String,
    /// Who keeps the person.
    pub(crate) source: Source,
}

const QUERY: &str = "SELECT m.user_id, m.org_id, m.account_id, m.email, o.name, m.source
     FROM membership m JOIN organisation o ON o.org_id = m.org_id WHERE (m.org_id = ?2 OR ?3 = 0)";

impl Store {
    /// Whoever has this SCIM id; else everybody who has this account or is asked to join with it;
    /// else everybody of this user name. At most one in each organisation; in one, or in all.
    pub(crate) async fn named(&self, name: String, org: Option<[u8; 16]>) -> Result<Vec<NamedPerson>> {
        let (is_limited, org) = (org.is_some(), org.unwrap_or_default());
        self.read(move |db| {
            if let Ok(id) = Uuid::try_parse(&name) {
                for column in ["user_id", "account_id"] {
                    let sql = format!("{QUERY} AND m.{column} = ?1 ORDER BY o.name, m.org_id");
                    let found = db.rows(&sql, &values![*id.as_bytes(), org, is_limited])?;
                    if !found.is_empty() {
                        return found.iter().map(NamedPerson::from_row).collect();
                    }
                }
            }
            let Some(key) = user_name::key(&name) else { return Ok(Vec::new()) };
            let sql = format!("{QUERY} AND m.user_name_key = ?1 ORDER BY o.name, m.org_id");
            db.rows(&sql, &values![key, org, is_limited])?.iter().map(NamedPerson::from_row).collect()
        })
        .await
    }
}

impl NamedPerson {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            key: PersonKey { user: row.at(0)?, org: row.at(1)? },
            account: row.at(2)?,
            email: row.at(3)?,
            organisation: row.at(4)?,
            source: read_source(&row.at::<String>(5)?)?,
        })
    }
}
