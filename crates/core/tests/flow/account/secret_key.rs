//! The second secret: made, used, kept by every other change, never taken away, and worth
//! something.

use super::{AccountFixture, AccountReason, AccountStop, Change, Meddle, NEW, ready};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::kdf::KdfBlock;
use firstkey_core::crypto::recovery::{CodeError, read_secret_key, write_secret_key};
use firstkey_core::flow::account::{Deed, Done, Known, change_kit, change_password, change_secret_key, recover};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::GaveUp;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::asked::SecretKeys;
use firstkey_needles::Needles;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::PASSWORD;
use std::collections::VecDeque;

const PATH: &str = "/v1/account/password";

/// Makes one where the organisation allows it.
fn make(fixture: &mut AccountFixture) -> Result<Done, AccountStop> {
    fixture.scene.server.asks["secret_key"] = "allowed".into();
    let known = fixture.known();
    ready(change_secret_key(fixture, &mut Seeded::new(5), known))
}

/// An account that has one; the computer remembers it.
fn with_one() -> AccountFixture {
    let mut fixture = AccountFixture::new();
    let done = make(&mut fixture).expect("it is made");
    fixture.remembered = Some(done.pin);
    again(&mut fixture);
    fixture
}

/// Another day.
fn again(fixture: &mut AccountFixture) {
    (fixture.asked, fixture.patience, fixture.meddle, fixture.before) = (0, usize::MAX, None, None);
    fixture.paths.clear();
    fixture.bodies.clear();
    fixture.told.clear();
    fixture.kept.clear();
}

/// What is typed for the secret key from now on.
fn hold(fixture: &mut AccountFixture, key: &str) {
    fixture.keys_typed = VecDeque::from([key.to_owned()]);
}

/// Whether this password, with this secret key where one is asked for, opens the account.
fn opens(fixture: &mut AccountFixture, password: &str, key: &str) -> bool {
    again(fixture);
    hold(fixture, key);
    fixture.typed = VecDeque::from([password.to_owned()]);
    let known = fixture.known();
    let opened = fixture.verify(known).is_ok();
    fixture.keys_typed.clear();
    opened
}

fn other_key() -> String {
    write_secret_key(&[0x5a; 32]).as_str().to_owned()
}

/// The settings that the server holds.
fn block(fixture: &mut AccountFixture) -> KdfBlock {
    fixture.block()
}

#[test]
fn every_group_may_be_asked_for_and_none_that_there_is_not() {
    let mut fixture = with_one();
    fixture.groups.clear();
    for seed in 0..80 {
        again(&mut fixture);
        let known = fixture.known();
        let done = ready(change_secret_key(&mut fixture, &mut Seeded::new(seed), known)).expect("it is replaced");
        fixture.remembered = Some(done.pin);
    }
    assert!(fixture.groups.iter().all(|group| (1..=13).contains(group)), "{:?}", fixture.groups);
    assert!(fixture.groups.contains(&1) && fixture.groups.contains(&13), "{:?}", fixture.groups);
}

/// The settings of an answer, as if the account had no secret key.
fn without_one(text: &str) -> String {
    let mut answer: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let mut block = Base64UrlUnpadded::decode_vec(answer["kdf_block"].as_str().expect("text")).expect("base64url");
    *block.last_mut().expect("47 bytes") = 0;
    answer["kdf_block"] = Base64UrlUnpadded::encode_string(&block).into();
    answer.to_string()
}

#[test]
fn a_server_that_hides_the_secret_key_at_first_does_not_take_it_away_by_a_recovery() {
    let mut fixture = with_one();
    fixture.meddle = Some((1, Meddle::Alter(without_one)));
    let known = Known { pin: None, ..fixture.known() };
    let done = ready(recover(&mut fixture, &mut Seeded::new(5), known, None, None)).expect("recovered");
    assert!(done.pin.two_secret);
}

#[test]
fn password_and_secret_key_together_open_the_same_keys_and_neither_does_alone() {
    let mut fixture = AccountFixture::new();
    let done = make(&mut fixture).expect("it is made");
    assert_eq!((done.deed, done.pin.two_secret), (Deed::SecretKeyMade, true));
    assert_eq!(done.pin.identity, fixture.pin().identity);
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    assert_eq!(fixture.asked, 1, "the password is typed once");
    assert_eq!(Pin::read(&done.pin.encode()), Ok(done.pin.clone()));
    let key = fixture.keys.last().expect("it was shown").clone();
    let mut needles = Needles::default();
    needles.add("the secret key", key.as_bytes());
    needles.add("the secret key without dashes", key.replace('-', "").as_bytes());
    needles.add("its bytes", read_secret_key(&key).expect("a secret key").expose());
    needles.add("the password", PASSWORD.as_bytes());
    for body in &fixture.bodies {
        assert_eq!(needles.find(body), None);
    }
    assert!(opens(&mut fixture, PASSWORD, &key));
    assert!(!opens(&mut fixture, PASSWORD, &other_key()), "the password with another secret key");
    assert!(!opens(&mut fixture, NEW, &key), "another password with the secret key");
    assert!(opens(&mut fixture, PASSWORD, &key.to_lowercase().replace('-', " ")), "however it is typed");
}

#[test]
fn the_right_password_with_a_wrong_secret_key_proves_nothing_to_the_server_and_gets_nothing() {
    let mut fixture = with_one();
    hold(&mut fixture, &other_key());
    let known = fixture.known();
    let why = fixture.stopped(known);
    assert!(matches!(why, AccountReason::NotOpenedByBoth), "{why:?}");
    assert_eq!(fixture.asked, 3);
    assert!(!fixture.paths.contains(&"/v1/login/finish"), "no proof, no ciphertext: {:?}", fixture.paths);
    assert!(fixture.told.contains(&"NotOpenedByBoth".to_owned()) && !fixture.told.contains(&"NotOpened".to_owned()));
}

#[test]
fn an_organisation_that_does_not_use_them_stops_it_and_nothing_is_changed() {
    let mut fixture = AccountFixture::new();
    let known = fixture.known();
    let stop = ready(change_secret_key(&mut fixture, &mut Seeded::new(5), known)).expect_err("off");
    assert!(matches!(stop.why, AccountReason::SecretKeysOff) && stop.reach == Reach::NothingChanged, "{stop:?}");
    assert!(fixture.keys.is_empty() && !fixture.paths.contains(&PATH));
}

#[test]
fn a_new_one_takes_the_place_of_the_old_one_only_if_that_is_agreed_to() {
    let mut fixture = with_one();
    let old = fixture.keys[0].clone();
    fixture.joins = false;
    let stop = make(&mut fixture).expect_err("no");
    assert!(
        matches!(stop.why, AccountReason::GaveUp(GaveUp::ReplaceSecretKey)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert_eq!(fixture.keys.len(), 1, "none was shown");
    assert!(opens(&mut fixture, PASSWORD, &old));
    again(&mut fixture);
    fixture.joins = true;
    // Whoever has one may have a new one, whatever the organisation has become.
    fixture.scene.server.asks["secret_key"] = "off".into();
    let known = fixture.known();
    ready(change_secret_key(&mut fixture, &mut Seeded::new(6), known)).expect("made anew");
    let new = fixture.keys[1].clone();
    assert!(opens(&mut fixture, PASSWORD, &new) && !opens(&mut fixture, PASSWORD, &old));
}

#[test]
fn one_that_was_not_kept_locks_nothing() {
    for (writes, proves, expected) in [(false, true, GaveUp::SecretKey), (true, false, GaveUp::SecretKeyProof)] {
        let mut fixture = AccountFixture::new();
        (fixture.writes, fixture.proves) = (writes, proves);
        let stop = make(&mut fixture).expect_err("not kept");
        assert!(matches!(stop.why, AccountReason::GaveUp(how) if how == expected), "{stop:?}");
        assert!(!fixture.paths.contains(&PATH) && !block(&mut fixture).two_secret);
    }
}

#[test]
fn a_slip_in_it_is_named_and_nothing_is_sent_for_it() {
    let mut fixture = with_one();
    let key = fixture.keys[0].clone();
    let other = if key.as_bytes()[4] == b'7' { "8" } else { "7" };
    let slip = format!("SK1-{other}{}", &key[5..]);
    fixture.keys_typed = VecDeque::from([slip, String::new(), key]);
    let known = fixture.known();
    fixture.verify(known).expect("the third is right");
    assert!(matches!(fixture.slips.as_slice(), [CodeError::Check { .. }, CodeError::Length { have: 0, need: 54 }]));
    assert_eq!((fixture.asked, fixture.paths.len()), (1, 4), "one attempt at the server");
}

#[test]
fn k20_a_server_that_takes_the_secret_key_away_is_refused_before_a_password_is_asked_for() {
    fn without(text: &str) -> String {
        let mut answer: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let mut block = Base64UrlUnpadded::decode_vec(answer["kdf_block"].as_str().expect("text")).expect("bytes");
        block[46] = 0;
        answer["kdf_block"] = Base64UrlUnpadded::encode_string(&block).into();
        answer.to_string()
    }
    let mut fixture = with_one();
    fixture.meddle = Some((1, Meddle::Alter(without)));
    let known = fixture.known();
    let why = fixture.stopped(known);
    assert!(matches!(why, AccountReason::Changed(Change::SecretKeyGone)), "{why:?}");
    assert_eq!((fixture.asked, fixture.paths.len(), fixture.kept.len()), (0, 1, 0));

    // Where nothing is remembered the password is asked for, and opens nothing; the server gets no
    // proof to test guesses with.
    let mut fixture = with_one();
    fixture.meddle = Some((1, Meddle::Alter(without)));
    let known = Known { pin: None, ..fixture.known() };
    assert!(matches!(fixture.stopped(known), AccountReason::NotOpened));
    assert!(!fixture.paths.contains(&"/v1/login/finish"));
}

#[test]
fn one_that_was_made_on_another_computer_is_taken_and_remembered_once_everything_opened() {
    let mut fixture = with_one();
    fixture.remembered = None;
    assert!(!fixture.pin().two_secret, "this computer does not know yet");
    let known = fixture.known();
    let done = fixture.verify(known).expect("it opens");
    assert!(done.pin.two_secret && fixture.kept[0].two_secret);
}

#[test]
fn a_new_password_and_a_new_kit_keep_it() {
    let mut fixture = with_one();
    let key = fixture.keys[0].clone();
    let known = fixture.known();
    ready(change_kit(&mut fixture, &mut Seeded::new(8), known)).expect("a new kit");
    again(&mut fixture);
    let known = fixture.known();
    ready(change_password(&mut fixture, &mut Seeded::new(9), known, None)).expect("a new password");
    assert!(block(&mut fixture).two_secret && fixture.keys.len() == 1);
    assert!(opens(&mut fixture, NEW, &key) && !opens(&mut fixture, NEW, &other_key()));
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
}

#[test]
fn where_one_is_required_a_new_password_alone_is_not_even_chosen() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.asks["secret_key"] = "required".into();
    let known = fixture.known();
    let stop = ready(change_password(&mut fixture, &mut Seeded::new(5), known, None)).expect_err("required");
    assert!(matches!(stop.why, AccountReason::SecretKeyRequired) && stop.reach == Reach::NothingChanged, "{stop:?}");
    assert!(fixture.chosen.is_empty());
    // The account still opens, and whoever opens it is told.
    again(&mut fixture);
    let known = fixture.known();
    assert_eq!(fixture.verify(known).expect("it opens").secret_keys, SecretKeys::Required);
}

#[test]
fn whoever_recovers_gets_a_new_one_where_there_was_one_or_one_is_required() {
    let mut fixture = with_one();
    let old = fixture.keys[0].clone();
    let known = fixture.known();
    let done = ready(recover(&mut fixture, &mut Seeded::new(8), known, None, None)).expect("back in");
    assert!(done.pin.two_secret);
    let new = fixture.keys[1].clone();
    assert!(opens(&mut fixture, NEW, &new) && !opens(&mut fixture, NEW, &old) && !opens(&mut fixture, PASSWORD, &old));

    for (asks, expected) in [("off", false), ("allowed", false), ("required", true)] {
        let mut fixture = AccountFixture::new();
        fixture.scene.server.asks["secret_key"] = asks.into();
        let known = fixture.known();
        ready(recover(&mut fixture, &mut Seeded::new(8), known, None, None)).expect("back in");
        assert_eq!((block(&mut fixture).two_secret, fixture.keys.len()), (expected, usize::from(expected)), "{asks}");
        assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    }
}

#[test]
fn stopped_at_any_effect_one_lock_holds_and_the_end_says_which() {
    let mut at = 0;
    loop {
        at += 1;
        let mut fixture = AccountFixture::new();
        fixture.patience = at;
        let end = make(&mut fixture);
        let stored = block(&mut fixture).two_secret;
        let key = fixture.keys.last().cloned().unwrap_or_else(other_key);
        match &end {
            Ok(_) => assert!(stored),
            Err(stop) => {
                assert!(matches!(stop.why, AccountReason::Cancelled), "{at} {stop:?}");
                assert!(stop.reach == Reach::Unknown || (stop.reach == Reach::Stored) == stored, "{at} {stop:?}");
            }
        }
        assert!(opens(&mut fixture, PASSWORD, &key), "{at}");
        if end.is_ok() {
            break;
        }
    }
    assert!(at > 12, "it was stopped everywhere");
}
