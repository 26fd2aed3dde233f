//! What `--json` prints of such a run: one object a line, beside the events that both dialects
//! share.

use serde::Serialize;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the format; docs/INFISICAL.md and the tests describe them")]
pub(super) enum Event<'a> {
    Invite {
        dialect: &'static str,
        user: &'a str,
        account: &'a str,
        server: &'a str,
        organisation: &'a str,
    },
    Probe {
        server: &'a str,
    },
    Kdf {
        alg: &'static str,
        m_kib: u32,
        t: u32,
        p: u32,
        ms: u128,
    },
    Kit {
        path: &'a str,
        mode: String,
    },
    Retry {
        server: &'a str,
        seconds: u64,
    },
    Membership {
        organisation: String,
        expected: bool,
    },
    Rehearsed {
        ok: bool,
        dialect: &'static str,
        bytes: usize,
        sha256: String,
    },
    Done {
        ok: bool,
        dialect: &'static str,
        deed: &'static str,
        server: &'a str,
        account: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        public_key: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fingerprint: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        member: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        kit: Option<bool>,
    },
}

/// The name of this dialect.
pub(super) const DIALECT: &str = "infisical-e2ee";

impl Event<'_> {
    /// The line, with its end.
    pub(super) fn line(&self) -> String {
        crate::ui::json_line::of(self)
    }
}
