//! Every sentence, looked at once: is there one, does it fit, does it say what to do.

use super::*;
use crate::exit::every_stop;
use crate::ui::term::ReadTrouble;
use firstkey_core::crypto::kdf::KdfRefused;
use firstkey_core::crypto::prepare::PrepareError;
use firstkey_core::crypto::recovery::{CodeError, Place};
use firstkey_core::crypto::statement::BundlePart;
use firstkey_core::crypto::strength::{Part, Strength, Tail, Weakness};
use firstkey_core::flow::stop::{AcceptReason, Reach};
use firstkey_core::flow::{Locks, Notice};
use firstkey_core::wire::inbound::{Problem, ProblemName};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::refusal::Refusal;
use firstkey_core::wire::text::Printable;
use std::time::Duration;

const WIDEST: usize = 78;

fn origin() -> Origin {
    Origin::read("https://id.example.org").expect("a good origin")
}

/// All cases of an enum, and a match that no longer compiles when a case is added here but not to
/// the list.
macro_rules! all {
    ($($pattern:pat => $value:expr),+ $(,)?) => {{
        let all = vec![$($value),+];
        for one in &all {
            match one { $($pattern => {})+ }
        }
        all
    }};
}

fn each<T>(rows: Vec<(T, &'static str, u8)>) -> Vec<T> {
    rows.into_iter().map(|(one, ..)| one).collect()
}

fn stops() -> Vec<AcceptStop> {
    let reaches =
        [Reach::NothingSent, Reach::NothingChanged, Reach::Saved, Reach::SavedBefore, Reach::Unknown, Reach::Stored];
    let whys = each(every_stop::accepts());
    whys.iter().flat_map(|why| reaches.map(|reach| every_stop::accept_stop(why.clone(), reach))).collect()
}

fn fits(lines: &[String]) {
    for line in lines {
        assert!(line.chars().count() <= WIDEST, "{} columns: {line}", line.chars().count());
        assert!(line.is_ascii(), "{line}");
        assert!(!line.ends_with(' '), "{line:?}");
    }
}

#[test]
fn every_stop_has_a_headline_and_a_next_step() {
    for stop in stops() {
        let story = stop::story(&stop);
        assert!(story.headline.len() > 10 && !story.headline.contains('{'), "{stop:?}");
        assert!(!story.next.is_empty() || story.command.is_some(), "{stop:?}");
        assert!(matches!(stop.why, AcceptReason::Cancelled) || story.changed.is_some(), "{stop:?}");
        fits(&story.for_people().lines().map(str::to_owned).collect::<Vec<_>>());
    }
}

#[test]
fn a_stop_after_the_upload_says_how_to_find_out_what_became_of_it() {
    for stop in stops().iter().filter(|stop| stop.reach >= Reach::Saved) {
        let story = stop::story(stop);
        // What was refused for good is known not to be stored.
        let told = story.command.is_some() || matches!(stop.why, AcceptReason::Refused(_)) || stop::is_final(&stop.why);
        assert!(told, "{stop:?}");
    }
}

#[test]
fn a_stop_says_that_nothing_was_sent_only_where_nothing_was() {
    for stop in stops() {
        let text = stop::story(&stop).for_people();
        let says = text.contains("Nothing was sent");
        assert_eq!(says, matches!(stop.reach, Reach::NothingSent | Reach::SavedBefore), "{text}");
        // And that something was, or may have been, only where it may have left.
        let claims = ["Your encrypted keys were sent", "it may have arrived", "what arrived"];
        let claims = claims.iter().any(|claim| text.contains(claim));
        assert!(!claims || stop.reach >= Reach::Unknown, "{text}");
        let unsent = text.contains("were not sent") || text.contains("before your keys were sent");
        assert!(if unsent { stop.reach < Reach::Unknown } else { stop.reach != Reach::Saved }, "{text}");
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
        Weakness::Invisible => Weakness::Invisible,
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
    fits(&notice::more(&N::Strong(Strength { guesses_log10: 117.31 }, Profile::Four)));
    for error in [PrepareError::TooLong, PrepareError::NotUtf8] {
        fits(&notice::notice(&N::Unusable(error)));
        fits(&notice::more(&N::Unusable(error)));
    }
    let notices = [
        N::Contacting(origin()),
        N::UnknownPolicy(vec![Printable::from_untrusted("colour")]),
        N::Plan,
        N::Strong(strength, Profile::Four),
        N::TypingsDiffer { attempt: 2, of: 5 },
        N::TypingsMatch,
        N::AsBefore,
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
        N::ChangedSince { parts: vec![BundlePart::ByPassword], signed: true },
        N::ChangedSince { parts: vec![BundlePart::ByRecovery, BundlePart::RecoveryKey], signed: false },
        N::ChangedSince { parts: BundlePart::ALL.to_vec(), signed: true },
        N::ChangedSince { parts: Vec::new(), signed: true },
        N::NoStatement,
        N::NotOpened { attempt: 1, chosen_now: false },
        N::NotOpened { attempt: 1, chosen_now: true },
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
        fits(&[notice::stretching(profile, false), notice::stretching(profile, true)]);
    }
}

#[test]
fn questions_fit_and_the_company_password_is_spoken_of_before_the_first_one() {
    let choose = question::choose_password(15, Some("Example Corp"));
    assert!(choose.join(" ").contains("Do not reuse your company password"));
    assert!(choose.join(" ").contains("only it opens your keys"));
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
    let guard = crate::store::fresh::Guard::at(std::path::Path::new("/nonexistent"));
    fits(&secret_key::saved("firstkey-secret-key.txt", guard));
    fits(&notice::saved_open("firstkey-kit.txt"));
    fits(&start::proxy("proxy.example.org:3128"));
    for closed in [true, false] {
        fits(&start::verbose("/home/ada/.local/state/firstkey", closed));
    }
    for trouble in each(every_stop::links()) {
        fits(&question::better_link(trouble));
    }
    for fixed in [
        notice::MADE_SHOWN,
        login::INSTEAD,
        login::LOG_IN,
        question::WRITTEN_DOWN_HOW,
        notice::KIT_SHOWN,
        notice::CODE_TYPED,
        secret_key::SHOWN,
        secret_key::TYPED,
        secret_key::WRITTEN_DOWN_HOW,
        system::history(),
    ] {
        fits(&[fixed.to_owned()]);
    }
    for prompt in
        [question::INVITE, question::MADE_KEPT, question::WRITTEN_DOWN, &question::save_where(), &question::group(6)]
    {
        assert!(prompt.len() <= WIDEST && prompt.ends_with(' '), "{prompt}");
    }
}

#[test]
fn a_refused_command_line_says_what_to_do_instead() {
    for misuse in each(every_stop::misuses()) {
        let story = usage::misuse(misuse);
        assert!(!story.next.is_empty());
        fits(&story.for_people().lines().map(str::to_owned).collect::<Vec<_>>());
    }
}

#[test]
fn whoever_chooses_a_password_or_keeps_a_kit_reads_plain_words_and_with_v_the_technical_ones() {
    const JARGON: [&str; 15] = [
        "zxcvbn",
        "entropy",
        "argon2",
        " bits",
        "guesses",
        "utf-8",
        "rfc ",
        "unicode",
        "control character",
        "graphics card",
        "opaque",
        "salt",
        "envelope",
        "digest",
        "punycode",
    ];
    let strength = Strength { guesses_log10: 7.0 };
    let reasons = [
        Weakness::Control,
        Weakness::Unassigned,
        Weakness::Invisible,
        Weakness::TooShort { have: 1, need: 15 },
        Weakness::Common,
        Weakness::Context { part: Part::Host, tail: Tail::Digits },
        Weakness::Keyboard,
        Weakness::Repeats,
        Weakness::Sequence,
        Weakness::Date,
        Weakness::Guessable { score: 2 },
    ];
    let weak = reasons.map(|reason| strength::weak(&[reason], strength, Profile::Two));
    let unread = [ReadTrouble::TooLong, ReadTrouble::NotUtf8, ReadTrouble::ControlCharacter(27)];
    let unread = unread.iter().filter_map(|trouble| question::unread(trouble).map(str::to_owned));
    let mut lines: Lines = weak.into_iter().flatten().chain(unread).collect();
    lines.extend(strength::strong(strength, Profile::Two));
    lines.extend([PrepareError::TooLong, PrepareError::NotUtf8].into_iter().flat_map(strength::unusable));
    lines.extend(question::choose_password(15, None));
    lines.extend(question::new_password());
    lines.extend(question::made(false));
    lines.extend(question::kit("Example Corp"));
    lines.extend(question::new_kit());
    lines.extend(question::code("ada@example.org"));
    lines.extend(question::host(&origin()));
    for line in &lines {
        let lower = line.to_lowercase();
        assert!(!JARGON.iter().any(|word| lower.contains(word)), "{line}");
    }
    let more = notice::more(&Notice::Strong(strength, Profile::Two)).join(" ");
    assert!(more.contains("zxcvbn") && more.contains("Argon2id"), "{more}");
    assert!(notice::more(&Notice::Unusable(PrepareError::NotUtf8)).join(" ").contains("UTF-8"));
}

#[test]
fn a_weak_kdf_is_told_with_both_numbers() {
    let asked = KdfParams { m_kib: 19_456, t: 1, p: 1 };
    let story = refusal::refusal(&Refusal::Kdf(KdfRefused::TooWeak(asked)), "accounts.example.org");
    let text = story.for_people();
    assert!(text.contains("19 MiB, 1 pass,") && text.contains("64 MiB, 3 passes"), "{text}");
}

#[test]
fn an_upload_that_was_refused_for_good_is_not_to_be_sent_again() {
    let said = |name: ProblemName, reach| {
        let problem = Problem { name, contact: None, at: None, retry_after: None };
        let stop = AcceptStop { why: AcceptReason::Invite(problem), reach, origin: Some(origin()), subject: None };
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
            let command = said(name.clone(), reach);
            assert!(command.is_none_or(|command| !command.contains("accept")), "{name:?}");
        }
        // These pass.
        for name in [ProblemName::Suspended, ProblemName::ClaimStale] {
            assert!(said(name.clone(), reach).is_some(), "{name:?}");
        }
    }
}
