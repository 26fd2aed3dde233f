//! The SCIM request log as an administrator reads it: what was asked, what was done, and why not,
//! in sentences.

use super::{uuid, why};
use crate::realm::{Realm, RealmError};
use crate::scim_log::{Mark, mark};
use crate::store::{LoggedRequest, Sought, WantedRequests};
use crate::{address, user_name};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A request to the SCIM interface.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct ScimRequestShown {
    pub request_id: String,
    pub at: i64,
    pub org_id: Option<String>,
    pub organisation: Option<String>,
    pub token_id: Option<String>,
    pub token_label: Option<String>,
    pub caller_id: Option<String>,
    pub source: String,
    pub method: String,
    pub path: String,
    pub status: i64,
    pub scim_type: Option<String>,
    pub detail: Option<String>,
    pub ms: i64,
    pub person_id: Option<String>,
    pub account_id: Option<String>,
    pub group_id: Option<String>,
    /// What was done.
    pub done: String,
    /// Why not more, in one word.
    pub why: Option<String>,
    /// The same in sentences, with what to do.
    pub todo: Option<&'static str>,
    /// The request with its values, where the organisation keeps them.
    pub given: Option<Value>,
}

/// Which requests are wanted.
#[derive(Clone, Debug, Default)]
pub struct ScimRequestsWanted {
    /// Of this organisation.
    pub org: Option<OrgId>,
    /// About this person: account id, SCIM id, address or user name.
    pub person: Option<String>,
    /// Only what was refused, or not done for a reason.
    pub failed: bool,
    /// Not earlier than this.
    pub since: Option<i64>,
}

impl Realm {
    /// Requests, newest first, at most `limit`.
    pub async fn scim_requests(
        &self,
        wanted: ScimRequestsWanted,
        limit: usize,
    ) -> Result<Vec<ScimRequestShown>, RealmError> {
        let whom = match wanted.person.as_deref() {
            Some(name) => Some(self.sought(name).await?),
            None => None,
        };
        let wanted =
            WantedRequests { org: wanted.org.map(|org| org.0), whom, failed: wanted.failed, since: wanted.since };
        let rows = self.store.scim_requests(wanted, limit).await?;
        Ok(rows.into_iter().map(ScimRequestShown::new).collect())
    }

    /// The request of that id, ours or its caller's; the latter may be several.
    pub async fn scim_request(&self, id: &str) -> Result<Vec<ScimRequestShown>, RealmError> {
        let ours = Uuid::try_parse(id).ok().map(Uuid::into_bytes);
        let rows = self.store.scim_request(ours, id.to_owned()).await?;
        Ok(rows.into_iter().map(ScimRequestShown::new).collect())
    }

    /// Everything that somebody is found by, also who was never made: then by the marks of the name
    /// alone.
    async fn sought(&self, name: &str) -> Result<Sought, RealmError> {
        let id = Uuid::try_parse(name.trim()).ok().map(Uuid::into_bytes);
        let (mailbox, user_name) = (address::key(name), user_name::key(name.trim()));
        let mut sought = self.store.sought(id, mailbox.clone(), user_name.clone()).await?;
        sought.marks.push(mark(&self.keys.fakes, Mark::Mailbox, &mailbox));
        sought.marks.extend(user_name.map(|name| mark(&self.keys.fakes, Mark::UserName, &name)));
        Ok(sought)
    }
}

impl ScimRequestShown {
    fn new(row: LoggedRequest) -> Self {
        Self {
            todo: row.why.as_deref().map(todo),
            request_id: uuid(row.request_id),
            at: row.at,
            org_id: row.org_id.map(uuid),
            organisation: row.organisation,
            token_id: row.token_id.map(uuid),
            token_label: row.token_label,
            caller_id: row.caller_id,
            source: row.source,
            method: row.method,
            path: row.path,
            status: row.status,
            scim_type: row.scim_type,
            detail: row.detail,
            ms: row.millis,
            person_id: row.person.map(uuid),
            account_id: row.account.map(uuid),
            group_id: row.group.map(uuid),
            done: row.done,
            why: row.why,
            given: row.given.and_then(|given| serde_json::from_str(&given).ok()),
        }
    }
}

/// Why a request came to no more, in sentences, and what to do.
fn todo(word: &str) -> &'static str {
    match word {
        "inactive" => {
            "The identity provider says that the person is not active, so no letter goes out. The invitation goes out by itself when it sends `active` as true."
        }
        "complete" => "The person has finished the account already, so there is nothing to invite to.",
        "no-token" => "The request had no bearer token. Enter the token at the identity provider.",
        "token-unknown" => {
            "No token of this server looks like the one that came. Make one with `scim-token add`, and enter it whole at the identity provider."
        }
        "token-revoked" => {
            "The token was revoked. Make a new one with `scim-token add`, and enter it at the identity provider."
        }
        "token-expired" => {
            "The token has expired. Make a new one with `scim-token add`, and enter it at the identity provider."
        }
        "token-refused" => "The token was not good at that moment. `scim-token list` shows the organisation's tokens.",
        "rate-limited" => {
            "The identity provider asked faster than the server allows; nothing was changed, and it tries again by itself. `limits` in the configuration raises what it may ask."
        }
        "database" => {
            "The server had no answer from its database. The identity provider tries again by itself; the event database.failed in the server's log says why."
        }
        "contended" => {
            "Others changed the same resource again and again meanwhile. The identity provider tries again by itself."
        }
        "name-taken" => {
            "Somebody of the organisation has this userName, or a group this name, already. `person_id` says who: the identity provider should match that person instead of making another."
        }
        "not-found" => {
            "There is nobody and no group with this id in the organisation. The identity provider may know an id of another server, or of somebody who was deleted."
        }
        "changed-meanwhile" => {
            "Somebody else changed it after the identity provider had read it. It reads again and tries again by itself."
        }
        "too-large" => "The request is larger than the server takes: `detail` says how large it may be.",
        "not-offered" => "The server does not offer this. Turn it off at the identity provider.",
        "not-understood" => {
            "The server did not understand the request and changed nothing. `detail` says what is wrong; correct the attribute mapping at the identity provider."
        }
        reason => why(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::todo;
    use crate::life::Reason;

    #[test]
    fn every_word_has_sentences_of_its_own() {
        let words = [
            "inactive",
            "complete",
            "no-token",
            "token-unknown",
            "token-revoked",
            "token-expired",
            "token-refused",
            "rate-limited",
            "database",
            "contended",
            "name-taken",
            "not-found",
            "changed-meanwhile",
            "too-large",
            "not-offered",
            "not-understood",
        ];
        let mut told: Vec<&str> = Reason::ALL.map(Reason::as_str).into_iter().chain(words).map(todo).collect();
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), count);
        assert!(told.iter().all(|said| !said.contains("is a bug")));
    }
}
