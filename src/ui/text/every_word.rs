//! Every sentence, looked at once: is there one, does it fit, does it say what to do.

use super::*;
use firstkey_core::crypto::context::InviteId;
use firstkey_core::crypto::kdf::KdfRefused;
use firstkey_core::crypto::prepare::PrepareError;
use firstkey_core::crypto::strength::{Part, Strength, Tail, Weakness};
use crate::exit::ExitCode;
use firstkey_core::crypto::recovery::{CodeError, Place};
use firstkey_core::flow::{Locks, Notice};
use firstkey_core::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer, Reach, StorageTrouble, AcceptReason as Why};
use crate::ui::text::usage::Misuse;
use firstkey_core::wire::inbound::{Problem, ProblemName};
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::refusal::Refusal;
use firstkey_core::wire::text::Printable;
use std::collections::HashSet;
use std::time::Duration;

const WIDEST: usize = 78;

fn origin() -> Origin {
    Origin::read("https://id.example.org").expect("a good origin")
}

/// All cases of an enum, and a match that no longer compiles when a case is added here but not to the list.
macro_rules! all {
    ($($pattern:pat => $value:expr),+ $(,)?) => {{
        let all = vec![$($value),+];
        for one in &all {
            match one { $($pattern => {})+ }
        }
        all
    }};
}

fn links() -> Vec<LinkTrouble> {
    use LinkTrouble as L;
    all![
        L::Empty => L::Empty,
        L::CutOff { after_hash: true } => L::CutOff { after_hash: true },
        L::CutOff { after_hash: false } => L::CutOff { after_hash: false },
        L::NotAnInvite => L::NotAnInvite,
        L::UserInfo => L::UserInfo,
        L::Backslash => L::Backslash,
        L::Percent => L::Percent,
        L::NotAscii => L::NotAscii,
        L::Control => L::Control,
        L::IpLiteral => L::IpLiteral,
        L::BadHost => L::BadHost,
        L::BadPort => L::BadPort,
        L::PlainHttp => L::PlainHttp,
        L::WrongPath => L::WrongPath,
        L::WrongVersion => L::WrongVersion,
        L::TooLong => L::TooLong,
        L::Damaged => L::Damaged,
        L::Extra => L::Extra,
    ]
}

fn problems() -> Vec<Problem> {
    use ProblemName as N;
    let names = all![
        N::InviteUnknown => N::InviteUnknown,
        N::InviteExpired => N::InviteExpired,
        N::InviteUsed => N::InviteUsed,
        N::InviteWithdrawn => N::InviteWithdrawn,
        N::Suspended => N::Suspended,
        N::Removed => N::Removed,
        N::ClaimStale => N::ClaimStale,
        N::ChangedMeanwhile => N::ChangedMeanwhile,
        N::SessionEnded => N::SessionEnded,
        N::Conflict => N::Conflict,
        N::Invalid => N::Invalid,
        N::LoginFailed => N::LoginFailed,
        N::RecoveryFailed => N::RecoveryFailed,
        N::PersonUnknown => N::PersonUnknown,
        N::TooMany => N::TooMany,
        N::Unavailable => N::Unavailable,
        N::Other(_) => N::Other(Printable::from_untrusted("teapot")),
    ];
    let contact = || Some(Printable::from_untrusted("it@example.org"));
    let known = names.iter().map(|name| Problem {
        name: name.clone(),
        contact: contact(),
        at: Some(1_795_798_800),
        retry_after: Some(30),
    });
    let bare = names.iter().map(|name| Problem { name: name.clone(), contact: None, at: None, retry_after: None });
    known.chain(bare).collect()
}

fn refusals() -> Vec<Refusal> {
    use Refusal as R;
    let asked = |m_kib, t| KdfParams { m_kib, t, p: 4 };
    all![
        R::NotJson => R::NotJson,
        R::TooLarge => R::TooLarge,
        R::Malformed(_) => R::Malformed("kdf_block"),
        R::ContentType => R::ContentType,
        R::WebPage => R::WebPage,
        R::Redirect => R::Redirect,
        R::Encoded => R::Encoded,
        R::Status(_) => R::Status(418),
        R::Problem(_) => R::Problem(Printable::from_untrusted("login-failed")),
        R::Unexpected { .. } => R::Unexpected { place: "answer", name: Printable::from_untrusted("salt") },
        R::Unspoken => R::Unspoken,
        R::Kdf(KdfRefused::TooWeak(_)) => R::Kdf(KdfRefused::TooWeak(asked(19_456, 1))),
        R::Kdf(KdfRefused::TooCostly(_)) => R::Kdf(KdfRefused::TooCostly(asked(u32::MAX, u32::MAX))),
        R::Kdf(KdfRefused::NotAProfile(_)) => R::Kdf(KdfRefused::NotAProfile(asked(100_000, 4))),
        R::Kdf(KdfRefused::Malformed) => R::Kdf(KdfRefused::Malformed),
        R::WeakPolicy(_) => R::WeakPolicy("min_profile"),
        R::RealmChanged => R::RealmChanged,
        R::AlreadyComplete => R::AlreadyComplete,
        R::KeyGeneration => R::KeyGeneration,
        R::OtherAccount => R::OtherAccount,
        R::Receipt => R::Receipt,
        R::Differs(_) => R::Differs("envelope 1"),
        R::Keys => R::Keys,
        R::Opaque => R::Opaque,
    ]
}

fn storage() -> Vec<StorageTrouble> {
    use StorageTrouble as S;
    all![
        S::NotOurs => S::NotOurs,
        S::TooOpen => S::TooOpen,
        S::Link => S::Link,
        S::Full => S::Full,
        S::ReadOnly => S::ReadOnly,
        S::Exists => S::Exists,
        S::Missing => S::Missing,
        S::Damaged => S::Damaged,
        S::TooLong => S::TooLong,
        S::Other => S::Other,
    ]
}

fn local() -> Vec<LocalTrouble> {
    use LocalTrouble as L;
    let path = || "kit.txt".to_owned();
    let mut all = all![
        L::NotEnoughMemory { .. } => L::NotEnoughMemory { needed_kib: 262_144, available_kib: 120_832 },
        L::State { .. } => L::State { trouble: StorageTrouble::Other, path: path() },
        L::KitFile { .. } => L::KitFile { trouble: StorageTrouble::Other, path: path() },
        L::Input { .. } => L::Input { trouble: StorageTrouble::Other, path: path() },
        L::Busy => L::Busy,
        L::Terminal => L::Terminal,
        L::NoThreads => L::NoThreads,
        L::Random => L::Random,
        L::SelfCheck => L::SelfCheck,
        L::SecretKeyFile { .. } => L::SecretKeyFile { trouble: StorageTrouble::Exists, path: path() },
    ];
    for trouble in storage() {
        all.push(L::State { trouble, path: path() });
        all.push(L::KitFile { trouble, path: path() });
        all.push(L::SecretKeyFile { trouble, path: path() });
        all.push(L::Input { trouble, path: path() });
    }
    all
}

fn no_answers() -> Vec<NoAnswer> {
    use NoAnswer as N;
    all![
        N::NoSuchHost => N::NoSuchHost,
        N::NoConnection => N::NoConnection,
        N::Certificate => N::Certificate,
        N::CertificateDates => N::CertificateDates,
        N::Broken => N::Broken,
        N::TimedOut => N::TimedOut,
        N::Busy => N::Busy,
    ]
}

fn gave_up() -> Vec<GaveUp> {
    use GaveUp as G;
    all![
        G::NotYou => G::NotYou,
        G::Host => G::Host,
        G::Reset => G::Reset,
        G::TypingsDiffer => G::TypingsDiffer,
        G::WeakPasswords => G::WeakPasswords,
        G::Kit => G::Kit,
        G::KitProof => G::KitProof,
        G::SecretKey => G::SecretKey,
        G::SecretKeyProof => G::SecretKeyProof,
        G::ReplaceSecretKey => G::ReplaceSecretKey,
    ]
}

fn missing() -> Vec<Missing> {
    use Missing as M;
    all![
        M::Invite => M::Invite,
        M::Consent => M::Consent,
        M::Reset => M::Reset,
        M::Password => M::Password,
        M::NewPassword => M::NewPassword,
        M::Kit => M::Kit,
        M::RecoveryCode => M::RecoveryCode,
        M::SecretKey => M::SecretKey,
        M::SecretKeyOut => M::SecretKeyOut,
        M::ReplaceSecretKey => M::ReplaceSecretKey,
        M::Host => M::Host,
        M::KitSecret => M::KitSecret,
        M::Name => M::Name,
        M::Digits => M::Digits,
        M::Account => M::Account,
    ]
}

fn whys() -> Vec<Why> {
    use Why as W;
    let mut all = all![
        W::Cancelled => W::Cancelled,
        W::GaveUp(_) => W::GaveUp(GaveUp::NotYou),
        W::Missing(_) => W::Missing(Missing::Kit),
        W::NotTheInvited { .. } => W::NotTheInvited { expected: "a@b.org".to_owned(), invited: "c@d.org".to_owned() },
        W::Link(_) => W::Link(LinkTrouble::Empty),
        W::Invite(_) => W::Invite(problems().remove(0)),
        W::Refused(_) => W::Refused(Refusal::Keys),
        W::ServerProblem(_) => W::ServerProblem(problems().remove(0)),
        W::Local(_) => W::Local(LocalTrouble::Busy),
        W::Unreachable(_) => W::Unreachable(NoAnswer::Busy),
        W::Paused(_) => W::Paused(NoAnswer::Busy),
        W::NotOpened => W::NotOpened,
        W::JoinsOnly => W::JoinsOnly,
        W::OtherInvite => W::OtherInvite,
        W::NothingSaved => W::NothingSaved,
        W::OutOfStep => W::OutOfStep,
    ];
    all.extend(gave_up().into_iter().map(W::GaveUp));
    all.extend(missing().into_iter().map(W::Missing));
    all.extend(links().into_iter().map(W::Link));
    all.extend(problems().into_iter().map(W::Invite));
    all.extend(problems().into_iter().map(W::ServerProblem));
    all.extend(refusals().into_iter().map(W::Refused));
    all.extend(local().into_iter().map(W::Local));
    all.extend(no_answers().into_iter().flat_map(|why| [W::Unreachable(why), W::Paused(why)]));
    all
}

fn stops() -> Vec<Stop> {
    let reaches = [Reach::NothingSent, Reach::NothingChanged, Reach::Unknown, Reach::Stored];
    let stop =
        |why: &Why, reach| Stop { why: why.clone(), reach, origin: Some(origin()), subject: Some(InviteId([1; 16])) };
    whys().iter().flat_map(|why| reaches.map(|reach| stop(why, reach))).collect()
}

fn fits(lines: &[String]) {
    for line in lines {
        assert!(line.chars().count() <= WIDEST, "{} columns: {line}", line.chars().count());
        assert!(line.is_ascii(), "{line}");
        assert!(!line.ends_with(' '), "{line:?}");
    }
}

#[test]
fn every_stop_has_a_headline_an_exit_code_and_a_next_step() {
    for stop in stops() {
        let (story, code) = (stop::story(&stop), stop::code(&stop));
        assert!(story.headline.len() > 10 && !story.headline.contains('{'), "{stop:?}");
        assert!(!story.next.is_empty() || story.command.is_some(), "{stop:?}");
        assert!(matches!(stop.why, Why::Cancelled) || story.changed.is_some(), "{stop:?}");
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code}");
        assert_ne!(ExitCode::from(&stop), ExitCode::Done, "{stop:?}");
        fits(&story.for_people().lines().map(str::to_owned).collect::<Vec<_>>());
    }
}

#[test]
fn a_stop_after_the_upload_says_how_to_find_out_what_became_of_it() {
    for stop in stops().iter().filter(|stop| stop.reach >= Reach::Unknown) {
        let story = stop::story(stop);
        // What was refused for good is known not to be stored.
        let told = story.command.is_some() || matches!(stop.why, Why::Refused(_)) || stop::is_final(&stop.why);
        assert!(told, "{stop:?}");
    }
}

#[test]
fn a_stop_says_that_nothing_was_sent_only_where_nothing_was() {
    for stop in stops() {
        let text = stop::story(&stop).for_people();
        let says = text.contains("Nothing was sent");
        assert_eq!(says, stop.reach == Reach::NothingSent, "{text}");
    }
}

#[test]
fn codes_tell_reasons_apart() {
    let mut codes = HashSet::new();
    for refusal in refusals() {
        assert!(codes.insert(refusal::refusal(&refusal, "h").1), "{refusal:?}");
    }
    for why in no_answers() {
        let stop = Stop { why: Why::Unreachable(why), reach: Reach::NothingSent, origin: None, subject: None };
        assert!(codes.insert(stop::code(&stop)), "{why:?}");
    }
}

#[test]
fn a_command_stands_alone_on_its_line() {
    for stop in stops() {
        for line in stop::story(&stop).for_people().lines() {
            if let Some(command) = line.strip_prefix("  firstkey ") {
                assert!(!command.ends_with(['.', ',', ':']), "{line}");
            }
        }
    }
}

#[test]
fn every_notice_fits() {
    use Notice as N;
    let strength = Strength { guesses_log10: 7.0 };
    let reasons = all![
        Weakness::Control => Weakness::Control,
        Weakness::Unassigned => Weakness::Unassigned,
        Weakness::TooShort { .. } => Weakness::TooShort { have: 1, need: 15 },
        Weakness::Common => Weakness::Common,
        Weakness::Context { .. } => Weakness::Context { part: Part::Email, tail: Tail::Digits },
        Weakness::Keyboard => Weakness::Keyboard,
        Weakness::Repeats => Weakness::Repeats,
        Weakness::Sequence => Weakness::Sequence,
        Weakness::Date => Weakness::Date,
        Weakness::Guessable { .. } => Weakness::Guessable { score: 2 },
    ];
    for reason in reasons {
        fits(&notice::notice(&N::Weak { reasons: vec![reason; 3], strength, profile: Profile::Two }));
    }
    for error in [PrepareError::TooLong, PrepareError::NotUtf8] {
        fits(&notice::notice(&N::Unusable(error)));
    }
    let notices = [
        N::Contacting(origin()),
        N::UnknownPolicy(vec![Printable::from_untrusted("colour")]),
        N::Plan,
        N::Strong(strength, Profile::Four),
        N::TypingsDiffer { attempt: 2, of: 5 },
        N::TypingsMatch,
        N::KitProven,
        N::KitNotProven { group: 6 },
        N::Sending { bytes: 1_207 },
        N::Changing { bytes: 1_207, what: Locks::Password },
        N::Changing { bytes: 1_207, what: Locks::Kit },
        N::Changing { bytes: 1_207, what: Locks::Both },
        N::NoCode(CodeError::Symbol { position: Place { group: 7, symbol: 4 }, found: '\u{1f}' }),
        N::NoCode(CodeError::Length { have: 27, need: 28 }),
        N::NoCode(CodeError::Check { maybe: Some(Place { group: 7, symbol: 4 }) }),
        N::NoCode(CodeError::Check { maybe: None }),
        N::NoCode(CodeError::OtherKind),
        N::CodeOpened,
        N::CodeOpenedNothing,
        N::Looking { origin: origin(), email: "ada@example.org".to_owned() },
        N::Resuming { email: "ada@example.org".to_owned(), bytes: 1_207, digest: [7; 32] },
        N::PassedOver { email: "ada@example.org".to_owned(), why: ProblemName::InviteExpired },
        N::PassedOver { email: "ada@example.org".to_owned(), why: ProblemName::InviteUsed },
        N::PassedOver { email: "ada@example.org".to_owned(), why: ProblemName::InviteWithdrawn },
        N::PassedOver { email: "ada@example.org".to_owned(), why: ProblemName::Removed },
        N::Retrying { origin: origin(), delay: Duration::from_secs(8) },
        N::Stored { bytes: 1_207, digest: [7; 32] },
        N::ProvingPassword,
        N::NotOpened { attempt: 1 },
        N::NotOpenedByBoth { attempt: 1 },
        N::SecretKeyNotProven { group: 13 },
        N::NoSecretKey(CodeError::Symbol { position: Place { group: 14, symbol: 2 }, found: '\u{1f}' }),
        N::NoSecretKey(CodeError::Length { have: 53, need: 54 }),
        N::NoSecretKey(CodeError::Check { maybe: Some(Place { group: 14, symbol: 2 }) }),
        N::NoSecretKey(CodeError::Check { maybe: None }),
        N::NoSecretKey(CodeError::OtherKind),
        N::Changing { bytes: 1_207, what: Locks::SecretKey },
    ];
    for said in notices {
        let lines = notice::notice(&said);
        assert!(!lines.is_empty(), "{said:?}");
        fits(&lines);
    }
    for profile in Profile::ALL {
        fits(&[notice::stretching(profile)]);
    }
}

#[test]
fn questions_fit_and_the_company_password_is_spoken_of_before_the_first_one() {
    let choose = question::choose_password(15, Some("Example Corp"));
    assert!(choose.join(" ").contains("Do not reuse the company password"));
    assert!(choose.join(" ").contains("the only thing that opens your keys"));
    fits(&choose);
    fits(&question::kit("Example Corp"));
    fits(&question::host(&origin()));
    fits(&question::invite_again());
    fits(&question::new_password());
    fits(&question::new_kit());
    fits(&question::code("ada@example.org"));
    fits(&secret_key::ask("ada@example.org"));
    fits(&secret_key::replace("ada@example.org"));
    fits(&secret_key::show());
    fits(&secret_key::saved("firstkey-secret-key.txt"));
    fits(&start::proxy("proxy.example.org:3128"));
    for closed in [true, false] {
        fits(&start::verbose("/home/ada/.local/state/firstkey", closed));
    }
    for trouble in links() {
        fits(&question::better_link(trouble));
    }
    for fixed in
        [question::MADE, question::MADE_AGAIN, question::WRITTEN_DOWN_HOW, notice::KIT_SHOWN, notice::CODE_TYPED, secret_key::SHOWN, secret_key::TYPED, secret_key::WRITTEN_DOWN_HOW, usage::LINK_IN_HISTORY]
    {
        fits(&[fixed.to_owned()]);
    }
    for prompt in [question::INVITE, question::WRITTEN_DOWN, question::SAVE_WHERE, &question::group(6)] {
        assert!(prompt.len() <= WIDEST && prompt.ends_with(' '), "{prompt}");
    }
}

#[test]
fn a_refused_command_line_says_what_to_do_instead() {
    use Misuse as M;
    let all = all![
        M::PasswordFlag => M::PasswordFlag,
        M::PasswordVariable => M::PasswordVariable,
        M::TwoPasswords => M::TwoPasswords,
        M::StdinTwice => M::StdinTwice,
        M::NoSuchProfile => M::NoSuchProfile,
    ];
    for misuse in all {
        let story = usage::misuse(misuse);
        assert!(!story.next.is_empty());
        fits(&story.for_people().lines().map(str::to_owned).collect::<Vec<_>>());
    }
}

#[test]
fn a_weak_kdf_is_told_with_both_numbers() {
    let asked = KdfParams { m_kib: 19_456, t: 1, p: 1 };
    let (story, _) = refusal::refusal(&Refusal::Kdf(KdfRefused::TooWeak(asked)), "accounts.example.org");
    let text = story.for_people();
    assert!(text.contains("19 MiB, 1 pass,") && text.contains("64 MiB, 3 passes"), "{text}");
}

#[test]
fn an_upload_that_was_refused_for_good_is_not_to_be_sent_again() {
    let said = |name: ProblemName, reach| {
        let problem = Problem { name, contact: None, at: None, retry_after: None };
        let stop = Stop { why: Why::Invite(problem), reach, origin: Some(origin()), subject: None };
        stop::story(&stop).command
    };
    for reach in [Reach::Unknown, Reach::Stored] {
        for name in [
            ProblemName::InviteExpired,
            ProblemName::InviteUnknown,
            ProblemName::InviteUsed,
            ProblemName::InviteWithdrawn,
            ProblemName::Removed,
        ] {
            assert_eq!(said(name.clone(), reach), None, "{name:?}");
        }
        // These pass.
        for name in [ProblemName::Suspended, ProblemName::ClaimStale] {
            assert!(said(name.clone(), reach).is_some(), "{name:?}");
        }
    }
}
