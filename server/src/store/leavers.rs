//! People who leave, written down as they were before; and whether so many leave that they rest.
//!
//! Promises: whoever is suspended or deleted is written down whole in the same transaction, for as
//! long as leavers are counted; if the brake trips, for 72 hours, and the administrators are told.
//! Must never: change what the identity provider is answered, or keep anybody's access.

use super::audit::{Entry, note};
use super::db::{Cell, Db, Row, Value, values};
use super::error::{Result, StoreError};
use super::outbox;
use crate::life::{Brake, REST};
use crate::rng::fresh_ordered_id;
use serde_json::{Map, Value as Json, json};
use std::sync::OnceLock;

/// What happened to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Suspended,
    Deleted,
}

impl Left {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

/// Writes down a person as they are, before they are suspended or deleted.
pub(super) fn write_down(
    db: &Db,
    (org, user): ([u8; 16], [u8; 16]),
    account: [u8; 16],
    what: Left,
    was_active: bool,
    now: i64,
) -> Result<()> {
    let before = as_it_is(db, (org, user), account)?.to_string();
    db.execute(
        "INSERT INTO leaver (leaver_id, org_id, user_id, account_id, at, what, was_active, before)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &values![fresh_ordered_id(), org, user, account, now, what.word(), was_active, before],
    )?;
    Ok(())
}

/// Looks whether too many have left, once somebody has; if so, they rest, and the administrators
/// are told.
pub(super) fn look(db: &Db, org: [u8; 16], account: [u8; 16], now: i64) -> Result<()> {
    let row = db.one(
        "SELECT o.brake, o.brake_since, coalesce(o.contact, r.contact) IS NOT NULL FROM organisation o LEFT JOIN realm r ON 1 = 1 WHERE o.org_id = ?1",
        &values![org],
    )?;
    let (said, since, has_contact): (Option<String>, Option<i64>, bool) = (row.at(0)?, row.at(1)?, row.at(2)?);
    let Some(brake) = read(said.as_deref())? else { return Ok(()) };
    if since.is_some_and(|since| now < since + REST) {
        let sql = "UPDATE leaver SET rests_until = ?2 WHERE org_id = ?1 AND rests_until IS NULL AND at > ?3";
        db.execute(sql, &values![org, now + REST, now - brake.within()])?;
        return Ok(());
    }
    let sql = "SELECT count(DISTINCT user_id) FROM leaver WHERE org_id = ?1 AND at > ?2 AND was_active = 1";
    let leavers = number(&db.one(sql, &values![org, now - brake.within()])?)?;
    if brake.is_few(leavers) {
        return Ok(());
    }
    // Those who have left were there at the beginning of the span. Counted no further than matters.
    let most = brake.enough(leavers).map_or(i64::MAX, |most| i64::try_from(most).unwrap_or(i64::MAX));
    let sql =
        "SELECT count(*) FROM (SELECT 1 FROM membership WHERE org_id = ?1 AND active = 1 LIMIT ?2) AS some_of_them";
    let active = number(&db.one(sql, &values![org, most])?)? + leavers;
    if !brake.trips(leavers, active) {
        return Ok(());
    }
    db.execute_all(&[
        ("UPDATE organisation SET brake_since = ?2 WHERE org_id = ?1", values![org, now].to_vec()),
        (
            "UPDATE leaver SET rests_until = ?2 WHERE org_id = ?1 AND rests_until IS NULL AND at > ?3",
            values![org, now + REST, now - brake.within()].to_vec(),
        ),
    ])?;
    let detail = format!("{leavers} of {active}");
    note(db, now, "brake.tripped", Entry { org: Some(org), detail: Some(&detail), ..Entry::default() });
    if has_contact {
        outbox::queue(db, "brake-tripped-admin", account, org, now)?;
    }
    Ok(())
}

/// The brake of an organisation; none if it is off.
pub(super) fn read(said: Option<&str>) -> Result<Option<Brake>> {
    match said {
        None => Ok(Some(Brake::default())),
        Some("off") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| StoreError::Corrupt("a brake")),
    }
}

fn number(row: &Row) -> Result<u64> {
    Ok(u64::try_from(row.at::<i64>(0)?).unwrap_or(0))
}

/// The tables that a person is written down from.
const TABLES: [&str; 4] = ["membership", "membership_email", "account", "invite"];

/// The columns of these tables.
fn columns(db: &Db) -> Result<&'static [Vec<String>]> {
    static COLUMNS: OnceLock<Vec<Vec<String>>> = OnceLock::new();
    if let Some(known) = COLUMNS.get() {
        return Ok(known);
    }
    let sql = db.either(
        "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
        "SELECT column_name::text FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name::text = ?1 ORDER BY ordinal_position",
    );
    let of = |table: &str| db.rows(sql, &values![table])?.iter().map(|row| row.at(0)).collect::<Result<Vec<String>>>();
    let read = TABLES.into_iter().map(of).collect::<Result<Vec<_>>>()?;
    Ok(COLUMNS.get_or_init(|| read))
}

/// Everything that goes with a person.
fn as_it_is(db: &Db, (org, user): ([u8; 16], [u8; 16]), account: [u8; 16]) -> Result<Json> {
    let columns = columns(db)?;
    let of = |at: usize, condition: &str, given: [u8; 16]| -> Result<Json> {
        let sql = format!("SELECT {} FROM {} WHERE {condition} ORDER BY 1, 2", columns[at].join(", "), TABLES[at]);
        let rows = db.rows(&sql, &values![given])?;
        Ok(rows.iter().map(|row| object(&columns[at], row)).collect())
    };
    let groups = db.rows(
        "SELECT g.group_id, x.kind, x.display FROM group_member x JOIN scim_group g ON g.list_id = x.list_id
         WHERE x.member_id = ?1 AND x.org_id = ?2",
        &values![user, org],
    )?;
    let names = ["group_id", "kind", "display"].map(str::to_owned);
    Ok(json!({
        "membership": of(0, "user_id = ?1", user)?,
        "membership_email": of(1, "user_id = ?1", user)?,
        "account": of(2, "account_id = ?1", account)?,
        "invite": of(3, "user_id = ?1 AND state = 'live' AND reset_to IS NULL", user)?,
        "group_member": groups.iter().map(|row| object(&names, row)).collect::<Vec<_>>(),
    }))
}

fn object(columns: &[String], row: &Row) -> Json {
    let cells = row.cells().iter().map(|cell| match cell {
        Cell::Null => Json::Null,
        Cell::Int(number) => (*number).into(),
        Cell::Text(text) => text.as_str().into(),
        Cell::Blob(bytes) => json!([bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()]),
    });
    columns.iter().cloned().zip(cells).collect::<Map<_, _>>().into()
}

pub(super) fn all<'a>(before: &'a Json, table: &str) -> impl Iterator<Item = &'a Map<String, Json>> {
    before.get(table).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object)
}

pub(super) fn one<'a>(before: &'a Json, table: &str) -> Result<&'a Map<String, Json>> {
    all(before, table).next().ok_or(StoreError::Corrupt("a leaver"))
}

/// The value of a column.
pub(super) fn cell(row: &Map<String, Json>, name: &str) -> Result<Cell> {
    read_cell(row.get(name).unwrap_or(&Json::Null))
}

fn read_cell(json: &Json) -> Result<Cell> {
    let wrong = || StoreError::Corrupt("a leaver");
    Ok(match json {
        Json::Null => Cell::Null,
        Json::Number(number) => Cell::Int(number.as_i64().ok_or_else(wrong)?),
        Json::String(text) => Cell::Text(text.clone()),
        Json::Array(bytes) => {
            let hex = bytes.first().and_then(Json::as_str).ok_or_else(wrong)?;
            let byte = |at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(wrong);
            Cell::Blob((0..hex.len()).step_by(2).map(byte).collect::<Result<_>>()?)
        }
        _ => return Err(wrong()),
    })
}

pub(super) fn value(cell: &Cell) -> Value<'_> {
    Value::from(cell)
}

/// Writes a row as it was: of columns that the tables have today, which are the ones that it was
/// read from, or more.
pub(super) fn insert(db: &Db, table: &'static str, row: &Map<String, Json>) -> Result<()> {
    let at = TABLES.iter().position(|name| *name == table).ok_or(StoreError::Corrupt("a leaver"))?;
    let known: Vec<&String> = columns(db)?[at].iter().filter(|name| row.contains_key(*name)).collect();
    let cells = known.iter().map(|name| cell(row, name)).collect::<Result<Vec<_>>>()?;
    let places: Vec<String> = (1..=known.len()).map(|place| format!("?{place}")).collect();
    let names: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    db.execute(&sql, &cells.iter().map(value).collect::<Vec<_>>()).map(drop)
}
