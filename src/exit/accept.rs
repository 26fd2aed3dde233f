//! `firstkey accept`.

use super::{Ending, ExitCode, shared};
use crate::flow::stop::{Stop, Why};

pub(super) fn ending(stop: &Stop) -> Ending {
    let (code, exit) = match &stop.why {
        Why::Cancelled => ("cancelled", ExitCode::Cancelled),
        Why::GaveUp(how) => return shared::gave_up(*how),
        Why::Missing(missing) => return shared::missing(*missing),
        Why::NotTheInvited { .. } => ("not-the-invited", ExitCode::Usage),
        Why::Link(trouble) => return shared::link(*trouble),
        Why::Invite(heard) => (shared::problem(&heard.name), ExitCode::Invite),
        Why::Refused(refusal) => return shared::refusal(refusal),
        Why::ServerProblem(heard) => (shared::problem(&heard.name), ExitCode::Server),
        Why::Local(trouble) => return shared::local(trouble),
        Why::Unreachable(why) => return shared::no_answer(*why),
        Why::Paused(_) => ("paused", ExitCode::TryLater),
        Why::NotOpened => ("not-opened", ExitCode::NotOpened),
        Why::JoinsOnly => ("joins-only", ExitCode::Invite),
        Why::OtherInvite => ("other-invite", ExitCode::Invite),
        Why::NothingSaved => ("nothing-saved", ExitCode::Invite),
        Why::OutOfStep => ("out-of-step", ExitCode::Unexpected),
    };
    Ending::new(code, exit)
}
