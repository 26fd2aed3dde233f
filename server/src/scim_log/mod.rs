//! The log of SCIM requests: what was asked, what was done, and why not.
//!
//! ```text
//!   middleware  begins a Note --> routes say in it what they did --> a row --> queue --> keep: the database
//!   told        the words for what was done        shape    what of a request may be written down
//! ```
//!
//! Promises: no request waits for its row, and the rows of a second are written together; what
//! waits and what is kept is bounded, and what is left out is counted. Without
//! `--scim-log-values` a row has attribute names and ids, and no value; a password or a bearer
//! token is never in one. Must never: be what anything else rests on. A crash loses the rows of the
//! last second, which the audit log does not.

mod keep;
mod note;
mod shape;
mod told;

pub(crate) use keep::keep;
pub(crate) use note::{Note, Told};
pub(crate) use shape::{caller_id, path, without_values};
pub(crate) use told::{changed, counted, created};

use crate::store::{Credential, ScimRequest};
use ring::hmac;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// Rows that may wait for the database; more are left out.
const WAITING: usize = 8192;
/// Of these, how many may have the request's own values with them, which are large.
const WAITING_WITH_VALUES: usize = 256;

/// Where rows wait for the database.
pub(crate) struct ScimLog {
    rows: mpsc::Sender<ScimRequest>,
    /// Taken once, by whoever writes them.
    written: Mutex<Option<mpsc::Receiver<ScimRequest>>>,
    /// Rows that were not written.
    pub(crate) left_out: AtomicU64,
}

impl Default for ScimLog {
    fn default() -> Self {
        let (rows, written) = mpsc::channel(WAITING);
        Self { rows, written: Mutex::new(Some(written)), left_out: AtomicU64::new(0) }
    }
}

impl ScimLog {
    /// Puts a row in; where there is no room, it is left out.
    pub(crate) fn put(&self, mut row: ScimRequest) {
        if self.rows.capacity() < WAITING - WAITING_WITH_VALUES {
            row.given = None;
        }
        if self.rows.try_send(row).is_err() {
            self.leave_out(1);
        }
    }

    fn leave_out(&self, rows: u64) {
        self.left_out.fetch_add(rows, Ordering::Relaxed);
    }

    fn take(&self) -> Option<mpsc::Receiver<ScimRequest>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What somebody is found by in the log without being named in it: a keyed hash of a userName or
/// an address, as 16 bytes. The key is in the server's key file and not in the database.
pub(crate) fn mark(key: &hmac::Key, kind: Mark, text: &str) -> [u8; 16] {
    let mut context = hmac::Context::with_key(key);
    context.update(match kind {
        Mark::UserName => b"firstkey/v1/scim-log/user-name\0",
        Mark::Mailbox => b"firstkey/v1/scim-log/mailbox\0\0\0",
    });
    context.update(text.as_bytes());
    let tag = context.sign();
    let mut short = [0; 16];
    short.copy_from_slice(&tag.as_ref()[..16]);
    short
}

/// What a mark is of.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    /// A userName, as [`crate::user_name::key`] writes it.
    UserName,
    /// An address, as [`crate::address::key`] writes it.
    Mailbox,
}

/// Makes a row of a request that was answered.
pub(crate) struct Answered<'a> {
    pub(crate) at: i64,
    pub(crate) credential: Credential,
    pub(crate) caller_id: Option<String>,
    pub(crate) source: String,
    pub(crate) method: &'static str,
    pub(crate) status: u16,
    pub(crate) millis: i64,
    /// The path behind `/scim/v2`, as it came.
    pub(crate) path: &'a str,
    /// With its parameters.
    pub(crate) target: &'a str,
    pub(crate) scim_type: Option<&'static str>,
    /// Nothing but fixed words, or without values already.
    pub(crate) detail: Option<String>,
    pub(crate) why: Option<&'static str>,
}

impl Answered<'_> {
    /// The row.
    pub(crate) fn row(self, request_id: [u8; 16], told: Told, key: &hmac::Key) -> ScimRequest {
        let shape = path(self.path);
        let given = told.keeps_values.then(|| shape::given(self.target, told.given)).flatten();
        let marked = |kind, text: Option<String>| text.map(|text| mark(key, kind, &text));
        let mut path = shape.text;
        if let Some(asked) = told.asked {
            path.push('?');
            path.push_str(&asked);
        }
        ScimRequest {
            request_id,
            at: self.at,
            credential: self.credential,
            caller_id: self.caller_id,
            source: self.source,
            method: self.method,
            path,
            status: self.status,
            scim_type: self.scim_type,
            detail: self.detail,
            millis: self.millis,
            person: told.person.or(shape.person),
            account: told.account,
            group: told.group.or(shape.group),
            name_mark: marked(Mark::UserName, told.user_name),
            mail_mark: marked(Mark::Mailbox, told.mailbox),
            done: told.done.unwrap_or_else(|| if self.status < 400 { "answered" } else { "refused" }.to_owned()),
            why: self.why.or(told.why),
            given,
        }
    }
}
