//! The same for servers of the other dialect.

use super::{Row, accept, ada, each, gave_up, local, missing, no_answers, origin};
use firstkey_core::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer};
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::text::Printable;
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow as infisical;
use firstkey_infisical::link::Trouble as InfisicalLink;
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;

fn eras() -> Vec<Row<NotThisEra>> {
    use NotThisEra as E;
    rows![
        E::WantsPassword => E::WantsPassword, "wants-password", 6;
        E::NoSuchRoute => E::NoSuchRoute, "no-such-route", 6;
        E::OtherMembers => E::OtherMembers, "other-members", 6;
        E::Redirect => E::Redirect, "redirect", 6;
        E::NoSuchServer => E::NoSuchServer, "no-such-server", 6;
        E::Later(_) => E::Later(Some(60)), "later", 75;
    ]
}

fn infisical_refusals() -> Vec<Row<infisical::Refused>> {
    use Nonsense as N;
    use infisical::Refused as R;
    rows![
        R::Nonsense(N::Redirect) => R::Nonsense(N::Redirect), "redirect", 6;
        R::Nonsense(N::Malformed(_)) => R::Nonsense(N::Malformed("encryptionVersion")), "malformed", 6;
        R::Nonsense(N::Encoded) => R::Nonsense(N::Encoded), "nonsense", 7;
        R::Nonsense(N::TooLarge) => R::Nonsense(N::TooLarge), "nonsense", 7;
        R::Nonsense(N::NotJson) => R::Nonsense(N::NotJson), "nonsense", 7;
        R::Differs(_) => R::Differs("encrypted keys"), "differs", 6;
        R::Keys => R::Keys, "keys", 6;
        R::OtherSalt => R::OtherSalt, "other-salt", 6;
        R::OtherKey => R::OtherKey, "other-key", 6;
        R::OtherVault => R::OtherVault, "other-vault", 6;
        R::ShowsVerifier => R::ShowsVerifier, "shows-verifier", 6;
        R::Forgotten => R::Forgotten, "forgotten", 6;
    ]
}

fn says() -> Vec<Row<Says>> {
    use Says as S;
    let form = |name| S::Form(vec![Printable::from_untrusted(name)]);
    let mut rows = rows![
        S::NoSuchUser => S::NoSuchUser, "no-such-user", 4;
        S::NoInvitation => S::NoInvitation, "no-invitation", 4;
        S::CodeGone => S::CodeGone, "code-gone", 4;
        S::CodeWrong => S::CodeWrong, "code-wrong", 4;
        S::CodeExpired => S::CodeExpired, "code-expired", 4;
        S::CompletedOrUnknown => S::CompletedOrUnknown, "completed-or-unknown", 4;
        S::TwoInvitations => S::TwoInvitations, "two-invitations", 4;
        S::TokenExpired => S::TokenExpired, "token-expired", 75;
        S::TokenRefused => S::TokenRefused, "token-refused", 4;
        S::SignUpDisabled => S::SignUpDisabled, "sign-up-disabled", 4;
        S::WrongProof => S::WrongProof, "wrong-proof", 10;
        S::NoAccount => S::NoAccount, "no-account", 4;
        S::SignInFirst => S::SignInFirst, "sign-in-first", 4;
        S::Puzzle => S::Puzzle, "puzzle", 75;
        S::Locked => S::Locked, "locked", 75;
        S::NoKit => S::NoKit, "no-kit", 4;
        S::NotAMember => S::NotAMember, "not-a-member", 4;
        S::Form(_) => form("salt"), "form", 7;
        S::TooMany(_) => S::TooMany(None), "later", 75;
        S::Away => S::Away, "later", 75;
        S::Other { .. } => S::Other { status: 500, message: Printable::from_untrusted("Something went wrong") }, "server-error", 7;
    ];
    rows.push((form("passWord"), "wants-password", 6));
    rows
}

/// Why a run with a server of the other dialect stops.
pub(crate) fn infisicals() -> Vec<Row<infisical::DialectReason>> {
    use infisical::DialectReason as W;
    let not_invited = W::NotTheInvited { expected: "a@example.org".to_owned(), invited: ada() };
    let mut rows = rows![
        W::Cancelled => W::Cancelled, "cancelled", 130;
        W::GaveUp(_) => W::GaveUp(GaveUp::Kit), "gave-up-kit", 3;
        W::Missing(_) => W::Missing(Missing::Name), "missing-name", 2;
        W::NotTheInvited { .. } => not_invited, "not-the-invited", 2;
        W::Link(_) => W::Link(InfisicalLink::Address(LinkTrouble::PlainHttp)), "link", 4;
        W::SignInFirst => W::SignInFirst, "sign-in-first", 4;
        W::NoOrganisation => W::NoOrganisation, "no-organisation", 4;
        W::AlreadyComplete => W::AlreadyComplete, "already-complete", 4;
        W::OtherAccount => W::OtherAccount, "other-account", 4;
        W::OtherKind => W::OtherKind, "other-kind", 4;
        W::Era(_) => W::Era(NotThisEra::Redirect), "redirect", 6;
        W::Refused(_) => W::Refused(infisical::Refused::Keys), "keys", 6;
        W::Says(..) => W::Says(Call::VerifyInvite, Says::CodeGone), "code-gone", 4;
        W::Unreachable(_) => W::Unreachable(NoAnswer::Busy), "unreachable", 75;
        W::Lost(..) => W::Lost(Call::VerifyInvite, NoAnswer::Broken), "answer-lost", 75;
        W::SomebodyElse => W::SomebodyElse, "somebody-else", 6;
        W::CodeSpentHere => W::CodeSpentHere, "code-gone", 4;
        W::NotSeenOpen => W::NotSeenOpen, "not-seen-open", 75;
        W::NotOpened => W::NotOpened, "not-opened", 10;
        W::NothingKnown => W::NothingKnown, "nothing-known", 2;
        W::Local(_) => W::Local(LocalTrouble::SelfCheck), "self-check", 5;
    ];
    rows.extend(each(gave_up(), W::GaveUp));
    rows.extend(each(missing(), W::Missing));
    rows.extend(each(local(), W::Local));
    rows.extend(each(eras(), W::Era));
    rows.extend(each(infisical_refusals(), W::Refused));
    for call in [Call::VerifyInvite, Call::VerifyReset, Call::Login2] {
        rows.extend(each(says(), |says| W::Says(call, says)));
    }
    for (why, ..) in no_answers() {
        rows.push((W::Unreachable(why), "unreachable", 75));
        for call in [Call::VerifyInvite, Call::VerifyReset, Call::CompleteInvite] {
            rows.push((W::Lost(call, why), "answer-lost", 75));
        }
    }
    rows
}

pub(crate) fn infisical_stop(why: infisical::DialectReason, reach: accept::Reach) -> infisical::DialectStop {
    infisical::DialectStop { why, reach, origin: Some(origin()), subject: infisical::SoFar::default() }
}
