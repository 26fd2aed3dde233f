//! The secret key of an account whose organisation requires one: shown, and proven to have been kept, after the kit and before anything that changes the account is
//! sent; asked for at the read-back of an upload that another run has saved.

use super::commit::Upload;
use super::make::Made;
use super::{At, Expect, Next, after, commit, gave_up, readback};
use crate::crypto::recovery::{CodeError, read_secret_key};
use crate::flow::kit::{PROOF_TRIES, SECRET_KEY_GROUPS, is_group_of_secret_key};
use crate::flow::stop::{GaveUp, Why};
use crate::flow::{Answer, Effect, Notice, Question, Reply, SecretSheet};
use crate::secret::SecretKey;
use rand_core::CryptoRngCore;

/// How often a text that is no secret key may be typed.
const TYPINGS: u32 = 10;

/// Shows it, if there is one.
pub(super) fn show(made: Made, attempt: u32) -> Result<Next, Why> {
    let Some(key) = &made.secret_key else { return commit::save(made) };
    let introduction = &made.run.terms.introduction;
    let context = made.run.terms.context;
    let sheet = SecretSheet {
        // EXPOSE: the sheet shows the secret key to its owner; the flow keeps its own copy for the proof.
        key: SecretKey::from_bytes(key.expose()),
        origin: introduction.origin.clone(),
        email: introduction.email.clone(),
        realm: context.realm,
        account: context.account,
        fingerprint: made.completion.bundle.identity.fingerprint(&context),
    };
    Next::effect(Effect::Ask(Question::KeepSecretKey(Box::new(sheet))), ExpectKept { made, attempt })
}

/// It was shown.
struct ExpectKept {
    made: Made,
    attempt: u32,
}

impl Expect for ExpectKept {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, Why> {
        let Self { made, attempt } = *self;
        match reply {
            Reply::Answer(Answer::Yes | Answer::KitSaved(_)) => {
                // Which group is asked for is no secret; the slight bias does not matter.
                let group = u8::try_from(rng.next_u64() % SECRET_KEY_GROUPS).map_err(|_| Why::OutOfStep)? + 1;
                let question = Question::SecretKeyProof { group, attempt };
                Next::effect(Effect::Ask(question), ExpectProof { made, group, attempt })
            }
            Reply::Answer(Answer::No) => Err(gave_up(GaveUp::SecretKey)),
            _ => Err(Why::OutOfStep),
        }
    }
}

/// One group was asked for.
struct ExpectProof {
    made: Made,
    group: u8,
    attempt: u32,
}

impl Expect for ExpectProof {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, Why> {
        let Reply::Answer(Answer::Secret(typed)) = reply else { return Err(Why::OutOfStep) };
        let Self { made, group, attempt } = *self;
        if made.secret_key.as_ref().is_some_and(|key| is_group_of_secret_key(key, group, &typed)) {
            return after(Effect::Tell(Notice::KitProven), move |_, _| commit::save(made));
        }
        if attempt >= PROOF_TRIES {
            return Err(gave_up(GaveUp::SecretKeyProof));
        }
        after(Effect::Tell(Notice::SecretKeyNotProven { group }), move |_, _| show(made, attempt + 1))
    }
}

/// Asks for the one of a saved upload, then for the password.
pub(super) fn ask(upload: Upload, attempt: u32) -> Result<Next, Why> {
    let question = Question::SecretKey { email: upload.checkpoint.email.clone(), attempt };
    Next::effect(Effect::Ask(question), ExpectTyped { upload, attempt })
}

/// It was asked for.
struct ExpectTyped {
    upload: Upload,
    attempt: u32,
}

impl Expect for ExpectTyped {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, Why> {
        let typed = match reply {
            Reply::Answer(Answer::Secret(typed)) => typed,
            Reply::Answer(Answer::No) => return Err(Why::NotOpened),
            _ => return Err(Why::OutOfStep),
        };
        let Self { mut upload, attempt } = *self;
        let nothing = Err(CodeError::Length { have: 0, need: 54 });
        match std::str::from_utf8(&typed).map_or(nothing, read_secret_key) {
            Ok(key) => {
                upload.secret_key = Some(key);
                readback::ask(upload, 1)
            }
            Err(_) if attempt >= TYPINGS => Err(Why::NotOpened),
            Err(slip) => after(Effect::Tell(Notice::NoSecretKey(slip)), move |_, _| ask(upload, attempt + 1)),
        }
    }
}
