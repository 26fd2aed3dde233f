//! One run: questions asked, requests sent and, where that does nothing twice, sent again.

use super::stop::{Stop, Why};
use super::{Halt, World};
use crate::flow::retry::Retry;
use crate::flow::stop::NoAnswer;
use crate::flow::{Answer, Notice, Question};
use crate::wire::inbound::{Fields, ProblemName};
use crate::wire::origin::Origin;
use crate::wire::outbound::Outbound;
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// A result of a step.
pub(super) type End<T> = Result<T, Why>;

/// What the server said.
pub(super) enum Heard<T> {
    /// What was asked for.
    Answer(T),
    /// The login failed; whether the request had been sent before.
    LoginFailed { repeated: bool },
}

/// A run.
pub(super) struct Run<'a, W> {
    pub(super) world: &'a mut W,
    pub(super) rng: &'a mut dyn CryptoRngCore,
    pub(super) origin: Option<Origin>,
}

impl From<Halt> for Why {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Cancelled => Self::Cancelled,
            Halt::Local(trouble) => Self::Local(trouble),
            Halt::Silent(why) => Self::Unreachable(why),
        }
    }
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<'a, W: World> Run<'a, W> {
    pub(super) fn new(world: &'a mut W, rng: &'a mut dyn CryptoRngCore) -> Self {
        Self { world, rng, origin: None }
    }

    /// The end of the whole flow.
    pub(super) fn end<T>(self, end: End<T>) -> Result<T, Stop> {
        end.map_err(|why| Stop { why, origin: self.origin })
    }

    /// Asks; what ends every question alike is decided here.
    pub(super) fn ask(&mut self, question: Question) -> End<Answer> {
        match self.world.ask(question) {
            Answer::Cancelled => Err(Why::Cancelled),
            Answer::Missing(missing) => Err(Why::Missing(missing)),
            Answer::Trouble(trouble) => Err(Why::Local(trouble)),
            answer => Ok(answer),
        }
    }

    /// Asks for a secret; `None` where a script has no other.
    pub(super) fn secret(&mut self, question: Question) -> End<Option<Zeroizing<Vec<u8>>>> {
        match self.ask(question)? {
            Answer::Secret(typed) => Ok(Some(typed)),
            _ => Ok(None),
        }
    }

    /// Sends; after silence the same bytes again. Only for requests that may be repeated freely.
    pub(super) async fn send<T>(
        &mut self,
        request: &Outbound,
        parse: fn(Fields) -> Result<T, Refusal>,
    ) -> End<Heard<T>> {
        let mut retry = Retry::default();
        loop {
            let (why, after) = match self.world.send(request).await {
                Ok(response) => match response.read(parse)? {
                    Ok(answer) => return Ok(Heard::Answer(answer)),
                    Err(problem) => match problem.name {
                        ProblemName::LoginFailed => return Ok(Heard::LoginFailed { repeated: retry.repeated() }),
                        ProblemName::Unavailable => (NoAnswer::Busy, problem.retry_after),
                        // Too many tries at an account: trying on makes it worse.
                        _ => return Err(Why::Problem(problem)),
                    },
                },
                Err(Halt::Silent(why)) => (why, None),
                Err(halt) => return Err(halt.into()),
            };
            let Some(delay) = retry.next(after).filter(|_| !why.lasts()) else { return Err(Why::Unreachable(why)) };
            self.world.tell(&Notice::Retrying { origin: request.origin().clone(), delay });
            self.world.wait(delay).await?;
        }
    }
}
