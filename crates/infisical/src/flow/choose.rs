//! Choosing a new password, and making keys of it: all the slow work, before any code is used up.
//!
//! Promise: what is typed is used byte for byte; nothing is stretched that was not judged and typed
//! twice.

use super::super::keys::{KeysRejected, Lock, Salt, StretchJob, Unlocked, srp_exponent};
use super::super::kit::Kit;
use super::super::rules::{self, Fit};
use super::run::{DialectRun, End};
use super::stop::DialectReason;
use super::{DialectNotice, DialectQuestion, Infisical};
use firstkey_core::crypto::strength::Context;
use firstkey_core::flow::keep::{self, Keepsake};
use firstkey_core::flow::stop::{GaveUp, Halt, LocalTrouble};
use firstkey_core::flow::world::World;
use firstkey_core::secret::{MasterKey, TypedPassword, X25519Secret};
use firstkey_core::wire::origin::Origin;
use zeroize::Zeroizing;

/// How often two typings may differ.
const PAIR_TRIES: u32 = 5;
/// How many passwords may be refused.
const WEAK_TRIES: u32 = 10;

/// Keys with a new lock.
pub(super) struct Made {
    pub(super) unlocked: Unlocked,
    pub(super) lock: Lock,
    pub(super) secret: X25519Secret,
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    /// A new password, judged and typed twice.
    pub(super) fn choose(&mut self, context: &Context<'_>) -> End<TypedPassword> {
        let mut attempt = 1;
        let mut pair = 1;
        loop {
            let Some(typed) = self.text(DialectQuestion::NewPassword { attempt })? else {
                return Err(DialectReason::GaveUp(GaveUp::WeakPasswords));
            };
            let made = typed.is_empty().then(|| rules::make(self.rng));
            let password = match &made {
                Some(made) => TypedPassword::as_typed(Zeroizing::new(made.as_bytes().to_vec())),
                None => match rules::check(&typed, context, self.world.estimator()) {
                    Ok(fit) => {
                        self.say_fit(fit);
                        TypedPassword::as_typed(typed)
                    }
                    Err(unfit) => {
                        self.tell(&DialectNotice::Unfit(unfit));
                        if attempt >= WEAK_TRIES {
                            return Err(DialectReason::GaveUp(GaveUp::WeakPasswords));
                        }
                        attempt += 1;
                        continue;
                    }
                },
            };
            loop {
                let shown = made.as_ref().map(|made| Zeroizing::new(made.as_str().to_owned()));
                let again = self.text(DialectQuestion::Again { made: shown })?.unwrap_or_default();
                if TypedPassword::as_typed(again).matches(&password) {
                    self.tell(&DialectNotice::TypingsMatch);
                    return Ok(password);
                }
                if pair >= PAIR_TRIES {
                    return Err(DialectReason::GaveUp(GaveUp::TypingsDiffer));
                }
                pair += 1;
                self.tell(&DialectNotice::TypingsDiffer { attempt: pair, of: PAIR_TRIES });
                // What was made stays; only the copying is tried again.
                if made.is_none() {
                    break;
                }
            }
            attempt = 1;
        }
    }

    fn say_fit(&mut self, fit: Fit) {
        if !fit.same_everywhere {
            self.tell(&DialectNotice::NotTheSameEverywhere);
        }
        self.tell(&DialectNotice::Fit(fit.strength));
    }

    /// What a password becomes. It ends here.
    pub(super) async fn unlock(&mut self, identity: &str, password: TypedPassword, salt: Salt) -> End<Unlocked> {
        let x = srp_exponent(identity, &password, &salt);
        let derived: MasterKey = match self.world.stretch(StretchJob { password, salt }).await {
            Ok(derived) => derived,
            Err(Halt::Silent(_)) => return Err(DialectReason::Cancelled),
            Err(halt) => return Err(halt.into()),
        };
        Ok(Unlocked { x, derived, salt })
    }

    /// The same for each of the names that the lock may have been made with: Argon2id takes none of
    /// them, so it runs once.
    pub(super) async fn unlock_as(
        &mut self,
        identities: &[String],
        password: TypedPassword,
        salt: Salt,
    ) -> End<Vec<(String, Unlocked)>> {
        let xs: Vec<_> = identities.iter().map(|name| (name.clone(), srp_exponent(name, &password, &salt))).collect();
        let Some(first) = identities.first() else { return Ok(Vec::new()) };
        let derived = self.unlock(first, password, salt).await?.derived;
        // EXPOSE: one key, kept beside each x.
        let with = |x| Unlocked { x, derived: MasterKey::from_bytes(derived.expose()), salt };
        Ok(xs.into_iter().map(|(name, x)| (name, with(x))).collect())
    }

    /// A new lock around `secret` for `identity`.
    pub(super) async fn make(&mut self, identity: &str, password: TypedPassword, secret: X25519Secret) -> End<Made> {
        let salt = Salt::make(self.rng);
        let unlocked = self.unlock(identity, password, salt).await?;
        self.lock(unlocked, secret)
    }

    /// The same, of what the password became already.
    pub(super) fn lock(&mut self, unlocked: Unlocked, secret: X25519Secret) -> End<Made> {
        let broken = |KeysRejected| DialectReason::Local(LocalTrouble::SelfCheck);
        let lock = Lock::make(&secret, &unlocked, self.rng).map_err(broken)?;
        Ok(Made { unlocked, lock, secret })
    }

    /// Shows a kit around `secret`, and has one group of it typed back.
    pub(super) fn keep_kit(&mut self, origin: &Origin, identity: &str, secret: &X25519Secret) -> End<Kit> {
        let kit = Kit::make(origin, identity, secret, self.rng);
        if self.rehearsal {
            return Ok(kit);
        }
        keep::prove(self.world, self.rng, kit)
    }
}

impl Keepsake for Kit {
    type Protocol = Infisical;
    const GROUPS: u8 = super::super::kit::GROUPS;
    const NOT_KEPT: GaveUp = GaveUp::Kit;
    const NOT_PROVEN: GaveUp = GaveUp::KitProof;

    fn show(&self) -> DialectQuestion {
        DialectQuestion::Kit(Box::new(self.copy()))
    }

    fn ask_group(group: u8, _: u32) -> DialectQuestion {
        DialectQuestion::KitProof { group }
    }

    fn is_group(&self, group: u8, typed: &[u8]) -> bool {
        self.secret.is_group(group, typed)
    }

    fn proven() -> DialectNotice {
        DialectNotice::KitProven
    }

    fn not_proven(group: u8) -> DialectNotice {
        DialectNotice::KitNotProven { group }
    }
}
