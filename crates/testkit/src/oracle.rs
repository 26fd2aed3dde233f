//! Judges a log: the invariants I2 to I9, each from what was seen from outside, none by asking the
//! flow; and what a person was promised beside them: a no is obeyed, one server alone is asked.
//!
//! Promise: bodies are read again with readers of its own. Must never: be lenient because "that
//! cannot happen".

pub mod host;
pub mod judge;
mod reset;
mod yes;

pub use host::{an_odd_host_is_confirmed, one_server_alone, the_realm_stays};
pub use reset::keys_are_replaced_only_by_consent;
pub use yes::a_no_is_obeyed;

use super::player::{Heard, LIMIT, Log, Turn};
use super::{leak, offer, seen};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::recovery::{write_code, write_secret_key};
use firstkey_core::flow::stop::Reach;
use firstkey_core::flow::{Accepted, Effect, Notice, Question};
use firstkey_core::wire::outbound::Outbound;
use serde_json::Value;
use std::fmt;

/// A broken invariant.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// `I2` to `I9`; `reach` for what a stop claims, `no` and `host` for what a person was
    /// promised.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

pub(super) fn broken<T>(invariant: &'static str, what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { invariant, what: what.into() })
}

/// The path of the one request that changes the account.
const COMPLETE: &str = "/v1/enrol/complete";

/// One oracle.
pub type Oracle = fn(&Log) -> Result<(), Broken>;

/// All of them, by name, in the order in which they are asked.
pub const ALL: [(&str, Oracle); 14] = [
    ("nothing_leaks", nothing_leaks),
    ("password_only_under_a_sound_offer", password_only_under_a_sound_offer),
    ("keys_are_replaced_only_by_consent", keys_are_replaced_only_by_consent),
    ("a_no_is_obeyed", a_no_is_obeyed),
    ("an_odd_host_is_confirmed", an_odd_host_is_confirmed),
    ("one_server_alone", one_server_alone),
    ("the_realm_stays", the_realm_stays),
    ("upload_only_after_kit_and_checkpoint", upload_only_after_kit_and_checkpoint),
    ("one_upload", one_upload),
    ("done_means_done", done_means_done),
    ("nothing_after_the_end", nothing_after_the_end),
    ("bounded", bounded),
    ("fit_to_be_shown", fit_to_be_shown),
    ("reach_is_honest", reach_is_honest),
];

/// Asks all of them; the first that finds something is the answer.
pub fn check(log: &Log) -> Result<(), Broken> {
    ALL.iter().try_for_each(|(_, oracle)| oracle(log))
}

/// The requests that were sent, in order.
pub fn sent(log: &Log) -> impl Iterator<Item = &Outbound> {
    log.turns.iter().filter_map(|turn| if let Effect::Send(request) = &turn.effect { Some(request) } else { None })
}

fn is_upload(turn: &Turn) -> Option<&Outbound> {
    match &turn.effect {
        Effect::Send(request) if request.endpoint().path() == COMPLETE => Some(request),
        _ => None,
    }
}

/// The body of the last answer with status 200 to `path` before turn `end`.
fn last_answer<'a>(log: &'a Log, path: &str, end: usize) -> Option<&'a [u8]> {
    log.turns[..end].iter().rev().find_map(|turn| match (&turn.effect, &turn.heard) {
        (Effect::Send(request), Heard::Received { status: 200, body, .. }) if request.endpoint().path() == path => {
            Some(body.as_slice())
        }
        _ => None,
    })
}

/// I2. What is searched, and for what, is in [`leak`].
pub fn nothing_leaks(log: &Log) -> Result<(), Broken> {
    match leak::found(log) {
        None => Ok(()),
        Some(what) => broken("I2", what),
    }
}

/// I3.
pub fn password_only_under_a_sound_offer(log: &Log) -> Result<(), Broken> {
    let mut prepared = None;
    for (at, turn) in log.turns.iter().enumerate() {
        match &turn.effect {
            Effect::Prepare(profile) if turn.heard == Heard::Performed => prepared = Some(*profile),
            Effect::Ask(Question::Password { min_length, .. }) => {
                let Some(body) = last_answer(log, "/v1/invites/claim", at) else {
                    return broken("I3", "a password without an offer");
                };
                let least = match offer::sound(body) {
                    Ok(least) => least,
                    Err(what) => return broken("I3", format!("a password was asked for although {what}")),
                };
                let wish = log.given.profile.map_or(0, Profile::id);
                let enough = |profile: Profile| u64::from(profile.id()) >= least && profile.id() >= wish;
                if *min_length < 15 || !prepared.is_some_and(enough) {
                    return broken(
                        "I3",
                        format!(
                            "minimum {min_length}, prepared {prepared:?}, where {least} is the least and {wish} the wish"
                        ),
                    );
                }
            }
            Effect::Stretch(job) if prepared.is_some_and(|profile| profile != job.block.profile) => {
                return broken("I3", "another profile is stretched than the one that was prepared");
            }
            _ => {}
        }
    }
    Ok(())
}

/// How the person's text compares with a group, by a reader of the oracle's own.
fn is_group(group: &str, typed: &[u8]) -> bool {
    let read = |byte: &u8| match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let read: Vec<u8> =
        typed.iter().filter(|byte| !matches!(byte, b'-') && !byte.is_ascii_whitespace()).map(read).collect();
    read == group.as_bytes()
}

/// I4.
pub fn upload_only_after_kit_and_checkpoint(log: &Log) -> Result<(), Broken> {
    let (mut code, mut kept, mut proven) = (None, false, false);
    // The second secret: nobody may be left with a lock whose other half they do not have.
    let (mut key, mut key_kept, mut key_proven) = (None, false, false);
    // What stands on the disk; a run that resumes begins with it.
    let mut saved: Vec<&Outbound> = Vec::new();
    for turn in &log.turns {
        match (&turn.effect, &turn.heard) {
            (Effect::Ask(Question::Kit(kit)), heard) => {
                // EXPOSE: the oracle checks the person's proof itself.
                code = Some(write_code(kit.code.expose()).as_str().to_owned());
                kept = *heard == Heard::Yes;
                proven = false;
            }
            (Effect::Ask(Question::KitProof { group, .. }), Heard::Secret(typed)) => {
                let group = code.as_deref().and_then(|code| code.split('-').nth(usize::from(*group) - 1));
                proven = kept && group.is_some_and(|group| is_group(group, typed));
            }
            (Effect::Ask(Question::KeepSecretKey(sheet)), heard) => {
                // EXPOSE: the oracle checks the person's proof itself.
                key = Some(write_secret_key(sheet.key.expose()).as_str().to_owned());
                key_kept = *heard == Heard::Yes;
                key_proven = false;
            }
            (Effect::Ask(Question::SecretKeyProof { group, .. }), Heard::Secret(typed)) => {
                let group = key.as_deref().and_then(|key| key.split('-').nth(usize::from(*group)));
                key_proven = key_kept && group.is_some_and(|group| is_group(group, typed));
            }
            (Effect::Tell(Notice::Resuming { digest, .. }), _) => {
                key_proven = true;
                saved.extend(
                    log.given
                        .checkpoints
                        .iter()
                        .map(|kept| &kept.request)
                        .filter(|request| request.digest() == *digest),
                );
                proven = true;
            }
            (Effect::Save(_), _) if !proven => return broken("I4", "a checkpoint before the kit was proven"),
            (Effect::Save(checkpoint), _) if !key_proven && has_second_secret(&checkpoint.request) => {
                return broken("I4", "a checkpoint before the secret key was proven");
            }
            (Effect::Save(checkpoint), Heard::Saved) => saved.push(&checkpoint.request),
            _ => {}
        }
        if let Some(request) = is_upload(turn) {
            if !proven {
                return broken("I4", "an upload before the kit was shown and proven");
            }
            if saved.last() != Some(&request) {
                return broken("I4", "an upload that is not the saved one");
            }
            if log.given.rehearsal {
                return broken("I4", "an upload in a rehearsal");
            }
        }
    }
    Ok(())
}

/// Whether an upload's lock takes a secret key beside the password: the last byte of its settings.
fn has_second_secret(request: &Outbound) -> bool {
    member(request.body(), "kdf_block").and_then(|block| bytes(&block)).and_then(|block| block.last().copied())
        == Some(1)
}

/// I5: one body from its making or its resumption on. Another one only where the server said of the
/// first that its invite has ended, and then one that was saved.
pub fn one_upload(log: &Log) -> Result<(), Broken> {
    let (mut current, mut ended): (Option<[u8; 32]>, bool) = (None, false);
    for turn in &log.turns {
        let digest = match &turn.effect {
            Effect::Save(saved) => saved.request.digest(),
            Effect::Tell(Notice::Resuming { digest, .. }) => {
                if ended {
                    current = None;
                }
                *digest
            }
            Effect::Send(request) => {
                ended = has_ended(turn);
                if is_upload(turn).is_none() {
                    continue;
                }
                request.digest()
            }
            _ => continue,
        };
        if *current.get_or_insert(digest) != digest {
            return broken("I5", "two different uploads in one run, and the first was not refused for good");
        }
    }
    Ok(())
}

/// Whether the answer of this turn says that an invite has ended.
fn has_ended(turn: &Turn) -> bool {
    let Heard::Received { status, body, .. } = &turn.heard else { return false };
    let name = member(body, "type").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let names = ["invite-expired", "invite-used", "invite-withdrawn", "removed"];
    *status >= 400 && names.iter().any(|known| name == format!("urn:firstkey:problem:{known}"))
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(value.as_str()?).ok()
}

fn member(body: &[u8], name: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(body).ok()?.get(name).cloned()
}

/// I6.
pub fn done_means_done(log: &Log) -> Result<(), Broken> {
    let Some(Turn { effect: Effect::Finish(end), .. }) = log.turns.last() else { return Ok(()) };
    let Ok(Accepted { pin, rehearsal, repeated, .. }) = end.as_ref() else { return Ok(()) };
    if *repeated {
        let known = log.given.pins.contains(pin) && sent(log).next().is_none();
        return if known { Ok(()) } else { broken("I6", "repeated, but nothing of it is pinned") };
    }
    if rehearsal.is_some() {
        return if log.given.rehearsal { Ok(()) } else { broken("I6", "a rehearsal that nobody asked for") };
    }
    let end = log.turns.len();
    let Some(upload) = log.turns.iter().rev().find_map(is_upload) else {
        return broken("I6", "done without an upload");
    };
    let receipt = last_answer(log, COMPLETE, end).and_then(|body| bytes(&member(body, "receipt")?));
    if receipt != Some(hazmat::sha256(upload.body()).to_vec()) {
        return broken("I6", "done, but the receipt is not the digest of the upload");
    }
    let bundle = last_answer(log, "/v1/login/finish", end).and_then(|body| member(body, "bundle"));
    for name in ["kdf_block", "envelopes", "identity", "signature", "recovery_public"] {
        let returned = bundle.as_ref().and_then(|bundle| bundle.get(name)).cloned();
        if returned.is_none() || returned != member(upload.body(), name) {
            return broken("I6", format!("done, but {name} came back changed"));
        }
    }
    // Null is that there is none.
    let returned = bundle.as_ref().and_then(|bundle| bundle.get("statement")).filter(|said| !said.is_null()).cloned();
    if returned != member(upload.body(), "statement") {
        return broken("I6", "done, but the statement came back changed");
    }
    let counted = returned.as_ref().and_then(|statement| statement["counter"].as_u64());
    let remembers = pin.held.as_ref().is_some_and(|held| held.counter == counted);
    if !remembers {
        return broken("I6", "done, but the count of the locks is not remembered");
    }
    let identity = member(upload.body(), "identity").unwrap_or_default();
    let pinned = bytes(&identity["ed25519"]) == Some(pin.identity.ed25519.to_vec())
        && bytes(&identity["x25519"]) == Some(pin.identity.x25519.to_vec());
    let concluded = log
        .turns
        .iter()
        .any(|turn| matches!(&turn.effect, Effect::Conclude(kept) if kept == pin) && turn.heard == Heard::Saved);
    let proven = log.turns.iter().any(|turn| matches!(&turn.effect, Effect::Ask(Question::PasswordOnceMore { .. })));
    if !(pinned && concluded && proven) {
        return broken(
            "I6",
            format!("done, but: keys pinned {pinned}, on the disk {concluded}, password proven {proven}"),
        );
    }
    // Within one run MK is known twice: only the right password may lead to the end.
    let keys: Vec<_> = log
        .turns
        .iter()
        .filter_map(|turn| if let Heard::Stretched(key) = &turn.heard { Some(key) } else { None })
        .collect();
    let made_here = log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Kit(_))));
    if made_here && keys.first() != keys.last() { broken("I6", "done with another password") } else { Ok(()) }
}

/// I7.
pub fn nothing_after_the_end(log: &Log) -> Result<(), Broken> {
    if log.after.iter().any(|effect| !matches!(effect, Effect::Finish(end) if end.is_err())) {
        return broken("I7", "something is done after the end");
    }
    let stopped =
        log.turns.iter().position(|turn| matches!(turn.heard, Heard::Cancelled | Heard::Unsent { cancelled: true }));
    match stopped.map(|at| log.turns.get(at + 1)) {
        None | Some(None | Some(Turn { effect: Effect::Finish(_), .. })) => Ok(()),
        Some(Some(_)) => broken("I7", "something is done after the person stopped it"),
    }
}

/// I8.
pub fn bounded(log: &Log) -> Result<(), Broken> {
    if log.turns.len() < LIMIT { Ok(()) } else { broken("I8", format!("no end after {LIMIT} steps")) }
}

/// I9.
pub fn fit_to_be_shown(log: &Log) -> Result<(), Broken> {
    let texts = log.turns.iter().flat_map(|turn| match &turn.effect {
        Effect::Ask(question) => seen::in_question(question),
        Effect::Tell(notice) => seen::in_notice(notice),
        Effect::Finish(end) => end.as_ref().as_ref().map_or_else(seen::in_stop, |done| vec![done.pin.email.clone()]),
        _ => Vec::new(),
    });
    for text in texts {
        if let Some(c) = seen::unfit(&text) {
            return broken("I9", format!("U+{:04X} in {text:?}", u32::from(c)));
        }
        if text.len() > 300 {
            return broken("I9", format!("{} bytes in one text", text.len()));
        }
    }
    Ok(())
}

/// A stop never says that less happened than did, nor that something was sent where nothing can
/// have left.
pub fn reach_is_honest(log: &Log) -> Result<(), Broken> {
    let Some(Turn { effect: Effect::Finish(end), .. }) = log.turns.last() else { return Ok(()) };
    let Err(stop) = end.as_ref() else { return Ok(()) };
    let answered = log
        .turns
        .iter()
        .any(|turn| matches!(turn.effect, Effect::Send(_)) && matches!(turn.heard, Heard::Received { .. }));
    let resuming = log.turns.iter().any(|turn| matches!(turn.effect, Effect::Tell(Notice::Resuming { .. })));
    let saved = log.turns.iter().any(|turn| matches!(turn.effect, Effect::Save(_)) && turn.heard == Heard::Saved);
    let left = |turn: &&Turn| !matches!(turn.heard, Heard::Unsent { .. });
    let upload = log.turns.iter().rev().filter(left).find_map(is_upload);
    let least = match upload {
        Some(_) => Reach::Unknown,
        None if resuming => Reach::SavedBefore,
        None if saved => Reach::Saved,
        None if answered => Reach::NothingChanged,
        None => Reach::NothingSent,
    };
    let most = match upload {
        Some(request) => {
            let receipt = last_answer(log, COMPLETE, log.turns.len()).and_then(|body| bytes(&member(body, "receipt")?));
            if receipt == Some(request.digest().to_vec()) { Reach::Stored } else { Reach::Unknown }
        }
        None => least.max(Reach::NothingChanged),
    };
    if (least..=most).contains(&stop.reach) {
        Ok(())
    } else {
        broken("reach", format!("{:?} is said, {least:?} to {most:?} is true", stop.reach))
    }
}
