//! Playing a flow: effects in, replies out, and a log of all of it.
//!
//! Promise: keeps the driver's contract, one effect at a time; goes on asking after the end, so
//! that the oracle sees whether anything more would be done.

use super::chance::Recorder;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::accept::Options;
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::{Answer, Effect, Flow, Reply};
use firstkey_core::wire::inbound::Framing;
use std::ops::Range;

/// Steps after which a flow is taken for endless (I8).
pub const LIMIT: usize = 500;

/// Whoever performs the effects.
pub trait Performer {
    /// The reply to the effect with the number `at`, or `None` if the run is cut off here.
    fn reply(&mut self, at: usize, effect: &Effect) -> Option<Reply>;
}

/// What came of an effect, as far as the oracle needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Told, ready or waited.
    Performed,
    /// Yes, or the kit was saved.
    Yes,
    /// No.
    No,
    /// A text that is not secret was given: a link.
    Text(Vec<u8>),
    /// A secret was typed.
    Secret(Vec<u8>),
    /// MK.
    Stretched([u8; 32]),
    /// The server answered.
    Received {
        /// HTTP status.
        status: u16,
        /// `Content-Type`.
        content_type: Option<String>,
        /// What the transport found.
        framing: Framing,
        /// The body.
        body: Vec<u8>,
    },
    /// It is on the disk.
    Saved,
    /// The person stopped it.
    Cancelled,
    /// There was no answer, and no byte of the request can have left.
    Unsent {
        /// Because the person stopped it.
        cancelled: bool,
    },
    /// Anything else.
    Other,
    /// The run was cut off here, or the flow was at its end.
    Nothing,
}

impl Heard {
    fn of(reply: &Reply) -> Self {
        match reply {
            Reply::Told | Reply::Ready | Reply::Waited => Self::Performed,
            Reply::Answer(Answer::Yes | Answer::KitSaved(_)) => Self::Yes,
            Reply::Answer(Answer::No) => Self::No,
            Reply::Answer(Answer::Text(text)) => Self::Text(text.to_vec()),
            Reply::Answer(Answer::Secret(typed)) => Self::Secret(typed.to_vec()),
            // EXPOSE: the oracle searches for it in everything that leaves.
            Reply::Stretched(stretched) => Self::Stretched(*stretched.0.expose()),
            Reply::Received(response) => Self::Received {
                status: response.status,
                content_type: response.content_type.clone(),
                framing: response.framing,
                body: response.body.to_vec(),
            },
            Reply::Saved => Self::Saved,
            Reply::CancelUnsent => Self::Unsent { cancelled: true },
            Reply::Unreachable(why) if !why.may_have_arrived() => Self::Unsent { cancelled: false },
            Reply::Cancel | Reply::Answer(Answer::Cancelled) => Self::Cancelled,
            _ => Self::Other,
        }
    }
}

/// One effect and what came of it.
pub struct Turn {
    /// The effect.
    pub effect: Effect,
    /// What came of it.
    pub heard: Heard,
    /// Which of the log's draws were made in the step that ended with the effect.
    pub drawn: Range<usize>,
}

/// What the flow was given to begin with.
#[derive(Default)]
pub struct Given {
    /// The wish.
    pub profile: Option<Profile>,
    /// Whether nothing was to be uploaded.
    pub rehearsal: bool,
    /// Pins.
    pub pins: Vec<Pin>,
    /// Checkpoints.
    pub checkpoints: Vec<Checkpoint>,
}

impl Given {
    /// A copy of what `options` hold.
    pub fn of(options: &Options) -> Self {
        Self {
            profile: options.profile,
            rehearsal: options.rehearsal,
            pins: options.pins.clone(),
            checkpoints: options.checkpoints.clone(),
        }
    }
}

/// Everything that happened in one run.
pub struct Log {
    /// What the flow was given.
    pub given: Given,
    /// Effects and replies in order; the last is the end, unless the run was cut.
    pub turns: Vec<Turn>,
    /// What the flow wanted after its end; only `Finish` is right.
    pub after: Vec<Effect>,
    /// Every draw of the random generator.
    pub draws: Vec<Vec<u8>>,
}

/// Runs `flow` in `world` until it ends, is cut, or reaches [`LIMIT`].
pub fn play(flow: &mut impl Flow, given: Given, world: &mut impl Performer, rng: &mut Recorder) -> Log {
    let mut log = Log { given, turns: Vec::new(), after: Vec::new(), draws: Vec::new() };
    let mut reply = Reply::Begin;
    while log.turns.len() < LIMIT {
        let before = rng.draws.len();
        let effect = flow.step(reply, rng);
        let drawn = before..rng.draws.len();
        let ended = matches!(effect, Effect::Finish(_));
        let next = if ended { None } else { world.reply(log.turns.len(), &effect) };
        let heard = next.as_ref().map_or(Heard::Nothing, Heard::of);
        log.turns.push(Turn { effect, heard, drawn });
        match next {
            Some(next) => reply = next,
            None if ended => {
                let pokes = [Reply::Begin, Reply::Told, Reply::Saved, Reply::Answer(Answer::Yes), Reply::Cancel];
                log.after = pokes.into_iter().map(|poke| flow.step(poke, rng)).collect();
                break;
            }
            None => break,
        }
    }
    log.draws.clone_from(&rng.draws);
    log
}
