//! The tables, as steps that only go forward. A step that has been released is never changed; a new
//! one is added.

use super::db::{Db, values};
use super::error::{Result, StoreError};
use super::{address_keys, apart, group_names};

/// A step, as each of the two databases writes it.
struct Step {
    sqlite: &'static str,
    postgres: &'static str,
    /// What is done to the rows afterwards, where SQL alone cannot: once the tables are the newest,
    /// because the code that does it knows no others.
    then: Option<fn(&Db, i64) -> Result<()>>,
}

/// Each entry brings the database one version on.
const STEPS: &[Step] = &[
    Step {
        sqlite: include_str!("schema/0001_start.sqlite.sql"),
        postgres: include_str!("schema/0001_start.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0002_reset.sqlite.sql"),
        postgres: include_str!("schema/0002_reset.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0003_life.sqlite.sql"),
        postgres: include_str!("schema/0003_life.postgres.sql"),
        then: Some(apart::bring_forward),
    },
    Step {
        sqlite: include_str!("schema/0004_member_lists.sqlite.sql"),
        postgres: include_str!("schema/0004_member_lists.postgres.sql"),
        then: Some(group_names::bring_forward),
    },
    Step {
        sqlite: include_str!("schema/0005_logins.sqlite.sql"),
        postgres: include_str!("schema/0005_logins.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0006_turns.sqlite.sql"),
        postgres: include_str!("schema/0006_turns.postgres.sql"),
        then: Some(address_keys::bring_forward),
    },
    Step {
        sqlite: include_str!("schema/0007_statement.sqlite.sql"),
        postgres: include_str!("schema/0007_statement.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0008_realm_key.sqlite.sql"),
        postgres: include_str!("schema/0008_realm_key.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0009_erasure.sqlite.sql"),
        postgres: include_str!("schema/0009_erasure.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0010_server_key.sqlite.sql"),
        postgres: include_str!("schema/0010_server_key.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0011_install.sqlite.sql"),
        postgres: include_str!("schema/0011_install.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0012_notices.sqlite.sql"),
        postgres: include_str!("schema/0012_notices.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0013_scim_log.sqlite.sql"),
        postgres: include_str!("schema/0013_scim_log.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0014_brake.sqlite.sql"),
        postgres: include_str!("schema/0014_brake.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0015_staged.sqlite.sql"),
        postgres: include_str!("schema/0015_staged.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0016_reminders.sqlite.sql"),
        postgres: include_str!("schema/0016_reminders.postgres.sql"),
        then: None,
    },
    Step {
        sqlite: include_str!("schema/0017_by_hand.sqlite.sql"),
        postgres: include_str!("schema/0017_by_hand.postgres.sql"),
        then: None,
    },
];

/// The newest version.
pub(super) const NEWEST: usize = STEPS.len();

/// Brings the database to the newest version; several programs may try at once.
pub(super) fn run(db: &Db) -> Result<()> {
    run_to(db, NEWEST)
}

/// Brings it to that version.
pub(super) fn run_to(db: &Db, version: usize) -> Result<()> {
    db.be_patient();
    db.begin()?;
    let moved = forward(db, version).and_then(|()| db.commit());
    if moved.is_err() {
        db.roll_back();
    }
    moved
}

fn forward(db: &Db, newest: usize) -> Result<()> {
    let is_there = db.either(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migration'",
        "SELECT 1 WHERE to_regclass('migration') IS NOT NULL",
    );
    // Asked first: a role that may not make tables can use those that are there.
    if !db.exists(is_there, &[])? {
        db.batch(db.either(
            "CREATE TABLE migration (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
            "CREATE TABLE migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)",
        ))?;
    }
    let found: i64 = db.one("SELECT coalesce(max(version), 0) FROM migration", &[])?.at(0)?;
    let known = i64::try_from(STEPS.len()).expect("invariant: a handful of steps");
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let mut thens = Vec::new();
    for (version, step) in (1_i64..).zip(&STEPS[..newest]) {
        if version > found {
            db.batch(db.either(step.sqlite, step.postgres))?;
            let now = db.either("SELECT unixepoch()", "SELECT extract(epoch FROM now())::bigint");
            let now: i64 = db.one(now, &[])?.at(0)?;
            db.execute("INSERT INTO migration VALUES (?1, ?2)", &values![version, now])?;
            thens.extend(step.then.map(|then| (then, now)));
        }
    }
    thens.into_iter().try_for_each(|(then, now)| then(db, now))
}
