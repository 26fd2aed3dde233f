//! A new password: the old one dead, the new one good, the keys the same, wherever it is cut off.

use super::{AccountFixture, AccountReason, AccountStop, Change, Meddle, NEW, ready};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::account::change_password;
use firstkey_core::flow::account::{Deed, Done, Known};
use firstkey_core::flow::stop::GaveUp;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::PASSWORD;
use serde_json::json;
use std::collections::VecDeque;

const CHANGE: &str = "/v1/account/password";

fn change(fixture: &mut AccountFixture, wish: Option<Profile>) -> Result<Done, AccountStop> {
    let known = fixture.known();
    ready(change_password(fixture, &mut Seeded::new(5), known, wish))
}

/// Whether this password opens the account now, on another day.
fn opens(fixture: &mut AccountFixture, password: &str) -> bool {
    fixture.typed = VecDeque::from([password.to_owned()]);
    (fixture.asked, fixture.patience, fixture.meddle, fixture.before) = (0, usize::MAX, None, None);
    let known = Known { pin: Some(fixture.pin()), ..fixture.known() };
    fixture.verify(known).is_ok()
}

/// The bodies of the changes that were sent.
fn changes(fixture: &AccountFixture) -> Vec<Vec<u8>> {
    let sent = fixture.paths.iter().zip(&fixture.bodies);
    sent.filter(|(path, _)| **path == CHANGE).map(|(_, body)| body.clone()).collect()
}

#[test]
fn a_changed_password_opens_the_same_keys_and_the_old_one_opens_nothing() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.sessions.push([9; 32]);
    let done = change(&mut fixture, None).expect("it is changed");
    assert_eq!(done.deed, Deed::PasswordChanged);
    assert_eq!(done.pin.identity, fixture.pin().identity);
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    assert!(!fixture.scene.server.sessions.contains(&[9; 32]), "other sessions are over");
    assert_eq!(fixture.asked, 1, "the present one is typed once");
    for body in &fixture.bodies {
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains(PASSWORD) && !text.contains(NEW));
    }
    assert!(opens(&mut fixture, NEW) && !opens(&mut fixture, PASSWORD));
}

#[test]
fn a_made_passphrase_is_as_good_and_a_weak_one_changes_nothing() {
    let mut fixture = AccountFixture::new();
    fixture.new = VecDeque::from([String::new()]);
    change(&mut fixture, None).expect("it is changed");
    let made = fixture.chosen.clone();
    assert!(made.split(' ').count() >= 6 && opens(&mut fixture, &made));

    let mut fixture = AccountFixture::new();
    fixture.new = VecDeque::from(["password password".to_owned()]);
    let stop = change(&mut fixture, None).expect_err("weak");
    assert!(
        matches!(stop.why, AccountReason::GaveUp(GaveUp::WeakPasswords)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert!(changes(&fixture).is_empty() && opens(&mut fixture, PASSWORD));
}

#[test]
fn ten_weak_ones_or_five_pairs_that_differ_end_it_and_change_nothing() {
    let mut fixture = AccountFixture::new();
    fixture.new = VecDeque::from(["password password".to_owned()]);
    let stop = change(&mut fixture, None).expect_err("weak");
    assert!(matches!(stop.why, AccountReason::GaveUp(GaveUp::WeakPasswords)), "{stop:?}");
    assert!(fixture.attempts.iter().copied().eq(1..=10), "{:?}", fixture.attempts);

    let mut fixture = AccountFixture::new();
    fixture.second = Some("something else altogether".to_owned());
    let stop = change(&mut fixture, None).expect_err("they differ");
    assert!(
        matches!(stop.why, AccountReason::GaveUp(GaveUp::TypingsDiffer)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert_eq!((fixture.attempts.as_slice(), fixture.pairs.as_slice()), (&[1, 2, 3, 4, 5][..], &[2, 3, 4, 5][..]));
    assert!(changes(&fixture).is_empty() && opens(&mut fixture, PASSWORD));
}

#[test]
fn what_the_organisations_ask_raises_the_cost_and_never_lowers_it() {
    for (least, expected) in [(1, 2), (2, 2), (3, 3), (4, 4)] {
        for wish in [None, Some(Profile::One)] {
            let mut fixture = AccountFixture::new();
            fixture.scene.server.asks["min_profile"] = least.into();
            change(&mut fixture, wish).expect("it is changed");
            assert_eq!(cost(&fixture), expected, "{least} {wish:?}");
            assert!(fixture.prepared.contains(&Profile::from_id(expected.into()).expect("a profile")));
        }
    }
}

#[test]
fn what_is_asked_of_a_lock_is_read_strictly() {
    for (member, value) in [
        ("min_profile", json!(0)),
        ("min_profile", json!(5)),
        ("min_profile", json!("2")),
        ("secret_key", json!("never")),
        ("secret_key", json!(null)),
        ("max_profile", json!(1)),
    ] {
        let mut fixture = AccountFixture::new();
        fixture.scene.server.asks[member] = value.clone();
        let stop = change(&mut fixture, None).expect_err("refused");
        assert!(
            matches!(stop.why, AccountReason::Refused(_)) && stop.reach == Reach::NothingChanged,
            "{member} {value} {stop:?}"
        );
        assert!(changes(&fixture).is_empty() && fixture.chosen.is_empty());
    }
}

/// The number of the profile that the new lock is of.
fn cost(fixture: &AccountFixture) -> u8 {
    let body: serde_json::Value = serde_json::from_slice(&changes(fixture)[0]).expect("JSON");
    Base64UrlUnpadded::decode_vec(body["kdf_block"].as_str().expect("text")).expect("base64url")[1]
}

#[test]
fn a_wish_raises_the_cost_and_never_lowers_it() {
    for (wish, expected) in [(None, 2), (Some(Profile::One), 2), (Some(Profile::Three), 3)] {
        let mut fixture = AccountFixture::new();
        change(&mut fixture, wish).expect("it is changed");
        assert_eq!(cost(&fixture), expected, "{wish:?}");
    }
}

#[test]
fn whatever_message_is_lost_the_password_is_changed_once_and_it_is_said_so() {
    let mut honest = AccountFixture::new();
    change(&mut honest, None).expect("it is changed");
    for at in 1..=honest.paths.len() {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
            let mut fixture = AccountFixture::new();
            fixture.meddle = Some((at, meddle));
            let done = change(&mut fixture, None).unwrap_or_else(|stop| panic!("{at} {stop:?}"));
            assert_eq!(done.deed, Deed::PasswordChanged);
            let sent = changes(&fixture);
            assert!(sent.windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
            assert!(opens(&mut fixture, NEW) && !opens(&mut fixture, PASSWORD), "{at}");
        }
    }
}

#[test]
fn stopped_anywhere_one_of_the_two_opens_and_the_stop_says_which() {
    let mut whole = 0;
    for patience in 1.. {
        let mut fixture = AccountFixture::new();
        fixture.patience = patience;
        let Err(stop) = change(&mut fixture, None) else {
            whole = patience;
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{patience} {stop:?}");
        let (old, new) = (opens(&mut fixture, PASSWORD), opens(&mut fixture, NEW));
        assert!(old != new, "{patience}: exactly one");
        match stop.reach {
            Reach::NothingChanged => assert!(old, "{patience}"),
            Reach::NothingSent | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => panic!("{patience} {stop:?}"),
            Reach::Stored => assert!(new, "{patience}"),
            Reach::Unknown => {}
        }
    }
    assert!(whole >= 15, "{whole} effects");
}

#[test]
fn a_change_from_elsewhere_in_the_meantime_is_not_overwritten() {
    let mut fixture = AccountFixture::new();
    // Between the second log-in and the change, which is the seventh request.
    fixture.before = Some((7, |scene| scene.server.put_other_envelope()));
    let stop = change(&mut fixture, None).expect_err("somebody else was first");
    let is_told = matches!(&stop.why, AccountReason::Problem(problem) if problem.name == ProblemName::ChangedMeanwhile);
    assert!(is_told && stop.reach == Reach::NothingChanged, "{stop:?} {:?}", fixture.paths);
}

#[test]
fn a_receipt_that_lies_is_noticed_whatever_is_stored() {
    let mut fixture = AccountFixture::new();
    // Stored, and a receipt of something else.
    fixture.meddle = Some((7, Meddle::Alter(|text| super::turned(text, "\"receipt\":\""))));
    let stop = change(&mut fixture, None).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?}");
    assert_eq!(stop.reach, Reach::Stored);
    assert!(opens(&mut fixture, NEW));
}

#[test]
fn another_server_key_at_the_registration_is_refused_and_nothing_is_sent() {
    let mut fixture = AccountFixture::new();
    // The sixth is the registration.
    fixture.before = Some((6, |scene| scene.server.change_its_own_key()));
    let stop = change(&mut fixture, None).expect_err("another server");
    assert!(matches!(stop.why, AccountReason::Changed(Change::ServerKey)), "{stop:?}");
    assert!(changes(&fixture).is_empty() && stop.reach == Reach::NothingChanged);
}

#[test]
fn what_comes_back_is_compared_with_what_was_sent() {
    // The bundle is the end of the ninth: another kit, another recovery key.
    for mark in ["\"2\":\"", "\"recovery_public\":\""] {
        let mut fixture = AccountFixture::new();
        fixture.meddle = Some((9, Meddle::Alter(if mark.contains('2') { kit_turned } else { public_turned })));
        let stop = change(&mut fixture, None).expect_err("something else came back");
        assert!(matches!(stop.why, AccountReason::Refused(Refusal::Statement)), "{stop:?}");
        assert!(opens(&mut fixture, NEW));
        // At a server that keeps no statements the comparison alone says it.
        let mut fixture = AccountFixture::unsigned();
        fixture.meddle = Some((9, Meddle::Alter(if mark.contains('2') { kit_turned } else { public_turned })));
        let stop = change(&mut fixture, None).expect_err("something else came back");
        assert!(matches!(stop.why, AccountReason::Refused(Refusal::Differs(_))), "{stop:?}");
        assert_eq!(stop.reach, Reach::Stored);
        assert!(opens(&mut fixture, NEW));
    }
}

fn kit_turned(text: &str) -> String {
    super::turned(text, "\"2\":\"")
}

fn public_turned(text: &str) -> String {
    super::turned(text, "\"recovery_public\":\"")
}
