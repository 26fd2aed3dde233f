//! Every sentence of the other dialect: ASCII, no wider than 78 columns for ordinary names, and
//! none empty.

use super::stop::story;
use super::*;
use crate::exit::every_stop;
use firstkey_core::crypto::strength::{Strength, Weakness};
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::origin::Origin;
use firstkey_infisical::keys::PublicKey;
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
    let key = Fingerprint::of(&PublicKey([7; 32]));
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
        DialectNotice::Retrying { origin: origin(), delay: Duration::from_secs(8) },
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

#[test]
fn every_stop_has_words_and_says_how_far_it_got() {
    for (why, ..) in every_stop::infisicals() {
        for reach in [Reach::NothingSent, Reach::NothingChanged, Reach::CodeUsed, Reach::Unknown, Reach::Stored] {
            let story = story(&every_stop::infisical_stop(why.clone(), reach));
            let text = story.for_people();
            fits(&text.lines().map(str::to_owned).collect::<Vec<_>>());
            assert!(!story.headline.is_empty() && story.changed.is_some(), "{why:?}");
        }
    }
}
