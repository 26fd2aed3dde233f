//! What several families share.

use super::{Ending, ExitCode};
use firstkey_core::crypto::kdf::KdfRefused;
use firstkey_core::flow::account::stop::Change;
use firstkey_core::flow::held::RolledBack;
use firstkey_core::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer};
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::refusal::{Blame, Refusal};

pub(super) fn gave_up(how: GaveUp) -> Ending {
    let code = match how {
        GaveUp::NotYou => "gave-up-not-you",
        GaveUp::OpenedBefore => "gave-up-opened-before",
        GaveUp::Host => "gave-up-host",
        GaveUp::Reset => "gave-up-reset",
        GaveUp::TypingsDiffer => "gave-up-typings-differ",
        GaveUp::WeakPasswords => "gave-up-weak-password",
        GaveUp::Kit => "gave-up-kit",
        GaveUp::KitProof => "gave-up-kit-proof",
        GaveUp::SecretKey => "gave-up-secret-key",
        GaveUp::SecretKeyProof => "gave-up-secret-key-proof",
        GaveUp::ReplaceSecretKey => "gave-up-new-secret-key",
    };
    Ending::new(code, ExitCode::GaveUp)
}

pub(super) fn missing(missing: Missing) -> Ending {
    let code = match missing {
        Missing::Invite => "missing-invite",
        Missing::Password => "missing-password",
        Missing::NewPassword => "missing-new-password",
        Missing::Consent => "missing-consent",
        Missing::Reset => "missing-reset-consent",
        Missing::Kit => "missing-kit",
        Missing::RecoveryCode => "missing-recovery-code",
        Missing::SecretKey => "missing-secret-key",
        Missing::SecretKeyOut => "missing-secret-key-out",
        Missing::ReplaceSecretKey => "missing-secret-key-consent",
        Missing::Host => "missing-host",
        Missing::KitSecret => "missing-kit-secret",
        Missing::Name => "missing-name",
        Missing::Digits => "missing-digits",
        Missing::Account => "missing-account",
    };
    Ending::new(code, ExitCode::Usage)
}

pub(super) fn link(trouble: LinkTrouble) -> Ending {
    let code = match trouble {
        LinkTrouble::Empty => "link-empty",
        LinkTrouble::CutOff { .. } => "link-cut-off",
        LinkTrouble::NotAnInvite => "link-not-an-invite",
        LinkTrouble::UserInfo => "link-user-info",
        LinkTrouble::Backslash => "link-backslash",
        LinkTrouble::Percent => "link-percent",
        LinkTrouble::NotAscii => "link-not-ascii",
        LinkTrouble::Control => "link-control",
        LinkTrouble::IpLiteral => "link-ip-literal",
        LinkTrouble::BadHost => "link-bad-host",
        LinkTrouble::BadPort => "link-bad-port",
        LinkTrouble::PlainHttp => "link-plain-http",
        LinkTrouble::WrongPath => "link-wrong-path",
        LinkTrouble::WrongVersion => "link-wrong-version",
        LinkTrouble::TooLong => "link-too-long",
        LinkTrouble::Damaged => "link-damaged",
        LinkTrouble::Extra => "link-extra",
        LinkTrouble::Replaced => "link-replaced",
        LinkTrouble::Several => "link-several",
    };
    Ending::new(code, ExitCode::Invite)
}

pub(super) fn local(trouble: &LocalTrouble) -> Ending {
    let code = match trouble {
        LocalTrouble::NotEnoughMemory { .. } => "not-enough-memory",
        LocalTrouble::State { .. } => "state",
        LocalTrouble::KitFile { .. } => "kit-file",
        LocalTrouble::KitLetters { .. } => "kit-letters",
        LocalTrouble::SecretKeyFile { .. } => "secret-key-file",
        LocalTrouble::Input { .. } => "input",
        LocalTrouble::NoThreads => "no-threads",
        LocalTrouble::Busy => "busy",
        LocalTrouble::Terminal => "terminal",
        LocalTrouble::Random => "random",
        LocalTrouble::SelfCheck => "self-check",
    };
    Ending::new(code, ExitCode::Local)
}

pub(super) fn no_answer(why: NoAnswer) -> Ending {
    let code = match why {
        NoAnswer::NoSuchHost => "no-such-host",
        NoAnswer::NoConnection | NoAnswer::NotConnected => "no-connection",
        NoAnswer::Certificate => "certificate",
        NoAnswer::CertificateDates => "certificate-dates",
        NoAnswer::Broken => "connection-broken",
        NoAnswer::TimedOut => "timed-out",
        NoAnswer::Busy => "server-busy",
    };
    Ending::new(code, ExitCode::TryLater)
}

pub(super) fn refusal(refusal: &Refusal) -> Ending {
    let code = match refusal {
        Refusal::NotJson => "server-not-json",
        Refusal::TooLarge => "server-too-large",
        Refusal::Malformed(_) => "server-malformed",
        Refusal::ContentType => "server-content-type",
        Refusal::WebPage => "server-web-page",
        Refusal::Redirect => "refused-redirect",
        Refusal::Encoded => "server-encoded",
        Refusal::Status(_) => "server-status",
        Refusal::Problem(_) => "server-problem",
        Refusal::Unexpected { .. } => "refused-unexpected",
        Refusal::Unspoken => "refused-unspoken",
        Refusal::Kdf(KdfRefused::TooWeak(_)) => "refused-kdf-too-weak",
        Refusal::Kdf(KdfRefused::TooCostly(_)) => "refused-kdf-too-costly",
        Refusal::Kdf(KdfRefused::NotAProfile(_)) => "refused-kdf-no-profile",
        Refusal::Kdf(KdfRefused::Malformed) => "refused-kdf-malformed",
        Refusal::WeakPolicy(_) => "refused-weak-policy",
        Refusal::RealmChanged => "refused-realm-changed",
        Refusal::AlreadyComplete => "refused-already-complete",
        Refusal::KeyGeneration => "refused-key-generation",
        Refusal::OtherAccount => "refused-other-account",
        Refusal::Receipt => "refused-receipt",
        Refusal::Differs(_) => "refused-differs",
        Refusal::Keys => "refused-keys",
        Refusal::Statement => "refused-statement",
        Refusal::Opaque => "refused-opaque",
        Refusal::NotTheRealm => "refused-not-the-server",
        Refusal::NotManagedServer => "refused-managed-server",
        Refusal::NotManagedRealm => "refused-managed-realm",
    };
    let exit = match refusal.blame() {
        Blame::Security => ExitCode::Refused,
        Blame::Nonsense => ExitCode::Server,
    };
    Ending::new(code, exit)
}

pub(super) fn changed(change: Change) -> Ending {
    let code = match change {
        Change::Account => "changed-account",
        Change::OlderKeys => "changed-older-keys",
        Change::OtherKeys => "changed-keys",
        Change::ServerKey => "changed-server-key",
        Change::SecretKeyGone => "changed-secret-key",
        Change::RolledBack(RolledBack::Older) => "changed-older-locks",
        Change::RolledBack(RolledBack::Other) => "changed-other-locks",
        Change::RolledBack(RolledBack::Withheld) => "changed-statement-gone",
    };
    Ending::new(code, ExitCode::Refused)
}

/// The stable code of a problem that a server reports. The exit code depends on the command.
pub fn problem(name: &ProblemName) -> &'static str {
    match name {
        ProblemName::InviteUnknown => "invite-unknown",
        ProblemName::InviteExpired => "invite-expired",
        ProblemName::InviteUsed => "invite-used",
        ProblemName::InviteWithdrawn => "invite-withdrawn",
        ProblemName::Suspended => "suspended",
        ProblemName::Removed => "removed",
        ProblemName::ClaimStale => "claim-stale",
        ProblemName::Conflict => "server-conflict",
        ProblemName::ChangedMeanwhile => "changed-meanwhile",
        ProblemName::SessionEnded => "session-ended",
        ProblemName::Invalid => "server-invalid",
        ProblemName::RecoveryFailed => "server-recovery-failed",
        ProblemName::LoginFailed => "server-login-failed",
        ProblemName::PersonUnknown => "person-unknown",
        ProblemName::TooMany => "server-too-many",
        ProblemName::Unavailable => "server-unavailable",
        ProblemName::Other(_) => "server-other",
    }
}
