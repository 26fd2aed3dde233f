//! Servers of the other dialect (docs/INFISICAL.md).

use super::{Ending, ExitCode, shared};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::flow::{DialectReason, DialectStop, Refused};
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;

pub(super) fn ending(stop: &DialectStop) -> Ending {
    let (code, exit) = match &stop.why {
        DialectReason::Cancelled => ("cancelled", ExitCode::Cancelled),
        DialectReason::GaveUp(how) => return shared::gave_up(*how),
        DialectReason::Missing(missing) => return shared::missing(*missing),
        DialectReason::NotTheInvited { .. } => ("not-the-invited", ExitCode::Usage),
        DialectReason::Link(_) => ("link", ExitCode::Invite),
        DialectReason::SignInFirst => ("sign-in-first", ExitCode::Invite),
        DialectReason::NoOrganisation => ("no-organisation", ExitCode::Invite),
        DialectReason::AlreadyComplete => ("already-complete", ExitCode::Invite),
        DialectReason::OtherAccount => ("other-account", ExitCode::Invite),
        DialectReason::OtherKind => ("other-kind", ExitCode::Invite),
        DialectReason::Era(era) => return self::era(era),
        DialectReason::Refused(refused) => return self::refused(refused),
        DialectReason::Says(_, says) => return self::says(says),
        DialectReason::Unreachable(_) => ("unreachable", ExitCode::TryLater),
        DialectReason::Lost(..) => ("answer-lost", ExitCode::TryLater),
        DialectReason::SomebodyElse => ("somebody-else", ExitCode::Refused),
        DialectReason::CodeSpentHere => ("code-gone", ExitCode::Invite),
        DialectReason::NotSeenOpen => ("not-seen-open", ExitCode::TryLater),
        DialectReason::NotOpened => ("not-opened", ExitCode::NotOpened),
        DialectReason::NothingKnown => ("nothing-known", ExitCode::Usage),
        DialectReason::Local(trouble) => return shared::local(trouble),
    };
    Ending::new(code, exit)
}

fn era(era: &NotThisEra) -> Ending {
    let (code, exit) = match era {
        NotThisEra::WantsPassword => ("wants-password", ExitCode::Refused),
        NotThisEra::NoSuchRoute => ("no-such-route", ExitCode::Refused),
        NotThisEra::OtherMembers => ("other-members", ExitCode::Refused),
        NotThisEra::Redirect => ("redirect", ExitCode::Refused),
        NotThisEra::NoSuchServer => ("no-such-server", ExitCode::Refused),
        NotThisEra::Later(_) => ("later", ExitCode::TryLater),
    };
    Ending::new(code, exit)
}

fn refused(refused: &Refused) -> Ending {
    let (code, exit) = match refused {
        Refused::Nonsense(Nonsense::Redirect) => ("redirect", ExitCode::Refused),
        Refused::Nonsense(Nonsense::Malformed(_)) => ("malformed", ExitCode::Refused),
        Refused::Nonsense(Nonsense::Encoded | Nonsense::TooLarge | Nonsense::NotJson) => ("nonsense", ExitCode::Server),
        Refused::Differs(_) => ("differs", ExitCode::Refused),
        Refused::Keys => ("keys", ExitCode::Refused),
        Refused::OtherSalt => ("other-salt", ExitCode::Refused),
        Refused::OtherKey => ("other-key", ExitCode::Refused),
        Refused::OtherVault => ("other-vault", ExitCode::Refused),
        Refused::ShowsVerifier => ("shows-verifier", ExitCode::Refused),
        Refused::Forgotten => ("forgotten", ExitCode::Refused),
    };
    Ending::new(code, exit)
}

fn says(says: &Says) -> Ending {
    let (code, exit) = match says {
        Says::NoSuchUser => ("no-such-user", ExitCode::Invite),
        Says::NoInvitation => ("no-invitation", ExitCode::Invite),
        Says::CodeGone => ("code-gone", ExitCode::Invite),
        Says::CodeWrong => ("code-wrong", ExitCode::Invite),
        Says::CodeExpired => ("code-expired", ExitCode::Invite),
        Says::CompletedOrUnknown => ("completed-or-unknown", ExitCode::Invite),
        Says::TwoInvitations => ("two-invitations", ExitCode::Invite),
        Says::TokenExpired => ("token-expired", ExitCode::TryLater),
        Says::TokenRefused => ("token-refused", ExitCode::Invite),
        Says::SignUpDisabled => ("sign-up-disabled", ExitCode::Invite),
        Says::WrongProof => ("wrong-proof", ExitCode::NotOpened),
        Says::NoAccount => ("no-account", ExitCode::Invite),
        Says::SignInFirst => ("sign-in-first", ExitCode::Invite),
        Says::Puzzle => ("puzzle", ExitCode::TryLater),
        Says::Locked => ("locked", ExitCode::TryLater),
        Says::NoKit => ("no-kit", ExitCode::Invite),
        Says::NotAMember => ("not-a-member", ExitCode::Invite),
        Says::Form(_) if says.wants_the_password() => return era(&NotThisEra::WantsPassword),
        Says::Form(_) => ("form", ExitCode::Server),
        Says::TooMany(_) | Says::Away => return era(&NotThisEra::Later(None)),
        Says::Other { .. } => ("server-error", ExitCode::Server),
    };
    Ending::new(code, exit)
}
