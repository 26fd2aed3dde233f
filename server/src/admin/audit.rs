//! The audit log: read, written out, and verified against what was written down elsewhere.
//!
//! Promise: whatever was changed, removed or put in between is found and named; with a count and
//! hash of an earlier day, so is what was cut off at the end.

use super::{hex, uuid};
use crate::realm::{Realm, RealmError};
use crate::store::Logged;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use tokio::sync::mpsc;

/// An entry.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct AuditEntry {
    pub seq: i64,
    pub at: i64,
    pub event: String,
    pub org_id: Option<String>,
    pub account_id: Option<String>,
    pub invite_id: Option<String>,
    pub detail: Option<String>,
    pub hash: String,
}

/// How far the log went on an earlier day: `COUNT:HASH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// So many entries.
    pub entries: i64,
    /// The hash of the last of them.
    pub head: [u8; 32],
}

/// A text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the head that `audit verify` prints looks like 1234:0f9a...")]
pub struct ExpectedRefused;

impl FromStr for Expected {
    type Err = ExpectedRefused;

    fn from_str(text: &str) -> Result<Self, ExpectedRefused> {
        let (entries, head) = text.split_once(':').ok_or(ExpectedRefused)?;
        if head.len() != 64
            || !head.bytes().all(|b| b.is_ascii_hexdigit())
            || !entries.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(ExpectedRefused);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&head[2 * at..2 * at + 2], 16).map_err(|_| ExpectedRefused)?;
        }
        Ok(Self { entries: entries.parse().map_err(|_| ExpectedRefused)?, head: bytes })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entries, hex(&self.head))
    }
}

/// A log that holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// To be written down elsewhere, for the next time.
    pub head: Expected,
}

/// A log that does not.
#[derive(Debug, thiserror::Error)]
pub enum AuditRefused {
    /// The store failed.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// An entry is not what was written.
    #[error(
        "The audit log was changed: entry {0} is not what was written, or an entry before it was removed. The entries before it are intact. Keep a copy of the database and compare it with a backup."
    )]
    Broken(i64),
    /// The end is missing.
    #[error(
        "The audit log was cut off: {expected} entries were expected, {found} exist. Keep a copy of the database and compare it with a backup."
    )]
    CutOff {
        /// How many there were.
        expected: i64,
        /// How many there are.
        found: i64,
    },
    /// It holds together, but is another log.
    #[error(
        "The audit log was rewritten: entry {0} has a different hash than expected. Keep a copy of the database and compare it with a backup."
    )]
    Another(i64),
}

impl Realm {
    /// The newest entries, oldest of them first.
    pub async fn audit_tail(&self, count: u32) -> Result<Vec<AuditEntry>, RealmError> {
        Ok(self.store.audit_tail(count).await?.into_iter().map(AuditEntry::new).collect())
    }

    /// Gives every entry in its order to `each`, until that has enough.
    pub async fn audit_export(&self, mut each: impl FnMut(AuditEntry) -> bool) -> Result<(), RealmError> {
        let (out, mut entries) = mpsc::channel(256);
        let (written, ()) = tokio::join!(self.store.audit_export(out), async {
            while let Some(entry) = entries.recv().await {
                if !each(AuditEntry::new(entry)) {
                    entries.close();
                    break;
                }
            }
        });
        Ok(written?)
    }

    /// Goes along the whole chain, and holds it against what was expected.
    pub async fn audit_verify(&self, expected: Option<Expected>) -> Result<AuditReport, AuditRefused> {
        let chain = self.audit_chain().await?;
        if let Some(at) = chain.broken_at {
            return Err(AuditRefused::Broken(at));
        }
        if let Some(expected) = expected {
            if expected.entries > chain.entries {
                return Err(AuditRefused::CutOff { expected: expected.entries, found: chain.entries });
            }
            // Before the first entry stand 32 zero bytes.
            let hash = match expected.entries {
                0 => Some([0; 32]),
                seq => self.store.audit_hash(seq).await.map_err(RealmError::from)?,
            };
            if hash != Some(expected.head) {
                return Err(AuditRefused::Another(expected.entries));
            }
        }
        Ok(AuditReport { head: Expected { entries: chain.entries, head: chain.head } })
    }
}

impl AuditEntry {
    fn new(entry: Logged) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            event: entry.event,
            org_id: entry.org.map(uuid),
            account_id: entry.account.map(uuid),
            invite_id: entry.invite.map(uuid),
            detail: entry.detail,
            hash: hex(&entry.hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Expected;

    #[test]
    fn what_was_written_down_is_read_back() {
        let expected = Expected { entries: 12, head: [0xab; 32] };
        assert_eq!(expected.to_string().parse(), Ok(expected));
        for bad in [
            "",
            "12",
            "12:",
            ":ab",
            "-1:00",
            "12:zz",
            &format!("{expected}0"),
            &format!("+{expected}"),
            &format!("12:{}é", "a".repeat(62)),
        ] {
            assert!(bad.parse::<Expected>().is_err(), "{bad}");
        }
    }
}
