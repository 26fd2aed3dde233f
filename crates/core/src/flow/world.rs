//! The outside, as the asynchronous flows see it.
//!
//! One [`World`] for every protocol: what is asked, told, sent and remembered differs, how it is
//! done does not.

use super::checkpoint::Pin;
use super::managed::ManagedRealm;
use super::stop::{Halt, LocalTrouble};
use super::{Answer, Notice, Question};
use crate::crypto::kdf::{Profile, StretchJob, Stretched};
use crate::crypto::strength::Estimator;
use crate::secret::SessionToken;
use crate::wire::inbound::Response;
use crate::wire::outbound::Outbound;
use std::time::Duration;

/// What the flows of one protocol ask, tell, stretch, send and remember.
pub trait Protocol {
    /// What is asked of a person.
    type Question;
    /// What a person is told.
    type Notice;
    /// The settings of Argon2id that may be chosen.
    type Cost;
    /// A password to stretch.
    type Job;
    /// What it becomes.
    type Stretched;
    /// What is sent.
    type Request;
    /// The session that a request needs beside it; uninhabited where requests carry their own.
    type Session;
    /// What is remembered of an account.
    type Pin;
}

/// The protocol of docs/PROTOCOL.md.
pub enum Firstkey {}

impl Protocol for Firstkey {
    type Question = Question;
    type Notice = Notice;
    type Cost = Profile;
    type Job = StretchJob;
    type Stretched = Stretched;
    type Request = Outbound;
    type Session = SessionToken;
    type Pin = Pin;
}

/// Everything that a flow needs from outside: a person, a processor, a server, a clock, a disk. It
/// is borrowed mutably, so it does one thing at a time.
pub trait World<P: Protocol = Firstkey> {
    /// Asks the person, or a script in their place.
    fn ask(&mut self, question: P::Question) -> Answer;
    /// Tells them something.
    fn tell(&mut self, notice: &P::Notice);
    /// Whether this machine has the memory for Argon2id, before a password is asked for.
    fn prepare(&mut self, cost: P::Cost) -> Result<(), LocalTrouble>;
    /// Runs Argon2id.
    fn stretch(&mut self, job: P::Job) -> impl Future<Output = Result<P::Stretched, Halt>>;
    /// Sends the bytes, in a session where one is given; waits for an answer.
    fn send(
        &mut self,
        request: &P::Request,
        session: Option<&P::Session>,
    ) -> impl Future<Output = Result<Response, Halt>>;
    /// Whether a byte of the last request that was sent may have left this computer; asked where no
    /// answer tells it, because the person stopped the program.
    fn may_have_left(&self) -> bool {
        true
    }
    /// Lets time pass.
    fn wait(&mut self, time: Duration) -> impl Future<Output = Result<(), Halt>>;
    /// The one realm that is allowed here, if this computer is managed so.
    fn managed(&self) -> Option<&ManagedRealm> {
        None
    }
    /// Who estimates how guessable a typed password is.
    fn estimator(&self) -> &dyn Estimator;
    /// Stores the pin durably.
    fn keep(&mut self, pin: &P::Pin) -> Result<(), LocalTrouble>;
}
