//! Every stop of the program, with the stable code and the exit code that scripts rely on.
//!
//! The codes stand here a second time, written out: a change to one of them fails here first. A new
//! case of an enum does not compile until it has a row.

use crate::doctor::Family;
use crate::exit::{FileTrouble, Misuse};
use crate::managed::owner::Unfit;
use crate::managed::{BadLine, ManagedKey, ManagedTrouble};
use firstkey_core::crypto::context::{InviteId, SessionId};
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::crypto::kdf::{KdfParams, KdfRefused};
use firstkey_core::crypto::recovery::KitNumber;
use firstkey_core::flow::stop::{self as accept, GaveUp, LocalTrouble, Missing, NoAnswer, StorageTrouble};
use firstkey_core::flow::{Locks, account::stop as account, forget, offline, peer::PeerTrouble};
use firstkey_core::wire::inbound::{Problem, ProblemName};
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::refusal::Refusal;
use firstkey_core::wire::text::Printable;

/// A stop, its stable code, its exit code.
type Row<T> = (T, &'static str, u8);

/// Rows for all cases of an enum; does not compile while a case has none.
macro_rules! rows {
    ($($pattern:pat => $value:expr, $code:literal, $exit:literal;)+) => {{
        let rows = vec![$(($value, $code, $exit)),+];
        for (one, ..) in &rows {
            match one { $($pattern => {})+ }
        }
        rows
    }};
}

mod dialect;

pub(crate) use dialect::{infisical_stop, infisicals};

fn each<T, U>(rows: Vec<Row<T>>, wrap: impl Fn(T) -> U) -> Vec<Row<U>> {
    rows.into_iter().map(|(one, code, exit)| (wrap(one), code, exit)).collect()
}

fn origin() -> Origin {
    Origin::read("https://id.example.org").expect("a good origin")
}

fn ada() -> String {
    "ada@example.org".to_owned()
}

fn path() -> String {
    "kit.txt".to_owned()
}

pub(crate) fn links() -> Vec<Row<LinkTrouble>> {
    use LinkTrouble as L;
    rows![
        L::Empty => L::Empty, "link-empty", 4;
        L::CutOff { after_hash: true } => L::CutOff { after_hash: true }, "link-cut-off", 4;
        L::CutOff { after_hash: false } => L::CutOff { after_hash: false }, "link-cut-off", 4;
        L::NotAnInvite => L::NotAnInvite, "link-not-an-invite", 4;
        L::UserInfo => L::UserInfo, "link-user-info", 4;
        L::Backslash => L::Backslash, "link-backslash", 4;
        L::Percent => L::Percent, "link-percent", 4;
        L::NotAscii => L::NotAscii, "link-not-ascii", 4;
        L::Control => L::Control, "link-control", 4;
        L::IpLiteral => L::IpLiteral, "link-ip-literal", 4;
        L::BadHost => L::BadHost, "link-bad-host", 4;
        L::BadPort => L::BadPort, "link-bad-port", 4;
        L::PlainHttp => L::PlainHttp, "link-plain-http", 4;
        L::WrongPath => L::WrongPath, "link-wrong-path", 4;
        L::WrongVersion => L::WrongVersion, "link-wrong-version", 4;
        L::TooLong => L::TooLong, "link-too-long", 4;
        L::Damaged => L::Damaged, "link-damaged", 4;
        L::Extra => L::Extra, "link-extra", 4;
        L::Replaced => L::Replaced, "link-replaced", 4;
        L::Several => L::Several, "link-several", 4;
    ]
}

pub(crate) fn gave_up() -> Vec<Row<GaveUp>> {
    use GaveUp as G;
    rows![
        G::NotYou => G::NotYou, "gave-up-not-you", 3;
        G::OpenedBefore => G::OpenedBefore, "gave-up-opened-before", 3;
        G::Host => G::Host, "gave-up-host", 3;
        G::Reset => G::Reset, "gave-up-reset", 3;
        G::TypingsDiffer => G::TypingsDiffer, "gave-up-typings-differ", 3;
        G::WeakPasswords => G::WeakPasswords, "gave-up-weak-password", 3;
        G::Kit => G::Kit, "gave-up-kit", 3;
        G::KitProof => G::KitProof, "gave-up-kit-proof", 3;
        G::SecretKey => G::SecretKey, "gave-up-secret-key", 3;
        G::SecretKeyProof => G::SecretKeyProof, "gave-up-secret-key-proof", 3;
        G::ReplaceSecretKey => G::ReplaceSecretKey, "gave-up-new-secret-key", 3;
    ]
}

pub(crate) fn missing() -> Vec<Row<Missing>> {
    use Missing as M;
    rows![
        M::Invite => M::Invite, "missing-invite", 2;
        M::Consent => M::Consent, "missing-consent", 2;
        M::Reset => M::Reset, "missing-reset-consent", 2;
        M::Password => M::Password, "missing-password", 2;
        M::NewPassword => M::NewPassword, "missing-new-password", 2;
        M::Kit => M::Kit, "missing-kit", 2;
        M::RecoveryCode => M::RecoveryCode, "missing-recovery-code", 2;
        M::SecretKey => M::SecretKey, "missing-secret-key", 2;
        M::SecretKeyOut => M::SecretKeyOut, "missing-secret-key-out", 2;
        M::ReplaceSecretKey => M::ReplaceSecretKey, "missing-secret-key-consent", 2;
        M::Host => M::Host, "missing-host", 2;
        M::KitSecret => M::KitSecret, "missing-kit-secret", 2;
        M::Name => M::Name, "missing-name", 2;
        M::Digits => M::Digits, "missing-digits", 2;
        M::Account => M::Account, "missing-account", 2;
    ]
}

/// Those that a command on a server of our own protocol can miss; docs/INFISICAL.md has the others.
fn missing_of_ours() -> Vec<Row<Missing>> {
    let is_of_dialect = |missing| matches!(missing, Missing::KitSecret | Missing::Name | Missing::Digits);
    missing().into_iter().filter(|(missing, ..)| !is_of_dialect(*missing)).collect()
}

pub(crate) fn storage() -> Vec<StorageTrouble> {
    use StorageTrouble as S;
    let rows = rows![
        S::NotOurs => S::NotOurs, "", 0;
        S::TooOpen => S::TooOpen, "", 0;
        S::Link => S::Link, "", 0;
        S::Full => S::Full, "", 0;
        S::ReadOnly => S::ReadOnly, "", 0;
        S::Exists => S::Exists, "", 0;
        S::Missing => S::Missing, "", 0;
        S::NoFolder => S::NoFolder, "", 0;
        S::Damaged => S::Damaged, "", 0;
        S::TooLong => S::TooLong, "", 0;
        S::Several => S::Several, "", 0;
        S::Other => S::Other, "", 0;
    ];
    rows.into_iter().map(|(trouble, ..)| trouble).collect()
}

pub(crate) fn local() -> Vec<Row<LocalTrouble>> {
    use LocalTrouble as L;
    let trouble = StorageTrouble::Other;
    let mut rows = rows![
        L::NotEnoughMemory { .. } => L::NotEnoughMemory { needed_kib: 262_144, available_kib: 120_832 }, "not-enough-memory", 5;
        L::State { .. } => L::State { trouble, path: path() }, "state", 5;
        L::KitFile { .. } => L::KitFile { trouble, path: path() }, "kit-file", 5;
        L::KitLetters { .. } => L::KitLetters { text: ada(), path: path() }, "kit-letters", 5;
        L::SecretKeyFile { .. } => L::SecretKeyFile { trouble, path: path() }, "secret-key-file", 5;
        L::Input { .. } => L::Input { trouble, path: path() }, "input", 5;
        L::NoThreads => L::NoThreads, "no-threads", 5;
        L::Busy => L::Busy, "busy", 5;
        L::Terminal => L::Terminal, "terminal", 5;
        L::Random => L::Random, "random", 5;
        L::SelfCheck => L::SelfCheck, "self-check", 5;
    ];
    for trouble in storage() {
        rows.push((L::State { trouble, path: path() }, "state", 5));
        rows.push((L::KitFile { trouble, path: path() }, "kit-file", 5));
        rows.push((L::SecretKeyFile { trouble, path: path() }, "secret-key-file", 5));
        rows.push((L::Input { trouble, path: path() }, "input", 5));
    }
    rows
}

pub(crate) fn no_answers() -> Vec<Row<NoAnswer>> {
    use NoAnswer as N;
    rows![
        N::NoSuchHost => N::NoSuchHost, "no-such-host", 75;
        N::NoConnection => N::NoConnection, "no-connection", 75;
        N::NotConnected => N::NotConnected, "no-connection", 75;
        N::Certificate => N::Certificate, "certificate", 75;
        N::CertificateDates => N::CertificateDates, "certificate-dates", 75;
        N::Broken => N::Broken, "connection-broken", 75;
        N::TimedOut => N::TimedOut, "timed-out", 75;
        N::Busy => N::Busy, "server-busy", 75;
    ]
}

pub(crate) fn refusals() -> Vec<Row<Refusal>> {
    use KdfRefused as K;
    use Refusal as R;
    let asked = |m_kib, t| KdfParams { m_kib, t, p: 4 };
    rows![
        R::NotJson => R::NotJson, "server-not-json", 7;
        R::TooLarge => R::TooLarge, "server-too-large", 7;
        R::Malformed(_) => R::Malformed("kdf_block"), "server-malformed", 7;
        R::ContentType => R::ContentType, "server-content-type", 7;
        R::WebPage => R::WebPage, "server-web-page", 7;
        R::Redirect => R::Redirect, "refused-redirect", 6;
        R::Encoded => R::Encoded, "server-encoded", 7;
        R::Status(_) => R::Status(418), "server-status", 7;
        R::Problem(_) => R::Problem(Printable::from_untrusted("login-failed")), "server-problem", 7;
        R::Unexpected { .. } => R::Unexpected { place: "answer", name: Printable::from_untrusted("salt") }, "refused-unexpected", 6;
        R::Unspoken => R::Unspoken, "refused-unspoken", 6;
        R::Kdf(K::TooWeak(_)) => R::Kdf(K::TooWeak(asked(19_456, 1))), "refused-kdf-too-weak", 6;
        R::Kdf(K::TooCostly(_)) => R::Kdf(K::TooCostly(asked(u32::MAX, u32::MAX))), "refused-kdf-too-costly", 6;
        R::Kdf(K::NotAProfile(_)) => R::Kdf(K::NotAProfile(asked(100_000, 4))), "refused-kdf-no-profile", 6;
        R::Kdf(K::Malformed) => R::Kdf(K::Malformed), "refused-kdf-malformed", 6;
        R::WeakPolicy(_) => R::WeakPolicy("min_profile"), "refused-weak-policy", 6;
        R::RealmChanged => R::RealmChanged, "refused-realm-changed", 6;
        R::AlreadyComplete => R::AlreadyComplete, "refused-already-complete", 6;
        R::KeyGeneration => R::KeyGeneration, "refused-key-generation", 6;
        R::OtherAccount => R::OtherAccount, "refused-other-account", 6;
        R::Receipt => R::Receipt, "refused-receipt", 6;
        R::Differs(_) => R::Differs("envelope 1"), "refused-differs", 6;
        R::Keys => R::Keys, "refused-keys", 6;
        R::Statement => R::Statement, "refused-statement", 6;
        R::Opaque => R::Opaque, "refused-opaque", 6;
        R::NotTheRealm => R::NotTheRealm, "refused-not-the-server", 6;
        R::NotManagedServer => R::NotManagedServer, "refused-managed-server", 6;
        R::NotManagedRealm => R::NotManagedRealm, "refused-managed-realm", 6;
    ]
}

/// Problems of a server; the exit codes are those of commands on an account.
fn problem_names() -> Vec<Row<ProblemName>> {
    use ProblemName as N;
    rows![
        N::InviteUnknown => N::InviteUnknown, "invite-unknown", 7;
        N::InviteExpired => N::InviteExpired, "invite-expired", 7;
        N::InviteUsed => N::InviteUsed, "invite-used", 7;
        N::InviteWithdrawn => N::InviteWithdrawn, "invite-withdrawn", 7;
        N::Suspended => N::Suspended, "suspended", 4;
        N::Removed => N::Removed, "removed", 4;
        N::ClaimStale => N::ClaimStale, "claim-stale", 7;
        N::Conflict => N::Conflict, "server-conflict", 7;
        N::ChangedMeanwhile => N::ChangedMeanwhile, "changed-meanwhile", 10;
        N::SessionEnded => N::SessionEnded, "session-ended", 75;
        N::Invalid => N::Invalid, "server-invalid", 7;
        N::LoginFailed => N::LoginFailed, "server-login-failed", 7;
        N::RecoveryFailed => N::RecoveryFailed, "server-recovery-failed", 7;
        N::PersonUnknown => N::PersonUnknown, "person-unknown", 2;
        N::TooMany => N::TooMany, "server-too-many", 75;
        N::Unavailable => N::Unavailable, "server-unavailable", 75;
        N::Other(_) => N::Other(Printable::from_untrusted("teapot")), "server-other", 7;
    ]
}

/// Each problem with everything that a server may say of it, and with nothing.
pub(crate) fn problems() -> Vec<Row<Problem>> {
    let contact = || Some(Printable::from_untrusted("it@example.org"));
    let told = each(problem_names(), |name| Problem {
        name,
        contact: contact(),
        at: Some(1_795_798_800),
        retry_after: Some(30),
    });
    let bare = each(problem_names(), |name| Problem { name, contact: None, at: None, retry_after: None });
    told.into_iter().chain(bare).collect()
}

/// Why `firstkey accept` stops.
pub(crate) fn accepts() -> Vec<Row<accept::AcceptReason>> {
    use accept::AcceptReason as W;
    let not_invited = W::NotTheInvited { expected: "a@example.org".to_owned(), invited: ada() };
    let problem = |name| Problem { name, contact: None, at: None, retry_after: None };
    let mut rows = rows![
        W::Cancelled => W::Cancelled, "cancelled", 130;
        W::GaveUp(_) => W::GaveUp(GaveUp::NotYou), "gave-up-not-you", 3;
        W::Missing(_) => W::Missing(Missing::Kit), "missing-kit", 2;
        W::NotTheInvited { .. } => not_invited, "not-the-invited", 2;
        W::Link(_) => W::Link(LinkTrouble::Empty), "link-empty", 4;
        W::Invite(_) => W::Invite(problem(ProblemName::InviteUsed)), "invite-used", 4;
        W::Refused(_) => W::Refused(Refusal::Keys), "refused-keys", 6;
        W::ServerProblem(_) => W::ServerProblem(problem(ProblemName::Invalid)), "server-invalid", 7;
        W::Local(_) => W::Local(LocalTrouble::Busy), "busy", 5;
        W::Unreachable(_) => W::Unreachable(NoAnswer::Busy), "server-busy", 75;
        W::Paused(_) => W::Paused(NoAnswer::Busy), "paused", 75;
        W::NotOpened => W::NotOpened, "not-opened", 10;
        W::JoinsOnly => W::JoinsOnly, "joins-only", 4;
        W::OtherInvite => W::OtherInvite, "other-invite", 4;
        W::NothingSaved => W::NothingSaved, "nothing-saved", 4;
        W::OutOfStep => W::OutOfStep, "out-of-step", 1;
    ];
    rows.extend(each(gave_up(), W::GaveUp));
    rows.extend(each(missing_of_ours(), W::Missing));
    rows.extend(each(links(), W::Link));
    // The flow tells these two apart by the name of the problem.
    let is_of_the_invite =
        |code: &str| code.starts_with("invite-") || ["suspended", "removed", "claim-stale"].contains(&code);
    rows.extend(problems().into_iter().map(|(problem, code, _)| {
        if is_of_the_invite(code) { (W::Invite(problem), code, 4) } else { (W::ServerProblem(problem), code, 7) }
    }));
    rows.extend(each(refusals(), W::Refused));
    rows.extend(each(local(), W::Local));
    rows.extend(each(no_answers(), W::Unreachable));
    rows.extend(no_answers().into_iter().map(|(why, ..)| (W::Paused(why), "paused", 75)));
    rows
}

pub(crate) fn accept_stop(why: accept::AcceptReason, reach: accept::Reach) -> accept::AcceptStop {
    accept::AcceptStop { why, reach, origin: Some(origin()), subject: Some(InviteId::heard([1; 16])) }
}

fn fingerprint() -> Fingerprint {
    Fingerprint([7; 64])
}

/// Why the keys of a colleague are not used.
pub(crate) fn peers() -> Vec<Row<PeerTrouble>> {
    use PeerTrouble as P;
    let changed = |other_account, removed| P::Changed {
        email: ada(),
        before: fingerprint(),
        now: fingerprint(),
        other_account,
        removed,
    };
    let mut rows = rows![
        P::NoAddress => P::NoAddress, "no-address", 2;
        P::Changed { .. } => changed(false, false), "peer-changed-keys", 6;
        P::Older { .. } => P::Older { email: ada() }, "peer-older-keys", 6;
        P::SomebodyElse { .. } => P::SomebodyElse { email: ada(), known_as: ada(), now: fingerprint() }, "peer-somebody-else", 6;
        P::OtherWords { .. } => P::OtherWords { email: ada(), now: fingerprint() }, "peer-other-words", 6;
    ];
    rows.push((changed(true, false), "peer-changed-keys", 6));
    rows.push((changed(true, true), "peer-changed-keys", 6));
    rows
}

fn changes() -> Vec<Row<account::Change>> {
    use account::Change as C;
    use firstkey_core::flow::held::RolledBack;
    let mut rows = rows![
        C::Account => C::Account, "changed-account", 6;
        C::OlderKeys => C::OlderKeys, "changed-older-keys", 6;
        C::OtherKeys => C::OtherKeys, "changed-keys", 6;
        C::ServerKey => C::ServerKey, "changed-server-key", 6;
        C::SecretKeyGone => C::SecretKeyGone, "changed-secret-key", 6;
        C::RolledBack(_) => C::RolledBack(RolledBack::Older), "changed-older-locks", 6;
    ];
    rows.push((C::RolledBack(RolledBack::Other), "changed-other-locks", 6));
    rows.push((C::RolledBack(RolledBack::Withheld), "changed-statement-gone", 6));
    rows
}

/// Why a command on an account stops.
pub(crate) fn accounts() -> Vec<Row<account::AccountReason>> {
    use account::AccountReason as W;
    let not_invited = W::NotTheInvited { expected: "a@example.org".to_owned(), invited: ada() };
    let [this, newest] = [KitNumber::of(&[7; 32]), KitNumber::of(&[8; 32])];
    let older_kit = W::NotTheNewestKit { this, newest };
    let mut rows = rows![
        W::Cancelled => W::Cancelled, "cancelled", 130;
        W::GaveUp(_) => W::GaveUp(GaveUp::Host), "gave-up-host", 3;
        W::Missing(_) => W::Missing(Missing::Password), "missing-password", 2;
        W::Local(_) => W::Local(LocalTrouble::Busy), "busy", 5;
        W::NothingKnown => W::NothingKnown, "nothing-known", 2;
        W::Several(_) => W::Several(vec!["ada@example.org at https://id.example.org".to_owned()]), "missing-account", 2;
        W::NoSuchServer => W::NoSuchServer, "no-such-server", 2;
        W::Unreachable(_) => W::Unreachable(NoAnswer::Broken), "connection-broken", 75;
        W::Refused(_) => W::Refused(Refusal::Keys), "refused-keys", 6;
        W::Problem(_) => W::Problem(problems().remove(0).0), "invite-unknown", 7;
        W::Changed(_) => W::Changed(account::Change::Account), "changed-account", 6;
        W::NotTheInvited { .. } => not_invited, "not-the-invited", 2;
        W::NotOpened => W::NotOpened, "not-opened", 10;
        W::CodeOpensNothing => W::CodeOpensNothing, "code-opens-nothing", 10;
        W::NotTheNewestKit { .. } => older_kit, "code-opens-nothing", 10;
        W::OtherKit => W::OtherKit, "other-kit", 6;
        W::NotOpenedByBoth => W::NotOpenedByBoth, "not-opened", 10;
        W::NoSecretKey => W::NoSecretKey, "no-secret-key", 10;
        W::SecretKeysOff => W::SecretKeysOff, "secret-keys-off", 2;
        W::SecretKeyRequired => W::SecretKeyRequired, "secret-key-required", 2;
        W::NotThere => W::NotThere, "not-there", 2;
        W::NoSuchSession(_) => W::NoSuchSession(SessionId::heard([7; 16])), "no-such-session", 2;
        W::OtherFingerprint => W::OtherFingerprint, "other-fingerprint", 6;
        W::Peer(_) => W::Peer(Box::new(PeerTrouble::NoAddress)), "no-address", 2;
    ];
    rows.extend(each(gave_up(), W::GaveUp));
    rows.extend(each(missing_of_ours(), W::Missing));
    rows.extend(each(local(), W::Local));
    rows.extend(each(no_answers(), W::Unreachable));
    rows.extend(each(refusals(), W::Refused));
    rows.extend(each(problems(), W::Problem));
    rows.extend(each(changes(), W::Changed));
    rows.extend(each(peers(), |trouble| W::Peer(Box::new(trouble))));
    rows
}

pub(crate) fn account_stop(why: account::AccountReason, reach: accept::Reach, subject: Locks) -> account::AccountStop {
    account::AccountStop { why, reach, subject, origin: Some(origin()) }
}

/// Why `firstkey forget` stops.
pub(crate) fn forgets() -> Vec<Row<forget::ForgetReason>> {
    use forget::ForgetReason as W;
    let mut rows = rows![
        W::Cancelled => W::Cancelled, "cancelled", 130;
        W::NotAgreed => W::NotAgreed, "gave-up-forget", 3;
        W::Missing => W::Missing, "missing-consent", 2;
        W::OtherWord { .. } => W::OtherWord { given: "grace@example.org".to_owned(), needed: ada() }, "not-the-invited", 2;
        W::Unfinished(_) => W::Unfinished(ada()), "unfinished-upload", 2;
        W::NothingKnown { .. } => W::NothingKnown { unreadable: 0 }, "nothing-known", 2;
        W::Several(_) => W::Several(vec![ada()]), "missing-account", 2;
        W::NoSuchServer => W::NoSuchServer, "no-such-server", 2;
        W::Local { .. } => W::Local { trouble: LocalTrouble::Busy, removed: 0 }, "busy", 5;
    ];
    rows.push((W::NothingKnown { unreadable: 1 }, "nothing-known", 2));
    for removed in [0, 1] {
        rows.extend(each(local(), |trouble| W::Local { trouble, removed }));
    }
    rows
}

/// Why `firstkey audit open` stops.
pub(crate) fn offlines() -> Vec<Row<offline::Trouble>> {
    use offline::Trouble as T;
    let mut rows = rows![
        T::Cancelled => T::Cancelled, "cancelled", 130;
        T::Missing(_) => T::Missing(Missing::RecoveryCode), "missing-recovery-code", 2;
        T::Local(_) => T::Local(LocalTrouble::Busy), "busy", 5;
        T::Password { .. } => T::Password { on_the_command_line: true }, "password-opens-nothing", 2;
        T::NotShown(_) => T::NotShown(Refusal::NotJson), "not-shown", 5;
        T::NoKeys => T::NoKeys, "no-keys", 5;
        T::OtherKit => T::OtherKit, "other-kit", 6;
        T::NoCode => T::NoCode, "gave-up-code", 3;
        T::CodeOpensNothing => T::CodeOpensNothing, "code-opens-nothing", 10;
        T::DoesNotFit => T::DoesNotFit, "does-not-fit", 6;
        T::Changed(_) => T::Changed(account::Change::Account), "changed-account", 6;
    ];
    rows.push((T::Password { on_the_command_line: false }, "password-opens-nothing", 2));
    rows.extend(each(missing_of_ours(), T::Missing));
    rows.extend(each(local(), T::Local));
    rows.extend(each(changes(), T::Changed));
    // What breaks a rule of security was not made by this program; the rest is no such file.
    rows.extend(refusals().into_iter().map(|(refusal, _, exit)| {
        let (code, exit) = if exit == 6 { ("does-not-fit", 6) } else { ("not-shown", 5) };
        (T::NotShown(refusal), code, exit)
    }));
    rows
}

/// Why a file is not sealed or opened.
pub(crate) fn files() -> Vec<Row<FileTrouble>> {
    use FileTrouble as F;
    let trouble = StorageTrouble::Missing;
    let mut rows = rows![
        F::Input { .. } => F::Input { trouble, path: path() }, "input", 5;
        F::Output { .. } => F::Output { trouble, path: path() }, "output", 5;
        F::NotAge(_) => F::NotAge(path()), "not-age", 5;
        F::ChangedAsText(_) => F::ChangedAsText(path()), "not-age", 5;
        F::InBase64(_) => F::InBase64(path()), "not-age", 5;
        F::NewerAge(_) => F::NewerAge(path()), "not-age", 5;
        F::Sops(_) => F::Sops(path()), "not-age", 5;
        F::Armored(_) => F::Armored(path()), "armored", 5;
        F::ArmoredInText(_) => F::ArmoredInText(path()), "armored", 5;
        F::ArmoredInUtf16(_) => F::ArmoredInUtf16(path()), "armored", 5;
        F::HeaderTooLong(_) => F::HeaderTooLong(path()), "header-too-long", 5;
        F::Passphrase(_) => F::Passphrase(path()), "passphrase", 5;
        F::OtherKinds(_) => F::OtherKinds(path()), "not-for-you", 5;
        F::NotForYou { .. } => F::NotForYou { path: path(), email: ada() }, "not-for-you", 5;
        F::Damaged { .. } => F::Damaged { path: path(), begun: false }, "file-damaged", 6;
        F::NoOutput => F::NoOutput, "missing-output", 2;
        F::NoInput => F::NoInput, "missing-file", 2;
        F::StdinTwice => F::StdinTwice, "stdin-twice", 2;
        F::NotPinned(_) => F::NotPinned(ada()), "person-not-remembered", 2;
        F::NotARecipient(_) => F::NotARecipient("age1nonsense".to_owned()), "not-a-recipient", 2;
        F::PostQuantumKey(_) => F::PostQuantumKey("age1pq1qqqqqqqqq...".to_owned()), "other-kind-of-key", 2;
        F::TagKey(_) => F::TagKey("age1tag1qqqqqqqq...".to_owned()), "other-kind-of-key", 2;
        F::PluginKey { .. } => F::PluginKey { key: "age1yubikey1qqqq...".to_owned(), plugin: "yubikey".to_owned() }, "other-kind-of-key", 2;
        F::SshKey => F::SshKey, "other-kind-of-key", 2;
        F::SecretKeyGiven => F::SecretKeyGiven, "secret-key-given", 2;
        F::IdentityGiven => F::IdentityGiven, "other-kind-of-key", 2;
        F::TooManyKeys => F::TooManyKeys, "too-many-keys", 2;
        F::SeveralPeople { .. } => F::SeveralPeople { email: ada(), servers: vec!["https://id.example.org".to_owned()] }, "several-people", 2;
        F::Cancelled => F::Cancelled, "cancelled", 130;
    ];
    rows.push((F::Damaged { path: path(), begun: true }, "file-damaged", 6));
    for trouble in storage() {
        rows.push((F::Input { trouble, path: path() }, "input", 5));
        let code = if trouble == StorageTrouble::Exists { "output-exists" } else { "output" };
        rows.push((F::Output { trouble, path: path() }, code, 5));
    }
    rows
}

/// What `firstkey doctor` finds bad.
pub(crate) fn families() -> Vec<Row<Family>> {
    use Family as F;
    rows![
        F::Local => F::Local, "doctor-local", 5;
        F::Network => F::Network, "doctor-network", 75;
        F::Server => F::Server, "doctor-server", 7;
    ]
}

/// Managed configurations that are not used.
pub(crate) fn managed() -> Vec<Row<ManagedTrouble>> {
    use ManagedTrouble as M;
    rows![
        M::Unfit { .. } => M::Unfit { path: path(), why: Unfit::Writable }, "managed-config", 5;
        M::Line { .. } => M::Line { number: 3, why: BadLine::NotALine }, "managed-config", 5;
        M::Missing(_) => M::Missing(ManagedKey::Server), "managed-config", 5;
    ]
}

/// Command lines that are refused.
pub(crate) fn misuses() -> Vec<Row<Misuse>> {
    use Misuse as M;
    rows![
        M::PasswordFlag => M::PasswordFlag, "password-flag", 2;
        M::PasswordVariable => M::PasswordVariable, "password-variable", 2;
        M::TwoPasswords => M::TwoPasswords, "two-passwords", 2;
        M::StdinTwice => M::StdinTwice, "stdin-twice", 2;
        M::NoSuchProfile => M::NoSuchProfile, "no-such-profile", 2;
    ]
}
