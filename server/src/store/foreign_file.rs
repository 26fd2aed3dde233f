//! A file that somebody calls a backup, held against what this program writes.
//!
//! Promise: what passes has this program's tables, columns, indices and triggers as of one of its
//! versions, each with the very words of the schema, and nothing else: no view, no trigger and no
//! generated column of somebody else's is ever run, and no name of the file becomes a part of a
//! statement. Values have the types of the schema and sizes that this program can have written.

use super::copy::TABLES;
use super::db::{Db, Location, values};
use super::error::{Result, StoreError};
use super::migrate;

/// The longest value: a request is at most 1 MiB, and JSON may be kept with more escapes.
const LONGEST: i64 = 4 << 20;
/// Values of one length, or of one of two (docs/PROTOCOL.md sections 5 to 7), in bytes.
const FIXED: [(&str, &str, [i64; 2]); 11] = [
    ("bundle", "kdf_block", [47, 47]),
    ("bundle", "opaque_record", [192, 192]),
    ("bundle", "envelope_1", [197, 197]),
    ("bundle", "envelope_2", [150, 150]),
    ("bundle", "envelope_3", [150, 150]),
    ("bundle", "envelope_4", [150, 150]),
    ("bundle", "ed25519", [32, 32]),
    ("bundle", "x25519", [32, 32]),
    ("bundle", "signature", [64, 64]),
    ("bundle", "recovery_public", [32, 32]),
    ("bundle", "statement", [270, 303]),
];

/// The schema as SQLite keeps it: kind, name, table, words.
type Schema = Vec<[Option<String>; 4]>;

/// An empty database of this program, which says what columns there are.
pub(super) fn reference(version: usize) -> Result<Db> {
    let db = Location::Sqlite(":memory:".into()).connect()?;
    migrate::run_to(&db, version)?;
    Ok(db)
}

/// The columns of a table in the order of the schema.
pub(super) fn columns(reference: &Db, table: &str) -> Result<Vec<String>> {
    let rows = reference.rows(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"), &[])?;
    rows.iter().map(|row| row.at::<String>(0)).collect()
}

/// Refuses a file that this program did not write.
pub(super) fn check(file: &Db) -> Result<()> {
    let found = schema(file)?;
    let mut version = None;
    for at in 1..=migrate::NEWEST {
        if schema(&reference(at)?)? == found {
            version = Some(at);
        }
    }
    let Some(version) = version else { return Err(unknown(file, &found)) };
    let sound: String = file.one("PRAGMA integrity_check", &[])?.at(0)?;
    if sound != "ok" {
        return Err(StoreError::Corrupt("the file is damaged"));
    }
    let said: i64 = file.one("SELECT max(version) FROM migration", &[])?.at(0)?;
    if usize::try_from(said) != Ok(version) {
        return Err(StoreError::Corrupt(
            "the file is no backup of this program: its version is not that of its tables",
        ));
    }
    sizes(file, &reference(version)?)
}

/// Everything but what SQLite's planner counts for itself.
fn schema(db: &Db) -> Result<Schema> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema
               WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')) ORDER BY type, name, tbl_name, sql";
    let rows = db.rows(sql, &[])?;
    rows.iter().map(|row| Ok([row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?])).collect()
}

/// What to say of a file with another schema.
fn unknown(file: &Db, found: &Schema) -> StoreError {
    let Ok(newest) = reference(migrate::NEWEST).and_then(|db| schema(&db)) else {
        return StoreError::Corrupt("the file is no backup of this program");
    };
    let migration = |schema: &Schema| schema.iter().find(|item| item[1].as_deref() == Some("migration")).cloned();
    match migration(found) {
        None => return StoreError::Corrupt("the file is no backup of this program"),
        // That table is this program's, so it can be asked; only a newer program has more steps.
        same if same == migration(&newest) => {
            let known = i64::try_from(migrate::NEWEST).unwrap_or(i64::MAX);
            let said = file.one("SELECT max(version) FROM migration", &[]).and_then(|row| row.at::<i64>(0));
            if let Ok(found) = said
                && found > known
            {
                return StoreError::Newer { found, known };
            }
        }
        Some(_) => {}
    }
    StoreError::Corrupt("the file is no backup of this program: it has tables, columns or triggers that are not known")
}

/// Refuses values of a size that is never written.
fn sizes(file: &Db, reference: &Db) -> Result<()> {
    for table in TABLES {
        let columns = columns(reference, table)?;
        // A table that came with a later version.
        if columns.is_empty() {
            continue;
        }
        let long: Vec<_> = columns.iter().map(|name| format!("octet_length({name}) > ?1")).collect();
        if file.exists(&format!("SELECT 1 FROM {table} WHERE {}", long.join(" OR ")), &values![LONGEST])? {
            return Err(StoreError::Corrupt("a value in the file is longer than any that is ever written"));
        }
    }
    for (table, column, [one, other]) in FIXED {
        // A column that came with a later version.
        if !columns(reference, table)?.iter().any(|known| known == column) {
            continue;
        }
        if file.exists(
            &format!("SELECT 1 FROM {table} WHERE octet_length({column}) NOT IN (?1, ?2)"),
            &values![one, other],
        )? {
            return Err(StoreError::Corrupt("a key or an envelope in the file has the wrong length"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, reference, schema};
    use crate::store::migrate::NEWEST;

    #[test]
    fn every_version_of_this_program_is_known_and_each_is_another() {
        let mut seen = Vec::new();
        for version in 1..=NEWEST {
            let db = reference(version).expect("a database");
            check(&db).expect("it is ours");
            let schema = schema(&db).expect("a schema");
            assert!(!seen.contains(&schema));
            seen.push(schema);
        }
    }

    #[test]
    fn whatever_is_added_to_the_schema_is_refused() {
        for added in [
            "CREATE TABLE more (a INTEGER) STRICT",
            "ALTER TABLE outbox ADD COLUMN \"seq) SELECT 1; --\" TEXT",
            "ALTER TABLE organisation RENAME COLUMN name TO \"name) VALUES (1); DROP TABLE realm; --\"",
            "CREATE VIEW realm_of AS SELECT * FROM realm",
            "DROP TABLE login; CREATE VIEW login AS SELECT 1 AS login_id",
            "CREATE TRIGGER on_read AFTER INSERT ON migration BEGIN DELETE FROM organisation; END",
            "CREATE INDEX more ON realm (origin)",
            "DROP TRIGGER audit_keeps",
            "DROP INDEX account_address",
            "ALTER TABLE realm ADD COLUMN g TEXT GENERATED ALWAYS AS (upper(origin)) VIRTUAL",
            "CREATE TEMP TABLE x (a); CREATE VIRTUAL TABLE words USING fts5(a)",
        ] {
            let db = reference(NEWEST).expect("a database");
            if db.batch(added).is_ok() {
                let refused = check(&db).expect_err(added).to_string();
                assert!(refused.contains("not known"), "{added}: {refused}");
            }
        }
    }

    #[test]
    fn the_version_that_is_said_is_that_of_the_tables_and_a_newer_one_is_called_newer() {
        let db = reference(1).expect("a database");
        db.batch("INSERT INTO migration VALUES (2, 0)").expect("written");
        assert!(check(&db).is_err());
        let db = reference(NEWEST).expect("a database");
        db.batch("INSERT INTO migration VALUES (99, 0); CREATE TABLE more (a INTEGER) STRICT").expect("written");
        let refused = check(&db).expect_err("newer").to_string();
        assert!(refused.contains("99"), "{refused}");
    }

    #[test]
    fn sizes_that_are_never_written_are_refused() {
        let db = reference(NEWEST).expect("a database");
        db.batch("INSERT INTO organisation (org_id, name, created_at) VALUES (zeroblob(16), 'A', 0)").expect("written");
        check(&db).expect("it is ours");
        db.batch("UPDATE organisation SET name = hex(zeroblob(3000000))").expect("written");
        assert!(check(&db).is_err());
    }
}
