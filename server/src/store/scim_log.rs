//! The rows of the SCIM request log: written many at a time, bounded, thrown away, found again.
//!
//! Promises: a request with a token that has ended is its organisation's all the same, so that the
//! administrator finds it; the rows of one organisation, and of nobody, are bounded in number and
//! in age, and one organisation's never push out another's; refusals that cost the caller nothing
//! are written a few in a minute. Must never: hold a token or its hash.

use super::db::{Db, Row, Statement, Value, values};
use super::{Result, Store};
use crate::token::TokenHash;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::OnceLock;

/// Most rows of one organisation.
const OF_ONE: i64 = 200_000;
/// Most rows of nobody: requests without a token that was ever good.
const OF_NOBODY: i64 = 10_000;
/// Most rows that have the request's own values.
const WITH_VALUES: i64 = 10_000;
/// How long rows are kept, and how long their values, in seconds.
const KEPT: i64 = 30 * 86_400;
const VALUES_KEPT: i64 = 7 * 86_400;
/// Rows that one statement writes, from the most on, and that one removes.
const SIZES: [usize; 3] = [64, 8, 1];
const REMOVED: i64 = 2_000;

/// What a request showed to be let in.
#[derive(Clone, Copy)]
pub(crate) enum Credential {
    /// No `Authorization`.
    None,
    /// Something that is no token of ours.
    Unreadable,
    /// The hash of one that has the form.
    Token(TokenHash),
}

/// A request, on its way into the log.
#[derive(Clone)]
pub(crate) struct ScimRequest {
    pub(crate) request_id: [u8; 16],
    pub(crate) at: i64,
    pub(crate) credential: Credential,
    pub(crate) caller_id: Option<String>,
    pub(crate) source: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) scim_type: Option<&'static str>,
    pub(crate) detail: Option<String>,
    pub(crate) millis: i64,
    pub(crate) person: Option<[u8; 16]>,
    pub(crate) account: Option<[u8; 16]>,
    pub(crate) group: Option<[u8; 16]>,
    pub(crate) name_mark: Option<[u8; 16]>,
    pub(crate) mail_mark: Option<[u8; 16]>,
    pub(crate) done: String,
    pub(crate) why: Option<&'static str>,
    pub(crate) given: Option<String>,
}

/// A row of the log.
#[derive(Clone, Debug)]
pub(crate) struct LoggedRequest {
    pub(crate) request_id: [u8; 16],
    pub(crate) at: i64,
    pub(crate) org_id: Option<[u8; 16]>,
    pub(crate) organisation: Option<String>,
    pub(crate) token_id: Option<[u8; 16]>,
    pub(crate) token_label: Option<String>,
    pub(crate) caller_id: Option<String>,
    pub(crate) source: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: i64,
    pub(crate) scim_type: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) millis: i64,
    pub(crate) person: Option<[u8; 16]>,
    pub(crate) account: Option<[u8; 16]>,
    pub(crate) group: Option<[u8; 16]>,
    pub(crate) done: String,
    pub(crate) why: Option<String>,
    pub(crate) given: Option<String>,
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedRequests {
    pub(crate) org: Option<[u8; 16]>,
    pub(crate) whom: Option<Sought>,
    /// Only what was refused, or not done for a reason.
    pub(crate) failed: bool,
    /// Not earlier than this.
    pub(crate) since: Option<i64>,
}

/// Whom rows are looked for of: as whoever was named is known, and by the marks of the name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    pub(crate) people: Vec<[u8; 16]>,
    pub(crate) accounts: Vec<[u8; 16]>,
    pub(crate) marks: Vec<[u8; 16]>,
}

const COLUMNS: &str =
    "request_id, at, org_id, token_id, caller_id, source, method, path, status, scim_type, detail, millis,
     person_id, account_id, group_id, name_mark, mail_mark, done, why, given";
const WIDTH: usize = 20;
const SELECT: &str = "SELECT r.request_id, r.at, r.org_id, o.name, r.token_id, t.label, r.caller_id, r.source, r.method, r.path, r.status,
        r.scim_type, r.detail, r.millis, r.person_id, r.account_id, r.group_id, r.done, r.why, r.given, r.name_mark, r.mail_mark
     FROM scim_request r LEFT JOIN organisation o ON o.org_id = r.org_id LEFT JOIN scim_token t ON t.token_id = r.token_id";

/// What a token is, and why it is not good if it is not.
#[derive(Clone, Copy)]
struct Known {
    org: Option<[u8; 16]>,
    token: Option<[u8; 16]>,
    why: &'static str,
}

impl Store {
    /// Writes rows; gives how many were written.
    pub(crate) async fn log_scim_requests(&self, rows: Vec<ScimRequest>) -> Result<u64> {
        let budget = self.scim_budget.clone();
        self.write(move |db| {
            let mut known = HashMap::new();
            let mut budget = budget.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut ready: Vec<(Known, ScimRequest)> = Vec::with_capacity(rows.len());
            let mut written: HashMap<Option<[u8; 16]>, u32> = HashMap::new();
            for row in rows {
                let caller = caller(db, &mut known, &row)?;
                if matches!(row.status, 401 | 429) && !budget.takes(caller.org, row.at / 60) {
                    continue;
                }
                *written.entry(caller.org).or_default() += 1;
                ready.push((caller, row));
            }
            let mut rest = ready.as_slice();
            for size in SIZES {
                while rest.len() >= size {
                    let (some, others) = rest.split_at(size);
                    insert(db, some)?;
                    rest = others;
                }
            }
            for (org, rows) in written {
                if budget.is_to_look(org, rows) {
                    keep_newest(db, org)?;
                }
            }
            Ok(ready.len() as u64)
        })
        .await
    }

    /// Throws away what is too old, some at a time so that nobody waits long.
    pub(crate) async fn forget_scim_requests(&self, now: i64) -> Result<()> {
        loop {
            let is_last = self
                .write(move |db| {
                    let sql = "SELECT request_id, at FROM scim_request ORDER BY request_id LIMIT ?1";
                    let oldest = db.rows(sql, &values![REMOVED])?;
                    let mut gone: Vec<Statement<'_>> = Vec::new();
                    for row in &oldest {
                        if row.at::<i64>(1)? < now - KEPT {
                            let id: [u8; 16] = row.at(0)?;
                            gone.push(("DELETE FROM scim_request WHERE request_id = ?1", values![id].to_vec()));
                        }
                    }
                    let is_last = gone.len() < oldest.len() || oldest.is_empty();
                    db.execute_all(&gone)?;
                    if is_last {
                        let sql = "UPDATE scim_request SET given = NULL WHERE given IS NOT NULL AND (at < ?1 OR request_id <= coalesce(
                            (SELECT v.request_id FROM scim_request v WHERE v.given IS NOT NULL ORDER BY v.request_id DESC LIMIT 1 OFFSET ?2), ?3))";
                        db.execute(sql, &values![now - VALUES_KEPT, WITH_VALUES, [0_u8; 16]])?;
                    }
                    Ok(is_last)
                })
                .await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Rows, newest first, at most `limit`.
    pub(crate) async fn scim_requests(&self, wanted: WantedRequests, limit: usize) -> Result<Vec<LoggedRequest>> {
        self.read(move |db| {
            let mut sql = format!("{SELECT} WHERE r.at >= ?1");
            let mut given: Vec<Value<'_>> = values![wanted.since.unwrap_or(i64::MIN)].to_vec();
            if let Some(org) = wanted.org {
                sql.push_str(" AND r.org_id = ?2");
                given.extend(values![org]);
            }
            if wanted.failed {
                sql.push_str(" AND (r.status >= 400 OR r.why IS NOT NULL)");
            }
            sql.push_str(" ORDER BY r.request_id DESC");
            let mut found = Vec::new();
            if limit == 0 {
                return Ok(found);
            }
            db.each(&sql, &given, |row| {
                let logged = LoggedRequest::from_row(&row)?;
                let marks: [Option<[u8; 16]>; 2] = [row.at(20)?, row.at(21)?];
                if wanted.whom.as_ref().is_none_or(|whom| whom.is_in(&logged, marks)) {
                    found.push(logged);
                }
                Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            Ok(found)
        })
        .await
    }

    /// The rows of a request by our id of it, by the end of that, or by its caller's, which need
    /// not be one request's.
    pub(crate) async fn scim_request(&self, id: Option<[u8; 16]>, caller_id: String) -> Result<Vec<LoggedRequest>> {
        self.read(move |db| {
            let id = match id {
                None => ends_with(db, &caller_id)?,
                id => id,
            };
            let rows = match id {
                Some(id) => db.rows(&format!("{SELECT} WHERE r.request_id = ?1"), &values![id])?,
                None => Vec::new(),
            };
            if rows.is_empty() {
                let sql = format!("{SELECT} WHERE r.caller_id = ?1 ORDER BY r.request_id LIMIT 50");
                return db.rows(&sql, &values![&caller_id])?.iter().map(LoggedRequest::from_row).collect();
            }
            rows.iter().map(LoggedRequest::from_row).collect()
        })
        .await
    }

    /// Everything that is known of a person whom an administrator names by account id, SCIM id,
    /// address or userName: the people and accounts that had that name, too.
    pub(crate) async fn sought(&self, id: Option<[u8; 16]>, mailbox: String, name: Option<String>) -> Result<Sought> {
        self.read(move |db| {
            let sql = "SELECT m.user_id, m.account_id FROM membership m
                 WHERE m.user_id = ?1 OR m.account_id = ?1 OR m.email_key = ?2 OR m.user_name_key = ?3
                    OR m.account_id IN (SELECT account_id FROM account WHERE email_key = ?2)
                 UNION SELECT i.user_id, i.account_id FROM invite i WHERE i.account_id = ?1 AND i.user_id IS NOT NULL";
            let rows = db.rows(sql, &values![id.unwrap_or_default(), &mailbox, &name])?;
            let mut sought = Sought::default();
            for row in &rows {
                sought.people.push(row.at(0)?);
                sought.accounts.push(row.at(1)?);
            }
            if let Some(id) = id {
                sought.people.push(id);
                sought.accounts.push(id);
            }
            Ok(sought)
        })
        .await
    }
}

/// The newest request whose id ends so: lists show the last eight digits.
fn ends_with(db: &Db, end: &str) -> Result<Option<[u8; 16]>> {
    if end.len() < 8 || !end.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return Ok(None);
    }
    let end = end.to_ascii_lowercase();
    let mut found = None;
    db.each("SELECT request_id FROM scim_request ORDER BY request_id DESC", &[], |row| {
        let id: [u8; 16] = row.at(0)?;
        if uuid::Uuid::from_bytes(id).to_string().ends_with(&end) {
            found = Some(id);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Forgets what was said in requests about the people of these accounts. One look at the log for
/// all of them.
pub(super) fn forget(db: &Db, accounts: &[[u8; 16]]) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (1..=accounts.len()).map(|at| format!("?{at}")).collect();
    let these = places.join(", ");
    let sql = format!(
        "UPDATE scim_request SET given = NULL, name_mark = NULL, mail_mark = NULL
         WHERE account_id IN ({these}) OR person_id IN (SELECT user_id FROM invite WHERE account_id IN ({these}))"
    );
    let accounts: Vec<Value<'_>> = accounts.iter().map(Value::from).collect();
    db.execute(&sql, &accounts).map(drop)
}

/// Whose a request is.
fn caller(db: &Db, known: &mut HashMap<[u8; 32], Known>, row: &ScimRequest) -> Result<Known> {
    let hash = match row.credential {
        Credential::None => return Ok(Known { org: None, token: None, why: "no-token" }),
        Credential::Unreadable => return Ok(Known { org: None, token: None, why: "token-unknown" }),
        Credential::Token(hash) => hash,
    };
    if let Some(known) = known.get(&hash.0) {
        return Ok(*known);
    }
    let found = db.row(
        "SELECT token_id, org_id, revoked_at IS NOT NULL, expires_at IS NOT NULL AND expires_at <= ?2
         FROM scim_token WHERE token_hash = ?1",
        &values![hash.0, row.at],
    )?;
    let found = match found {
        None => Known { org: None, token: None, why: "token-unknown" },
        Some(found) => {
            let (is_revoked, has_ended): (bool, bool) = (found.at(2)?, found.at(3)?);
            let why = match (is_revoked, has_ended) {
                (true, _) => "token-revoked",
                (_, true) => "token-expired",
                _ => "token-refused",
            };
            Known { org: Some(found.at(1)?), token: Some(found.at(0)?), why }
        }
    };
    known.insert(hash.0, found);
    Ok(found)
}

/// What writes 64, 8 or 1 rows. Made once: there are more than a thousand places in it.
fn statement(rows: usize) -> &'static str {
    static TEXTS: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
    let at = SIZES.iter().position(|size| *size == rows).unwrap_or_default();
    TEXTS[at].get_or_init(|| {
        let row = |row: usize| {
            let places: Vec<String> = (1..=WIDTH).map(|place| format!("?{}", row * WIDTH + place)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!("INSERT INTO scim_request ({COLUMNS}) VALUES {}", rows.join(", "))
    })
}

fn insert(db: &Db, rows: &[(Known, ScimRequest)]) -> Result<()> {
    let mut all: Vec<Value<'_>> = Vec::with_capacity(rows.len() * WIDTH);
    for (caller, row) in rows {
        let why = if row.status == 401 { Some(caller.why) } else { row.why };
        all.extend(values![
            row.request_id,
            row.at,
            caller.org,
            caller.token,
            row.caller_id.as_deref(),
            &row.source,
            row.method,
            &row.path,
            u32::from(row.status),
            row.scim_type,
            row.detail.as_deref(),
            row.millis,
            row.person,
            row.account,
            row.group,
            row.name_mark,
            row.mail_mark,
            &row.done,
            why,
            row.given.as_deref()
        ]);
    }
    db.execute(statement(rows.len()), &all).map(drop)
}

/// Throws away the oldest rows of an organisation, or of nobody, that are too many.
fn keep_newest(db: &Db, org: Option<[u8; 16]>) -> Result<()> {
    let (whose, most) = if org.is_some() { ("org_id = ?3", OF_ONE) } else { ("org_id IS NULL", OF_NOBODY) };
    let sql = format!(
        "DELETE FROM scim_request WHERE request_id IN (SELECT request_id FROM scim_request WHERE {whose}
         ORDER BY request_id DESC LIMIT ?1 OFFSET ?2)"
    );
    // Twice as many as may have come since, so that more becomes less.
    let mut given = values![2 * REMOVED, most].to_vec();
    given.extend(org.map(Value::from));
    db.execute(&sql, &given).map(drop)
}

impl Sought {
    fn is_in(&self, row: &LoggedRequest, marks: [Option<[u8; 16]>; 2]) -> bool {
        row.person.is_some_and(|id| self.people.contains(&id))
            || row.account.is_some_and(|id| self.accounts.contains(&id))
            || marks.into_iter().flatten().any(|mark| self.marks.contains(&mark))
            // A change of a group names whom it took in or put out.
            || row.group.is_some() && self.people.iter().any(|id| row.done.contains(&uuid::Uuid::from_bytes(*id).to_string()))
    }
}

impl LoggedRequest {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            request_id: row.at(0)?,
            at: row.at(1)?,
            org_id: row.at(2)?,
            organisation: row.at(3)?,
            token_id: row.at(4)?,
            token_label: row.at(5)?,
            caller_id: row.at(6)?,
            source: row.at(7)?,
            method: row.at(8)?,
            path: row.at(9)?,
            status: row.at(10)?,
            scim_type: row.at(11)?,
            detail: row.at(12)?,
            millis: row.at(13)?,
            person: row.at(14)?,
            account: row.at(15)?,
            group: row.at(16)?,
            done: row.at(17)?,
            why: row.at(18)?,
            given: row.at(19)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, OF_NOBODY, ScimRequest, WantedRequests};
    use crate::rng::fresh_ordered_id;
    use crate::store::Store;
    use crate::store::log_budget::LOOK_AFTER;

    fn refused(at: i64) -> ScimRequest {
        ScimRequest {
            request_id: fresh_ordered_id(),
            at,
            credential: Credential::None,
            caller_id: None,
            source: "192.0.2.1".into(),
            method: "GET",
            path: "/Users".into(),
            status: 404,
            scim_type: None,
            detail: None,
            millis: 1,
            person: None,
            account: None,
            group: None,
            name_mark: None,
            mail_mark: None,
            done: "refused".into(),
            why: None,
            given: Some("{}".into()),
        }
    }

    #[tokio::test]
    async fn rows_are_bounded_in_number_and_in_age() {
        let store = Store::open_in_memory().expect("a store");
        let count = |store: &Store| {
            store
                .in_memory()
                .read(|db| {
                    db.one("SELECT count(*), count(given) FROM scim_request", &[])
                        .and_then(|row| Ok((row.at::<i64>(0)?, row.at::<i64>(1)?)))
                })
                .expect("a count")
        };
        let many = usize::try_from(OF_NOBODY).expect("few") + 3 * LOOK_AFTER as usize;
        let mut left = many;
        while left > 0 {
            let some = left.min(500);
            store.log_scim_requests((0..some).map(|_| refused(1_000)).collect()).await.expect("written");
            left -= some;
        }
        let (rows, _) = count(&store);
        assert!(rows >= OF_NOBODY && rows <= OF_NOBODY + i64::from(LOOK_AFTER), "{rows}");
        store.log_scim_requests(vec![refused(1_000 + 29 * 86_400)]).await.expect("written");
        store.forget_scim_requests(1_000 + 31 * 86_400).await.expect("forgotten");
        assert_eq!(count(&store), (1, 1));
        store.forget_scim_requests(1_000 + 37 * 86_400).await.expect("forgotten");
        assert_eq!(count(&store), (1, 0), "values are kept for a week");
        let found = store.scim_requests(WantedRequests { failed: true, ..WantedRequests::default() }, 10).await;
        assert_eq!(found.expect("read").len(), 1);
    }
}
