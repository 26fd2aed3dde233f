//! A database in memory whose rows can be taken out and put back. For tests and fuzzing only: the
//! search of `explore` comes to one state by many ways, and fuzzing begins at one state again and
//! again.
//!
//! Promise: commands and queries are the store's own, each command in a transaction of its own as
//! the writer makes it. Left out: the writer's thread, its gathering of several commands, and the
//! audit log, which nothing is decided by. Must never: be part of a server that somebody uses.

use super::copy::TABLES;
pub(crate) use super::db::{Cell, FromCell, Row};
use super::db::{Db, Location, Value};
use super::engine::Engine;
use super::failures::FailureListener;
use super::writer::at_once;
use super::{Result, Store, StoreError, migrate};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is taken out and put back: everything that is copied for a backup but the audit log, and
/// what lives for minutes only.
const BESIDE: [&str; 2] = ["login", "session"];
/// Numbers that only order rows; where one state is reached by two ways they may differ.
const ONLY_ORDERS: &str = "seq";

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    name: &'static str,
    columns: Arc<[String]>,
    pub(crate) rows: Vec<Row>,
    /// Says the same of two tables with the same rows.
    digest: [u8; 32],
}

/// All rows of a moment.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    tables: Arc<[Arc<Table>]>,
    /// Says the same of two moments with the same rows.
    pub(crate) digest: u128,
}

/// The database, and how many more transactions it lives.
pub(crate) struct InMemory {
    db: Mutex<Db>,
    columns: Vec<(&'static str, Arc<[String]>)>,
    present: Mutex<Option<Rows>>,
    lives: AtomicU32,
    committed: AtomicU32,
}

impl Table {
    /// Where the column of that name stands.
    pub(crate) fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column == name).expect("invariant: the caller knows the schema")
    }
}

impl Rows {
    fn of(tables: Vec<Arc<Table>>) -> Self {
        let mut hash = Sha256::new();
        for table in &tables {
            hash.update(table.digest);
        }
        let whole: [u8; 32] = hash.finalize().into();
        let (half, _) = whole.split_first_chunk().expect("invariant: 32 bytes hold 16");
        Self { tables: tables.into(), digest: u128::from_le_bytes(*half) }
    }

    /// Every value of every row.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&'static str, &Cell)> {
        self.tables.iter().flat_map(|table| table.rows.iter().flat_map(Row::cells).map(|cell| (table.name, cell)))
    }

    /// The table of that name.
    pub(crate) fn table(&self, name: &str) -> &Table {
        self.tables.iter().find(|table| table.name == name).expect("invariant: the caller knows the schema")
    }
}

impl Store {
    /// A new database in memory.
    pub(crate) fn open_in_memory() -> Result<Self> {
        let location = Location::Sqlite(":memory:".into());
        let db = location.connect()?;
        migrate::run(&db)?;
        let names = TABLES.into_iter().filter(|name| *name != "audit").chain(BESIDE);
        let columns = names.map(|name| Ok((name, columns(&db, name)?))).collect::<Result<Vec<_>>>()?;
        let memory = InMemory {
            db: Mutex::new(db),
            columns,
            present: Mutex::new(None),
            lives: AtomicU32::new(u32::MAX),
            committed: AtomicU32::new(0),
        };
        Ok(Self {
            engine: Engine::InMemory(Arc::new(memory)),
            letters_waiting: Arc::default(),
            failures: FailureListener::default(),
            location,
            turns: super::turns(),
            begun: super::guesses::Begun::default(),
            invitations: super::turns::Turns::default(),
            probe: super::readiness::Probe::default(),
            scim_budget: std::sync::Arc::default(),
        })
    }

    /// Its database.
    pub(crate) fn in_memory(&self) -> &InMemory {
        match &self.engine {
            Engine::InMemory(memory) => memory,
            Engine::Threads { .. } => panic!("invariant: asked of a store in memory"),
        }
    }
}

fn columns(db: &Db, table: &str) -> Result<Arc<[String]>> {
    let rows = db.rows(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"), &[])?;
    rows.iter().map(|row| row.at::<String>(0)).collect()
}

impl InMemory {
    fn db(&self) -> MutexGuard<'_, Db> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self) -> MutexGuard<'_, Option<Rows>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        if self.lives.load(Ordering::Relaxed) == 0 {
            return Err(StoreError::Closed);
        }
        let answer = at_once(&self.db(), work);
        self.lives.fetch_sub(1, Ordering::Relaxed);
        self.committed.fetch_add(1, Ordering::Relaxed);
        answer
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&Db) -> Result<T>) -> Result<T> {
        if self.lives.load(Ordering::Relaxed) == 0 {
            return Err(StoreError::Closed);
        }
        work(&self.db())
    }

    /// After so many transactions the server is dead: nothing is read or written any more.
    pub(crate) fn live_for(&self, transactions: u32) {
        self.lives.store(transactions, Ordering::Relaxed);
        self.committed.store(0, Ordering::Relaxed);
    }

    /// Transactions since then.
    pub(crate) fn committed(&self) -> u32 {
        self.committed.load(Ordering::Relaxed)
    }

    /// The rows of one table as they are, in the order of its first column.
    pub(crate) fn rows_of(&self, table: &'static str) -> Result<Vec<Row>> {
        self.db().rows(&format!("SELECT * FROM {table} ORDER BY 1, 2"), &[])
    }

    /// Puts an account there that is complete, with bytes of that value.
    #[cfg(test)]
    pub(crate) fn complete_somebody(&self, at: u8) -> Result<()> {
        let byte = format!("{at:02x}");
        let bytes = |count: usize| format!("x'{}'", byte.repeat(count));
        let (id, key, block) = (bytes(16), bytes(32), format!("x'{}{}00'", "01".repeat(14), byte.repeat(32)));
        self.db().batch(&format!(
            "INSERT INTO account (account_id, state, created_at) VALUES ({id}, 'complete', 0);
             INSERT INTO organisation (org_id, name, created_at) VALUES ({id}, 'A', 0);
             INSERT INTO invite (invite_id, account_id, org_id, mode, state, created_at, expires_at)
             VALUES ({id}, {id}, {id}, 'enrol', 'used', 0, 0);
             INSERT INTO bundle VALUES ({id}, {id}, {id}, {key}, 1, {block}, {}, {}, {}, {}, {}, {key}, {key}, {}, {key}, 0, NULL, 1)",
            bytes(192), bytes(197), bytes(150), bytes(150), bytes(150), bytes(64)
        ))
    }

    /// Empties the audit log, which is not among what is put back and would grow for ever.
    pub(crate) fn forget_audit(&self) -> Result<()> {
        let db = self.db();
        let trigger: String = db.one("SELECT sql FROM sqlite_master WHERE name = 'audit_stays'", &[])?.at(0)?;
        db.batch(&format!("DROP TRIGGER audit_stays; DELETE FROM audit; {trigger}"))
    }

    /// All rows as they are.
    pub(crate) fn take(&self) -> Result<Rows> {
        let db = self.db();
        let mut present = self.present();
        let mut tables = Vec::with_capacity(self.columns.len());
        for (at, (name, columns)) in self.columns.iter().enumerate() {
            let rows = db.rows(&format!("SELECT * FROM {name}"), &[])?;
            let digest = digest(columns, &rows, *name == "claim");
            let known = present.as_ref().map(|rows| &rows.tables[at]).filter(|known| known.digest == digest);
            let table = || Arc::new(Table { name, columns: Arc::clone(columns), rows, digest });
            tables.push(known.map_or_else(table, Arc::clone));
        }
        let rows = Rows::of(tables);
        *present = Some(rows.clone());
        Ok(rows)
    }

    /// Makes all rows as they were.
    pub(crate) fn put(&self, rows: &Rows) -> Result<()> {
        let db = self.db();
        let mut present = self.present();
        let differs = |at: usize| present.as_ref().is_none_or(|now| now.tables[at].digest != rows.tables[at].digest);
        let changed: Vec<_> = (0..rows.tables.len()).filter(|at| differs(*at)).map(|at| &rows.tables[at]).collect();
        if changed.is_empty() {
            return Ok(());
        }
        // What refers to what is as it was, but not at every moment in between.
        db.batch("PRAGMA foreign_keys = OFF")?;
        db.begin()?;
        for table in changed {
            db.execute(&format!("DELETE FROM {}", table.name), &[])?;
            let places: Vec<_> = (1..=table.columns.len()).map(|at| format!("?{at}")).collect();
            let insert = format!("INSERT INTO {} VALUES ({})", table.name, places.join(", "));
            for row in &table.rows {
                db.execute(&insert, &row.cells().iter().map(Value::from).collect::<Vec<_>>())?;
            }
        }
        db.commit()?;
        db.batch("PRAGMA foreign_keys = ON")?;
        *present = Some(rows.clone());
        Ok(())
    }
}

/// The hash of a table: of its rows as a set, or in their order where that is what decides.
fn digest(columns: &[String], rows: &[Row], ordered: bool) -> [u8; 32] {
    let mut each: Vec<[u8; 32]> = rows
        .iter()
        .map(|row| {
            let mut hash = Sha256::new();
            for (cell, column) in row.cells().iter().zip(columns) {
                if column != ONLY_ORDERS {
                    hash.update(format!("{cell:?};"));
                }
            }
            hash.finalize().into()
        })
        .collect();
    if !ordered {
        each.sort_unstable();
    }
    Sha256::digest(each.concat()).into()
}
