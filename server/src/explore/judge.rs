//! What must hold, judged from the rows of the server, from what was answered, and from what a
//! client says at its end.
//!
//! Promise: nothing is asked of the code that is judged; uploads are read by a reader of this
//! file's own. Must never: be lenient because "that cannot happen".

use super::client::{COMPLETE, End, Success};
use super::hand::{Answer, Deed, Sent, is_of_rival};
use super::person::Client;
use crate::store::in_memory::{Row, Rows, Table};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::flow::checkpoint::Pin;
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
    pub(super) removed: u64,
    pub(super) by_invite: u64,
    pub(super) saved_first: u64,
}

/// An account as the rows have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    id: Vec<u8>,
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
    /// What the account's key says of all this: count, digests, signature.
    statement: Vec<u8>,
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
    /// Reads all accounts of the organisation's people, the present one first; an error if one has
    /// several bundles, or if there are two that are not removed.
    fn all(rows: &Rows) -> Result<Vec<Self>, Broken> {
        let accounts = rows.table("account");
        let ours = accounts.rows.iter().filter(|row| is_ours(rows, accounts, row));
        let mut all = ours.map(|row| Self::of(rows, row)).collect::<Result<Vec<_>, _>>()?;
        let removed_at = |account: &Self| {
            let row = accounts
                .rows
                .iter()
                .find(|row| row.at::<Vec<u8>>(accounts.column("account_id")).ok().as_ref() == Some(&account.id));
            row.and_then(|row| row.at::<Option<i64>>(accounts.column("removed_at")).expect("a number"))
                .unwrap_or(i64::MAX)
        };
        all.sort_by_key(|account| std::cmp::Reverse(removed_at(account)));
        if all.iter().filter(|account| account.state != "removed").count() > 1 {
            return broken("P1", "two accounts for one address");
        }
        Ok(all)
    }

    /// Reads the present account: of those that were removed, the last.
    pub(super) fn read(rows: &Rows) -> Result<Self, Broken> {
        Self::all(rows)?.into_iter().next().map_or_else(|| broken("P1", "the account is gone"), Ok)
    }

    fn of(rows: &Rows, account: &Row) -> Result<Self, Broken> {
        let (accounts, bundles, sessions) = (rows.table("account"), rows.table("bundle"), rows.table("session"));
        let at = |column| accounts.column(column);
        let id: Vec<u8> = account.at(at("account_id")).expect("an id");
        let bundle = |row: &Row| {
            let bytes = |column| row.at::<Vec<u8>>(bundles.column(column)).expect("bytes");
            Stored {
                key_gen: row.at(bundles.column("key_gen")).expect("a number"),
                ed25519: bytes("ed25519"),
                receipt: bytes("receipt"),
                members: MEMBERS.iter().map(|(member, column)| (*member, bytes(column))).collect(),
                statement: row.at::<Option<Vec<u8>>>(bundles.column("statement")).expect("bytes").unwrap_or_default(),
            }
        };
        let stored: Vec<_> = bundles.rows.iter().filter(|row| is_of(bundles, row, &id)).map(bundle).collect();
        if stored.len() > 1 {
            return broken("P1", format!("{} bundles", stored.len()));
        }
        let good =
            |row: &&Row| is_of(sessions, row, &id) && row.at::<i64>(sessions.column("ended")).expect("a number") == 0;
        Ok(Self {
            state: account.at(at("state")).expect("text"),
            fingerprint: account.at(at("fingerprint")).expect("text"),
            active: has_active(rows, &id),
            bundle: stored.into_iter().next(),
            sessions: sessions.rows.iter().filter(good).count(),
            id,
        })
    }
}

/// Whether an account is of a person of the organisation: that one has invited to it.
fn is_ours(rows: &Rows, accounts: &Table, account: &Row) -> bool {
    let invites = rows.table("invite");
    let id: Vec<u8> = account.at(accounts.column("account_id")).expect("an id");
    invites.rows.iter().any(|row| is_of(invites, row, &id) && !is_of_rival(rows, invites, row))
}

/// Whether a row is of this account.
fn is_of(table: &Table, row: &Row, account: &[u8]) -> bool {
    row.at::<Vec<u8>>(table.column("account_id")).is_ok_and(|id| id == account)
}

/// Whether the organisation has the person of this account active.
fn has_active(rows: &Rows, account: &[u8]) -> bool {
    let people = rows.table("membership");
    let active = |row: &Row| row.at::<bool>(people.column("active")).expect("a truth");
    people.rows.iter().any(|row| is_of(people, row, account) && !is_of_rival(rows, people, row) && active(row))
}

/// Whether anybody could still use the newest letter.
pub(super) fn is_invited(rows: &Rows, now: i64) -> bool {
    let invites = rows.table("invite");
    let live = |row: &Row| row.at::<String>(invites.column("state")).expect("text") == "live";
    let ends = |row: &Row| row.at::<i64>(invites.column("expires_at")).expect("a number");
    invites.rows.iter().any(|row| live(row) && ends(row) > now && !is_of_rival(rows, invites, row))
}

/// Whether the organisation has the person active.
pub(super) fn is_active(rows: &Rows) -> bool {
    let people = rows.table("membership");
    let active = |row: &Row| row.at::<bool>(people.column("active")).expect("a truth");
    people.rows.iter().any(|row| active(row) && !is_of_rival(rows, people, row))
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
        let said = upload.get("statement").cloned().unwrap_or_default();
        let counter = said["counter"].as_u64().map(u64::to_be_bytes);
        let [digests, signature] = ["digests", "signature"]
            .map(|name| Base64UrlUnpadded::decode_vec(said[name].as_str().unwrap_or_default()).unwrap_or_default());
        if counter != Some(1_u64.to_be_bytes()) {
            return Err("new keys do not begin to count at 1".to_owned());
        }
        if [counter.unwrap_or_default().as_slice(), &digests, &signature].concat() != self.statement {
            return Err("the statement is stored otherwise".to_owned());
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
    now: i64,
    looks: &mut Looks,
) -> Result<(), Broken> {
    if answer.status >= 500 {
        return broken("P4", format!("the server failed at {}: {}", sent.path, answer.status));
    }
    let (before_it, after_it) = (Account::all(before)?, Account::all(after)?);
    if before_it.iter().map(|account| &account.id).ne(after_it.iter().map(|account| &account.id)) {
        return broken("P1", format!("{} made or removed an account", sent.path));
    }
    let concerned = concerned(before, sent);
    for (was, is) in before_it.iter().zip(&after_it) {
        let concerned = concerned.as_ref() == Some(&was.id);
        if was.bundle != is.bundle {
            looks.one_bundle += 1;
            let Some(new) = &is.bundle else { return broken("P1", "the bundle is gone") };
            if sent.path != COMPLETE || !concerned {
                return broken("P1", format!("{} changed the bundle", sent.path));
            }
            // An ordinary upload fills an empty place; the next generation needs an invite for just
            // that.
            let wanted = if was.bundle.is_some() { reset_to(before, sent.invite()) } else { Some(1) };
            if wanted != Some(new.key_gen) || was.bundle.as_ref().is_some_and(|old| old.key_gen + 1 != new.key_gen) {
                return broken("P3", "a completed account got other keys without a reset");
            }
            if let Err(what) = new.is(&sent.body) {
                return broken("P1", what);
            }
        }
        let offers = matches!(sent.path, "/v1/invites/claim" | "/v1/enrol/start") && answer.status == 200;
        if (offers || was.bundle != is.bundle) && concerned {
            looks.by_invite += 1;
            if !is_good(before, sent, now) {
                return broken("P7", format!("{} is answered on an invitation that has ended", sent.path));
            }
        }
        if offers && concerned && was.bundle.is_some() && !resets(before, sent) {
            return broken("P3", format!("{} offers new keys for an account that has some", sent.path));
        }
        if !was.active {
            if was.state == "removed" {
                looks.removed += 1;
            } else {
                looks.suspended += 1;
            }
            let gives = matches!(
                sent.path,
                "/v1/invites/claim" | "/v1/enrol/start" | COMPLETE | "/v1/login/finish" | "/v1/recovery/finish"
            );
            if (gives && concerned && answer.status == 200) || was != is {
                return broken("P5", format!("{} gave something to a suspended or removed person", sent.path));
            }
        }
    }
    Ok(())
}

/// Whose account a request is about, by its invite or its log-in.
fn concerned(rows: &Rows, sent: &Sent) -> Option<Vec<u8>> {
    let in_table = |table: &str, column: &str, id: Vec<u8>| {
        let table = rows.table(table);
        let named = |row: &&Row| row.at::<Vec<u8>>(table.column(column)).is_ok_and(|found| found == id);
        table.rows.iter().find(named)?.at::<Vec<u8>>(table.column("account_id")).ok()
    };
    if let Some(invite) = invite(sent) {
        return in_table("invite", "invite_id", invite);
    }
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    let login = body.pointer("/login_id").and_then(Value::as_str)?;
    in_table("login", "login_id", Base64UrlUnpadded::decode_vec(login).ok()?)
}

/// Whether a request is on an invite that is neither used nor withdrawn nor too old.
fn is_good(rows: &Rows, sent: &Sent, now: i64) -> bool {
    let invites = rows.table("invite");
    let id = invite(sent);
    let ours = |row: &Row| row.at::<Vec<u8>>(invites.column("invite_id")).ok() == id;
    let state = |row: &Row| row.at::<String>(invites.column("state")).expect("text");
    let ends = |row: &Row| row.at::<i64>(invites.column("expires_at")).expect("a number");
    invites.rows.iter().any(|row| ours(row) && state(row) == "live" && ends(row) > now)
}

/// The invite that a request names.
fn invite(sent: &Sent) -> Option<Vec<u8>> {
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    let named = body.pointer("/invite_id").and_then(Value::as_str);
    Base64UrlUnpadded::decode_vec(sent.invite().or(named)?).ok()
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
    let ours = |row: &&Row| row.at::<Vec<u8>>(invites.column("invite_id")).ok().as_ref() == Some(&id);
    let row = invites.rows.iter().find(ours)?;
    let is_live = row.at::<String>(invites.column("state")).ok()? == "live";
    row.at::<Option<i64>>(invites.column("reset_to")).ok()?.filter(|_| is_live)
}

/// After the identity provider, an administrator or time did something.
pub(super) fn operated(before: &Rows, after: &Rows, deed: Deed, looks: &mut Looks) -> Result<(), Broken> {
    looks.keys_stay += 1;
    if deed == Deed::Rival {
        return others_stay(before, after);
    }
    let (before, after) = (Account::all(before)?, Account::all(after)?);
    for is in &after {
        let Some(was) = before.iter().find(|was| was.id == is.id) else {
            // Whoever comes back is somebody new, without anything of before.
            if deed != Deed::Provision || is.bundle.is_some() || is.state != "invited" || is.sessions > 0 {
                return broken("P3", "an account came out of nothing");
            }
            continue;
        };
        let removed = deed == Deed::Remove && was.state != "removed" && is.state == "removed";
        if was.bundle != is.bundle || was.fingerprint != is.fingerprint || (was.state != is.state && !removed) {
            return broken("P3", "somebody else changed the keys of an account");
        }
        if was.state == "removed" && is.active {
            return broken("P5", "a removed account is back");
        }
        if !is.active && is.sessions > 0 {
            return broken("P5", "a session outlives a suspension or a removal");
        }
    }
    if after.len() < before.len() {
        return broken("P1", "an account is gone");
    }
    Ok(())
}

/// What another organisation does changes nothing of ours: no account, no person, no invitation.
fn others_stay(before: &Rows, after: &Rows) -> Result<(), Broken> {
    let same = |name: &str| {
        let ours = |rows: &Rows| -> Vec<String> {
            let table = rows.table(name);
            let ours = table.rows.iter().filter(|row| !is_of_rival(rows, table, row));
            ours.map(|row| format!("{:?}", row.cells())).collect()
        };
        let (mut before, mut after) = (ours(before), ours(after));
        before.sort();
        after.sort();
        before == after
    };
    if Account::all(before)? != Account::all(after)? || !same("membership") || !same("invite") {
        return broken("P8", "another organisation changed a person, an account or an invitation");
    }
    Ok(())
}

/// When a client says that what is stored is not what it sent: true after a reset, or where a new
/// account at the same address was finished.
pub(super) fn warned(rows: &Rows, said: &str) -> Result<(), Broken> {
    let all = Account::all(rows)?;
    match &all[0].bundle {
        Some(stored) if stored.key_gen > 1 || all.len() > 1 => Ok(()),
        _ => broken("P4", format!("an alarm, and nobody has replaced any keys: {said}")),
    }
}

/// When a client says that it is done.
pub(super) fn succeeded(rows: &Rows, success: &Success, others: &[&Client], looks: &mut Looks) -> Result<(), Broken> {
    looks.success += 1;
    let ours = |account: &Account| account.id == success.pin.context.account.0;
    let Some(account) = Account::all(rows)?.into_iter().find(ours) else { return broken("P2", "done with no account") };
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
            return broken("P5", "done, while the person is suspended or removed");
        }
    }
    // A pin that was kept may be of keys that were replaced since.
    let older = success.upload.is_none() && i64::from(identity.key_gen.0) < stored.key_gen;
    if !older && (stored.ed25519 != identity.ed25519 || stored.key_gen != i64::from(identity.key_gen.0)) {
        return broken("P2", "done with other keys than the stored ones");
    }
    let context = &success.pin.context;
    let is_same = |theirs: &Pin| theirs.context == *context && theirs.identity.key_gen == identity.key_gen;
    let same = |other: &&Client| other.done.as_ref().is_some_and(|theirs| is_same(&theirs.pin));
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
    // Whoever crashed after the read-back has the account, even if the newest link is of something
    // else by now.
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
