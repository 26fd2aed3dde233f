//! Where the account is logged in, and an end to what should not be.
//!
//! ```text
//! opened with the password -> GET /v1/sessions -> (DELETE one, or all others) -> pin stored -> /v1/logout -> done
//! ```
//!
//! Promise: a session is ended only if it was in the list that the server just showed; the session
//! of this run is ended with it. Must never: say that something was ended before the server said
//! so.

use super::run::{End, Heard, Run};
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::crypto::context::SessionId;
use crate::flow::world::World;
use crate::wire::inbound::ProblemName;
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use crate::wire::sessions::{Listed, read_ended, read_sessions};
use rand_core::CryptoRngCore;

/// Which sessions are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// None: they are listed.
    Nothing,
    /// This one.
    One(SessionId),
    /// All but the one of this run.
    Others,
}

/// The good end.
#[derive(Debug)]
pub struct Seen {
    /// The account as it was opened.
    pub done: Done,
    /// Its sessions as they were listed, and whether each was ended.
    pub sessions: Vec<(Listed, bool)>,
}

/// Runs it.
pub async fn sessions<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
    ending: Ending,
) -> Result<Seen, AccountStop> {
    let mut run = Run::new(world, rng);
    let end = run.sessions(known, ending).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn sessions(&mut self, known: Known, ending: Ending) -> End<Seen> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open_once(&known, &params).await?;
        let request = Outbound::bare(&known.origin, Endpoint::Sessions);
        let listed = match self.send_in(&open.session, &request, read_sessions).await? {
            Heard::Answer(listed) => listed,
            Heard::NotProven { .. } => return Err(Refusal::Opaque.into()),
        };
        let ends = |listed: &Listed| match ending {
            Ending::Nothing => false,
            Ending::One(which) => listed.session == which,
            Ending::Others => !listed.this,
        };
        let request = match ending {
            Ending::Nothing => None,
            Ending::One(which) if listed.iter().any(ends) => Some(Outbound::end_session(&known.origin, &which)),
            Ending::One(which) => return Err(AccountReason::NoSuchSession(which)),
            Ending::Others => Some(Outbound::bare(&known.origin, Endpoint::EndOtherSessions)),
        };
        if let Some(request) = request {
            match self.send_in(&open.session, &request, read_ended).await {
                Ok(Heard::Answer(_)) => {}
                Ok(Heard::NotProven { .. }) => return Err(Refusal::Opaque.into()),
                // It was there a moment ago: it ended by itself, or by a request whose answer got
                // lost.
                Err(AccountReason::Problem(heard)) if is_not_found(&heard.name) => {}
                Err(why) => return Err(why),
            }
        }
        let sessions = listed.into_iter().map(|listed| (listed.clone(), ends(&listed))).collect();
        Ok(Seen { done: self.remember(known, open, Deed::SessionsSeen).await?, sessions })
    }
}

fn is_not_found(name: &ProblemName) -> bool {
    matches!(name, ProblemName::Other(name) if name.as_str() == "not-found")
}
