//! One run: the world, and how far things got.
//!
//! Promise: a request that changes something is sent once; only silence before anything arrived, or
//! a limiter's refusal, is followed by the same bytes again, after a new probe where one must come
//! before them. What left is counted when it leaves, whatever is said to it. Must never: take an
//! answer for anything but what [`super::super::answer`] read.

use super::super::answer::{Heard, hear};
use super::super::door::{Call, Request};
use super::super::link::{Link, Trouble};
use super::super::pin::Pin;
use super::super::probe::{self, NotThisEra, Route};
use super::super::says::{Says, meaning};
use super::patience::Patience;
use super::stop::{DialectReason, DialectStop, Doing, Left, SoFar};
use super::{DialectNotice, DialectOptions, DialectQuestion, Infisical, LinkWish};
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{GaveUp, Halt, NoAnswer, Reach, Stop};
use firstkey_core::flow::world::World;
use firstkey_core::wire::fields::Fields;
use firstkey_core::wire::origin::Origin;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// How often a link may be pasted.
const LINK_TRIES: u32 = 5;

/// A result of a step.
pub(super) type End<T> = Result<T, DialectReason>;

/// What came of a request.
pub(super) enum Outcome {
    /// Status 200.
    Good(Fields),
    /// The server refused.
    Says(Says),
    /// No usable answer to something that may have happened.
    Lost(NoAnswer),
}

/// A run.
pub(super) struct DialectRun<'a, W> {
    pub(super) world: &'a mut W,
    pub(super) rng: &'a mut dyn CryptoRngCore,
    pub(super) pins: Vec<Pin>,
    pub(super) now: u64,
    pub(super) rehearsal: bool,
    pub(super) reach: Reach,
    pub(super) so_far: SoFar,
    /// Whether giving up costs a code, or work that the person has done.
    pub(super) patient: bool,
    pub(super) origin: Option<Origin>,
}

impl<'a, W: World<Infisical>> DialectRun<'a, W> {
    pub(super) fn new(world: &'a mut W, rng: &'a mut dyn CryptoRngCore, options: DialectOptions, doing: Doing) -> Self {
        let DialectOptions { pins, now, rehearsal } = options;
        let so_far = SoFar { doing, left: Left::Nothing };
        let reach = Reach::NothingSent;
        Self { world, rng, pins, now, rehearsal, reach, so_far, patient: false, origin: None }
    }

    /// The end of the whole flow.
    pub(super) fn end<T>(self, end: End<T>) -> Result<T, DialectStop> {
        end.map_err(|why| Stop { why, reach: self.reach, origin: self.origin, subject: self.so_far })
    }

    pub(super) fn tell(&mut self, notice: &DialectNotice) {
        self.world.tell(notice);
    }

    /// Asks.
    pub(super) fn ask(&mut self, question: DialectQuestion) -> End<Answer> {
        Ok(self.world.ask(question).or_halt()?)
    }

    pub(super) fn text(&mut self, question: DialectQuestion) -> End<Option<Zeroizing<Vec<u8>>>> {
        match self.ask(question)? {
            Answer::Text(text) | Answer::Secret(text) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    /// Whether the answer was yes.
    pub(super) fn agrees(&mut self, question: DialectQuestion) -> End<bool> {
        Ok(matches!(self.ask(question)?, Answer::Yes))
    }

    /// Asks for a link until it is one.
    pub(super) fn link(&mut self, mut text: Zeroizing<Vec<u8>>) -> End<Link> {
        for attempt in 1.. {
            let trouble = match Link::read(&text) {
                Ok(link) => return Ok(link),
                Err(trouble) => trouble,
            };
            let asked =
                if attempt < LINK_TRIES { self.text(DialectQuestion::Link(LinkWish::Better(trouble)))? } else { None };
            text = asked.ok_or(DialectReason::Link(trouble))?;
        }
        Err(DialectReason::Link(Trouble::NotOne))
    }

    /// Asks for another link, and why; whoever has none ends with `without`.
    pub(super) fn other_link(&mut self, wish: LinkWish, without: DialectReason) -> End<Link> {
        match self.text(DialectQuestion::Link(wish))? {
            Some(text) => self.link(text),
            None => Err(without),
        }
    }

    /// Counts what is in a request before it leaves; what was counted before.
    fn leaving(&mut self, call: Call) -> (Reach, Left) {
        let before = (self.reach, self.so_far.left);
        if call.uploads() {
            self.reach = self.reach.max(Reach::Unknown);
            self.so_far.left = Left::Keys;
        } else if call.proves() {
            self.so_far.left = self.so_far.left.max(Left::Proof);
        }
        before
    }

    /// Sends without asking whether it may be sent again: once.
    async fn once(&mut self, request: &Request) -> End<Result<Outcome, NoAnswer>> {
        let call = request.call();
        let before = self.leaving(call);
        let response = match self.world.send(request, None).await {
            Ok(response) => response,
            Err(Halt::Silent(why)) => {
                let arrived = why.may_have_arrived();
                if arrived {
                    self.reach = self.reach.max(Reach::NothingChanged);
                } else {
                    (self.reach, self.so_far.left) = before;
                }
                return Ok(if arrived && call.changes() { Ok(Outcome::Lost(why)) } else { Err(why) });
            }
            Err(halt) => {
                if !self.world.may_have_left() {
                    (self.reach, self.so_far.left) = before;
                }
                return Err(halt.into());
            }
        };
        self.reach = self.reach.max(Reach::NothingChanged);
        match hear(&response) {
            Ok(Heard::Good(fields)) => Ok(Ok(Outcome::Good(fields))),
            Ok(Heard::Bad(error)) => match meaning(call, &error) {
                // A gateway cannot know what became of it.
                Says::Away if call.changes() && (502..=504).contains(&error.status) => {
                    Ok(Ok(Outcome::Lost(NoAnswer::Busy)))
                }
                says => Ok(Ok(Outcome::Says(says))),
            },
            Err(nonsense) => Err(nonsense.into()),
        }
    }

    /// Sends; waits and sends the same bytes again where that cannot do anything twice.
    pub(super) async fn send(&mut self, request: &Request) -> End<Outcome> {
        let mut patience = Patience::new(self.patient);
        loop {
            let before = self.reach;
            let (why, after) = match self.once(request).await? {
                // The limiter stands before everything else: nothing happened.
                Ok(Outcome::Says(Says::TooMany(after))) => (NoAnswer::Busy, after),
                Ok(Outcome::Says(Says::Away)) => (NoAnswer::Busy, None),
                Ok(outcome) => return Ok(outcome),
                Err(why) => (why, None),
            };
            // None of these stored anything.
            self.reach =
                before.max(if self.reach == Reach::NothingSent { Reach::NothingSent } else { Reach::NothingChanged });
            self.back_off(request.origin(), &mut patience, why, after).await?;
            if let Some(route) = request.call().guard() {
                self.probe_with(request.origin(), route, &mut patience).await?;
            }
        }
    }

    /// Waits before the next attempt, if there is to be one.
    async fn back_off(
        &mut self,
        origin: &Origin,
        patience: &mut Patience,
        why: NoAnswer,
        after: Option<u32>,
    ) -> End<()> {
        let lasts = match why {
            // Waited for where giving up costs something: it may be this computer's own network.
            NoAnswer::NoSuchHost | NoAnswer::NotConnected | NoAnswer::TimedOut => !patience.is_long(),
            why => why.lasts(),
        };
        let delay = if lasts { None } else { patience.next(after) };
        let Some(delay) = delay else {
            return Err(match why {
                NoAnswer::Busy => NotThisEra::Later(after).into(),
                why => DialectReason::Unreachable(why),
            });
        };
        self.tell(&DialectNotice::Retrying { origin: origin.clone(), delay, busy: why == NoAnswer::Busy });
        self.world.wait(delay).await.map_err(|_| DialectReason::Cancelled)
    }

    /// Probes until there is an answer, as long as `patience` lasts. A server that was busy may
    /// have been replaced by a later one meanwhile: that is what upgrades look like.
    async fn probe_with(&mut self, origin: &Origin, route: Route, patience: &mut Patience) -> End<()> {
        loop {
            let (why, after) = match self.probe_once(origin, route).await {
                Err(DialectReason::Era(NotThisEra::Later(after))) => (NoAnswer::Busy, after),
                Err(DialectReason::Unreachable(why)) => (why, None),
                end => return end,
            };
            self.back_off(origin, patience, why, after).await?;
        }
    }

    /// Sends a question; a refusal ends the flow.
    pub(super) async fn good(&mut self, request: &Request) -> End<Fields> {
        match self.send(request).await? {
            Outcome::Good(fields) => Ok(fields),
            Outcome::Says(says) => Err(DialectReason::Says(request.call(), says)),
            Outcome::Lost(why) => Err(DialectReason::Lost(request.call(), why)),
        }
    }

    /// Asks the server which generation it is of, once.
    async fn probe_once(&mut self, origin: &Origin, route: Route) -> End<()> {
        let request = probe::request(origin, route);
        let response = match self.world.send(&request, None).await {
            Ok(response) => response,
            Err(halt) => {
                if matches!(&halt, Halt::Silent(why) if why.may_have_arrived()) {
                    self.reach = self.reach.max(Reach::NothingChanged);
                }
                return Err(halt.into());
            }
        };
        self.reach = self.reach.max(Reach::NothingChanged);
        probe::judge(route, &response).map_err(DialectReason::Era)
    }

    /// The probe right before something that counts. A limiter is waited for; whatever else is not
    /// the right answer ends the flow.
    pub(super) async fn probe(&mut self, origin: &Origin, route: Route) -> End<()> {
        self.probe_with(origin, route, &mut Patience::new(self.patient)).await
    }

    /// The first probe of a run, with a word before and after it. Nothing is done yet, so a busy
    /// server is not waited for: the person is told when to come back.
    pub(super) async fn first_probe(&mut self, origin: &Origin, route: Route) -> End<()> {
        self.tell(&DialectNotice::Contacting(origin.clone()));
        self.probe_once(origin, route).await?;
        self.tell(&DialectNotice::RightEra);
        Ok(())
    }

    /// Confirms a host that may look like another, unless an account there is known.
    pub(super) fn host(&mut self, origin: &Origin) -> End<()> {
        self.origin = Some(origin.clone());
        let known = self.pins.iter().any(|pin| pin.origin == *origin);
        if origin.needs_host_confirmation() && !known && !self.agrees(DialectQuestion::Host(origin.clone()))? {
            return Err(DialectReason::GaveUp(GaveUp::Host));
        }
        Ok(())
    }

    /// The pin of this account, under the name that it has or had; else by the server's id of it,
    /// which stays when a server renames an account.
    pub(super) fn pin(&self, origin: &Origin, name: &str, user: Option<&str>) -> Option<Pin> {
        let here = || self.pins.iter().filter(|pin| pin.origin == *origin);
        let by_name = here().find(|pin| pin.identity == name).or_else(|| here().find(|pin| pin.goes_by(name)));
        by_name.or_else(|| here().find(|pin| user.is_some() && pin.user.as_deref() == user)).cloned()
    }

    pub(super) fn keep(&mut self, pin: &Pin) -> End<()> {
        self.world.keep(pin).map_err(DialectReason::Local)?;
        self.pins.retain(|other| other.stem() != pin.stem() && !pin.takes_the_place_of(other));
        self.pins.push(pin.clone());
        Ok(())
    }
}

impl From<NotThisEra> for DialectReason {
    fn from(era: NotThisEra) -> Self {
        Self::Era(era)
    }
}
