//! Back in with the kit: new password and kit good, the old ones dead, the keys the same, wherever
//! it is cut off.

use super::{AccountFixture, AccountReason, AccountStop, Change, Meddle, NEW, ready};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::recovery::{CodeError, read_code};
use firstkey_core::flow::account::{Deed, Done, KitOnFile, Known, recover};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::PASSWORD;
use std::collections::VecDeque;

const COMPLETE: &str = "/v1/recovery/complete";

pub(super) fn on_file(fixture: &AccountFixture, code: &str) -> KitOnFile {
    let context = fixture.pin().context;
    let code = read_code(code).expect("a code");
    KitOnFile { code, account: context.account, realm: context.realm }
}

fn back(fixture: &mut AccountFixture) -> Result<Done, AccountStop> {
    let known = fixture.known();
    // Chance of its own each time, as many kits as were shown: no lock is ever made twice.
    let seed = 5 + fixture.kits.len() as u64;
    ready(recover(fixture, &mut Seeded::new(seed), known, None, None))
}

/// Whether this password opens the account now, on another day.
fn opens(fixture: &mut AccountFixture, password: &str) -> bool {
    fixture.typed = VecDeque::from([password.to_owned()]);
    (fixture.asked, fixture.patience, fixture.meddle, fixture.before) = (0, usize::MAX, None, None);
    let known = fixture.known();
    fixture.verify(known).is_ok()
}

/// Whether this code recovers the account now, on another day. It does so: asked last.
fn recovers(fixture: &mut AccountFixture, code: &str) -> bool {
    fixture.codes = VecDeque::from([code.to_owned()]);
    (fixture.asked, fixture.patience, fixture.meddle, fixture.before) = (0, usize::MAX, None, None);
    back(fixture).is_ok()
}

fn sent(fixture: &AccountFixture) -> Vec<Vec<u8>> {
    let sent = fixture.paths.iter().zip(&fixture.bodies);
    sent.filter(|(path, _)| **path == COMPLETE).map(|(_, body)| body.clone()).collect()
}

#[test]
fn the_code_sets_a_new_password_and_a_new_kit_and_the_old_ones_are_dead() {
    let mut fixture = AccountFixture::new();
    let old = fixture.first_kit();
    fixture.scene.server.sessions.push([9; 32]);
    let done = back(&mut fixture).expect("recovered");
    assert_eq!((done.deed, done.pin.identity), (Deed::Recovered, fixture.pin().identity));
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    assert!(!fixture.scene.server.sessions.contains(&[9; 32]), "every earlier session is over");
    let new = fixture.kits.last().cloned().expect("it was shown");
    for body in &fixture.bodies {
        let text = String::from_utf8_lossy(body).to_uppercase();
        for code in [&old, &new] {
            assert!(!text.contains(&code.replace('-', "")) && !text.contains(code.as_str()), "the code stays here");
        }
    }
    assert!(opens(&mut fixture, NEW) && !opens(&mut fixture, PASSWORD));
    assert!(!recovers(&mut fixture, &old) && recovers(&mut fixture, &new));
}

#[test]
fn a_kit_in_a_file_is_enough_on_a_computer_that_never_saw_the_account() {
    let mut fixture = AccountFixture::new();
    let kit = on_file(&fixture, &fixture.first_kit());
    let known = Known { pin: None, ..fixture.known() };
    let done = ready(recover(&mut fixture, &mut Seeded::new(5), known, Some(kit), None)).expect("recovered");
    assert!(done.first_seen && done.pin.identity == fixture.pin().identity);
    assert_eq!(fixture.kept.len(), 1);
}

#[test]
fn a_text_that_is_no_code_is_named_and_never_sent() {
    let mut fixture = AccountFixture::new();
    let right = fixture.first_kit();
    let mut slip = right.clone().into_bytes();
    let at = 5;
    slip[at] = if slip[at] == b'7' { b'3' } else { b'7' };
    let slip = String::from_utf8(slip).expect("text");
    fixture.codes = VecDeque::from(["what?".to_owned(), "12".to_owned(), slip, right.to_lowercase().replace('-', " ")]);
    back(&mut fixture).expect("the last one is right");
    assert_eq!(fixture.slips.len(), 3, "{:?}", fixture.slips);
    assert!(matches!(fixture.slips[1], CodeError::Length { have: 2, need: 28 }));
    assert!(matches!(fixture.slips[2], CodeError::Check { .. }));
    assert_eq!(fixture.paths.iter().filter(|path| **path == "/v1/recovery/start").count(), 2, "{:?}", fixture.paths);
}

#[test]
fn a_wrong_code_opens_nothing_three_times_and_nothing_is_changed() {
    let mut fixture = AccountFixture::new();
    fixture.codes = VecDeque::from([firstkey_core::crypto::recovery::write_code(&[0x5a; 16]).as_str().to_owned()]);
    let stop = back(&mut fixture).expect_err("wrong");
    assert!(matches!(stop.why, AccountReason::CodeOpensNothing) && stop.reach == Reach::NothingChanged, "{stop:?}");
    assert_eq!(fixture.paths.iter().filter(|path| **path == "/v1/recovery/finish").count(), 3);
    assert!(sent(&fixture).is_empty() && opens(&mut fixture, PASSWORD));
}

#[test]
fn another_account_or_generation_than_the_remembered_one_is_refused_before_a_code_is_asked_for() {
    let mut fixture = AccountFixture::new();
    let mut pin = fixture.pin();
    crate::another::generation(&mut pin, 2);
    let known = Known { pin: Some(pin), ..fixture.known() };
    let end = ready(recover(&mut fixture, &mut Seeded::new(5), known, None, None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::Changed(Change::OlderKeys), .. })));
    assert_eq!(fixture.paths, ["/v1/login/params"]);
}

#[test]
fn a_challenge_for_another_account_than_the_one_that_was_shown_is_not_signed() {
    for mark in ["\"account_id\":\"", "\"realm_id\":\""] {
        let mut fixture = AccountFixture::new();
        fixture.meddle = Some((2, Meddle::Alter(if mark.contains("realm") { realm_turned } else { account_turned })));
        let stop = back(&mut fixture).expect_err("another account");
        assert!(matches!(stop.why, AccountReason::Changed(Change::Account)), "{stop:?}");
        assert!(!fixture.paths.contains(&"/v1/recovery/finish"));
    }
}

fn realm_turned(text: &str) -> String {
    first_turned(text, "\"realm_id\":\"")
}

fn account_turned(text: &str) -> String {
    first_turned(text, "\"account_id\":\"")
}

pub(super) fn first_turned(text: &str, mark: &str) -> String {
    let at = text.find(mark).expect("it is there") + mark.len();
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[test]
fn a_bundle_that_the_code_does_not_open_is_refused_and_no_password_is_asked_for() {
    let marks: [fn(&str) -> String; 4] = [
        |text| super::turned(text, "\"2\":\""),
        |text| super::turned(text, "\"3\":\""),
        |text| super::turned(text, "\"signature\":\""),
        |text| super::turned(text, "\"recovery_public\":\""),
    ];
    for alter in marks {
        // With a statement that speaks of other parts, and from a server that keeps none.
        for keeps_statements in [true, false] {
            let mut fixture = if keeps_statements { AccountFixture::new() } else { AccountFixture::unsigned() };
            fixture.meddle = Some((3, Meddle::Alter(alter)));
            let stop = back(&mut fixture).expect_err("altered");
            assert!(matches!(stop.why, AccountReason::Refused(Refusal::Keys | Refusal::Statement)), "{stop:?}");
            assert!(keeps_statements || matches!(stop.why, AccountReason::Refused(Refusal::Keys)), "{stop:?}");
            assert!(fixture.chosen.is_empty() && sent(&fixture).is_empty() && fixture.kept.is_empty());
        }
    }
}

#[test]
fn keys_that_a_server_made_itself_do_not_pass_where_there_is_no_pin_to_compare_with() {
    let mut fixture = AccountFixture::new();
    fixture.meddle = Some((3, Meddle::Alter(super::with_keys_of_the_server)));
    let known = Known { pin: None, ..fixture.known() };
    let end = ready(recover(&mut fixture, &mut Seeded::new(5), known, None, None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::Refused(Refusal::Statement), .. })), "{end:?}");
    // A server that signs for its own keys as well: they open nothing.
    let mut fixture = AccountFixture::unsigned();
    fixture.meddle = Some((3, Meddle::Alter(super::with_keys_of_the_server)));
    let known = Known { pin: None, ..fixture.known() };
    let end = ready(recover(&mut fixture, &mut Seeded::new(5), known, None, None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::Refused(Refusal::Keys), .. })), "{end:?}");
}

#[test]
fn the_cost_is_never_lowered() {
    let mut fixture = AccountFixture::new();
    let known = fixture.known();
    ready(recover(&mut fixture, &mut Seeded::new(5), known, None, Some(Profile::One))).expect("recovered");
    let body: serde_json::Value = serde_json::from_slice(&sent(&fixture)[0]).expect("JSON");
    assert!(body["kdf_block"].as_str().expect("text").starts_with("AQI"), "profile 2");
}

#[test]
fn whatever_message_is_lost_the_account_is_recovered_once_and_it_is_said_so() {
    let mut honest = AccountFixture::new();
    back(&mut honest).expect("recovered");
    for at in 1..=honest.paths.len() {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
            let mut fixture = AccountFixture::new();
            fixture.meddle = Some((at, meddle));
            let done = back(&mut fixture).unwrap_or_else(|stop| panic!("{at} {stop:?} {:?}", honest.paths));
            assert_eq!(done.deed, Deed::Recovered);
            assert!(sent(&fixture).windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
            let new = fixture.kits.last().cloned().expect("it was shown");
            assert!(opens(&mut fixture, NEW) && !opens(&mut fixture, PASSWORD), "{at}");
            assert!(recovers(&mut fixture, &new), "{at}");
        }
    }
}

#[test]
fn stopped_anywhere_the_old_pair_or_the_new_pair_opens_and_the_stop_says_which() {
    for patience in 1.. {
        let mut fixture = AccountFixture::new();
        fixture.patience = patience;
        let Err(stop) = back(&mut fixture) else {
            assert!(patience >= 15, "{patience} effects");
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{patience} {stop:?}");
        let (old_kit, new_kit) = (fixture.first_kit(), fixture.kits.last().cloned());
        let (old, new) = (opens(&mut fixture, PASSWORD), opens(&mut fixture, NEW));
        assert!(old != new, "{patience}: exactly one password");
        match stop.reach {
            Reach::NothingChanged => assert!(old, "{patience}"),
            Reach::NothingSent | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => panic!("{patience} {stop:?}"),
            Reach::Stored => assert!(new, "{patience}"),
            Reach::Unknown => {}
        }
        // The kit that belongs to the password that holds.
        let kit = if old { old_kit } else { new_kit.expect("shown before anything was sent") };
        assert!(recovers(&mut fixture, &kit), "{patience}");
    }
}

#[test]
fn a_change_between_the_first_proof_and_the_last_is_noticed() {
    let mut fixture = AccountFixture::new();
    // The fourth is the second challenge: somebody sets another password meanwhile.
    fixture.before = Some((4, |scene| scene.server.put_other_envelope()));
    let stop = back(&mut fixture).expect_err("changed meanwhile");
    assert_eq!(stop.reach, Reach::NothingChanged);
    assert!(sent(&fixture).is_empty());
}

#[test]
fn another_lock_at_the_second_proof_than_at_the_first_stops_it() {
    let mut fixture = AccountFixture::new();
    // The fifth gives the bundle again; its envelope 1 is of somebody who was quicker.
    fixture.meddle = Some((
        5,
        Meddle::Alter(|text| {
            let at = text.find("\"1\":\"").expect("it is there") + 150;
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        }),
    ));
    let altered = fixture.meddle;
    let stop = back(&mut fixture).expect_err("changed meanwhile");
    assert!(
        matches!(stop.why, AccountReason::Refused(Refusal::Statement)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert!(sent(&fixture).is_empty());
    // At a server that keeps no statements the two proofs alone say it.
    let mut fixture = AccountFixture::unsigned();
    fixture.meddle = altered;
    let stop = back(&mut fixture).expect_err("changed meanwhile");
    assert!(
        matches!(stop.why, AccountReason::Changed(Change::OtherKeys)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert!(sent(&fixture).is_empty());
}

#[test]
fn other_keys_than_the_remembered_ones_are_refused_though_the_code_opens_them() {
    for turn in [crate::another::agreement_key as fn(&mut Pin), crate::another::signing_key] {
        let mut fixture = AccountFixture::new();
        let mut pin = fixture.pin();
        turn(&mut pin);
        let known = Known { pin: Some(pin), ..fixture.known() };
        let end = ready(recover(&mut fixture, &mut Seeded::new(5), known, None, None));
        assert!(matches!(end, Err(AccountStop { why: AccountReason::Changed(Change::OtherKeys), .. })), "{end:?}");
        assert!(fixture.chosen.is_empty() && sent(&fixture).is_empty());
    }
}

#[test]
fn another_server_key_at_the_registration_is_refused_and_nothing_is_sent() {
    let mut fixture = AccountFixture::new();
    // The sixth is the registration.
    fixture.before = Some((6, |scene| scene.server.change_its_own_key()));
    let stop = back(&mut fixture).expect_err("another server");
    assert!(matches!(stop.why, AccountReason::Changed(Change::ServerKey)), "{stop:?} {:?}", fixture.paths);
    assert!(sent(&fixture).is_empty() && stop.reach == Reach::NothingChanged);
}

#[test]
fn a_server_that_says_stored_and_stores_nothing_is_found_out() {
    let mut fixture = AccountFixture::new();
    fixture.meddle = Some((7, Meddle::Pretend));
    let stop = back(&mut fixture).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?} {:?}", fixture.paths);
    assert!(opens(&mut fixture, PASSWORD));
}
