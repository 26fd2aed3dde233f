//! A new kit: the old one dead, the new one good, password and keys the same, wherever it is cut
//! off.

use super::recover::on_file;
use super::{AccountFixture, AccountReason, AccountStop, Meddle, ready};
use firstkey_core::crypto::context::{AccountId, RealmId};
use firstkey_core::flow::account::{Deed, Done, KitWish, change_kit, recover, verify};
use firstkey_core::flow::stop::GaveUp;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::PASSWORD;
use std::collections::VecDeque;

const CHANGE: &str = "/v1/account/kit";

fn change(fixture: &mut AccountFixture) -> Result<Done, AccountStop> {
    let known = fixture.known();
    ready(change_kit(fixture, &mut Seeded::new(5), known))
}

/// Whether this kit is the account's now, on another day: proven beside the password.
fn is_the_kit(fixture: &mut AccountFixture, code: &str) -> bool {
    fixture.codes = VecDeque::from([code.to_owned()]);
    fixture.typed = VecDeque::from([PASSWORD.to_owned()]);
    (fixture.asked, fixture.patience, fixture.meddle, fixture.before) = (0, usize::MAX, None, None);
    let known = fixture.known();
    match ready(verify(fixture, &mut Seeded::new(3), known, Some(KitWish::Typed))) {
        Ok(done) => done.deed == Deed::KitVerified,
        Err(stop) => {
            let is_another = matches!(stop.why, AccountReason::NotTheNewestKit { this, newest } if this != newest);
            let is_none = matches!(stop.why, AccountReason::CodeOpensNothing);
            assert!(is_another || is_none, "{stop:?}");
            false
        }
    }
}

fn changes(fixture: &AccountFixture) -> Vec<Vec<u8>> {
    let sent = fixture.paths.iter().zip(&fixture.bodies);
    sent.filter(|(path, _)| **path == CHANGE).map(|(_, body)| body.clone()).collect()
}

#[test]
fn a_new_kit_opens_the_same_keys_and_the_old_one_opens_nothing() {
    let mut fixture = AccountFixture::new();
    let old = fixture.first_kit();
    let done = change(&mut fixture).expect("it is changed");
    assert_eq!((done.deed, done.pin.identity), (Deed::KitChanged, fixture.pin().identity));
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    assert_eq!(fixture.asked, 1, "the password is typed once");
    let new = fixture.kits.last().cloned().expect("it was shown");
    for body in &fixture.bodies {
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains(&new) && !text.contains(&new.replace('-', "")));
    }
    assert!(is_the_kit(&mut fixture, &new) && !is_the_kit(&mut fixture, &old));
}

#[test]
fn every_group_may_be_asked_for_and_none_that_there_is_not() {
    let mut fixture = AccountFixture::new();
    for seed in 0..60 {
        (fixture.asked, fixture.patience) = (0, usize::MAX);
        let known = fixture.known();
        ready(change_kit(&mut fixture, &mut Seeded::new(seed), known)).expect("it is changed");
    }
    assert!(fixture.groups.iter().all(|group| (1..=7).contains(group)), "{:?}", fixture.groups);
    assert!(fixture.groups.contains(&1) && fixture.groups.contains(&7), "{:?}", fixture.groups);
}

#[test]
fn the_kit_of_this_account_in_a_file_is_proven_and_that_of_another_is_not_tried() {
    let mut fixture = AccountFixture::new();
    for ours in [true, false] {
        (fixture.asked, fixture.patience) = (0, usize::MAX);
        let mut kit = on_file(&fixture, &fixture.first_kit());
        if !ours {
            kit.account = AccountId::heard(kit.account.0.map(|byte| byte ^ 1));
        }
        let known = fixture.known();
        match ready(verify(&mut fixture, &mut Seeded::new(3), known, Some(KitWish::OnFile(kit)))) {
            Ok(done) => assert!(ours && done.deed == Deed::KitVerified),
            Err(stop) => assert!(!ours && matches!(stop.why, AccountReason::OtherKit), "{stop:?}"),
        }
    }
}

#[test]
fn a_kit_that_was_not_written_down_changes_nothing() {
    let mut fixture = AccountFixture::new();
    fixture.writes = false;
    let stop = change(&mut fixture).expect_err("not kept");
    assert!(matches!(stop.why, AccountReason::GaveUp(GaveUp::Kit)) && stop.reach == Reach::NothingChanged, "{stop:?}");
    let old = fixture.first_kit();
    assert!(changes(&fixture).is_empty() && is_the_kit(&mut fixture, &old));
}

#[test]
fn whatever_message_is_lost_the_kit_is_changed_once_and_it_is_said_so() {
    let mut honest = AccountFixture::new();
    change(&mut honest).expect("it is changed");
    for at in 1..=honest.paths.len() {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
            let mut fixture = AccountFixture::new();
            fixture.meddle = Some((at, meddle));
            let done = change(&mut fixture).unwrap_or_else(|stop| panic!("{at} {stop:?}"));
            assert_eq!(done.deed, Deed::KitChanged);
            assert!(changes(&fixture).windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
            let new = fixture.kits.last().cloned().expect("it was shown");
            assert!(is_the_kit(&mut fixture, &new), "{at}");
        }
    }
}

#[test]
fn stopped_anywhere_one_of_the_two_kits_opens_and_the_stop_says_which() {
    for patience in 1.. {
        let mut fixture = AccountFixture::new();
        fixture.patience = patience;
        let Err(stop) = change(&mut fixture) else {
            assert!(patience >= 12, "{patience} effects");
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{patience} {stop:?}");
        let (old, new) = (fixture.first_kit(), fixture.kits.last().cloned());
        let (old, new) = (is_the_kit(&mut fixture, &old), new.is_some_and(|new| is_the_kit(&mut fixture, &new)));
        assert!(old != new, "{patience}: exactly one");
        match stop.reach {
            Reach::NothingChanged => assert!(old, "{patience}"),
            Reach::NothingSent | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => panic!("{patience} {stop:?}"),
            Reach::Stored => assert!(new, "{patience}"),
            Reach::Unknown => {}
        }
    }
}

#[test]
fn a_server_that_says_stored_and_stores_nothing_is_found_out() {
    let mut fixture = AccountFixture::new();
    // The sixth is the change; what comes back afterwards is the old state.
    fixture.meddle = Some((6, Meddle::Pretend));
    let stop = change(&mut fixture).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?} {:?}", fixture.paths);
    assert_eq!(stop.reach, Reach::NothingChanged);
    let old = fixture.first_kit();
    assert!(is_the_kit(&mut fixture, &old));
}

#[test]
fn a_change_from_elsewhere_in_the_meantime_is_not_overwritten() {
    let mut fixture = AccountFixture::new();
    fixture.before = Some((6, |scene| scene.server.put_other_envelope()));
    let stop = change(&mut fixture).expect_err("somebody else was first");
    // Their envelope opens nothing here, so that this one cannot find out what is stored.
    let is_told = matches!(&stop.why, AccountReason::Problem(problem) if problem.name == ProblemName::ChangedMeanwhile);
    assert!(is_told, "{stop:?} {:?}", fixture.paths);
}

#[test]
fn a_kit_of_another_account_and_a_dead_kit_are_not_its_kit() {
    let mut fixture = AccountFixture::new();
    assert!(!is_the_kit(&mut fixture, "0000-0000-0000-0000-0000-0000-00RM") || fixture.first_kit().starts_with("0000"));
    let known = fixture.known();
    let mut other = super::recover::on_file(&fixture, &fixture.first_kit());
    other.account = AccountId::heard(other.account.0.map(|byte| byte ^ 1));
    fixture.asked = 0;
    let end = ready(verify(&mut fixture, &mut Seeded::new(3), known.clone(), Some(KitWish::OnFile(other))));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::OtherKit, .. })));
    let mut other = super::recover::on_file(&fixture, &fixture.first_kit());
    other.realm = RealmId::heard(other.realm.0.map(|byte| byte ^ 1));
    let end = ready(recover(&mut fixture, &mut Seeded::new(3), known, Some(other), None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::OtherKit, .. })));
}

#[test]
fn a_kit_whose_signatures_the_server_would_not_take_is_not_its_kit() {
    // A statement would say so first.
    let mut fixture = AccountFixture::unsigned();
    fixture.meddle = Some((3, Meddle::Alter(|text| super::turned(text, "\"recovery_public\":\""))));
    let known = fixture.known();
    let end = ready(verify(&mut fixture, &mut Seeded::new(3), known, Some(KitWish::Typed)));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::NotTheNewestKit { .. }, .. })), "{end:?}");
}
