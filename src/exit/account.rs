//! Commands on an account that exists, and what the server shows of colleagues.

use super::{Ending, ExitCode, shared};
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::peer::PeerTrouble;
use firstkey_core::wire::inbound::ProblemName;

pub(super) fn ending(stop: &AccountStop) -> Ending {
    let (code, exit) = match &stop.why {
        AccountReason::Cancelled => ("cancelled", ExitCode::Cancelled),
        AccountReason::GaveUp(how) => return shared::gave_up(*how),
        AccountReason::Missing(missing) => return shared::missing(*missing),
        AccountReason::Local(trouble) => return shared::local(trouble),
        AccountReason::NothingKnown => ("nothing-known", ExitCode::Usage),
        AccountReason::Several(_) => ("missing-account", ExitCode::Usage),
        AccountReason::NoSuchServer => ("no-such-server", ExitCode::Usage),
        AccountReason::Unreachable(why) => return shared::no_answer(*why),
        AccountReason::Refused(refusal) => return shared::refusal(refusal),
        AccountReason::Problem(heard) => (shared::problem(&heard.name), problem(&heard.name)),
        AccountReason::Changed(change) => return shared::changed(*change),
        AccountReason::NotTheInvited { .. } => ("not-the-invited", ExitCode::Usage),
        AccountReason::NotOpened | AccountReason::NotOpenedByBoth => ("not-opened", ExitCode::NotOpened),
        AccountReason::CodeOpensNothing | AccountReason::NotTheNewestKit { .. } => {
            ("code-opens-nothing", ExitCode::NotOpened)
        }
        AccountReason::OtherKit => ("other-kit", ExitCode::Refused),
        AccountReason::NoSecretKey => ("no-secret-key", ExitCode::NotOpened),
        AccountReason::SecretKeysOff => ("secret-keys-off", ExitCode::Usage),
        AccountReason::SecretKeyRequired => ("secret-key-required", ExitCode::Usage),
        AccountReason::NotThere => ("not-there", ExitCode::Usage),
        AccountReason::NoSuchSession(_) => ("no-such-session", ExitCode::Usage),
        AccountReason::OtherFingerprint => ("other-fingerprint", ExitCode::Refused),
        AccountReason::Peer(trouble) => return peer(trouble),
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
