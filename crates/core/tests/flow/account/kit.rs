//! A new kit: the old one dead, the new one good, password and keys the same, wherever it is cut
//! off.

use super::recover::on_file;
use super::{AccountReason, AccountStop, Bench, Meddle, ready};
use firstkey_core::flow::account::{Deed, Done, KitWish, change_kit, recover, verify};
use firstkey_core::flow::stop::GaveUp;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::PASSWORD;
use std::collections::VecDeque;

const CHANGE: &str = "/v1/account/kit";

fn change(bench: &mut Bench) -> Result<Done, AccountStop> {
    let known = bench.known();
    ready(change_kit(bench, &mut Seeded::new(5), known))
}

/// Whether this kit is the account's now, on another day: proven beside the password.
fn is_the_kit(bench: &mut Bench, code: &str) -> bool {
    bench.codes = VecDeque::from([code.to_owned()]);
    bench.typed = VecDeque::from([PASSWORD.to_owned()]);
    (bench.asked, bench.patience, bench.meddle, bench.before) = (0, usize::MAX, None, None);
    let known = bench.known();
    match ready(verify(bench, &mut Seeded::new(3), known, Some(KitWish::Typed))) {
        Ok(done) => done.deed == Deed::KitVerified,
        Err(stop) => {
            assert!(matches!(stop.why, AccountReason::CodeOpensNothing), "{stop:?}");
            false
        }
    }
}

fn changes(bench: &Bench) -> Vec<Vec<u8>> {
    let sent = bench.paths.iter().zip(&bench.bodies);
    sent.filter(|(path, _)| **path == CHANGE).map(|(_, body)| body.clone()).collect()
}

#[test]
fn a_new_kit_opens_the_same_keys_and_the_old_one_opens_nothing() {
    let mut bench = Bench::new();
    let old = bench.first_kit();
    let done = change(&mut bench).expect("it is changed");
    assert_eq!((done.deed, done.pin.identity), (Deed::KitChanged, bench.pin().identity));
    assert!(bench.scene.server.complaints.is_empty(), "{:?}", bench.scene.server.complaints);
    assert_eq!(bench.asked, 1, "the password is typed once");
    let new = bench.kits.last().cloned().expect("it was shown");
    for body in &bench.bodies {
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains(&new) && !text.contains(&new.replace('-', "")));
    }
    assert!(is_the_kit(&mut bench, &new) && !is_the_kit(&mut bench, &old));
}

#[test]
fn every_group_may_be_asked_for_and_none_that_there_is_not() {
    let mut bench = Bench::new();
    for seed in 0..60 {
        (bench.asked, bench.patience) = (0, usize::MAX);
        let known = bench.known();
        ready(change_kit(&mut bench, &mut Seeded::new(seed), known)).expect("it is changed");
    }
    assert!(bench.groups.iter().all(|group| (1..=7).contains(group)), "{:?}", bench.groups);
    assert!(bench.groups.contains(&1) && bench.groups.contains(&7), "{:?}", bench.groups);
}

#[test]
fn the_kit_of_this_account_in_a_file_is_proven_and_that_of_another_is_not_tried() {
    let mut bench = Bench::new();
    for ours in [true, false] {
        (bench.asked, bench.patience) = (0, usize::MAX);
        let mut kit = on_file(&bench, &bench.first_kit());
        if !ours {
            kit.account.0[0] ^= 1;
        }
        let known = bench.known();
        match ready(verify(&mut bench, &mut Seeded::new(3), known, Some(KitWish::OnFile(kit)))) {
            Ok(done) => assert!(ours && done.deed == Deed::KitVerified),
            Err(stop) => assert!(!ours && matches!(stop.why, AccountReason::OtherKit), "{stop:?}"),
        }
    }
}

#[test]
fn a_kit_that_was_not_written_down_changes_nothing() {
    let mut bench = Bench::new();
    bench.writes = false;
    let stop = change(&mut bench).expect_err("not kept");
    assert!(matches!(stop.why, AccountReason::GaveUp(GaveUp::Kit)) && stop.reach == Reach::NothingChanged, "{stop:?}");
    let old = bench.first_kit();
    assert!(changes(&bench).is_empty() && is_the_kit(&mut bench, &old));
}

#[test]
fn whatever_message_is_lost_the_kit_is_changed_once_and_it_is_said_so() {
    let mut honest = Bench::new();
    change(&mut honest).expect("it is changed");
    for at in 1..=honest.paths.len() {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
            let mut bench = Bench::new();
            bench.meddle = Some((at, meddle));
            let done = change(&mut bench).unwrap_or_else(|stop| panic!("{at} {stop:?}"));
            assert_eq!(done.deed, Deed::KitChanged);
            assert!(changes(&bench).windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
            let new = bench.kits.last().cloned().expect("it was shown");
            assert!(is_the_kit(&mut bench, &new), "{at}");
        }
    }
}

#[test]
fn stopped_anywhere_one_of_the_two_kits_opens_and_the_stop_says_which() {
    for patience in 1.. {
        let mut bench = Bench::new();
        bench.patience = patience;
        let Err(stop) = change(&mut bench) else {
            assert!(patience >= 12, "{patience} effects");
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{patience} {stop:?}");
        let (old, new) = (bench.first_kit(), bench.kits.last().cloned());
        let (old, new) = (is_the_kit(&mut bench, &old), new.is_some_and(|new| is_the_kit(&mut bench, &new)));
        assert!(old != new, "{patience}: exactly one");
        match stop.reach {
            Reach::NothingChanged => assert!(old, "{patience}"),
            Reach::NothingSent | Reach::CodeUsed => panic!("{patience} {stop:?}"),
            Reach::Stored => assert!(new, "{patience}"),
            Reach::Unknown => {}
        }
    }
}

#[test]
fn a_server_that_says_stored_and_stores_nothing_is_found_out() {
    let mut bench = Bench::new();
    // The sixth is the change; what comes back afterwards is the old state.
    bench.meddle = Some((6, Meddle::Pretend));
    let stop = change(&mut bench).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?} {:?}", bench.paths);
    assert_eq!(stop.reach, Reach::NothingChanged);
    let old = bench.first_kit();
    assert!(is_the_kit(&mut bench, &old));
}

#[test]
fn a_change_from_elsewhere_in_the_meantime_is_not_overwritten() {
    let mut bench = Bench::new();
    bench.before = Some((6, |scene| scene.server.put_other_envelope()));
    let stop = change(&mut bench).expect_err("somebody else was first");
    // Their envelope opens nothing here, so that this one cannot find out what is stored.
    let is_told = matches!(&stop.why, AccountReason::Problem(problem) if problem.name == ProblemName::ChangedMeanwhile);
    assert!(is_told, "{stop:?} {:?}", bench.paths);
}

#[test]
fn a_kit_of_another_account_and_a_dead_kit_are_not_its_kit() {
    let mut bench = Bench::new();
    assert!(!is_the_kit(&mut bench, "0000-0000-0000-0000-0000-0000-00RM") || bench.first_kit().starts_with("0000"));
    let known = bench.known();
    let mut other = super::recover::on_file(&bench, &bench.first_kit());
    other.account.0[0] ^= 1;
    bench.asked = 0;
    let end = ready(verify(&mut bench, &mut Seeded::new(3), known.clone(), Some(KitWish::OnFile(other))));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::OtherKit, .. })));
    let mut other = super::recover::on_file(&bench, &bench.first_kit());
    other.realm.0[0] ^= 1;
    let end = ready(recover(&mut bench, &mut Seeded::new(3), known, Some(other), None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::OtherKit, .. })));
}

#[test]
fn a_kit_whose_signatures_the_server_would_not_take_is_not_its_kit() {
    let mut bench = Bench::new();
    bench.meddle = Some((3, Meddle::Alter(|text| super::turned(text, "\"recovery_public\":\""))));
    let known = bench.known();
    let end = ready(verify(&mut bench, &mut Seeded::new(3), known, Some(KitWish::Typed)));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::CodeOpensNothing, .. })), "{end:?}");
}
