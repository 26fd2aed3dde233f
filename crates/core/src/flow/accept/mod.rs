//! Accepting an invite: from the pasted link to an account that was read back and opened.
//!
//! ```text
//! link -> claim -> terms -> consent -> password twice -> stretch -> enrol/start -> seal everything -> kit shown -> kit proven
//!      -> checkpoint saved -> enrol/complete -> receipt -> password once more -> login -> bundle compared and opened -> pin -> logout -> done
//! ```
//!
//! Promise: I3 to I8 hold for any person and any server. Must never: send an upload that is not
//! saved, or say "done" before the read-back.

mod choose;
mod claim;
mod commit;
mod keep;
mod kit;
mod make;
mod readback;
mod saved;
mod secret_key;
mod start;
mod terms;

use super::checkpoint::{Checkpoint, Pin};
use super::managed::ManagedRealm;
use super::stop::{AcceptReason, Halt, Reach, Stop};
use super::tried::Tried;
use super::{Accepted, Effect, Flow, Introduction, Reply};
use crate::crypto::context::{AccountContext, InviteId};
use crate::crypto::kdf::Profile;
use crate::crypto::strength::Estimator;
use crate::wire::asked::SecretKeys;
use crate::wire::inbound::{Problem, ProblemName};
use crate::wire::origin::Origin;
use crate::wire::outbound::{Endpoint, Outbound};
use claim::Claim;
use rand_core::CryptoRngCore;

/// What the flow knows before it begins.
pub struct Options {
    /// Who estimates how guessable a typed password is.
    pub estimator: &'static dyn Estimator,
    /// A wish for a costlier profile; never lowers what the organisation or the default asks for.
    pub profile: Option<Profile>,
    /// Stop right before the upload and show it.
    pub rehearsal: bool,
    /// Take up the newest checkpoint without asking for a link, or an older one where the newest
    /// was refused for good.
    pub resume: bool,
    /// Accounts that were completed on this machine.
    pub pins: Vec<Pin>,
    /// Uploads whose fate is open, oldest first.
    pub checkpoints: Vec<Checkpoint>,
    /// This computer's own tries at invites.
    pub tried: Vec<Tried>,
    /// The one realm that is allowed here, if this computer is managed so.
    pub managed: Option<ManagedRealm>,
}

impl Options {
    /// A first run: nothing wished, nothing remembered.
    pub fn new(estimator: &'static dyn Estimator) -> Self {
        Self {
            estimator,
            profile: None,
            rehearsal: false,
            resume: false,
            pins: Vec::new(),
            checkpoints: Vec::new(),
            tried: Vec::new(),
            managed: None,
        }
    }
}

/// The flow.
pub struct Accept {
    state: Option<Box<dyn Expect>>,
    at: At,
    joining: Option<Joining>,
    /// The good end that the last effect cannot change any more.
    settled: Option<Accepted>,
}

/// A claimed invite that brings an account that exists into one more organisation. Nothing was
/// asked yet but for the link.
pub struct Joining {
    /// Who invites whom.
    pub introduction: Introduction,
    /// The account that is invited.
    pub context: AccountContext,
    /// What the inviting organisation says of secret keys.
    pub secret_keys: SecretKeys,
    claim: Claim,
}

impl Joining {
    /// The request that accepts it; it takes a session of the account beside it.
    pub fn request(&self) -> Outbound {
        let request = Outbound::post(&self.introduction.origin, Endpoint::Join).build();
        request.signed(&self.context.realm, self.claim.invite, &self.claim.seed)
    }
}

/// How far things are, what a [`Stop`] says beside its reason; and what holds for the whole run.
#[derive(Clone, Debug)]
struct At {
    reach: Reach,
    origin: Option<Origin>,
    invite: Option<InviteId>,
    /// The one realm that is allowed here.
    managed: Option<ManagedRealm>,
}

/// A state: what it waits for is in its name, and taking the reply consumes it.
trait Expect {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason>;

    /// How far things may have got while this state waits; counts for whoever is stopped right now.
    fn on_its_way(&self) -> Reach {
        Reach::NothingSent
    }

    /// What is said where this computer could not do what a state waits for, if that matters less
    /// than what came before it.
    fn in_spite_of_trouble(&self) -> Option<AcceptReason> {
        None
    }

    /// What is said where nobody was there to answer, if it is more than that.
    fn unanswered(&self) -> Option<AcceptReason> {
        None
    }
}

/// Where a state leads.
#[allow(clippy::large_enum_variant, reason = "the end of a run is made once")]
enum Next {
    Do(Effect, Box<dyn Expect>),
    /// A last effect, and then that end, whatever comes of it.
    Last(Effect, Accepted),
    Done(Accepted),
    Join(Joining),
}

impl Next {
    /// Performs `effect`, then `state` takes the reply.
    fn effect(effect: Effect, state: impl Expect + 'static) -> Result<Self, AcceptReason> {
        Ok(Self::Do(effect, Box::new(state)))
    }
}

/// Waits until the effect before was performed, then goes on.
struct Then<F> {
    fits: fn(&Reply) -> bool,
    next: F,
}

impl<F: FnOnce(&mut dyn CryptoRngCore, &mut At) -> Result<Next, AcceptReason>> Expect for Then<F> {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        if (self.fits)(&reply) { (self.next)(rng, at) } else { Err(AcceptReason::OutOfStep) }
    }
}

/// Does `effect`, then `next`. Only the reply to just that effect will do: nothing is taken for
/// saved because something else was said.
fn after(
    effect: Effect,
    next: impl FnOnce(&mut dyn CryptoRngCore, &mut At) -> Result<Next, AcceptReason> + 'static,
) -> Result<Next, AcceptReason> {
    let fits: fn(&Reply) -> bool = match &effect {
        Effect::Tell(_) => |reply| matches!(reply, Reply::Told),
        Effect::Prepare(_) => |reply| matches!(reply, Reply::Ready),
        Effect::Save(_) | Effect::Conclude(_) => |reply| matches!(reply, Reply::Saved),
        Effect::Wait(_) => |reply| matches!(reply, Reply::Waited),
        // What brings an answer has a state of its own that takes it.
        Effect::Ask(_) | Effect::Stretch(_) | Effect::Send(_) | Effect::EndSession(..) | Effect::Finish(_) => |_| false,
    };
    Next::effect(effect, Then { fits, next })
}

impl Accept {
    /// A flow that has not begun.
    pub fn new(mut options: Options) -> Self {
        Self {
            at: At { reach: Reach::NothingSent, origin: None, invite: None, managed: options.managed.take() },
            state: Some(Box::new(start::Begin { options })),
            joining: None,
            settled: None,
        }
    }

    /// Where it ended with [`AcceptReason::JoinsOnly`]: what goes on from there, once.
    pub fn take_joining(&mut self) -> Option<Joining> {
        self.joining.take()
    }

    fn finish(&mut self, end: Result<Accepted, AcceptReason>) -> Effect {
        self.state = None;
        let at = self.at.clone();
        Effect::Finish(Box::new(end.map_err(|why| Stop {
            why,
            reach: at.reach,
            origin: at.origin,
            subject: at.invite,
        })))
    }
}

impl Flow for Accept {
    fn step(&mut self, reply: Reply, rng: &mut dyn CryptoRngCore) -> Effect {
        if let Some(done) = self.settled.take() {
            return self.finish(Ok(done));
        }
        let Some(state) = self.state.take() else {
            return self.finish(Err(AcceptReason::OutOfStep));
        };
        let is_unsent = matches!(reply, Reply::CancelUnsent);
        // What ends every state alike is decided once, here.
        let next = match reply.or_halt() {
            Err(halt) => {
                if matches!(halt, Halt::Cancelled | Halt::Local(_)) && !is_unsent {
                    self.at.reach = self.at.reach.max(state.on_its_way());
                }
                let instead = match &halt {
                    Halt::Missing(_) => state.unanswered(),
                    Halt::Local(_) => state.in_spite_of_trouble(),
                    _ => None,
                };
                Err(instead.unwrap_or_else(|| halt.into()))
            }
            Ok(reply) => state.handle(reply, rng, &mut self.at),
        };
        // Everything that leaves passes here.
        let next = next.and_then(|next| match (&next, &self.at.managed) {
            (Next::Do(Effect::Send(request), _), Some(managed)) => {
                managed.admits(request.origin())?;
                Ok(next)
            }
            _ => Ok(next),
        });
        match next {
            Ok(Next::Do(effect, state)) => {
                self.state = Some(state);
                effect
            }
            Ok(Next::Last(effect, done)) => {
                self.settled = Some(done);
                effect
            }
            Ok(Next::Done(done)) => self.finish(Ok(done)),
            Ok(Next::Join(joining)) => {
                self.joining = Some(joining);
                self.finish(Err(AcceptReason::JoinsOnly))
            }
            Err(why) => self.finish(Err(why)),
        }
    }
}

/// The stop for a problem that ends a request on an invite; one that [`passes`] does not.
fn invite_problem(problem: Problem) -> AcceptReason {
    match problem.name {
        ProblemName::InviteUnknown
        | ProblemName::InviteExpired
        | ProblemName::InviteUsed
        | ProblemName::InviteWithdrawn
        | ProblemName::Suspended
        | ProblemName::Removed
        | ProblemName::ClaimStale => AcceptReason::Invite(problem),
        _ => AcceptReason::ServerProblem(problem),
    }
}

/// Whether the same request may be answered if it is sent again a little later.
fn passes(name: &ProblemName) -> bool {
    matches!(name, ProblemName::TooMany | ProblemName::Unavailable)
}
