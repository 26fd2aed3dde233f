//! Every sentence of the other dialect: ASCII, no wider than 78 columns for ordinary names, and none empty.

use super::stop::story;
use super::*;
use firstkey_core::crypto::strength::{Strength, Weakness};
use firstkey_core::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer, Reach};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{DialectReason as Why, DialectStop as Stop, Refused};
use firstkey_infisical::keys::PublicKey;
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;
use std::collections::BTreeMap;
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
    let rules = [WebRule::TooShort, WebRule::TooLong, WebRule::NoLetter, WebRule::NoNumberOrSign, WebRule::Repeated, WebRule::Escape];
    let unfits = rules.map(Unfit::Web).into_iter().chain([
        Unfit::WithinReach(strength),
        Unfit::Weak { reasons: vec![Weakness::Common, Weakness::Keyboard], strength },
    ]);
    let notices = [
        Notice::Contacting(origin()),
        Notice::RightEra,
        Notice::Plan,
        Notice::Fit(strength),
        Notice::NotTheSameEverywhere,
        Notice::TypingsDiffer { attempt: 2, of: 5 },
        Notice::TypingsMatch,
        Notice::KeysMade(key),
        Notice::KitProven,
        Notice::KitNotProven { group: 8 },
        Notice::Sending,
        Notice::Stored,
        Notice::FindingOut,
        Notice::ReadBack,
        Notice::KitStored,
        Notice::KitNotStored,
        Notice::AlsoIn(vec![Membership { id: String::new(), name: name.clone() }]),
        Notice::NotAMember(name.clone()),
        Notice::NothingMade,
        Notice::Retrying { origin: origin(), delay: Duration::from_secs(8) },
        Notice::WrongDigits,
        Notice::NotOpened,
        Notice::WrongKitSecret,
        Notice::OwnCopy,
        Notice::Renamed(name.clone()),
        Notice::SessionsLeft,
    ];
    for notice in notices.into_iter().chain(unfits.map(Notice::Unfit)) {
        let lines = super::notice(&notice);
        assert!(!lines.is_empty(), "{notice:?}");
        fits(&lines);
    }
    let about = Introduction {
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
fn every_stop_has_words_a_code_and_a_next_step() {
    let says = [
        Says::NoSuchUser,
        Says::NoInvitation,
        Says::CodeGone,
        Says::CodeWrong,
        Says::CodeExpired,
        Says::CompletedOrUnknown,
        Says::TwoInvitations,
        Says::TokenExpired,
        Says::TokenRefused,
        Says::SignUpDisabled,
        Says::WrongProof,
        Says::NoAccount,
        Says::SignInFirst,
        Says::Puzzle,
        Says::Locked,
        Says::NoKit,
        Says::NotAMember,
        Says::Form(vec![Printable::from_untrusted("salt")]),
        Says::Form(vec![Printable::from_untrusted("password")]),
        Says::TooMany(None),
        Says::Away,
        Says::Other { status: 500, message: Printable::from_untrusted("Something went wrong") },
    ];
    let eras = [
        NotThisEra::WantsPassword,
        NotThisEra::NoSuchRoute,
        NotThisEra::OtherMembers,
        NotThisEra::Redirect,
        NotThisEra::NoSuchServer,
        NotThisEra::Later(Some(60)),
    ];
    let refusals = [
        Refused::Nonsense(Nonsense::Redirect),
        Refused::Nonsense(Nonsense::NotJson),
        Refused::Nonsense(Nonsense::Malformed("encryptionVersion")),
        Refused::Differs("encrypted keys"),
        Refused::Keys,
        Refused::OtherSalt,
        Refused::OtherKey,
        Refused::OtherVault,
        Refused::ShowsVerifier,
        Refused::Forgotten,
    ];
    let others = [
        Why::Cancelled,
        Why::GaveUp(GaveUp::Kit),
        Why::Missing(Missing::Name),
        Why::Missing(Missing::Digits),
        Why::NotTheInvited { expected: "a@example.org".to_owned(), invited: "b@example.org".to_owned() },
        Why::Link(Trouble::Address(LinkTrouble::PlainHttp)),
        Why::SignInFirst,
        Why::NoOrganisation,
        Why::AlreadyComplete,
        Why::OtherAccount,
        Why::OtherKind,
        Why::Unreachable(NoAnswer::Busy),
        Why::Lost(Call::VerifyInvite, NoAnswer::Broken),
        Why::Lost(Call::CompleteInvite, NoAnswer::TimedOut),
        Why::SomebodyElse,
        Why::NotOpened,
        Why::NothingKnown,
        Why::Local(LocalTrouble::SelfCheck),
    ];
    let whys = says.into_iter().map(|says| Why::Says(Call::VerifyInvite, says));
    let whys = whys.chain(eras.map(Why::Era)).chain(refusals.map(Why::Refused)).chain(others);
    let mut exits = BTreeMap::new();
    for why in whys {
        for reach in [Reach::NothingSent, Reach::NothingChanged, Reach::CodeUsed, Reach::Unknown, Reach::Stored] {
            let stop = Stop { why: why.clone(), reach, origin: Some(origin()), subject: () };
            let (story, code, exit) = story(&stop);
            let text = story.for_people();
            fits(&text.lines().map(str::to_owned).collect::<Vec<_>>());
            assert!(!code.is_empty() && story.changed.is_some(), "{why:?}");
            let lasting = exits.entry(code).or_insert(exit.number());
            assert_eq!(*lasting, exit.number(), "{code} has two numbers");
        }
    }
}
