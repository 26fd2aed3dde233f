//! Sessions: found by the hash of their bearer, listed for their owner, ended.
//!
//! Promise: a session is good for one account and one purpose until it expires, is ended, or the
//! person is suspended; a suspension ends it for good, and its holder is told why for as long as it
//! would have lived. A suspended account has a session for joining alone, if any. Must never: hold
//! a bearer.

use super::accounts::{LoginRow, account};
use super::audit::{Entry, note};
use super::db::{Db, values};
use super::{Result, Store, StoreError, server_keys};
use crate::life::Admission;
use crate::rng::fresh_id;
use crate::token::TokenHash;

/// Passwords that can be begun in one session: each beginning lets whoever holds the session test
/// one guess.
const STARTS: i64 = 10;
/// How a session that is kept was ended.
const BARRED: i64 = 1;
const REPLACED: i64 = 2;

/// What a session is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Everything that a person does; opened by the password.
    Full,
    /// A new password and a new kit, nothing else; opened by the recovery code.
    Recovery,
    /// To join an organisation that asks, nothing else; opened by the password of an account that
    /// no organisation has active.
    Join,
}

impl Purpose {
    /// The word on the wire and in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Recovery => "recovery",
            Self::Join => "join",
        }
    }

    /// The purpose of that word.
    fn read(word: &str) -> Option<Self> {
        [Self::Full, Self::Recovery, Self::Join].into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// Whether a session of this purpose does for what is wanted: one that is good for everything
    /// is good for joining too.
    fn does_for(self, wanted: Self) -> bool {
        self == wanted || (self == Self::Full && wanted == Self::Join)
    }

    /// Whether it is good while the account stands so.
    fn is_good_in(self, standing: &Admission) -> bool {
        match standing {
            Admission::Active => true,
            Admission::Suspended { .. } => self == Self::Join,
            Admission::Removed { .. } => false,
        }
    }
}

/// What a person may recognise a session by.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// What the client said that it is.
    pub(crate) client: Option<String>,
    /// The address that it came from.
    pub(crate) source: Option<String>,
}

/// A session about to be opened.
pub(crate) struct NewSession {
    pub(crate) hash: TokenHash,
    pub(crate) purpose: Purpose,
    pub(crate) expires_at: i64,
    pub(crate) seen: Seen,
}

/// A session that is good, with its account.
pub(crate) struct Session {
    session_id: [u8; 16],
    pub(crate) account: LoginRow,
    /// The number of the server's key that a password is registered with in it.
    pub(crate) server_key: u32,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum NoSession {
    /// There never was one, or it is over.
    Ended,
    /// A new password or kit has ended it.
    Replaced,
    /// It is good for something else.
    Purpose,
    /// The account may not be used.
    Barred(Admission),
    /// Too much was begun or changed. Seconds to wait.
    TooMany(i64),
}

/// An answer to somebody who needs a session for it.
pub(crate) type InSession<T> = std::result::Result<T, NoSession>;

/// A session as its owner sees it.
pub(crate) struct ListedSession {
    pub(crate) session_id: [u8; 16],
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) purpose: String,
    pub(crate) seen: Seen,
    /// Whether it is the one that asks.
    pub(crate) this: bool,
}

/// Which sessions to end.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    This,
    One([u8; 16]),
    Others,
}

impl Store {
    /// The session of that bearer, for that purpose.
    pub(crate) async fn session(&self, hash: TokenHash, purpose: Purpose, now: i64) -> Result<InSession<Session>> {
        self.read(move |db| require(db, hash, Some(purpose), now)).await
    }

    /// The sessions of the asker's account, newest first.
    pub(crate) async fn sessions(&self, hash: TokenHash, now: i64) -> Result<InSession<Vec<ListedSession>>> {
        self.read(move |db| {
            let asker = match require(db, hash, Some(Purpose::Full), now)? {
                Ok(asker) => asker,
                Err(none) => return Ok(Err(none)),
            };
            let rows = db.rows(
                "SELECT session_id, created_at, expires_at, purpose, client, source FROM session
                 WHERE account_id = ?1 AND expires_at > ?2 AND ended = 0 ORDER BY created_at DESC, session_id",
                &values![asker.account.account_id, now],
            )?;
            let listed = rows.iter().map(|row| {
                let session_id = row.at(0)?;
                Ok(ListedSession {
                    session_id,
                    created_at: row.at(1)?,
                    expires_at: row.at(2)?,
                    purpose: row.at(3)?,
                    seen: Seen { client: row.at(4)?, source: row.at(5)? },
                    this: session_id == asker.session_id,
                })
            });
            listed.collect::<Result<_>>().map(Ok)
        })
        .await
    }

    /// Ends sessions of the asker's account; gives how many.
    pub(crate) async fn end_sessions(&self, hash: TokenHash, which: Ending, now: i64) -> Result<InSession<u64>> {
        self.write(move |db| {
            let asker = match require(db, hash, Some(Purpose::Full), now)? {
                Ok(asker) => asker,
                Err(none) => return Ok(Err(none)),
            };
            let id = asker.account.account_id;
            let ended = match which {
                Ending::This => db.execute("DELETE FROM session WHERE session_hash = ?1", &values![hash.0])?,
                Ending::One(one) => db.execute(
                    "DELETE FROM session WHERE account_id = ?1 AND session_id = ?2 AND expires_at > ?3 AND ended = 0",
                    &values![id, one, now],
                )?,
                Ending::Others => db.execute(
                    "DELETE FROM session WHERE account_id = ?1 AND session_hash <> ?2 AND expires_at > ?3 AND ended = 0",
                    &values![id, hash.0, now],
                )?,
            };
            if ended > 0 {
                let what = match which {
                    Ending::This => "session.logged-out",
                    Ending::One(_) | Ending::Others => "session.ended",
                };
                note(db, now, what, Entry { account: Some(id), ..Entry::default() });
            }
            Ok(Ok(ended))
        })
        .await
    }

    /// Counts the beginning of a new password in a session, whatever it is for; gives its account.
    pub(crate) async fn begin_password(&self, hash: TokenHash, now: i64) -> Result<InSession<Session>> {
        self.write(move |db| {
            let asker = match require(db, hash, None, now)? {
                Ok(asker) => asker,
                Err(none) => return Ok(Err(none)),
            };
            let counted = db.execute(
                "UPDATE session SET starts = starts + 1 WHERE session_hash = ?1 AND starts < ?2",
                &values![hash.0, STARTS],
            )?;
            if counted == 1 {
                return Ok(Ok(asker));
            }
            let row = db.one("SELECT expires_at FROM session WHERE session_hash = ?1", &values![hash.0])?;
            Ok(Err(NoSession::TooMany(row.at::<i64>(0)? - now)))
        })
        .await
    }
}

/// Opens a session; whoever calls has looked at the proof and at how the account stands.
pub(super) fn open(db: &Db, account: [u8; 16], new: &NewSession, now: i64) -> Result<()> {
    db.execute(
        &format!(
            "INSERT INTO session (session_hash, account_id, expires_at, session_id, created_at, client, source, purpose, server_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, {})",
            server_keys::NEWEST
        ),
        &values![
            new.hash.0,
            account,
            new.expires_at,
            fresh_id(),
            now,
            &new.seen.client,
            &new.seen.source,
            new.purpose.as_str()
        ],
    )?;
    Ok(())
}

/// The account has joined with this session, and is active: the session is good for everything.
pub(super) fn joined(db: &Db, hash: TokenHash) -> Result<()> {
    db.execute("UPDATE session SET purpose = 'full' WHERE session_hash = ?1", &values![hash.0])?;
    Ok(())
}

/// The session of that bearer; `None` is any purpose.
pub(super) fn require(db: &Db, hash: TokenHash, purpose: Option<Purpose>, now: i64) -> Result<InSession<Session>> {
    let row = db.row(
        "SELECT session_id, account_id, purpose, ended, server_key FROM session WHERE session_hash = ?1 AND expires_at > ?2",
        &values![hash.0, now],
    )?;
    let Some(row) = row else { return Ok(Err(NoSession::Ended)) };
    let (id, found, ended): ([u8; 16], String, i64) = (row.at(1)?, row.at(2)?, row.at(3)?);
    let found = Purpose::read(&found).ok_or(StoreError::Corrupt("the purpose of a session"))?;
    let Some(account) = account(db, "a.account_id = ?1", id.into())? else { return Ok(Err(NoSession::Ended)) };
    if !found.is_good_in(&account.standing) {
        return Ok(Err(NoSession::Barred(account.standing)));
    }
    match ended {
        0 => {}
        REPLACED => return Ok(Err(NoSession::Replaced)),
        _ => return Ok(Err(NoSession::Ended)),
    }
    if purpose.is_some_and(|wanted| !found.does_for(wanted)) {
        return Ok(Err(NoSession::Purpose));
    }
    Ok(Ok(Session { session_id: row.at(0)?, account, server_key: row.at(4)? }))
}

/// Ends the sessions of a person who is suspended or removed. A login on its way ends by itself:
/// whoever proves the password then is told how the account stands, and gets nothing else.
pub(super) fn bar_all(db: &Db, account: [u8; 16]) -> Result<()> {
    db.execute("UPDATE session SET ended = ?2 WHERE account_id = ?1 AND ended = 0", &values![account, BARRED])?;
    Ok(())
}

/// Ends the sessions that a new password or kit replaces: all but `kept`, or of those only what a
/// recovery code opened.
pub(super) fn replace(db: &Db, account: [u8; 16], kept: Option<TokenHash>, only_recoveries: bool) -> Result<()> {
    // No bearer has a hash of zeros.
    let kept = kept.map_or([0; 32], |hash| hash.0);
    let which = if only_recoveries { "purpose = 'recovery'" } else { "purpose IN ('full', 'recovery', 'join')" };
    let sql =
        format!("UPDATE session SET ended = ?2 WHERE account_id = ?1 AND ended = 0 AND session_hash <> ?3 AND {which}");
    db.execute(&sql, &values![account, REPLACED, kept])?;
    Ok(())
}
