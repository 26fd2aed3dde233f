//! Choosing a password: judged, typed twice, or made.

use super::claim::Claim;
use super::terms::Terms;
use super::{At, Expect, Next, after, make};
use crate::crypto::kdf::{KdfBlock, Salt, StretchJob};
use crate::crypto::prepare::{PrepareError, prepare_password};
use crate::crypto::strength::{Context, Estimator, Strength, Verdict, judge};
use crate::crypto::words::{PASSPHRASE_WORDS, make_passphrase};
use crate::flow::stop::{AcceptReason, GaveUp};
use crate::flow::{Answer, Effect, Notice, Question, Reply};
use crate::secret::{Password, SecretKey};
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// How often two typings may differ.
const PAIR_TRIES: u32 = 5;
/// How many passwords may be refused.
const WEAK_TRIES: u32 = 10;

/// What the rest of the flow needs of this run.
pub(super) struct Enrolment {
    pub(super) rehearsal: bool,
    pub(super) estimator: &'static dyn Estimator,
    pub(super) claim: Claim,
    pub(super) terms: Terms,
}

/// Asks for a password. `attempt` counts the passwords asked for, `pair` the pairs typed.
pub(super) fn ask(run: Enrolment, attempt: u32, pair: u32) -> Result<Next, AcceptReason> {
    let question = Question::Password { min_length: run.terms.min_length, attempt };
    Next::effect(Effect::Ask(question), ExpectPassword { run, attempt, pair })
}

/// A new password was asked for.
struct ExpectPassword {
    run: Enrolment,
    attempt: u32,
    pair: u32,
}

impl Expect for ExpectPassword {
    fn handle(
        self: Box<Self>,
        reply: Reply,
        mut rng: &mut dyn CryptoRngCore,
        _: &mut At,
    ) -> Result<Next, AcceptReason> {
        let Self { run, attempt, pair } = *self;
        let typed = match reply {
            Reply::Answer(Answer::Secret(typed)) => typed,
            // Whoever has no other password to offer ends it here.
            Reply::Answer(Answer::No) => return Err(GaveUp::WeakPasswords.into()),
            _ => return Err(AcceptReason::OutOfStep),
        };
        if typed.is_empty() {
            let made = make_passphrase(&mut rng, PASSPHRASE_WORDS);
            let password = prepare_password(made.as_bytes()).map_err(|_| AcceptReason::OutOfStep)?;
            return again(run, password, Some(made), pair);
        }
        match judged(&run.terms, &typed, run.estimator) {
            Ok((password, strength)) => {
                let notice = Notice::Strong(strength, run.terms.profile);
                after(Effect::Tell(notice), move |_, _| again(run, password, None, pair))
            }
            Err(unfit) => after(Effect::Tell(unfit), move |_, _| {
                if attempt >= WEAK_TRIES { Err(GaveUp::WeakPasswords.into()) } else { ask(run, attempt + 1, pair) }
            }),
        }
    }
}

/// Prepares and judges a password that is being set.
fn judged(terms: &Terms, typed: &[u8], estimator: &dyn Estimator) -> Result<(Password, Strength), Notice> {
    let password = prepare_password(typed).map_err(Notice::Unusable)?;
    let who = &terms.introduction;
    let context = Context {
        name: who.display_name.as_str(),
        email: &who.email,
        organisation: who.organisation.as_str(),
        host: who.origin.host(),
    };
    // EXPOSE: judged here, on this machine.
    let text = std::str::from_utf8(password.expose()).map_err(|_| Notice::Unusable(PrepareError::NotUtf8))?;
    let least = usize::try_from(terms.min_length).unwrap_or(usize::MAX);
    match judge(text, &context, least, estimator) {
        Verdict::Good(strength) => Ok((password, strength)),
        Verdict::Weak { reasons, strength } => Err(Notice::Weak { reasons, strength, profile: terms.profile }),
    }
}

/// Asks for the same again.
fn again(run: Enrolment, password: Password, made: Option<Zeroizing<String>>, pair: u32) -> Result<Next, AcceptReason> {
    let shown = made.as_ref().map(|made| Zeroizing::new(made.as_str().to_owned()));
    Next::effect(Effect::Ask(Question::Again { made: shown }), ExpectAgain { run, password, made, pair })
}

/// The second typing was asked for.
struct ExpectAgain {
    run: Enrolment,
    password: Password,
    made: Option<Zeroizing<String>>,
    pair: u32,
}

impl Expect for ExpectAgain {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Reply::Answer(Answer::Secret(typed)) = reply else { return Err(AcceptReason::OutOfStep) };
        let Self { run, password, made, pair } = *self;
        let same = prepare_password(&typed).is_ok_and(|second| second.matches(&password));
        if same {
            return after(Effect::Tell(Notice::TypingsMatch), move |rng, _| {
                let two_secret = run.terms.two_secret;
                let block = KdfBlock { profile: run.terms.profile, salt: Salt::make(rng), two_secret };
                let secret_key = two_secret.then(|| SecretKey::make(rng));
                let expect = make::ExpectStretched { run, block, secret_key };
                Next::effect(Effect::Stretch(StretchJob { password, block }), expect)
            });
        }
        if pair >= PAIR_TRIES {
            return Err(GaveUp::TypingsDiffer.into());
        }
        let notice = Notice::TypingsDiffer { attempt: pair + 1, of: PAIR_TRIES };
        after(Effect::Tell(notice), move |_, _| match made {
            // What was made stays; only the copying is tried again.
            Some(made) => again(run, password, Some(made), pair + 1),
            None => ask(run, 1, pair + 1),
        })
    }
}
