//! Where the account is logged in: listed, ended, and the run's own session gone at the end of
//! every good run.

use super::{AccountFixture, AccountReason, AccountStop, Meddle, NoAnswer, Pin, Refusal, ready, turned};
use firstkey_core::crypto::context::SessionId;
use firstkey_core::flow::account::{Deed, Ending, Seen, change_password, sessions};
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::honest::HonestServer;

/// Two sessions of other computers.
const OTHERS: [[u8; 32]; 2] = [[8; 32], [9; 32]];

fn fixture() -> AccountFixture {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.sessions = OTHERS.to_vec();
    fixture
}

fn run(fixture: &mut AccountFixture, ending: Ending) -> Result<Seen, AccountStop> {
    let known = fixture.known();
    ready(sessions(fixture, &mut Seeded::new(4), known, ending))
}

fn of(session: [u8; 32]) -> Ending {
    Ending::One(SessionId::heard(HonestServer::session_id(&session)))
}

#[test]
fn all_are_listed_none_is_ended_and_the_own_one_goes_at_the_end() {
    let mut fixture = fixture();
    let seen = run(&mut fixture, Ending::Nothing).expect("a list");
    assert_eq!(seen.done.deed, Deed::SessionsSeen);
    assert_eq!(seen.sessions.len(), 3);
    assert!(seen.sessions.iter().all(|(_, ended)| !ended));
    assert_eq!(fixture.scene.server.sessions, OTHERS);
    assert_eq!(fixture.paths[3..], ["/v1/sessions", "/v1/logout"]);
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
}

#[test]
fn one_is_ended_by_its_id_and_the_others_stay() {
    let mut fixture = fixture();
    let seen = run(&mut fixture, of(OTHERS[0])).expect("ended");
    assert_eq!(fixture.scene.server.sessions, [OTHERS[1]]);
    let ended: Vec<_> = seen.sessions.iter().filter(|(_, ended)| *ended).map(|(listed, _)| listed.session.0).collect();
    assert_eq!(ended, [HonestServer::session_id(&OTHERS[0])]);
}

#[test]
fn all_others_are_ended_at_once() {
    let mut fixture = fixture();
    let seen = run(&mut fixture, Ending::Others).expect("ended");
    assert!(fixture.scene.server.sessions.is_empty());
    assert!(seen.sessions.iter().all(|(listed, ended)| listed.this != *ended));
}

#[test]
fn an_id_that_is_not_in_the_list_is_never_sent() {
    let mut fixture = fixture();
    let stop = run(&mut fixture, of([7; 32])).expect_err("there is none");
    assert!(matches!(stop.why, AccountReason::NoSuchSession(_)), "{stop:?}");
    assert_eq!(fixture.paths.last(), Some(&"/v1/sessions"));
    assert_eq!(fixture.scene.server.sessions.len(), 3);
}

#[test]
fn a_lost_answer_to_an_end_is_found_out_by_asking_again() {
    for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
        let mut fixture = fixture();
        fixture.meddle = Some((5, meddle));
        run(&mut fixture, of(OTHERS[0])).expect("ended");
        assert_eq!(fixture.scene.server.sessions, [OTHERS[1]]);
    }
}

#[test]
fn an_end_that_is_refused_for_any_other_reason_is_not_taken_for_one() {
    let mut fixture = fixture();
    fixture.before = Some((5, |scene| scene.server.sessions.clear()));
    let stop = run(&mut fixture, of(OTHERS[0])).expect_err("the session of this run is over");
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
        let mut fixture = fixture();
        fixture.meddle = Some((4, Meddle::Alter(alter)));
        let stop = run(&mut fixture, Ending::Others).expect_err("refused");
        assert!(matches!(stop.why, AccountReason::Refused(_)), "{stop:?}");
        assert!(fixture.kept.is_empty() && fixture.paths.len() == 4);
    }
}

#[test]
fn whatever_comes_of_the_last_log_out_the_outcome_is_the_same_and_it_is_tried_once() {
    let cases = [Meddle::LoseBefore, Meddle::LoseAfter, Meddle::Alter(|_| "no".to_owned())];
    for meddle in cases {
        let mut fixture = AccountFixture::new();
        fixture.meddle = Some((4, meddle));
        let known = fixture.known();
        fixture.verify(known).expect("it opened before that");
        assert_eq!(fixture.paths.iter().filter(|path| **path == "/v1/logout").count(), 1);
        assert_eq!(fixture.kept, [fixture.pin()], "the memory is kept before");
    }
    assert!(!NoAnswer::Broken.lasts(), "another request would be sent again");
}

#[test]
fn after_a_bad_end_nothing_more_is_sent() {
    let mut fixture = AccountFixture::new();
    let mut pin: Pin = fixture.pin();
    crate::another::agreement_key(&mut pin);
    let known = super::Known { pin: Some(pin), ..fixture.known() };
    fixture.stopped(known);
    assert_eq!(fixture.paths.last(), Some(&"/v1/login/finish"));

    // Also where sessions are at hand: the server lied about the change that it stored.
    let mut fixture = AccountFixture::new();
    fixture.meddle = Some((7, Meddle::Alter(|text| turned(text, "\"receipt\":\""))));
    let known = fixture.known();
    let stop = ready(change_password(&mut fixture, &mut Seeded::new(5), known, None)).expect_err("a lie");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::Receipt)), "{stop:?}");
    assert!(!fixture.paths.contains(&"/v1/logout"), "{:?}", fixture.paths);
}

#[test]
fn a_new_password_leaves_no_session_behind() {
    let mut fixture = fixture();
    let known = fixture.known();
    ready(change_password(&mut fixture, &mut Seeded::new(5), known, None)).expect("changed");
    assert!(fixture.scene.server.sessions.is_empty());
}
