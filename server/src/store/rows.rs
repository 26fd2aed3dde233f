//! Values that several commands speak of.

use super::db::{Cell, FromCell, Row, Value};
use super::error::{Result, StoreError};
use crate::life::Mode;
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::identity::{PublicIdentity, PublicKeys};
use firstkey_core::crypto::statement::{Counted, Digests, Statement};
use std::borrow::Cow;

impl FromCell for Mode {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(word) => Self::read(word),
            _ => None,
        }
    }
}

impl From<Mode> for Value<'_> {
    fn from(mode: Mode) -> Self {
        Self::Text(Cow::Borrowed(mode.as_str()))
    }
}

/// What an organisation asks of its people's accounts.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) min_profile: u8,
    pub(crate) recovery: String,
    pub(crate) secret_key: String,
    pub(crate) min_length: u32,
}

/// What a completed account is: ciphertext and public keys.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) key_gen: u32,
    pub(crate) kdf_block: Vec<u8>,
    pub(crate) opaque_record: Vec<u8>,
    /// The number of the server's key that the record was registered with.
    pub(crate) server_key: u32,
    pub(crate) envelopes: [Vec<u8>; 4],
    pub(crate) ed25519: [u8; 32],
    pub(crate) x25519: [u8; 32],
    pub(crate) signature: Vec<u8>,
    pub(crate) recovery_public: [u8; 32],
    /// What the account's key says of all this, where it has said something.
    pub(crate) statement: Option<Statement>,
}

impl Bundle {
    pub(super) const COLUMNS: &'static str = "b.key_gen, b.kdf_block, b.opaque_record, b.envelope_1, b.envelope_2, b.envelope_3, b.envelope_4, \
         b.ed25519, b.x25519, b.signature, b.recovery_public, b.statement, b.server_key";

    /// The public keys, as the account's client gave them.
    pub(crate) fn identity(&self) -> PublicIdentity {
        let Self { key_gen, ed25519, x25519, .. } = *self;
        PublicIdentity::heard(PublicKeys { key_gen: KeyGen(key_gen), ed25519, x25519 })
    }

    /// How many these are: what else is asked for stands behind.
    pub(super) const WIDTH: usize = 13;

    /// Reads [`Bundle::COLUMNS`] starting at column `at`.
    pub(super) fn from_row(row: &Row, at: usize) -> Result<Self> {
        Ok(Self {
            key_gen: row.at(at)?,
            kdf_block: row.at(at + 1)?,
            opaque_record: row.at(at + 2)?,
            server_key: row.at(at + 12)?,
            envelopes: [row.at(at + 3)?, row.at(at + 4)?, row.at(at + 5)?, row.at(at + 6)?],
            ed25519: row.at(at + 7)?,
            x25519: row.at(at + 8)?,
            signature: row.at(at + 9)?,
            recovery_public: row.at(at + 10)?,
            statement: row.at::<Option<Vec<u8>>>(at + 11)?.map(|bytes| read_statement(&bytes)).transpose()?,
        })
    }
}

/// A statement as it is kept: count, digests, signature.
pub(super) fn statement_bytes(statement: &Statement) -> Vec<u8> {
    [&statement.counter.to_be_bytes()[..], &statement.digests.encode(), &statement.signature].concat()
}

fn read_statement(bytes: &[u8]) -> Result<Statement> {
    let corrupt = || StoreError::Corrupt("a statement");
    let (counter, rest) = bytes.split_first_chunk().ok_or_else(corrupt)?;
    let (digests, signature) = rest.split_last_chunk().ok_or_else(corrupt)?;
    let digests = Digests::read(digests).ok_or_else(corrupt)?;
    Ok(Statement::heard(Counted { counter: u64::from_be_bytes(*counter), digests, signature: *signature }))
}

/// What a reset is for the person who is offered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reset {
    /// The generation of the keys that it makes.
    pub(crate) key_gen: u32,
    /// When it was started.
    pub(crate) started_at: i64,
}
