//! `firstkey accept`.

use super::{Ending, ExitCode, shared};
use firstkey_core::flow::stop::{AcceptReason, AcceptStop};

pub(super) fn ending(stop: &AcceptStop) -> Ending {
    let (code, exit) = match &stop.why {
        AcceptReason::Cancelled => ("cancelled", ExitCode::Cancelled),
        AcceptReason::GaveUp(how) => return shared::gave_up(*how),
        AcceptReason::Missing(missing) => return shared::missing(*missing),
        AcceptReason::NotTheInvited { .. } => ("not-the-invited", ExitCode::Usage),
        AcceptReason::Link(trouble) => return shared::link(*trouble),
        AcceptReason::Invite(heard) => (shared::problem(&heard.name), ExitCode::Invite),
        AcceptReason::Refused(refusal) => return shared::refusal(refusal),
        AcceptReason::ServerProblem(heard) => (shared::problem(&heard.name), ExitCode::Server),
        AcceptReason::Local(trouble) => return shared::local(trouble),
        AcceptReason::Unreachable(why) => return shared::no_answer(*why),
        AcceptReason::Paused(_) => ("paused", ExitCode::TryLater),
        AcceptReason::NotOpened => ("not-opened", ExitCode::NotOpened),
        AcceptReason::JoinsOnly => ("joins-only", ExitCode::Invite),
        AcceptReason::OtherInvite => ("other-invite", ExitCode::Invite),
        AcceptReason::NothingSaved => ("nothing-saved", ExitCode::Invite),
        AcceptReason::OutOfStep => ("out-of-step", ExitCode::Unexpected),
    };
    Ending::new(code, exit)
}
