//! Back in with the kit: new password and kit good, the old ones dead, the keys the same, wherever
//! it is cut off.

use super::{AccountReason, AccountStop, Bench, Change, Meddle, NEW, ready};
use firstkey_core::crypto::context::KeyGen;
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

pub(super) fn on_file(bench: &Bench, code: &str) -> KitOnFile {
    let context = bench.pin().context;
    let code = read_code(code).expect("a code");
    KitOnFile { code, account: context.account, realm: context.realm }
}

fn back(bench: &mut Bench) -> Result<Done, AccountStop> {
    let known = bench.known();
    ready(recover(bench, &mut Seeded::new(5), known, None, None))
}

/// Whether this password opens the account now, on another day.
fn opens(bench: &mut Bench, password: &str) -> bool {
    bench.typed = VecDeque::from([password.to_owned()]);
    (bench.asked, bench.patience, bench.meddle, bench.before) = (0, usize::MAX, None, None);
    let known = bench.known();
    bench.verify(known).is_ok()
}

/// Whether this code recovers the account now, on another day. It does so: asked last.
fn recovers(bench: &mut Bench, code: &str) -> bool {
    bench.codes = VecDeque::from([code.to_owned()]);
    (bench.asked, bench.patience, bench.meddle, bench.before) = (0, usize::MAX, None, None);
    back(bench).is_ok()
}

fn sent(bench: &Bench) -> Vec<Vec<u8>> {
    let sent = bench.paths.iter().zip(&bench.bodies);
    sent.filter(|(path, _)| **path == COMPLETE).map(|(_, body)| body.clone()).collect()
}

#[test]
fn the_code_sets_a_new_password_and_a_new_kit_and_the_old_ones_are_dead() {
    let mut bench = Bench::new();
    let old = bench.first_kit();
    bench.scene.server.sessions.push([9; 32]);
    let done = back(&mut bench).expect("recovered");
    assert_eq!((done.deed, done.pin.identity), (Deed::Recovered, bench.pin().identity));
    assert!(bench.scene.server.complaints.is_empty(), "{:?}", bench.scene.server.complaints);
    assert!(!bench.scene.server.sessions.contains(&[9; 32]), "every earlier session is over");
    let new = bench.kits.last().cloned().expect("it was shown");
    for body in &bench.bodies {
        let text = String::from_utf8_lossy(body).to_uppercase();
        for code in [&old, &new] {
            assert!(!text.contains(&code.replace('-', "")) && !text.contains(code.as_str()), "the code stays here");
        }
    }
    assert!(opens(&mut bench, NEW) && !opens(&mut bench, PASSWORD));
    assert!(!recovers(&mut bench, &old) && recovers(&mut bench, &new));
}

#[test]
fn a_kit_in_a_file_is_enough_on_a_computer_that_never_saw_the_account() {
    let mut bench = Bench::new();
    let kit = on_file(&bench, &bench.first_kit());
    let known = Known { pin: None, ..bench.known() };
    let done = ready(recover(&mut bench, &mut Seeded::new(5), known, Some(kit), None)).expect("recovered");
    assert!(done.first_seen && done.pin.identity == bench.pin().identity);
    assert_eq!(bench.kept.len(), 1);
}

#[test]
fn a_text_that_is_no_code_is_named_and_never_sent() {
    let mut bench = Bench::new();
    let right = bench.first_kit();
    let mut slip = right.clone().into_bytes();
    let at = 5;
    slip[at] = if slip[at] == b'7' { b'3' } else { b'7' };
    let slip = String::from_utf8(slip).expect("text");
    bench.codes = VecDeque::from(["what?".to_owned(), "12".to_owned(), slip, right.to_lowercase().replace('-', " ")]);
    back(&mut bench).expect("the last one is right");
    assert_eq!(bench.slips.len(), 3, "{:?}", bench.slips);
    assert!(matches!(bench.slips[1], CodeError::Length { have: 2, need: 28 }));
    assert!(matches!(bench.slips[2], CodeError::Check { .. }));
    assert_eq!(bench.paths.iter().filter(|path| **path == "/v1/recovery/start").count(), 2, "{:?}", bench.paths);
}

#[test]
fn a_wrong_code_opens_nothing_three_times_and_nothing_is_changed() {
    let mut bench = Bench::new();
    bench.codes = VecDeque::from([firstkey_core::crypto::recovery::write_code(&[0x5a; 16]).as_str().to_owned()]);
    let stop = back(&mut bench).expect_err("wrong");
    assert!(matches!(stop.why, AccountReason::CodeOpensNothing) && stop.reach == Reach::NothingChanged, "{stop:?}");
    assert_eq!(bench.paths.iter().filter(|path| **path == "/v1/recovery/finish").count(), 3);
    assert!(sent(&bench).is_empty() && opens(&mut bench, PASSWORD));
}

#[test]
fn another_account_or_generation_than_the_remembered_one_is_refused_before_a_code_is_asked_for() {
    let mut bench = Bench::new();
    let mut pin = bench.pin();
    pin.identity.key_gen = KeyGen(2);
    let known = Known { pin: Some(pin), ..bench.known() };
    let end = ready(recover(&mut bench, &mut Seeded::new(5), known, None, None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::Changed(Change::OlderKeys), .. })));
    assert_eq!(bench.paths, ["/v1/login/params"]);
}

#[test]
fn a_challenge_for_another_account_than_the_one_that_was_shown_is_not_signed() {
    for mark in ["\"account_id\":\"", "\"realm_id\":\""] {
        let mut bench = Bench::new();
        bench.meddle = Some((2, Meddle::Alter(if mark.contains("realm") { realm_turned } else { account_turned })));
        let stop = back(&mut bench).expect_err("another account");
        assert!(matches!(stop.why, AccountReason::Changed(Change::Account)), "{stop:?}");
        assert!(!bench.paths.contains(&"/v1/recovery/finish"));
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
        let mut bench = Bench::new();
        bench.meddle = Some((3, Meddle::Alter(alter)));
        let stop = back(&mut bench).expect_err("altered");
        assert!(matches!(stop.why, AccountReason::Refused(Refusal::Keys)), "{stop:?}");
        assert!(bench.chosen.is_empty() && sent(&bench).is_empty() && bench.kept.is_empty());
    }
}

#[test]
fn keys_that_a_server_made_itself_do_not_pass_where_there_is_no_pin_to_compare_with() {
    let mut bench = Bench::new();
    bench.meddle = Some((3, Meddle::Alter(super::with_keys_of_the_server)));
    let known = Known { pin: None, ..bench.known() };
    let end = ready(recover(&mut bench, &mut Seeded::new(5), known, None, None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::Refused(Refusal::Keys), .. })), "{end:?}");
}

#[test]
fn the_cost_is_never_lowered() {
    let mut bench = Bench::new();
    let known = bench.known();
    ready(recover(&mut bench, &mut Seeded::new(5), known, None, Some(Profile::One))).expect("recovered");
    let body: serde_json::Value = serde_json::from_slice(&sent(&bench)[0]).expect("JSON");
    assert!(body["kdf_block"].as_str().expect("text").starts_with("AQI"), "profile 2");
}

#[test]
fn whatever_message_is_lost_the_account_is_recovered_once_and_it_is_said_so() {
    let mut honest = Bench::new();
    back(&mut honest).expect("recovered");
    for at in 1..=honest.paths.len() {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
            let mut bench = Bench::new();
            bench.meddle = Some((at, meddle));
            let done = back(&mut bench).unwrap_or_else(|stop| panic!("{at} {stop:?} {:?}", honest.paths));
            assert_eq!(done.deed, Deed::Recovered);
            assert!(sent(&bench).windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
            let new = bench.kits.last().cloned().expect("it was shown");
            assert!(opens(&mut bench, NEW) && !opens(&mut bench, PASSWORD), "{at}");
            assert!(recovers(&mut bench, &new), "{at}");
        }
    }
}

#[test]
fn stopped_anywhere_the_old_pair_or_the_new_pair_opens_and_the_stop_says_which() {
    for patience in 1.. {
        let mut bench = Bench::new();
        bench.patience = patience;
        let Err(stop) = back(&mut bench) else {
            assert!(patience >= 15, "{patience} effects");
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{patience} {stop:?}");
        let (old_kit, new_kit) = (bench.first_kit(), bench.kits.last().cloned());
        let (old, new) = (opens(&mut bench, PASSWORD), opens(&mut bench, NEW));
        assert!(old != new, "{patience}: exactly one password");
        match stop.reach {
            Reach::NothingChanged => assert!(old, "{patience}"),
            Reach::NothingSent | Reach::CodeUsed => panic!("{patience} {stop:?}"),
            Reach::Stored => assert!(new, "{patience}"),
            Reach::Unknown => {}
        }
        // The kit that belongs to the password that holds.
        let kit = if old { old_kit } else { new_kit.expect("shown before anything was sent") };
        assert!(recovers(&mut bench, &kit), "{patience}");
    }
}

#[test]
fn a_change_between_the_first_proof_and_the_last_is_noticed() {
    let mut bench = Bench::new();
    // The fourth is the second challenge: somebody sets another password meanwhile.
    bench.before = Some((4, |scene| scene.server.put_other_envelope()));
    let stop = back(&mut bench).expect_err("changed meanwhile");
    assert_eq!(stop.reach, Reach::NothingChanged);
    assert!(sent(&bench).is_empty());
}

#[test]
fn another_lock_at_the_second_proof_than_at_the_first_stops_it() {
    let mut bench = Bench::new();
    // The fifth gives the bundle again; its envelope 1 is of somebody who was quicker.
    bench.meddle = Some((
        5,
        Meddle::Alter(|text| {
            let at = text.find("\"1\":\"").expect("it is there") + 150;
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        }),
    ));
    let stop = back(&mut bench).expect_err("changed meanwhile");
    assert!(
        matches!(stop.why, AccountReason::Changed(Change::OtherKeys)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert!(sent(&bench).is_empty());
}

#[test]
fn other_keys_than_the_remembered_ones_are_refused_though_the_code_opens_them() {
    for turn in [(|pin: &mut Pin| pin.identity.x25519[0] ^= 1) as fn(&mut Pin), |pin| pin.identity.ed25519[0] ^= 1] {
        let mut bench = Bench::new();
        let mut pin = bench.pin();
        turn(&mut pin);
        let known = Known { pin: Some(pin), ..bench.known() };
        let end = ready(recover(&mut bench, &mut Seeded::new(5), known, None, None));
        assert!(matches!(end, Err(AccountStop { why: AccountReason::Changed(Change::OtherKeys), .. })), "{end:?}");
        assert!(bench.chosen.is_empty() && sent(&bench).is_empty());
    }
}

#[test]
fn another_server_key_at_the_registration_is_refused_and_nothing_is_sent() {
    let mut bench = Bench::new();
    // The sixth is the registration.
    bench.before = Some((6, |scene| scene.server.change_its_own_key()));
    let stop = back(&mut bench).expect_err("another server");
    assert!(matches!(stop.why, AccountReason::Changed(Change::ServerKey)), "{stop:?} {:?}", bench.paths);
    assert!(sent(&bench).is_empty() && stop.reach == Reach::NothingChanged);
}

#[test]
fn a_server_that_says_stored_and_stores_nothing_is_found_out() {
    let mut bench = Bench::new();
    bench.meddle = Some((7, Meddle::Pretend));
    let stop = back(&mut bench).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?} {:?}", bench.paths);
    assert!(opens(&mut bench, PASSWORD));
}
