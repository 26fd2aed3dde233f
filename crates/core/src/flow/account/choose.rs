//! Choosing a new password for an account that exists: judged, typed twice, or made.
//!
//! Promise: what comes out was judged on this machine and typed twice alike. Must never: send
//! anything.

use super::Known;
use super::run::{End, Run};
use super::stop::AccountReason;
use crate::crypto::kdf::Profile;
use crate::crypto::prepare::{MIN_CODE_POINTS, PrepareError, prepare_password};
use crate::crypto::strength::{Context, Estimator, Verdict, judge};
use crate::crypto::words::{PASSPHRASE_WORDS, make_passphrase};
use crate::flow::stop::{GaveUp, LocalTrouble};
use crate::flow::world::World;
use crate::flow::{Notice, Question};
use crate::secret::Password;

/// How many passwords may be refused.
const WEAK_TRIES: u32 = 10;
/// How often two typings may differ.
const PAIR_TRIES: u32 = 5;

impl<W: World> Run<'_, W> {
    /// Asks for the new password, judges it, and asks again. So many were refused before.
    pub(super) fn choose(&mut self, known: &Known, profile: Profile, mut refused: u32) -> End<Password> {
        for pair in 1..=PAIR_TRIES {
            let (password, made) = loop {
                let question = Question::NewPassword { attempt: refused + pair };
                let Some(typed) = self.secret(question)? else {
                    return Err(AccountReason::GaveUp(GaveUp::WeakPasswords));
                };
                if typed.is_empty() {
                    let made = make_passphrase(&mut self.rng, PASSPHRASE_WORDS);
                    let password = prepare_password(made.as_bytes());
                    break (password.map_err(|_| AccountReason::Local(LocalTrouble::SelfCheck))?, Some(made));
                }
                match judged(known, profile, &typed, self.world.estimator()) {
                    Ok((password, notice)) => {
                        self.world.tell(&notice);
                        break (password, None);
                    }
                    Err(notice) => self.world.tell(&notice),
                }
                refused += 1;
                if refused >= WEAK_TRIES {
                    return Err(AccountReason::GaveUp(GaveUp::WeakPasswords));
                }
            };
            let again = self.secret(Question::Again { made })?.unwrap_or_default();
            if prepare_password(&again).is_ok_and(|second| second.matches(&password)) {
                self.world.tell(&Notice::TypingsMatch);
                return Ok(password);
            }
            if pair < PAIR_TRIES {
                self.world.tell(&Notice::TypingsDiffer { attempt: pair + 1, of: PAIR_TRIES });
            }
        }
        Err(AccountReason::GaveUp(GaveUp::TypingsDiffer))
    }
}

/// Prepares and judges; the notice says how it was judged. The server's organisations cannot be
/// asked for a longer one any more.
fn judged(
    known: &Known,
    profile: Profile,
    typed: &[u8],
    estimator: &dyn Estimator,
) -> Result<(Password, Notice), Notice> {
    let password = prepare_password(typed).map_err(Notice::Unusable)?;
    let context = Context { name: "", email: &known.email, organisation: "", host: known.origin.host() };
    // EXPOSE: judged here, on this machine.
    let text = std::str::from_utf8(password.expose()).map_err(|_| Notice::Unusable(PrepareError::NotUtf8))?;
    match judge(text, &context, MIN_CODE_POINTS, estimator) {
        Verdict::Good(strength) => Ok((password, Notice::Strong(strength, profile))),
        Verdict::Weak { reasons, strength } => Err(Notice::Weak { reasons, strength, profile }),
    }
}
