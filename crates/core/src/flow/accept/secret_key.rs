//! The secret key of an account whose organisation requires one: shown and proven after the kit,
//! before anything that changes the account is sent; asked for at the read-back of an upload that
//! another run has saved.

use super::commit::Upload;
use super::make::Made;
use super::{At, Expect, Next, after, commit, keep, readback};
use crate::flow::stop::AcceptReason;
use crate::flow::typed::{TYPINGS, typed_secret_key};
use crate::flow::{Answer, Effect, Notice, Question, Reply, SecretSheet};
use rand_core::CryptoRngCore;

/// Shows it, if there is one.
pub(super) fn show(mut made: Made) -> Result<Next, AcceptReason> {
    let Some(key) = made.secret_key.take() else { return commit::save(made) };
    let introduction = &made.run.terms.introduction;
    let context = made.run.terms.context;
    let sheet = SecretSheet {
        key,
        origin: introduction.origin.clone(),
        email: introduction.email.clone(),
        realm: context.realm,
        account: context.account,
        fingerprint: made.completion.bundle.identity.fingerprint(&context),
    };
    keep::prove(made, sheet, |made, sheet| commit::save(Made { secret_key: Some(sheet.key), ..made }))
}

/// Asks for the one of a saved upload, then for the password.
pub(super) fn ask(upload: Upload, attempt: u32) -> Result<Next, AcceptReason> {
    let question = Question::SecretKey { email: upload.checkpoint.email.clone(), attempt };
    Next::effect(Effect::Ask(question), ExpectTyped { upload, attempt })
}

/// It was asked for.
struct ExpectTyped {
    upload: Upload,
    attempt: u32,
}

impl Expect for ExpectTyped {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let typed = match reply {
            Reply::Answer(Answer::Secret(typed)) => typed,
            Reply::Answer(Answer::No) => return Err(AcceptReason::NotOpened),
            _ => return Err(AcceptReason::OutOfStep),
        };
        let Self { mut upload, attempt } = *self;
        match typed_secret_key(&typed) {
            Ok(key) => {
                upload.secret_key = Some(key);
                readback::ask(upload, 1)
            }
            Err(_) if attempt >= TYPINGS => Err(AcceptReason::NotOpened),
            Err(slip) => after(Effect::Tell(Notice::NoSecretKey(slip)), move |_, _| ask(upload, attempt + 1)),
        }
    }
}
