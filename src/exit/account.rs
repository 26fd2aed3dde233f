//! Commands on an account that exists, and what the server shows of colleagues.

use super::{Ending, ExitCode, shared};
use crate::flow::account::stop::{Stop, Why};
use crate::flow::peer::PeerTrouble;
use crate::wire::inbound::ProblemName;

pub(super) fn ending(stop: &Stop) -> Ending {
    let (code, exit) = match &stop.why {
        Why::Cancelled => ("cancelled", ExitCode::Cancelled),
        Why::GaveUp(how) => return shared::gave_up(*how),
        Why::Missing(missing) => return shared::missing(*missing),
        Why::Local(trouble) => return shared::local(trouble),
        Why::NothingKnown => ("nothing-known", ExitCode::Usage),
        Why::Several(_) => ("missing-account", ExitCode::Usage),
        Why::NoSuchServer => ("no-such-server", ExitCode::Usage),
        Why::Unreachable(why) => return shared::no_answer(*why),
        Why::Refused(refusal) => return shared::refusal(refusal),
        Why::Problem(heard) => (shared::problem(&heard.name), problem(&heard.name)),
        Why::Changed(change) => return shared::changed(*change),
        Why::NotTheInvited { .. } => ("not-the-invited", ExitCode::Usage),
        Why::NotOpened | Why::NotOpenedByBoth => ("not-opened", ExitCode::NotOpened),
        Why::CodeOpensNothing => ("code-opens-nothing", ExitCode::NotOpened),
        Why::OtherKit => ("other-kit", ExitCode::Refused),
        Why::NoSecretKey => ("no-secret-key", ExitCode::NotOpened),
        Why::SecretKeysOff => ("secret-keys-off", ExitCode::Usage),
        Why::SecretKeyRequired => ("secret-key-required", ExitCode::Usage),
        Why::NotThere => ("not-there", ExitCode::Usage),
        Why::NoSuchSession(_) => ("no-such-session", ExitCode::Usage),
        Why::OtherFingerprint => ("other-fingerprint", ExitCode::Refused),
        Why::Peer(trouble) => return peer(trouble),
    };
    Ending::new(code, exit)
}

fn problem(name: &ProblemName) -> ExitCode {
    match name {
        ProblemName::Suspended | ProblemName::Removed => ExitCode::Invite,
        ProblemName::TooMany | ProblemName::Unavailable | ProblemName::SessionEnded => ExitCode::TryLater,
        ProblemName::ChangedMeanwhile => ExitCode::NotOpened,
        ProblemName::PersonUnknown => ExitCode::Usage,
        ProblemName::InviteUnknown
        | ProblemName::InviteExpired
        | ProblemName::InviteUsed
        | ProblemName::InviteWithdrawn
        | ProblemName::ClaimStale
        | ProblemName::Conflict
        | ProblemName::Invalid
        | ProblemName::LoginFailed
        | ProblemName::RecoveryFailed
        | ProblemName::Other(_) => ExitCode::Server,
    }
}

fn peer(trouble: &PeerTrouble) -> Ending {
    let (code, exit) = match trouble {
        PeerTrouble::NoAddress => ("no-address", ExitCode::Usage),
        PeerTrouble::Changed { .. } => ("peer-changed-keys", ExitCode::Refused),
        PeerTrouble::Older { .. } => ("peer-older-keys", ExitCode::Refused),
        PeerTrouble::SomebodyElse { .. } => ("peer-somebody-else", ExitCode::Refused),
        PeerTrouble::OtherWords { .. } => ("peer-other-words", ExitCode::Refused),
    };
    Ending::new(code, exit)
}
