//! A run in words, for somebody who looks at a finding.
//!
//! Promise: a line for each effect and what came of it. Everything in it is made up: secrets of a
//! run exist nowhere else, and are left out all the same, since nobody can read them.

use super::player::{Heard, Log};
use firstkey_core::flow::{Effect, Notice, Question};
use std::cell::RefCell;

thread_local! {
    /// The lines of the run that somebody wants told; none where nobody does.
    static TOLD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Begins to keep what the bodies of targets tell of their steps.
pub fn begin() {
    TOLD.set(Some(Vec::new()));
}

/// What was told since, also by a body that panicked in the middle.
pub fn taken() -> Vec<String> {
    TOLD.take().unwrap_or_default()
}

/// A step of a run; costs nothing where nobody wants it told.
pub fn note(line: impl FnOnce() -> String) {
    if TOLD.with_borrow(Option::is_some) {
        let line = line();
        TOLD.with_borrow_mut(|told| told.iter_mut().for_each(|told| told.push(line.clone())));
    }
}

/// Most characters of a body that are shown.
const SHOWN: usize = 300;

/// The run, a line for each turn.
pub fn of(log: &Log) -> Vec<String> {
    let mut lines = vec![format!(
        "   given: wish {:?}, rehearsal {}, {} pins, {} saved uploads",
        log.given.profile,
        log.given.rehearsal,
        log.given.pins.len(),
        log.given.checkpoints.len(),
    )];
    for (at, turn) in log.turns.iter().enumerate() {
        lines.push(format!("{at:3} {}", effect(&turn.effect)));
        let heard = heard(&turn.heard);
        if !heard.is_empty() {
            lines.push(format!("      -> {heard}"));
        }
    }
    lines
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Ask(question) => format!("asks {}", asked(question)),
        Effect::Tell(notice) => format!("says {}", told(notice)),
        Effect::Prepare(profile) => format!("checks that the machine has the memory for {profile:?}"),
        Effect::Stretch(job) => format!("stretches the password by {:?}", job.block.profile),
        Effect::Send(request) => {
            format!("sends to {} {}: {}", request.origin(), request.endpoint().path(), text(request.body()))
        }
        Effect::EndSession(_, request) => format!("ends its session at {}", request.origin()),
        Effect::Save(saved) => format!("saves the upload for {}", saved.email),
        Effect::Conclude(pin) => format!("remembers the account of {:?} at {}", pin.email, pin.origin),
        Effect::Wait(time) => format!("waits {time:?}"),
        Effect::Finish(end) => match end.as_ref() {
            Ok(done) => format!("ends well: repeated {}, rehearsal {}", done.repeated, done.rehearsal.is_some()),
            Err(stop) => format!("stops: {:?}, reach {:?}", stop.why, stop.reach),
        },
    }
}

/// What a question asks.
pub fn asked(question: &Question) -> String {
    match question {
        Question::Invite { trouble: None } => "for the link".to_owned(),
        Question::Invite { trouble: Some(trouble) } => format!("for the link again: {trouble}"),
        Question::InviteAgain => "for the link, since somebody claimed it".to_owned(),
        Question::Host(origin) => format!("whether the host is right: {origin}"),
        Question::Consent(about) => format!(
            "whether {:?} is the person, invited by {:?} at {}",
            about.email,
            about.organisation.as_str(),
            about.origin
        ),
        Question::Join { about, .. } => format!("whether to join {:?}", about.organisation.as_str()),
        Question::Reset(about) => format!("whether keys of {:?} may be replaced", about.email),
        Question::Password { min_length, attempt } => {
            format!("for a new password of {min_length} characters or more, try {attempt}")
        }
        Question::Again { made } => format!("for it again, {}", if made.is_some() { "one was made" } else { "typed" }),
        Question::Kit(kit) => format!("to keep the kit of {:?}", kit.email),
        Question::KitProof { group, attempt } => format!("for group {group} of the kit, try {attempt}"),
        Question::Unlock { email, .. } => format!("for the password of {email:?}"),
        Question::NewPassword { .. } => "for a new password".to_owned(),
        Question::RecoveryCode { email, .. } => format!("for the recovery code of {email:?}"),
        Question::SecretKey { email, .. } => format!("for the secret key of {email:?}"),
        Question::ReplaceSecretKey { email } => format!("whether the secret key of {email:?} may be replaced"),
        Question::KeepSecretKey(sheet) => format!("to keep the secret key of {:?}", sheet.email),
        Question::SecretKeyProof { group, .. } => format!("for group {group} of the secret key"),
        Question::PasswordOnceMore { attempt } => format!("for the password once more, try {attempt}"),
    }
}

/// What a person is told.
pub fn told(notice: &Notice) -> String {
    let whole = format!("{notice:?}");
    whole.chars().take(SHOWN).collect()
}

fn heard(heard: &Heard) -> String {
    match heard {
        Heard::Performed | Heard::Stretched(_) => String::new(),
        Heard::Yes => "yes".to_owned(),
        Heard::No => "no".to_owned(),
        Heard::Text(given) => format!("the text {}", text(given)),
        Heard::Secret(typed) => format!("something secret of {} bytes", typed.len()),
        Heard::Received { status, content_type, framing, body } => {
            format!("{status} {} {framing:?} {}", content_type.as_deref().unwrap_or("without a type"), text(body))
        }
        Heard::Saved => "saved".to_owned(),
        Heard::Unsent { cancelled: true } => "the person stops it before anything has left".to_owned(),
        Heard::Unsent { cancelled: false } => "no connection: nothing has left".to_owned(),
        Heard::Cancelled => "the person stops it".to_owned(),
        Heard::Other => "something else: no answer, trouble, or a reply that does not fit".to_owned(),
        Heard::Nothing => "the run ends here".to_owned(),
    }
}

/// Bytes as text on one line, cut.
pub fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().count() > SHOWN { format!("{shown}... ({} bytes)", bytes.len()) } else { shown }
}
