//! Everything that is kept, copied table by table: into a file of its own for a backup, and out of
//! one again. The file is an SQLite database whatever the deployment uses, so a backup also moves a
//! deployment from one database to the other, and any SQLite tool can look into it.
//!
//! Promise: a copy is one moment, even of a database that is being written to; a database is filled
//! whole or not at all. Left out, because they must not come back: sessions and logins that are
//! under way; and the log of SCIM requests, which is for finding faults. Must never: hold the
//! server's key, which is in no table.

use super::audit::{self, Chain};
use super::db::{Db, Location, Statement, Value};
use super::{Result, Store, StoreError, foreign_file, migrate};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What is copied, what is referred to before what refers to it.
pub(super) const TABLES: [&str; 20] = [
    "realm",
    "server_key",
    "organisation",
    "scim_token",
    "account",
    "membership",
    "membership_email",
    "leaver",
    "manual_group",
    "scim_group",
    "group_member",
    "loose_list",
    "invite",
    "invite_token",
    "claim",
    "bundle",
    "account_change",
    "outbox",
    "expiry_told",
    "audit",
];
/// Tables that are not copied.
#[cfg(test)]
const LEFT_OUT: [&str; 5] = ["login", "session", "migration", "lock_kind", "scim_request"];
/// Rows that are written together.
const TOGETHER: usize = 500;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Rows of each table.
    pub rows: Vec<(&'static str, u64)>,
    /// The audit log as it is in the copy.
    pub audit: Chain,
}

impl Copied {
    /// Rows of that table.
    pub fn rows_of(&self, table: &str) -> u64 {
        self.rows.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows)
    }
}

impl Store {
    /// Copies everything into the file, which must be there and empty.
    pub(crate) async fn copy_into(&self, path: PathBuf) -> Result<Copied> {
        self.read(move |db| {
            let copy = Location::Sqlite(path).connect()?;
            migrate::run(&copy)?;
            db.begin_snapshot()?;
            let copied = transfer(db, &copy);
            db.roll_back();
            let copied = copied?;
            // One file, without a journal beside it.
            copy.batch("PRAGMA journal_mode = DELETE")?;
            Ok(copied)
        })
        .await
    }

    /// Refuses a file that is not one that [`Store::copy_into`] of this or an earlier program
    /// wrote; changes nothing.
    pub(crate) async fn check_backup(path: PathBuf) -> Result<()> {
        let checking = tokio::task::spawn_blocking(move || foreign_file::check(&Location::Sqlite(path).connect()?));
        checking.await.map_err(|_| StoreError::Closed)?
    }

    /// Fills this database, in which there is nothing yet, from a file that [`Store::copy_into`]
    /// wrote.
    pub(crate) async fn fill_from(&self, path: PathBuf) -> Result<Copied> {
        let location = self.location.clone();
        let filling = tokio::task::spawn_blocking(move || {
            let source = open(&path)?;
            let db = location.connect()?;
            db.be_patient();
            let copied = transfer(&source, &db)?;
            for table in ["outbox", "claim"] {
                let last = format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', 'seq'), coalesce(max(seq), 1)) FROM {table}"
                );
                db.batch(db.either("", &last))?;
            }
            Ok(copied)
        });
        filling.await.map_err(|_| StoreError::Closed)?
    }
}

/// The realm in a file that [`Store::copy_into`] wrote; brings an older file to the newest version.
pub(super) fn open(path: &Path) -> Result<Db> {
    let source = Location::Sqlite(path.to_owned()).connect()?;
    foreign_file::check(&source)?;
    migrate::run(&source)?;
    Ok(source)
}

/// Copies all rows in one transaction of the target. The columns are those of the schema, never
/// those that a file says it has.
fn transfer(from: &Db, to: &Db) -> Result<Copied> {
    let reference = foreign_file::reference(migrate::NEWEST)?;
    to.begin()?;
    let copied = TABLES.iter().map(|&table| Ok((table, rows(from, to, &reference, table)?))).collect::<Result<_>>();
    let copied = copied.and_then(|rows| Ok(Copied { rows, audit: audit::chain(to)? })).and_then(|copied| {
        to.commit()?;
        Ok(copied)
    });
    if copied.is_err() {
        to.roll_back();
    }
    copied
}

fn rows(from: &Db, to: &Db, reference: &Db, table: &'static str) -> Result<u64> {
    let columns = foreign_file::columns(reference, table)?;
    let places: Vec<_> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    let order = if table == "audit" { " ORDER BY seq" } else { "" };
    let (mut waiting, mut count) = (Vec::with_capacity(TOGETHER), 0);
    from.each(&format!("SELECT {} FROM {table}{order}", columns.join(", ")), &[], |row| {
        waiting.push(row);
        count += 1;
        if waiting.len() == TOGETHER {
            write(to, &insert, &mut waiting)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    write(to, &insert, &mut waiting)?;
    Ok(count)
}

fn write(to: &Db, insert: &str, rows: &mut Vec<super::db::Row>) -> Result<()> {
    let statements: Vec<Statement<'_>> =
        rows.iter().map(|row| (insert, row.cells().iter().map(Value::from).collect())).collect();
    to.execute_all(&statements)?;
    rows.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LEFT_OUT, TABLES};

    #[test]
    fn every_table_is_copied_or_left_out_on_purpose() {
        for schema in [
            include_str!("schema/0001_start.sqlite.sql"),
            include_str!("schema/0001_start.postgres.sql"),
            include_str!("schema/0005_logins.sqlite.sql"),
            include_str!("schema/0005_logins.postgres.sql"),
            include_str!("schema/0010_server_key.sqlite.sql"),
            include_str!("schema/0010_server_key.postgres.sql"),
            include_str!("schema/0012_notices.postgres.sql"),
            include_str!("schema/0013_scim_log.sqlite.sql"),
            include_str!("schema/0013_scim_log.postgres.sql"),
            include_str!("schema/0014_brake.sqlite.sql"),
            include_str!("schema/0014_brake.postgres.sql"),
            include_str!("schema/0017_by_hand.sqlite.sql"),
            include_str!("schema/0017_by_hand.postgres.sql"),
        ] {
            let tables: Vec<_> =
                schema.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next()).collect();
            assert!(!tables.is_empty());
            for table in tables {
                assert!(TABLES.contains(&table) || LEFT_OUT.contains(&table), "{table} is forgotten");
            }
        }
    }
}
