//! What `--json` prints: one object a line.
//!
//! Promise: stable names; everything in them is public or the person's own address. Must never:
//! hold a sentence that a program would have to parse, beside `message`.

use crate::exit::{Ending, Stopped};
use crate::ui::text::Story;
use firstkey_core::crypto::statement::BundlePart;
use serde::Serialize;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the format; docs/EXIT-CODES.md and the tests describe them")]
pub enum Event<'a> {
    Invite {
        user: &'a str,
        server: &'a str,
        organisation: &'a str,
        expires: String,
    },
    Kdf {
        alg: &'static str,
        profile: u8,
        m_kib: u32,
        t: u32,
        p: u32,
        ms: u128,
    },
    Kit {
        path: &'a str,
        mode: String,
    },
    SecretKey {
        path: &'a str,
        mode: String,
    },
    Retry {
        server: &'a str,
        seconds: u64,
    },
    Resume {
        user: &'a str,
        bytes: usize,
        sha256: String,
    },
    /// A saved upload whose invite has ended; an older one is tried.
    Passed {
        user: &'a str,
        code: &'static str,
    },
    /// The account is in another state than the one that this computer remembered.
    ChangedSince {
        changed: Vec<&'static str>,
        signed: bool,
    },
    Sent {
        bytes: usize,
        sha256: String,
    },
    Rehearsed {
        ok: bool,
        bytes: usize,
        sha256: String,
    },
    Done {
        ok: bool,
        realm_id: String,
        account_id: String,
        email: &'a str,
        fingerprint: String,
        recipient: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        repeated: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        deed: Option<&'static str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        first_seen: bool,
        secret_key: bool,
    },
    /// What this computer remembers of an account; nothing was asked of anybody.
    Account {
        server: &'a str,
        realm_id: String,
        account_id: String,
        email: &'a str,
        key_gen: u32,
        fingerprint: String,
        recipient: String,
        secret_key: bool,
    },
    /// An upload whose end was not seen.
    Unfinished {
        server: &'a str,
        email: &'a str,
        invite: String,
        /// What the server said last, if it did not take it.
        #[serde(skip_serializing_if = "Option::is_none")]
        refused: Option<&'static str>,
    },
    /// The keys of an account are to be replaced.
    Reset {
        user: &'a str,
        server: &'a str,
        key_gen: u32,
        started: String,
    },
    /// One session of an account.
    Session {
        session_id: String,
        created: String,
        expires: String,
        purpose: &'a str,
        client: Option<&'a str>,
        source: Option<&'a str>,
        this: bool,
        ended: bool,
    },
    /// What was removed from this computer.
    Forgotten {
        ok: bool,
        paths: Vec<String>,
    },
    Stopped {
        ok: bool,
        code: &'static str,
        exit: u8,
        message: String,
    },
}

/// The stable name of a part of an account.
pub(super) fn part_name(part: BundlePart) -> &'static str {
    match part {
        BundlePart::ByPassword => "envelope-1",
        BundlePart::ByRecovery => "envelope-2",
        BundlePart::X25519 => "envelope-3",
        BundlePart::Ed25519 => "envelope-4",
        BundlePart::Identity => "identity",
        BundlePart::RecoveryKey => "recovery-key",
    }
}

impl Event<'_> {
    /// The bad end: the code and the exit code are those of the stop; only `message` is a sentence.
    pub fn stopped(stopped: Stopped<'_>, story: &Story) -> Self {
        let Ending { code, exit } = stopped.ending();
        Self::Stopped { ok: false, code, exit: exit.number(), message: story.in_one() }
    }

    /// The line, with its end.
    pub fn line(&self) -> String {
        crate::ui::json_line::of(self)
    }
}
