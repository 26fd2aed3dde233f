//! Where the account is logged in: listed, ended, and the run's own session gone at the end of
//! every good run.

use super::{AccountReason, AccountStop, Bench, Meddle, NoAnswer, Pin, Refusal, ready, turned};
use firstkey_core::crypto::context::SessionId;
use firstkey_core::flow::account::{Deed, Ending, Seen, change_password, sessions};
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::honest::HonestServer;

/// Two sessions of other computers.
const OTHERS: [[u8; 32]; 2] = [[8; 32], [9; 32]];

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.scene.server.sessions = OTHERS.to_vec();
    bench
}

fn run(bench: &mut Bench, ending: Ending) -> Result<Seen, AccountStop> {
    let known = bench.known();
    ready(sessions(bench, &mut Seeded::new(4), known, ending))
}

fn of(session: [u8; 32]) -> Ending {
    Ending::One(SessionId(HonestServer::session_id(&session)))
}

#[test]
fn all_are_listed_none_is_ended_and_the_own_one_goes_at_the_end() {
    let mut bench = bench();
    let seen = run(&mut bench, Ending::Nothing).expect("a list");
    assert_eq!(seen.done.deed, Deed::SessionsSeen);
    assert_eq!(seen.sessions.len(), 3);
    assert!(seen.sessions.iter().all(|(_, ended)| !ended));
    assert_eq!(bench.scene.server.sessions, OTHERS);
    assert_eq!(bench.paths[3..], ["/v1/sessions", "/v1/logout"]);
    assert!(bench.scene.server.complaints.is_empty(), "{:?}", bench.scene.server.complaints);
}

#[test]
fn one_is_ended_by_its_id_and_the_others_stay() {
    let mut bench = bench();
    let seen = run(&mut bench, of(OTHERS[0])).expect("ended");
    assert_eq!(bench.scene.server.sessions, [OTHERS[1]]);
    let ended: Vec<_> = seen.sessions.iter().filter(|(_, ended)| *ended).map(|(listed, _)| listed.session.0).collect();
    assert_eq!(ended, [HonestServer::session_id(&OTHERS[0])]);
}

#[test]
fn all_others_are_ended_at_once() {
    let mut bench = bench();
    let seen = run(&mut bench, Ending::Others).expect("ended");
    assert!(bench.scene.server.sessions.is_empty());
    assert!(seen.sessions.iter().all(|(listed, ended)| listed.this != *ended));
}

#[test]
fn an_id_that_is_not_in_the_list_is_never_sent() {
    let mut bench = bench();
    let stop = run(&mut bench, of([7; 32])).expect_err("there is none");
    assert!(matches!(stop.why, AccountReason::NoSuchSession(_)), "{stop:?}");
    assert_eq!(bench.paths.last(), Some(&"/v1/sessions"));
    assert_eq!(bench.scene.server.sessions.len(), 3);
}

#[test]
fn a_lost_answer_to_an_end_is_found_out_by_asking_again() {
    for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
        let mut bench = bench();
        bench.meddle = Some((5, meddle));
        run(&mut bench, of(OTHERS[0])).expect("ended");
        assert_eq!(bench.scene.server.sessions, [OTHERS[1]]);
    }
}

#[test]
fn an_end_that_is_refused_for_any_other_reason_is_not_taken_for_one() {
    let mut bench = bench();
    bench.before = Some((5, |scene| scene.server.sessions.clear()));
    let stop = run(&mut bench, of(OTHERS[0])).expect_err("the session of this run is over");
    assert!(matches!(stop.why, AccountReason::Problem(_)), "{stop:?}");
}

#[test]
fn a_server_that_says_nothing_sensible_of_sessions_is_refused_and_nothing_is_remembered() {
    let cases: [fn(&str) -> String; 3] = [
        |text| text.replace("\"this\":true", "\"this\":false"),
        |text| text.replace("\"this\":false", "\"this\":true"),
        |text| text.replacen("\"purpose\"", "\"more\":1,\"purpose\"", 1),
    ];
    for alter in cases {
        let mut bench = bench();
        bench.meddle = Some((4, Meddle::Alter(alter)));
        let stop = run(&mut bench, Ending::Others).expect_err("refused");
        assert!(matches!(stop.why, AccountReason::Refused(_)), "{stop:?}");
        assert!(bench.kept.is_empty() && bench.paths.len() == 4);
    }
}

#[test]
fn whatever_comes_of_the_last_log_out_the_outcome_is_the_same_and_it_is_tried_once() {
    let cases = [Meddle::LoseBefore, Meddle::LoseAfter, Meddle::Alter(|_| "no".to_owned())];
    for meddle in cases {
        let mut bench = Bench::new();
        bench.meddle = Some((4, meddle));
        let known = bench.known();
        bench.verify(known).expect("it opened before that");
        assert_eq!(bench.paths.iter().filter(|path| **path == "/v1/logout").count(), 1);
        assert_eq!(bench.kept, [bench.pin()], "the memory is kept before");
    }
    assert!(!NoAnswer::Broken.lasts(), "another request would be sent again");
}

#[test]
fn after_a_bad_end_nothing_more_is_sent() {
    let mut bench = Bench::new();
    let mut pin: Pin = bench.pin();
    pin.identity.x25519[0] ^= 1;
    let known = super::Known { pin: Some(pin), ..bench.known() };
    bench.stopped(known);
    assert_eq!(bench.paths.last(), Some(&"/v1/login/finish"));

    // Also where sessions are at hand: the server lied about the change that it stored.
    let mut bench = Bench::new();
    bench.meddle = Some((7, Meddle::Alter(|text| turned(text, "\"receipt\":\""))));
    let known = bench.known();
    let stop = ready(change_password(&mut bench, &mut Seeded::new(5), known, None)).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?}");
    assert!(!bench.paths.contains(&"/v1/logout"), "{:?}", bench.paths);
}

#[test]
fn a_new_password_leaves_no_session_behind() {
    let mut bench = bench();
    let known = bench.known();
    ready(change_password(&mut bench, &mut Seeded::new(5), known, None)).expect("changed");
    assert!(bench.scene.server.sessions.is_empty());
}
