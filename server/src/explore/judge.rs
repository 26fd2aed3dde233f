//! What must hold, judged from the rows of the server, from what was answered, and from what a client says at its end.
//!
//! Promise: nothing is asked of the code that is judged; uploads are read by a reader of this file's own. Must never: be lenient because "that cannot happen".

use super::client::{COMPLETE, End, Success};
use super::hand::{Answer, Sent};
use super::person::Client;
use crate::store::held::Rows;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// A property that was broken.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) property: &'static str,
    pub(super) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.what)
    }
}

pub(super) fn broken<T>(property: &'static str, what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { property, what: what.into() })
}

/// How often each property was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looks {
    pub(super) one_bundle: u64,
    pub(super) success: u64,
    pub(super) keys_stay: u64,
    pub(super) no_dead_end: u64,
    pub(super) suspended: u64,
    pub(super) saved_first: u64,
}

/// The account as the rows have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) state: String,
    pub(super) fingerprint: Option<String>,
    /// Whether its organisation has the person active.
    pub(super) active: bool,
    pub(super) bundle: Option<Stored>,
    sessions: usize,
}

/// The bundle as the rows have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) key_gen: i64,
    pub(super) ed25519: Vec<u8>,
    receipt: Vec<u8>,
    /// What was uploaded, member by member as in an upload.
    members: Vec<(&'static str, Vec<u8>)>,
}

/// Where a member of an upload is kept.
const MEMBERS: [(&str, &str); 11] = [
    ("/idempotency_key", "idempotency_key"),
    ("/opaque_upload", "opaque_record"),
    ("/kdf_block", "kdf_block"),
    ("/envelopes/1", "envelope_1"),
    ("/envelopes/2", "envelope_2"),
    ("/envelopes/3", "envelope_3"),
    ("/envelopes/4", "envelope_4"),
    ("/identity/ed25519", "ed25519"),
    ("/identity/x25519", "x25519"),
    ("/signature", "signature"),
    ("/recovery_public", "recovery_public"),
];

impl Account {
    /// Reads the one account; an error if there are several bundles.
    pub(super) fn read(rows: &Rows) -> Result<Self, Broken> {
        let (accounts, bundles) = (rows.table("account"), rows.table("bundle"));
        if accounts.rows.len() != 1 || bundles.rows.len() > 1 {
            return broken("P1", format!("{} accounts, {} bundles", accounts.rows.len(), bundles.rows.len()));
        }
        let bundle = bundles.rows.first().map(|row| {
            let bytes = |column| row.at::<Vec<u8>>(bundles.column(column)).expect("bytes");
            Stored {
                key_gen: row.at(bundles.column("key_gen")).expect("a number"),
                ed25519: bytes("ed25519"),
                receipt: bytes("receipt"),
                members: MEMBERS.iter().map(|(member, column)| (*member, bytes(column))).collect(),
            }
        });
        let (account, at) = (&accounts.rows[0], |column| accounts.column(column));
        let sessions = rows.table("session");
        let good = sessions.rows.iter().filter(|row| row.at::<i64>(sessions.column("ended")).expect("a number") == 0);
        Ok(Self {
            state: account.at(at("state")).expect("text"),
            fingerprint: account.at(at("fingerprint")).expect("text"),
            active: is_active(rows),
            bundle,
            sessions: good.count(),
        })
    }
}

/// Whether the organisation has the person active.
pub(super) fn is_active(rows: &Rows) -> bool {
    let people = rows.table("membership");
    people.rows.iter().any(|row| row.at::<bool>(people.column("active")).expect("a truth"))
}

impl Stored {
    /// Whether just this upload is stored, whole.
    fn is(&self, upload: &[u8]) -> Result<(), String> {
        if self.receipt != Sha256::digest(upload).as_slice() {
            return Err("the server's receipt is of another upload".to_owned());
        }
        let upload: Value = serde_json::from_slice(upload).map_err(|_| "the upload is no JSON")?;
        for (member, stored) in &self.members {
            let text = upload.pointer(member).and_then(Value::as_str).unwrap_or_default();
            if Base64UrlUnpadded::decode_vec(text).ok().as_ref() != Some(stored) {
                return Err(format!("{member} is stored otherwise"));
            }
        }
        if upload.pointer("/identity/key_gen").and_then(Value::as_i64) != Some(self.key_gen) {
            return Err("key_gen is stored otherwise".to_owned());
        }
        Ok(())
    }
}

/// After the server has answered a request of a client.
pub(super) fn served(
    before: &Rows,
    after: &Rows,
    sent: &Sent,
    answer: &Answer,
    looks: &mut Looks,
) -> Result<(), Broken> {
    if answer.status >= 500 {
        return broken("P4", format!("the server failed at {}: {}", sent.path, answer.status));
    }
    let (was, is) = (Account::read(before)?, Account::read(after)?);
    if was.bundle != is.bundle {
        looks.one_bundle += 1;
        let Some(new) = &is.bundle else { return broken("P1", "the bundle is gone") };
        if sent.path != COMPLETE {
            return broken("P1", format!("{} changed the bundle", sent.path));
        }
        // An ordinary upload fills an empty place; the next generation needs an invite for just that.
        let wanted = if was.bundle.is_some() { reset_to(before, sent.invite()) } else { Some(1) };
        if wanted != Some(new.key_gen) || was.bundle.as_ref().is_some_and(|old| old.key_gen + 1 != new.key_gen) {
            return broken("P3", "a completed account got other keys without a reset");
        }
        if let Err(what) = new.is(&sent.body) {
            return broken("P1", what);
        }
    }
    let offers = matches!(sent.path, "/v1/invites/claim" | "/v1/enrol/start") && answer.status == 200;
    if offers && was.bundle.is_some() && !resets(before, sent) {
        return broken("P3", format!("{} offers new keys for an account that has some", sent.path));
    }
    if !was.active {
        looks.suspended += 1;
        let gives = matches!(
            sent.path,
            "/v1/invites/claim" | "/v1/enrol/start" | COMPLETE | "/v1/login/finish" | "/v1/recovery/finish"
        );
        if (gives && answer.status == 200) || was.bundle != is.bundle || is.sessions > was.sessions {
            return broken("P5", format!("{} gave something to a suspended person", sent.path));
        }
    }
    Ok(())
}

/// Whether a request is on the invite of a reset that is live.
fn resets(rows: &Rows, sent: &Sent) -> bool {
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    let named = body.pointer("/invite_id").and_then(Value::as_str);
    reset_to(rows, sent.invite().or(named)).is_some()
}

/// The generation that an invite is for, if it is one of a reset that is live.
fn reset_to(rows: &Rows, invite: Option<&str>) -> Option<i64> {
    let invites = rows.table("invite");
    let id = Base64UrlUnpadded::decode_vec(invite?).ok()?;
    let ours =
        |row: &&crate::store::held::Row| row.at::<Vec<u8>>(invites.column("invite_id")).ok().as_ref() == Some(&id);
    let row = invites.rows.iter().find(ours)?;
    let is_live = row.at::<String>(invites.column("state")).ok()? == "live";
    row.at::<Option<i64>>(invites.column("reset_to")).ok()?.filter(|_| is_live)
}

/// After the identity provider or an administrator did something.
pub(super) fn operated(before: &Rows, after: &Rows, looks: &mut Looks) -> Result<(), Broken> {
    looks.keys_stay += 1;
    let (was, is) = (Account::read(before)?, Account::read(after)?);
    if was.bundle != is.bundle || was.fingerprint != is.fingerprint || was.state != is.state {
        return broken("P3", "somebody else changed the keys of an account");
    }
    if !is.active && is.sessions > 0 {
        return broken("P5", "a session outlives a suspension");
    }
    Ok(())
}

/// When a client says that what is stored is not what it sent: true after a reset only.
pub(super) fn warned(rows: &Rows, said: &str) -> Result<(), Broken> {
    match Account::read(rows)?.bundle {
        Some(stored) if stored.key_gen > 1 => Ok(()),
        _ => broken("P4", format!("an alarm, and nobody has replaced any keys: {said}")),
    }
}

/// When a client says that it is done.
pub(super) fn succeeded(rows: &Rows, success: &Success, others: &[&Client], looks: &mut Looks) -> Result<(), Broken> {
    looks.success += 1;
    let account = Account::read(rows)?;
    let Some(stored) = &account.bundle else { return broken("P2", "done, and nothing is stored") };
    let identity = &success.pin.identity;
    if let Some(upload) = &success.upload {
        if let Err(what) = stored.is(upload) {
            return broken("P2", format!("done, but {what}"));
        }
        if account.fingerprint.as_deref() != Some(success.fingerprint.as_str()) {
            return broken("P2", "another fingerprint was said than the one that is stored");
        }
        if !account.active {
            return broken("P5", "done, while the person is suspended");
        }
    }
    // A pin that was kept may be of keys that were replaced since.
    let older = success.upload.is_none() && i64::from(identity.key_gen.0) < stored.key_gen;
    if !older && (stored.ed25519 != identity.ed25519 || stored.key_gen != i64::from(identity.key_gen.0)) {
        return broken("P2", "done with other keys than the stored ones");
    }
    let same =
        |other: &&Client| other.done.as_ref().is_some_and(|theirs| theirs.pin.identity.key_gen == identity.key_gen);
    if others.iter().any(same) {
        return broken("P2", "two clients are done with keys of one generation");
    }
    Ok(())
}

/// When everything has come to rest: one client has the account, everybody else knows what to do.
pub(super) fn rests(rows: &Rows, clients: &[Client]) -> Result<(), Broken> {
    let account = Account::read(rows)?;
    for (at, client) in clients.iter().enumerate() {
        match client.end() {
            Some(End::Dead(said)) => return broken("P4", format!("client {at} ends without a next step: {said}")),
            None if client.is_running() => return broken("P4", format!("client {at} never ends")),
            _ => {}
        }
    }
    if !account.active {
        return Ok(());
    }
    let Some(stored) = account.bundle else { return broken("P4", "the network is back and nothing is stored") };
    // Whoever crashed after the read-back has the account, even if the newest link is of something else by now.
    let owners = clients.iter().filter(|client| {
        let said = client.done.as_ref().is_some_and(|done| done.pin.identity.ed25519 == stored.ed25519.as_slice());
        said || client.disk.remembers(&stored.ed25519)
    });
    match owners.count() {
        1 => Ok(()),
        0 => broken("P4", "keys are stored that no client ever finishes with"),
        many => broken("P2", format!("{many} clients have one account")),
    }
}
