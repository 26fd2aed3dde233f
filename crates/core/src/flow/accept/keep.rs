//! What the person has to keep, shown and proven before anything that changes the account is sent
//! (I4).

use super::make::Made;
use super::{At, Expect, Next, after};
use crate::flow::keep::{Keeping, Keepsake, Proof};
use crate::flow::stop::AcceptReason;
use crate::flow::world::Firstkey;
use crate::flow::{Answer, Effect, Reply};
use rand_core::CryptoRngCore;

/// What comes after the proof; it gets the keepsake back.
type After<K> = fn(Made, K) -> Result<Next, AcceptReason>;

/// Shows the keepsake until it is proven, then goes on with `next`.
pub(super) fn prove<K: Keepsake<Protocol = Firstkey> + 'static>(
    made: Made,
    keepsake: K,
    next: After<K>,
) -> Result<Next, AcceptReason> {
    show(Shown { made, keeping: Keeping::new(keepsake), next })
}

/// A keepsake that the person has or will have seen.
struct Shown<K> {
    made: Made,
    keeping: Keeping<K>,
    next: After<K>,
}

fn show<K: Keepsake<Protocol = Firstkey> + 'static>(shown: Shown<K>) -> Result<Next, AcceptReason> {
    Next::effect(Effect::Ask(shown.keeping.show()), ExpectKept(shown))
}

/// It was shown.
struct ExpectKept<K>(Shown<K>);

impl<K: Keepsake<Protocol = Firstkey> + 'static> Expect for ExpectKept<K> {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Reply::Answer(answer @ (Answer::Yes | Answer::KitSaved(_) | Answer::No)) = reply else {
            return Err(AcceptReason::OutOfStep);
        };
        let mut shown = self.0;
        let question = shown.keeping.ask_group(&answer, rng)?;
        Next::effect(Effect::Ask(question), ExpectGroup(shown))
    }
}

/// One group was asked for.
struct ExpectGroup<K>(Shown<K>);

impl<K: Keepsake<Protocol = Firstkey> + 'static> Expect for ExpectGroup<K> {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Reply::Answer(Answer::Secret(typed)) = reply else { return Err(AcceptReason::OutOfStep) };
        let mut shown = self.0;
        match shown.keeping.judge(&typed) {
            Proof::Kept(notice) => after(Effect::Tell(notice), move |_, _| {
                let Shown { made, keeping, next } = shown;
                next(made, keeping.into_keepsake())
            }),
            Proof::Wrong(notice) => after(Effect::Tell(notice), move |_, _| show(shown)),
            Proof::GaveUp(how) => Err(how.into()),
        }
    }
}
