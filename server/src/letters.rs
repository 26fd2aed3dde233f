//! What an administrator does about letters: sees which did not arrive, and tells the server of
//! mail that came back.

use crate::address;
use crate::calendar::instant;
use crate::mail::{Report, read_report};
use crate::realm::{Realm, RealmError};
use crate::store::LetterRow;
use firstkey_core::crypto::context::AccountId;
use serde::Serialize;

/// What a mail that came back turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// A letter of this server failed; it is marked.
    Marked {
        /// Whose letter it was, as UUID text; none for one to administrators about no account.
        account_id: Option<String>,
        /// The status that the report gave, such as `5.1.1`.
        status: Option<String>,
    },
    /// A report of a failure, but of no letter that this server knows.
    NotOurs,
    /// A report of something that is not final, such as a delay.
    NotFinal,
    /// Not a delivery report.
    NoReport,
}

/// A letter and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct ShownLetter {
    /// `invite`, `completed`, `password-changed`, `kit-changed`, `recovered` or `joined`; with
    /// `-admin` behind it, the one to the administrator.
    pub kind: String,
    /// Whose account it is about, as UUID text.
    pub account_id: String,
    /// Where it goes; null before the first try.
    pub to: Option<String>,
    /// When it was written (RFC 3339).
    pub created_at: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When a mail server took it.
    pub sent_at: Option<String>,
    /// When it is tried next.
    pub next_try_at: Option<String>,
    /// When it was given up.
    pub gave_up_at: Option<String>,
    /// When it came back.
    pub bounced_at: Option<String>,
    /// What the last trouble was, in the mail server's words.
    pub trouble: Option<String>,
}

impl ShownLetter {
    pub(crate) fn new(row: LetterRow) -> Self {
        let at = |seconds: Option<i64>| seconds.map(instant);
        let sent = row.done_at.filter(|_| row.gave_up_at.is_none() && row.trouble.as_deref() != Some("withdrawn"));
        Self {
            kind: row.kind,
            account_id: AccountId::heard(row.account_id).to_string(),
            to: row.to,
            created_at: instant(row.created_at),
            attempts: row.attempts,
            sent_at: at(sent),
            next_try_at: at(row.next_try_at),
            gave_up_at: at(row.gave_up_at),
            bounced_at: at(row.bounced_at),
            trouble: row.trouble,
        }
    }
}

impl Realm {
    /// Reads a mail that came back (RFC 3464) and marks the letter that it speaks of: by the
    /// letter's Message-ID, else as the last letter to that address. A mark is all that follows:
    /// anybody can write such a mail, so neither invitation nor account changes.
    pub async fn read_bounce(&self, mail: &[u8]) -> Result<Bounce, RealmError> {
        let failed = match read_report(mail) {
            Report::Failed(failed) => failed,
            Report::Pending => return Ok(Bounce::NotFinal),
            Report::None => return Ok(Bounce::NoReport),
        };
        let status = failed.status;
        let trouble = match &status {
            Some(status) => format!("came back ({status})"),
            None => "came back".to_owned(),
        };
        let keys = failed.recipients.iter().map(|address| address::key(address)).collect();
        let marked = self.store.letter_bounced(failed.message_ids, keys, trouble, self.clock.now()).await?;
        Ok(match marked {
            Some(account) => {
                Bounce::Marked { account_id: account.map(|account| AccountId::heard(account).to_string()), status }
            }
            None => Bounce::NotOurs,
        })
    }
}
