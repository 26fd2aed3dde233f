//! One more organisation: accepted once, with consent and password, wherever it is cut off; no key
//! is made or changed.

use super::{AccountReason, AccountStop, Bench, Change, Meddle, ready};
use firstkey_core::flow::accept::{Accept, Joining, Options};
use firstkey_core::flow::account::{Deed, Done, join};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, GaveUp, Reach};
use firstkey_core::flow::{Accepted, Effect, Flow, Reply};
use firstkey_core::wire::refusal::Refusal;
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::chance::Seeded;

/// A bench whose person is invited by another organisation.
fn invited() -> Bench {
    let mut bench = Bench::new();
    bench.scene.server.invite_to_join();
    bench
}

/// The link is pasted and claimed; what the flow for invites ends with.
fn claim(bench: &mut Bench, options: Options) -> (Option<Joining>, Result<Accepted, AcceptStop>) {
    let mut flow = Accept::new(options);
    let mut rng = Seeded::new(11);
    let mut reply = Reply::Begin;
    loop {
        match flow.step(reply, &mut rng) {
            Effect::Finish(end) => return (flow.take_joining(), *end),
            effect => reply = bench.scene.honest(&effect),
        }
    }
}

fn joining(bench: &mut Bench) -> Joining {
    let options = bench.scene.shelf.options();
    claim(bench, options).0.expect("an invite to join")
}

fn accept(bench: &mut Bench) -> Result<Done, AccountStop> {
    let joining = joining(bench);
    let pins = [bench.pin()];
    ready(join(bench, &mut Seeded::new(5), &joining, &pins))
}

fn is_member(bench: &Bench) -> bool {
    bench.scene.server.joins == Some(true)
}

#[test]
fn a_person_with_an_account_joins_and_nothing_of_the_keys_changes() {
    let mut bench = invited();
    let before = bench.scene.server.stored.clone().expect("an account").body;
    let done = accept(&mut bench).expect("joined");
    assert_eq!((done.deed, done.pin.identity, done.first_seen), (Deed::Joined, bench.pin().identity, false));
    assert!(is_member(&bench) && bench.scene.server.complaints.is_empty(), "{:?}", bench.scene.server.complaints);
    assert_eq!(bench.scene.server.stored.clone().expect("an account").body, before);
    assert_eq!(bench.shown, Some(("Second Ltd".to_owned(), vec!["Example Corp".to_owned()])), "both are named");
    assert_eq!(
        bench.paths,
        ["/v1/login/params", "/v1/login/start", "/v1/login/finish", "/v1/invites/join", "/v1/logout"]
    );
    // The same command once more is harmless.
    let pin = Pin::read(&bench.kept[0].encode()).expect("a pin");
    let names: Vec<_> = pin.memberships.iter().map(|joined| joined.organisation.as_str()).collect();
    assert_eq!(names, ["Example Corp", "Second Ltd"]);
    let (again, end) = claim(&mut bench, Options { pins: vec![pin], ..Options::new(&Zxcvbn) });
    assert!(again.is_none() && end.is_ok_and(|done| done.repeated));
}

#[test]
fn a_person_who_does_not_want_to_is_asked_for_no_password() {
    let mut bench = invited();
    bench.joins = false;
    let stop = accept(&mut bench).expect_err("no");
    assert!(
        matches!(stop.why, AccountReason::GaveUp(GaveUp::NotYou)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert_eq!((bench.asked, bench.paths.len(), is_member(&bench)), (0, 0, false));
}

#[test]
fn a_script_that_means_somebody_else_is_asked_for_no_password() {
    let mut bench = invited();
    bench.meant = Some("grace@example.org".to_owned());
    let stop = accept(&mut bench).expect_err("somebody else");
    let AccountReason::NotTheInvited { expected, invited } = &stop.why else { panic!("{stop:?}") };
    assert_eq!((expected.as_str(), invited.as_str()), ("grace@example.org", "ada@example.org"));
    assert_eq!((bench.asked, bench.paths.len(), is_member(&bench)), (0, 0, false));
}

#[test]
fn an_invite_to_join_makes_no_keys_and_a_rehearsal_of_it_says_so() {
    let mut bench = invited();
    let options = Options { rehearsal: true, ..bench.scene.shelf.options() };
    let (_, end) = claim(&mut bench, options);
    assert!(matches!(end, Err(AcceptStop { why: AcceptReason::JoinsOnly, .. })));
    assert!(!is_member(&bench));
}

#[test]
fn a_computer_that_does_not_remember_the_account_says_so_before_it_asks_for_the_password() {
    let mut bench = invited();
    let joining = joining(&mut bench);
    let done = ready(join(&mut bench, &mut Seeded::new(5), &joining, &[])).expect("joined");
    assert!(done.first_seen);
    assert_eq!(bench.shown, Some(("Second Ltd".to_owned(), Vec::new())));
}

#[test]
fn an_invite_for_another_account_than_the_one_behind_the_address_is_refused() {
    for (pins, alter) in [(true, account_turned as fn(&str) -> String), (false, account_turned), (false, realm_turned)]
    {
        let mut bench = invited();
        let joining = joining(&mut bench);
        let pins = if pins { vec![bench.pin()] } else { Vec::new() };
        bench.meddle = Some((1, Meddle::Alter(alter)));
        let stop = ready(join(&mut bench, &mut Seeded::new(5), &joining, &pins)).expect_err("another account");
        assert!(
            matches!(stop.why, AccountReason::Refused(Refusal::OtherAccount) | AccountReason::Changed(Change::Account)),
            "{stop:?}"
        );
        assert_eq!((bench.asked, is_member(&bench)), (0, false));
    }
}

fn account_turned(text: &str) -> String {
    super::recover::first_turned(text, "\"account_id\":\"")
}

fn realm_turned(text: &str) -> String {
    super::recover::first_turned(text, "\"realm_id\":\"")
}

#[test]
fn a_wrong_password_joins_nothing() {
    let mut bench = invited();
    bench.typed = ["not the password at all".to_owned()].into();
    let stop = accept(&mut bench).expect_err("wrong");
    assert!(matches!(stop.why, AccountReason::NotOpened) && !is_member(&bench), "{stop:?}");
}

#[test]
fn a_server_that_made_the_account_a_member_of_something_else_is_found_out() {
    let mut bench = invited();
    bench.meddle = Some((4, Meddle::Alter(|text| super::recover::first_turned(text, "\"org_id\":\""))));
    let stop = accept(&mut bench).expect_err("another organisation");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::OtherAccount)), "{stop:?}");
    assert!(bench.kept.is_empty());
}

#[test]
fn an_invite_that_was_claimed_again_meanwhile_is_not_accepted() {
    let mut bench = invited();
    bench.before = Some((4, |scene| scene.server.claim_by_somebody_else()));
    let stop = accept(&mut bench).expect_err("stale");
    assert!(matches!(stop.why, AccountReason::Problem(_)) && stop.reach == Reach::NothingChanged, "{stop:?}");
    assert!(!is_member(&bench));
}

#[test]
fn whatever_message_is_lost_the_person_joins_once() {
    for at in 1..=4 {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter, Meddle::Instead(500)] {
            let mut bench = invited();
            bench.meddle = Some((at, meddle));
            let done = accept(&mut bench).unwrap_or_else(|stop| panic!("{at} {stop:?}"));
            assert!(done.deed == Deed::Joined && is_member(&bench));
            let sent: Vec<_> =
                bench.paths.iter().zip(&bench.bodies).filter(|(path, _)| path.ends_with("join")).collect();
            assert!(sent.windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
        }
    }
}

#[test]
fn stopped_or_cut_off_anywhere_it_is_not_said_that_nothing_changed_when_something_did() {
    for patience in 1.. {
        let mut bench = invited();
        bench.patience = patience;
        let Err(stop) = accept(&mut bench) else {
            assert!(patience >= 6, "{patience} effects");
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{stop:?}");
        assert!(!(is_member(&bench) && stop.reach == Reach::NothingChanged), "{patience} {stop:?}");
    }
    for at in 1..=4 {
        for meddle in [Meddle::Refuse, Meddle::Deaf, Meddle::Instead(429)] {
            let mut bench = invited();
            bench.meddle = Some((at, meddle));
            let stop = accept(&mut bench).expect_err("no answer");
            assert!(!(is_member(&bench) && stop.reach == Reach::NothingChanged), "{at} {stop:?}");
            // Another day the same letter does it, unless it was done already.
            bench.meddle = None;
            bench.asked = 0;
            assert!(is_member(&bench) || accept(&mut bench).is_ok(), "{at}");
        }
    }
}
