//! A completed account gets a new password, a new kit, or both: by compare-and-set, in one
//! transaction with everything that ends because of it.
//!
//! Promises: of two changes that were made from the same state one is stored and the other is told
//! so; the server takes what is replaced no more from that moment on; whoever lost the answer gets
//! it again, though the session may be over. Must never: touch the keys, the identity or what
//! enrolment wrote down of itself.

use super::accounts::{account, strictest};
use super::audit::{Entry, note};
use super::db::{Db, values};
use super::outbox::tell;
use super::proofs::{Way, end_running};
use super::rows::{Bundle, Policy, statement_bytes};
use super::sessions::{self, InSession, NoSession, Purpose, require};
use super::{Result, Store, resets};
use crate::life::Admission;
use crate::token::TokenHash;
use firstkey_core::crypto::statement::Statement;
use sha2::{Digest, Sha256};

/// Answers that are kept of each account, the newest; and the most changes that an account may have
/// in an hour: each one writes a letter.
const KEPT: i64 = 16;
const HOUR: i64 = 3600;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// The password.
    Password,
    /// Both, by whoever has the recovery code.
    Recovery,
    /// The recovery kit.
    Kit,
}

impl ChangeKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Recovery => "recovery",
            Self::Kit => "kit",
        }
    }

    /// The session that it takes.
    pub(crate) fn purpose(self) -> Purpose {
        match self {
            Self::Password | Self::Kit => Purpose::Full,
            Self::Recovery => Purpose::Recovery,
        }
    }

    /// What the audit log calls it.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Password => "account.password-changed",
            Self::Recovery => "account.recovered",
            Self::Kit => "account.kit-changed",
        }
    }

    /// The letter to the person, and the one to the administrators.
    fn letters(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Password => ("password-changed", None),
            Self::Recovery => ("recovered", Some("recovered-admin")),
            Self::Kit => ("kit-changed", None),
        }
    }
}

/// What a password opens.
pub(crate) struct NewPassword {
    pub(crate) kdf_block: [u8; 47],
    pub(crate) opaque_record: [u8; 192],
    pub(crate) envelope_1: [u8; 197],
}

/// What a recovery code opens.
pub(crate) struct NewKit {
    pub(crate) envelope_2: [u8; 150],
    pub(crate) recovery_public: [u8; 32],
}

/// A checked change, ready to be stored.
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) session: TokenHash,
    pub(crate) idempotency_key: [u8; 16],
    /// SHA-256 of the exact body.
    pub(crate) receipt: [u8; 32],
    /// [`state_of`] what it was made from.
    pub(crate) expected: [u8; 32],
    pub(crate) password: Option<NewPassword>,
    pub(crate) kit: Option<NewKit>,
    /// Checked against what it is stored with, but for what may have been stored meanwhile.
    pub(crate) statement: Option<Statement>,
}

/// A checked first statement about an account that has none.
pub(crate) struct FirstStatement {
    pub(crate) session: TokenHash,
    /// [`state_of`] what it was made from.
    pub(crate) expected: [u8; 32],
    pub(crate) statement: Statement,
    /// SHA-256 of the exact body.
    pub(crate) receipt: [u8; 32],
}

/// How a change went.
pub(crate) enum Changed {
    /// Stored, now or before by the same body.
    Receipt([u8; 32]),
    /// The same idempotency key with another body.
    Conflict,
    /// Something else was stored meanwhile.
    Meanwhile,
}

/// What a change is made from: SHA-256 of envelope 1 and envelope 2. Each is sealed with salt and
/// nonce of its own, so no state ever comes twice.
pub(crate) fn state_of(bundle: &Bundle) -> [u8; 32] {
    let [one, two, ..] = &bundle.envelopes;
    Sha256::new().chain_update(one).chain_update(two).finalize().into()
}

impl Store {
    /// The answer to a change that this session made before with this key; it may be over since.
    pub(crate) async fn changed_before(
        &self,
        kind: ChangeKind,
        session: TokenHash,
        key: [u8; 16],
        receipt: [u8; 32],
    ) -> Result<InSession<Option<Changed>>> {
        self.read(move |db| again(db, kind, session, key, receipt)).await
    }

    /// What the organisations of an account ask together: the most that any of them asks.
    pub(crate) async fn policy_of(&self, account: [u8; 16]) -> Result<Policy> {
        self.read(move |db| {
            Ok(strictest(db, account)?.unwrap_or(Policy {
                // Without an organisation there is no session either; nothing is below the highest.
                min_profile: u8::MAX,
                recovery: "required".to_owned(),
                secret_key: "off".to_owned(),
                min_length: u32::MAX,
            }))
        })
        .await
    }

    /// Stores the change, or says why not.
    pub(crate) async fn change(&self, change: Change, now: i64) -> Result<InSession<Changed>> {
        self.write(move |db| {
            match again(db, change.kind, change.session, change.idempotency_key, change.receipt)? {
                Ok(None) => {}
                Ok(Some(before)) => return Ok(Ok(before)),
                Err(none) => return Ok(Err(none)),
            }
            let session = match require(db, change.session, Some(change.kind.purpose()), now)? {
                Ok(session) => session,
                Err(none) => return Ok(Err(none)),
            };
            let present = &session.account.bundle;
            if state_of(present) != change.expected || !counts_on(present, change.statement.as_ref()) {
                return Ok(Ok(Changed::Meanwhile));
            }
            let id = session.account.account_id;
            if let Some(wait) = make_room(db, id, now)? {
                return Ok(Err(NoSession::TooMany(wait)));
            }
            put(db, id, &change, session.server_key)?;
            end_what_it_replaces(db, id, &change)?;
            remember(db, id, &change, now)?;
            let (to_person, to_administrators) = change.kind.letters();
            tell(db, id, Some(to_person), to_administrators, now)?;
            resets::call_off(db, id, "changed by its owner", now)?;
            note(db, now, change.kind.event(), Entry { account: Some(id), ..Entry::default() });
            Ok(Ok(Changed::Receipt(change.receipt)))
        })
        .await
    }
}

impl Store {
    /// Stores the first statement of an account, or says that it has another one, or is another
    /// one, by now.
    pub(crate) async fn state_first(&self, first: FirstStatement, now: i64) -> Result<InSession<Changed>> {
        self.write(move |db| {
            let session = match require(db, first.session, Some(Purpose::Full), now)? {
                Ok(session) => session,
                Err(none) => return Ok(Err(none)),
            };
            let (id, present) = (session.account.account_id, &session.account.bundle);
            if state_of(present) != first.expected {
                return Ok(Ok(Changed::Meanwhile));
            }
            match &present.statement {
                Some(stored) if *stored == first.statement => return Ok(Ok(Changed::Receipt(first.receipt))),
                Some(_) => return Ok(Ok(Changed::Meanwhile)),
                None => {}
            }
            put_statement(db, id, &first.statement)?;
            note(db, now, "account.statement", Entry { account: Some(id), ..Entry::default() });
            Ok(Ok(Changed::Receipt(first.receipt)))
        })
        .await
    }
}

/// Whether a statement counts one on from the stored one; none may follow none.
fn counts_on(present: &Bundle, next: Option<&Statement>) -> bool {
    let counts = |statement: Option<&Statement>| statement.map_or(0, |statement| statement.counter);
    counts(next) == counts(present.statement.as_ref()) + 1 || (next.is_none() && present.statement.is_none())
}

fn put_statement(db: &Db, account: [u8; 16], statement: &Statement) -> Result<()> {
    let bytes = statement_bytes(statement);
    db.execute("UPDATE bundle SET statement = ?2 WHERE account_id = ?1", &values![account, &bytes])?;
    Ok(())
}

fn again(
    db: &Db,
    kind: ChangeKind,
    session: TokenHash,
    key: [u8; 16],
    receipt: [u8; 32],
) -> Result<InSession<Option<Changed>>> {
    let stored = db.row(
        "SELECT kind, receipt, account_id FROM account_change WHERE session_hash = ?1 AND idempotency_key = ?2",
        &values![session.0, key],
    )?;
    let Some(stored) = stored else { return Ok(Ok(None)) };
    let (stored_kind, stored_receipt, id): (String, [u8; 32], [u8; 16]) = (stored.at(0)?, stored.at(1)?, stored.at(2)?);
    let standing = account(db, "a.account_id = ?1", id.into())?.map(|row| row.standing);
    Ok(match standing {
        Some(Admission::Active) if stored_kind == kind.as_str() && stored_receipt == receipt => {
            Ok(Some(Changed::Receipt(receipt)))
        }
        Some(Admission::Active) => Ok(Some(Changed::Conflict)),
        Some(barred) => Err(NoSession::Barred(barred)),
        None => Err(NoSession::Ended),
    })
}

fn put(db: &Db, account: [u8; 16], change: &Change, server_key: u32) -> Result<()> {
    if let Some(new) = &change.password {
        db.execute(
            "UPDATE bundle SET kdf_block = ?2, opaque_record = ?3, envelope_1 = ?4, server_key = ?5 WHERE account_id = ?1",
            &values![account, &new.kdf_block, &new.opaque_record, &new.envelope_1, server_key],
        )?;
    }
    if let Some(new) = &change.kit {
        db.execute(
            "UPDATE bundle SET envelope_2 = ?2, recovery_public = ?3 WHERE account_id = ?1",
            &values![account, &new.envelope_2, &new.recovery_public],
        )?;
    }
    change.statement.as_ref().map_or(Ok(()), |statement| put_statement(db, account, statement))
}

/// Whatever the old password or the old kit opened, or is about to open, is over.
fn end_what_it_replaces(db: &Db, account: [u8; 16], change: &Change) -> Result<()> {
    if change.password.is_some() {
        end_running(db, Way::Password, account)?;
    }
    if change.kit.is_some() {
        end_running(db, Way::Recovery, account)?;
    }
    match change.kind {
        ChangeKind::Password => sessions::replace(db, account, Some(change.session), false),
        ChangeKind::Kit => sessions::replace(db, account, Some(change.session), true),
        ChangeKind::Recovery => sessions::replace(db, account, None, false),
    }
}

/// Forgets what is not among the newest; gives the seconds to wait if these are all of the last
/// hour.
fn make_room(db: &Db, account: [u8; 16], now: i64) -> Result<Option<i64>> {
    let oldest = db.row(
        "SELECT at FROM account_change WHERE account_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2",
        &values![account, KEPT - 1],
    )?;
    let Some(oldest) = oldest else { return Ok(None) };
    let oldest: i64 = oldest.at(0)?;
    if oldest + HOUR > now {
        return Ok(Some(oldest + HOUR - now));
    }
    db.execute("DELETE FROM account_change WHERE account_id = ?1 AND at <= ?2", &values![account, oldest])?;
    Ok(None)
}

fn remember(db: &Db, account: [u8; 16], change: &Change, now: i64) -> Result<()> {
    db.execute(
        "INSERT INTO account_change (session_hash, idempotency_key, account_id, kind, receipt, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &values![
            change.session.0,
            change.idempotency_key,
            account,
            change.kind.as_str(),
            change.receipt,
            now
        ],
    )?;
    Ok(())
}
