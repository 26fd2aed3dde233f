//! The only loop: an effect in, a reply out.
//!
//! Promise: effects are performed one at a time and in order; after the end, or after the person
//! stopped the program, nothing more is sent. Must never: decide anything; that is `flow`.

mod account;

use crate::port::proxy::Route;
use firstkey_core::crypto::kdf::{Profile, StretchJob, Stretched};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::flow::stop::{AcceptStop, LocalTrouble, NoAnswer};
use firstkey_core::flow::{Accepted, Answer, Effect, Flow, Notice, Question, Reply};
use firstkey_core::secret::SessionToken;
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::Outbound;
use rand_core::CryptoRngCore;
use std::time::{Duration, Instant};

/// A person at a terminal, or a script in their place. Blocking: nothing else happens while
/// somebody is asked.
pub trait Person {
    /// Asks and waits.
    fn ask(&mut self, question: Question) -> Answer;
    /// Says something.
    fn tell(&mut self, notice: &Notice);
    /// Argon2id begins.
    fn stretching(&mut self, profile: Profile);
    /// Argon2id ended after this long.
    fn stretched(&mut self, profile: Profile, took: Duration);
    /// The next request takes this way.
    fn reached(&mut self, _: Route<'_>) {}
}

/// The account server, by HTTP or in a test.
pub trait Server {
    /// The one realm that is allowed, if this computer is managed so.
    fn managed(&self) -> Option<&ManagedRealm> {
        None
    }
    /// How this server is reached.
    fn route(&self, _: &Origin) -> Route<'_> {
        Route::Direct
    }
    /// Sends the bytes, waits for an answer.
    fn send(&mut self, request: &Outbound) -> impl Future<Output = Result<Response, NoAnswer>>;
    /// The same in a session.
    fn send_in(
        &mut self,
        session: &SessionToken,
        request: &Outbound,
    ) -> impl Future<Output = Result<Response, NoAnswer>>;
    /// Whether a byte of the last request may have left this computer; for whoever stopped waiting.
    fn may_have_left(&self) -> bool {
        true
    }
}

/// Where state is kept.
pub trait Shelf {
    /// Stores the checkpoint durably.
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), LocalTrouble>;
    /// Stores the pin durably, then removes the checkpoint of its invite.
    fn conclude(&mut self, pin: &Pin) -> Result<(), LocalTrouble>;
    /// Adds a request to the record that `audit --last` reads; called before the request is sent.
    /// Best effort: an account matters more than its record.
    fn record(&mut self, request: &Outbound);
}

/// Argon2id.
pub trait Stretch {
    /// Whether this machine can run the profile now.
    fn prepare(&mut self, profile: Profile) -> Result<(), LocalTrouble>;
    /// Runs it.
    fn run(&mut self, job: StretchJob) -> impl Future<Output = Result<Stretched, LocalTrouble>>;
}

/// Everything a flow needs from outside.
pub struct Edges<'a, P, S, H, K, C> {
    /// Who is asked and told.
    pub person: &'a mut P,
    /// Who is sent to.
    pub server: &'a mut S,
    /// Where state is kept.
    pub shelf: &'a mut H,
    /// Who stretches.
    pub stretch: &'a mut K,
    /// A future that ends when the person stops the program (Ctrl-C, a signal); asked for anew each
    /// time.
    pub stopped: C,
}

/// Runs `flow` to its end.
pub async fn run<P, S, H, K, C, F>(
    flow: &mut impl Flow,
    edges: Edges<'_, P, S, H, K, C>,
    rng: &mut dyn CryptoRngCore,
) -> Result<Accepted, AcceptStop>
where
    P: Person,
    S: Server,
    H: Shelf,
    K: Stretch,
    C: Fn() -> F,
    F: Future<Output = ()>,
{
    let Edges { person, server, shelf, stretch, stopped } = edges;
    let mut reply = Reply::Begin;
    loop {
        reply = match flow.step(reply, rng) {
            Effect::Ask(question) => match person.ask(question) {
                Answer::Cancelled => Reply::Cancel,
                answer => Reply::Answer(answer),
            },
            Effect::Tell(notice) => {
                person.tell(&notice);
                Reply::Told
            }
            Effect::Prepare(profile) => stretch.prepare(profile).map_or_else(Reply::Trouble, |()| Reply::Ready),
            Effect::Stretch(job) => {
                let profile = job.block.profile;
                person.stretching(profile);
                let began = Instant::now();
                tokio::select! {
                    biased;
                    result = stretch.run(job) => match result {
                        Ok(stretched) => {
                            person.stretched(profile, began.elapsed());
                            Reply::Stretched(stretched)
                        }
                        Err(trouble) => Reply::Trouble(trouble),
                    },
                    () = stopped() => Reply::Cancel,
                }
            }
            Effect::Send(request) => {
                person.reached(server.route(request.origin()));
                shelf.record(&request);
                tokio::select! {
                    biased;
                    result = server.send(&request) => result.map_or_else(Reply::Unreachable, Reply::Received),
                    () = stopped() => if server.may_have_left() { Reply::Cancel } else { Reply::CancelUnsent },
                }
            }
            Effect::EndSession(session, request) => {
                shelf.record(&request);
                // Best effort: it ends by itself in ten minutes. Whoever presses Ctrl-C here stops
                // only the waiting.
                tokio::select! {
                    biased;
                    _ = server.send_in(&session, &request) => Reply::Told,
                    () = stopped() => Reply::Told,
                }
            }
            Effect::Save(checkpoint) => shelf.save(&checkpoint).map_or_else(Reply::Trouble, |()| Reply::Saved),
            Effect::Conclude(pin) => shelf.conclude(&pin).map_or_else(Reply::Trouble, |()| Reply::Saved),
            Effect::Wait(time) => tokio::select! {
                () = tokio::time::sleep(time) => Reply::Waited,
                () = stopped() => Reply::Cancel,
            },
            Effect::Finish(end) => return *end,
        };
    }
}
