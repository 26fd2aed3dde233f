//! After a link that was used: whoever used it has an account, and opens it here instead.
//!
//! Promise: offered to a person alone, after the link's own end was told. Must never: take the
//! link's word for whose account it is; the person says it.

use super::early;
use super::whose::{Choice, Named, Remembered, ask, choose};
use crate::drive::Edges;
use crate::exit::ExitCode;
use crate::port::http::HttpServer;
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::ui::script::Script;
use crate::ui::signals;
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::log_in;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, Reach};
use firstkey_core::wire::inbound::ProblemName;

/// What a log-in takes.
pub(super) struct Instead<'a> {
    pub(super) script: &'a mut Script,
    pub(super) server: &'a mut HttpServer,
    pub(super) shelf: &'a mut StateShelf,
    pub(super) rng: &'a mut SystemRng,
    pub(super) runtime: &'a tokio::runtime::Runtime,
}

impl Instead<'_> {
    /// Offers the log-in if `stop` is about a link that was used; `None` if it is not, or nobody is
    /// there.
    #[allow(clippy::result_large_err, reason = "a stop ends the program; it is made once")]
    pub(super) fn offer(self, stop: &AcceptStop) -> Option<Result<ExitCode, AcceptStop>> {
        let was_used = matches!(&stop.why, AcceptReason::Invite(problem) if problem.name == ProblemName::InviteUsed);
        let origin = stop.origin.clone().filter(|_| was_used)?;
        if let Err(exit) = self.script.offer_log_in(stop)? {
            return Some(Ok(exit));
        }
        let pins = match self.shelf.pins() {
            Ok(pins) => pins,
            Err(trouble) => return Some(Err(early(trouble))),
        };
        let defaults = match self.shelf.defaults() {
            Ok(defaults) => defaults,
            Err(trouble) => return Some(Err(early(trouble))),
        };
        let known = Remembered { ours: &pins, theirs: &[], defaults: &defaults };
        let suggested = pins.iter().find(|pin| pin.origin == origin);
        let suggested = suggested.map(|pin| Defaults::account(origin.clone(), pin.email.clone()));
        let mut named = Named { server: Some(origin), account: None };
        let choice = match ask(self.script, &mut named, suggested.as_ref().unwrap_or(&defaults)) {
            Ok(()) => choose(&named, None, &known),
            Err(why) => Choice::Refused(why),
        };
        let end = match choice {
            Choice::Ours(known) => {
                let mut edges = Edges {
                    person: &mut *self.script,
                    server: self.server,
                    shelf: self.shelf,
                    stretch: &mut ThisMachine,
                    stopped: || async {
                        signals::wait().await;
                    },
                };
                self.runtime.block_on(log_in(&mut edges, self.rng, *known))
            }
            Choice::Refused(why) => Err(refused(why)),
            Choice::Theirs | Choice::Nothing | Choice::Several(_) => Err(refused(AccountReason::NothingKnown)),
        };
        Some(Ok(self.script.finish_on_account(&end)))
    }
}

fn refused(why: AccountReason) -> AccountStop {
    AccountStop { why, origin: None, reach: Reach::NothingChanged, subject: Locks::Password }
}
