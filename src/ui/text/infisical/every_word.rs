//! Every sentence of the other dialect: ASCII, no wider than 78 columns for ordinary names, and
//! none empty.

use super::stop::story;
use super::*;
use crate::exit::every_stop;
use firstkey_core::crypto::strength::{Strength, Weakness};
use firstkey_core::flow::stop::{NoAnswer, Reach};
use firstkey_core::wire::origin::Origin;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{DialectReason, DialectStop, Doing, Left, SoFar};
use firstkey_infisical::keys::PublicKey;
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;
use std::time::Duration;

fn origin() -> Origin {
    Origin::read("https://app.example.org").expect("a good origin")
}

fn fits(lines: &[String]) {
    for line in lines {
        assert!(line.is_ascii() && line.len() <= 78, "{} {line:?}", line.len());
    }
}

#[test]
fn everything_that_is_told_and_asked_fits() {
    let name = Printable::from_untrusted("Example Corp");
    let key = Fingerprint::of(&PublicKey::of(&firstkey_core::secret::X25519Secret::from_bytes(&[7; 32])));
    let strength = Strength { guesses_log10: 9.0 };
    let rules = [
        WebRule::TooShort,
        WebRule::TooLong,
        WebRule::NoLetter,
        WebRule::NoNumberOrSign,
        WebRule::Repeated,
        WebRule::Escape,
    ];
    let unfits = rules.map(Unfit::Web).into_iter().chain([
        Unfit::WithinReach(strength),
        Unfit::Weak { reasons: vec![Weakness::Common, Weakness::Keyboard], strength },
    ]);
    let notices = [
        DialectNotice::Contacting(origin()),
        DialectNotice::RightEra,
        DialectNotice::Plan,
        DialectNotice::Fit(strength),
        DialectNotice::NotTheSameEverywhere,
        DialectNotice::TypingsDiffer { attempt: 2, of: 5 },
        DialectNotice::TypingsMatch,
        DialectNotice::KeysMade(key),
        DialectNotice::KitProven,
        DialectNotice::KitNotProven { group: 8 },
        DialectNotice::Sending,
        DialectNotice::Stored,
        DialectNotice::FindingOut,
        DialectNotice::ReadBack,
        DialectNotice::KitStored,
        DialectNotice::KitNotStored,
        DialectNotice::AlsoIn(vec![Membership { id: String::new(), name: name.clone() }]),
        DialectNotice::NotAMember(name.clone()),
        DialectNotice::NothingMade,
        DialectNotice::Retrying { origin: origin(), delay: Duration::from_secs(8), busy: false },
        DialectNotice::Retrying { origin: origin(), delay: Duration::from_secs(59), busy: true },
        DialectNotice::CompleteBefore,
        DialectNotice::LockChanged,
        DialectNotice::ChangeArrived,
        DialectNotice::ChangeNotArrived,
        DialectNotice::Renewed,
        DialectNotice::NotMadeHere,
        DialectNotice::NoKitStored,
        DialectNotice::OtherKitStored,
        DialectNotice::KitOpens,
        DialectNotice::KitReplaced,
        DialectNotice::WrongDigits,
        DialectNotice::NotOpened,
        DialectNotice::WrongKitSecret,
        DialectNotice::OwnCopy,
        DialectNotice::Renamed(name.clone()),
        DialectNotice::SessionsLeft,
    ];
    for notice in notices.into_iter().chain(unfits.map(DialectNotice::Unfit)) {
        let lines = super::notice(&notice);
        assert!(!lines.is_empty(), "{notice:?}");
        fits(&lines);
    }
    let about = LinkFacts {
        origin: origin(),
        account: "Sam-Scimmer-nj-4w".to_owned(),
        email: "scim1@example.com".to_owned(),
        organisation: name,
        signed_in: true,
        recovery: false,
    };
    fits(&introduction(&about));
    for wanted in [
        LinkWish::Better(Trouble::Missing("token")),
        LinkWish::SignIn(origin()),
        LinkWish::SignInAgain,
        LinkWish::Expired,
        LinkWish::OtherKind,
        LinkWish::Reset(origin()),
    ] {
        fits(&wish(&wanted));
    }
    fits(&[digits(Digits::Address), digits(Digits::LogIn), choose_password(), kit()].concat());
}

/// Every stop, however far it got, whatever left, whatever the run was for.
fn every_story(mut see: impl FnMut(&DialectStop, &crate::ui::text::Story)) {
    for (why, ..) in every_stop::infisicals() {
        for reach in [Reach::NothingSent, Reach::NothingChanged, Reach::CodeUsed, Reach::Unknown, Reach::Stored] {
            for left in [Left::Nothing, Left::Proof, Left::Keys] {
                for doing in [Doing::Accept, Doing::Verify, Doing::Recover, Doing::Change, Doing::Kit] {
                    let mut stop = every_stop::infisical_stop(why.clone(), reach);
                    stop.subject = SoFar { doing, left };
                    see(&stop, &story(&stop));
                }
            }
        }
    }
}

#[test]
fn every_stop_has_words_and_says_how_far_it_got() {
    every_story(|stop, story| {
        fits(&story.for_people().lines().map(str::to_owned).collect::<Vec<_>>());
        assert!(!story.headline.is_empty() && story.changed.is_some(), "{stop:?}");
    });
}

#[test]
fn after_keys_or_a_proof_left_no_stop_says_that_nothing_made_from_the_password_did() {
    every_story(|stop, story| {
        let text = story.for_people();
        if stop.reach > Reach::NothingSent && stop.subject.left > Left::Nothing {
            assert!(!text.contains("anything made from them"), "{stop:?} {text}");
        }
        if stop.reach > Reach::NothingSent && stop.subject.left == Left::Keys {
            for lie in ["sends it nothing", "No keys were sent", "nor a key was sent", "Nothing was sent"] {
                assert!(!text.contains(lie), "{stop:?} {text}");
            }
        }
    });
}

#[test]
fn once_the_code_is_used_up_nobody_is_told_to_run_the_same_again_later() {
    for why in [DialectReason::Era(NotThisEra::Later(Some(59))), DialectReason::Unreachable(NoAnswer::Broken)] {
        for (doing, next) in [(Doing::Accept, "new invite"), (Doing::Recover, "firstkey recover")] {
            let mut stop = every_stop::infisical_stop(why.clone(), Reach::CodeUsed);
            stop.subject.doing = doing;
            let text = story(&stop).for_people();
            assert!(text.contains(next) && !text.contains("same command"), "{text}");
        }
    }
}

#[test]
fn the_third_wrong_digits_are_told_to_be_deleted_and_where_new_ones_come_from() {
    for says in [Says::CodeWrong, Says::CodeGone, Says::CodeExpired] {
        for (call, next) in [(Call::VerifyEmail, "firstkey accept"), (Call::VerifyMfa, "same command")] {
            let stop = every_stop::infisical_stop(DialectReason::Says(call, says.clone()), Reach::NothingChanged);
            let text = story(&stop).for_people();
            assert!(text.contains("deletes them") && text.contains(next) && !text.contains("link"), "{text}");
        }
    }
}
