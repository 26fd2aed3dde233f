//! The beginning: a link, or a saved upload.

use super::claim;
use super::commit;
use super::saved::Saved;
use super::{At, Expect, Next, Options};
use crate::flow::checkpoint::Checkpoint;
use crate::flow::stop::{AcceptReason, GaveUp};
use crate::flow::{Accepted, Answer, Effect, Question, Reply};
use crate::wire::asked::SecretKeys;
use crate::wire::link::InviteLink;
use rand_core::CryptoRngCore;

/// How often a link may be pasted.
const LINK_TRIES: u32 = 5;

/// Nothing happened yet.
pub(super) struct Begin {
    pub(super) options: Options,
}

impl Expect for Begin {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        match reply {
            Reply::Begin if self.options.resume => Saved::of(self.options.checkpoints, &self.options.pins).next(at),
            Reply::Begin => Next::effect(
                Effect::Ask(Question::Invite { trouble: None }),
                ExpectLink { options: self.options, attempt: 1 },
            ),
            _ => Err(AcceptReason::OutOfStep),
        }
    }
}

/// A link was asked for.
struct ExpectLink {
    options: Options,
    attempt: u32,
}

impl Expect for ExpectLink {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        let read = match reply {
            Reply::Answer(Answer::Text(text)) => InviteLink::read(&text),
            Reply::Answer(Answer::NoLink(trouble)) => Err(trouble),
            _ => return Err(AcceptReason::OutOfStep),
        };
        let Self { mut options, attempt } = *self;
        let link = match read {
            Ok(link) => link,
            Err(trouble) if attempt >= LINK_TRIES => return Err(AcceptReason::Link(trouble)),
            Err(trouble) => {
                let question = Question::Invite { trouble: Some(trouble) };
                return Next::effect(
                    Effect::Ask(question),
                    ExpectBetterLink { trouble, next: Self { options, attempt: attempt + 1 } },
                );
            }
        };
        at.origin = Some(link.origin().clone());
        at.invite = Some(link.invite_id());
        // Running the same command twice must be harmless: finished here already, or half-way here
        // already.
        if let Some(pin) =
            options.pins.iter().find(|pin| pin.accepted(link.invite_id()) && pin.origin == *link.origin())
        {
            return Ok(Next::Done(Accepted {
                pin: pin.clone(),
                rehearsal: None,
                repeated: true,
                secret_keys: SecretKeys::Off,
            }));
        }
        // An upload that other keys have taken the place of is none of these: its link is judged
        // like any other.
        let ours = |saved: &Checkpoint| {
            saved.invite == link.invite_id()
                && saved.request.origin() == link.origin()
                && !saved.is_outdated(&options.pins)
        };
        if let Some(index) = options.checkpoints.iter().rposition(ours) {
            // This link was asked for, and no other.
            return commit::resume(options.checkpoints.swap_remove(index), Saved::default(), at);
        }
        let pinned = options.pins.iter().any(|pin| pin.origin == *link.origin());
        if link.needs_host_confirmation() && !pinned {
            let origin = link.origin().clone();
            return Next::effect(Effect::Ask(Question::Host(origin)), ExpectHost { options, link });
        }
        claim::send(options, link, rng, at)
    }
}

/// A link was asked for again; a script that has no other says no.
struct ExpectBetterLink {
    trouble: crate::wire::link::LinkTrouble,
    next: ExpectLink,
}

impl Expect for ExpectBetterLink {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        match reply {
            Reply::Answer(Answer::No) => Err(AcceptReason::Link(self.trouble)),
            reply => Box::new(self.next).handle(reply, rng, at),
        }
    }
}

/// A punycode host was to be confirmed.
struct ExpectHost {
    options: Options,
    link: InviteLink,
}

impl Expect for ExpectHost {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        match reply {
            Reply::Answer(Answer::Yes) => claim::send(self.options, self.link, rng, at),
            Reply::Answer(Answer::No) => Err(GaveUp::Host.into()),
            _ => Err(AcceptReason::OutOfStep),
        }
    }
}
