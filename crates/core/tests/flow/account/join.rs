//! One more organisation: accepted once, with consent and password, wherever it is cut off; no key
//! is made or changed.

use super::{AccountFixture, AccountReason, AccountStop, Change, Meddle, ready};
use firstkey_core::flow::accept::{Accept, Joining, Options};
use firstkey_core::flow::account::{Deed, Done, join};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, GaveUp, Reach};
use firstkey_core::flow::{Accepted, Effect, Flow, Reply};
use firstkey_core::wire::refusal::Refusal;
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::chance::Seeded;

/// An account whose owner is invited by another organisation.
fn invited() -> AccountFixture {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.invite_to_join();
    fixture
}

/// The link is pasted and claimed; what the flow for invites ends with.
fn claim(fixture: &mut AccountFixture, options: Options) -> (Option<Joining>, Result<Accepted, AcceptStop>) {
    let mut flow = Accept::new(options);
    let mut rng = Seeded::new(11);
    let mut reply = Reply::Begin;
    loop {
        match flow.step(reply, &mut rng) {
            Effect::Finish(end) => return (flow.take_joining(), *end),
            effect => reply = fixture.scene.honest(&effect),
        }
    }
}

fn joining(fixture: &mut AccountFixture) -> Joining {
    let options = fixture.scene.shelf.options();
    claim(fixture, options).0.expect("an invite to join")
}

fn accept(fixture: &mut AccountFixture) -> Result<Done, AccountStop> {
    let joining = joining(fixture);
    let pins = [fixture.pin()];
    ready(join(fixture, &mut Seeded::new(5), &joining, &pins))
}

fn is_member(fixture: &AccountFixture) -> bool {
    fixture.scene.server.joins == Some(true)
}

#[test]
fn a_person_with_an_account_joins_and_nothing_of_the_keys_changes() {
    let mut fixture = invited();
    let before = fixture.scene.server.stored.clone().expect("an account").body;
    let done = accept(&mut fixture).expect("joined");
    assert_eq!((done.deed, done.pin.identity, done.first_seen), (Deed::Joined, fixture.pin().identity, false));
    assert!(is_member(&fixture) && fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    assert_eq!(fixture.scene.server.stored.clone().expect("an account").body, before);
    assert_eq!(fixture.shown, Some(("Second Ltd".to_owned(), vec!["Example Corp".to_owned()])), "both are named");
    assert_eq!(
        fixture.paths,
        ["/v1/login/params", "/v1/login/start", "/v1/login/finish", "/v1/invites/join", "/v1/logout"]
    );
    // The same command once more is harmless.
    let pin = Pin::read(&fixture.kept[0].encode()).expect("a pin");
    let names: Vec<_> = pin.memberships.iter().map(|joined| joined.organisation.as_str()).collect();
    assert_eq!(names, ["Example Corp", "Second Ltd"]);
    let (again, end) = claim(&mut fixture, Options { pins: vec![pin], ..Options::new(&Zxcvbn) });
    assert!(again.is_none() && end.is_ok_and(|done| done.repeated));
}

#[test]
fn a_person_who_does_not_want_to_is_asked_for_no_password() {
    let mut fixture = invited();
    fixture.joins = false;
    let stop = accept(&mut fixture).expect_err("no");
    assert!(
        matches!(stop.why, AccountReason::GaveUp(GaveUp::NotYou)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
    assert_eq!((fixture.asked, fixture.paths.len(), is_member(&fixture)), (0, 0, false));
}

#[test]
fn a_script_that_means_somebody_else_is_asked_for_no_password() {
    let mut fixture = invited();
    fixture.meant = Some("grace@example.org".to_owned());
    let stop = accept(&mut fixture).expect_err("somebody else");
    let AccountReason::NotTheInvited { expected, invited } = &stop.why else { panic!("{stop:?}") };
    assert_eq!((expected.as_str(), invited.as_str()), ("grace@example.org", "ada@example.org"));
    assert_eq!((fixture.asked, fixture.paths.len(), is_member(&fixture)), (0, 0, false));
}

#[test]
fn an_invite_to_join_makes_no_keys_and_a_rehearsal_of_it_says_so() {
    let mut fixture = invited();
    let options = Options { rehearsal: true, ..fixture.scene.shelf.options() };
    let (_, end) = claim(&mut fixture, options);
    assert!(matches!(end, Err(AcceptStop { why: AcceptReason::JoinsOnly, .. })));
    assert!(!is_member(&fixture));
}

#[test]
fn a_computer_that_does_not_remember_the_account_says_so_before_it_asks_for_the_password() {
    let mut fixture = invited();
    let joining = joining(&mut fixture);
    let done = ready(join(&mut fixture, &mut Seeded::new(5), &joining, &[])).expect("joined");
    assert!(done.first_seen);
    assert_eq!(fixture.shown, Some(("Second Ltd".to_owned(), Vec::new())));
}

#[test]
fn an_invite_for_another_account_than_the_one_behind_the_address_is_refused() {
    for (pins, alter) in [(true, account_turned as fn(&str) -> String), (false, account_turned), (false, realm_turned)]
    {
        let mut fixture = invited();
        let joining = joining(&mut fixture);
        let pins = if pins { vec![fixture.pin()] } else { Vec::new() };
        fixture.meddle = Some((1, Meddle::Alter(alter)));
        let stop = ready(join(&mut fixture, &mut Seeded::new(5), &joining, &pins)).expect_err("another account");
        assert!(
            matches!(stop.why, AccountReason::Refused(Refusal::OtherAccount) | AccountReason::Changed(Change::Account)),
            "{stop:?}"
        );
        assert_eq!((fixture.asked, is_member(&fixture)), (0, false));
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
    let mut fixture = invited();
    fixture.typed = ["not the password at all".to_owned()].into();
    let stop = accept(&mut fixture).expect_err("wrong");
    assert!(matches!(stop.why, AccountReason::NotOpened) && !is_member(&fixture), "{stop:?}");
}

#[test]
fn a_server_that_made_the_account_a_member_of_something_else_is_found_out() {
    let mut fixture = invited();
    fixture.meddle = Some((4, Meddle::Alter(|text| super::recover::first_turned(text, "\"org_id\":\""))));
    let stop = accept(&mut fixture).expect_err("another organisation");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::OtherAccount)), "{stop:?}");
    assert!(fixture.kept.is_empty());
}

#[test]
fn an_invite_that_was_claimed_again_meanwhile_is_not_accepted() {
    let mut fixture = invited();
    fixture.before = Some((4, |scene| scene.server.claim_by_somebody_else()));
    let stop = accept(&mut fixture).expect_err("stale");
    assert!(matches!(stop.why, AccountReason::Problem(_)) && stop.reach == Reach::NothingChanged, "{stop:?}");
    assert!(!is_member(&fixture));
}

#[test]
fn whatever_message_is_lost_the_person_joins_once() {
    for at in 1..=4 {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter, Meddle::Instead(500)] {
            let mut fixture = invited();
            fixture.meddle = Some((at, meddle));
            let done = accept(&mut fixture).unwrap_or_else(|stop| panic!("{at} {stop:?}"));
            assert!(done.deed == Deed::Joined && is_member(&fixture));
            let sent: Vec<_> =
                fixture.paths.iter().zip(&fixture.bodies).filter(|(path, _)| path.ends_with("join")).collect();
            assert!(sent.windows(2).all(|pair| pair[0] == pair[1]), "{at}: the same bytes");
        }
    }
}

#[test]
fn stopped_or_cut_off_anywhere_it_is_not_said_that_nothing_changed_when_something_did() {
    for patience in 1.. {
        let mut fixture = invited();
        fixture.patience = patience;
        let Err(stop) = accept(&mut fixture) else {
            assert!(patience >= 6, "{patience} effects");
            break;
        };
        assert!(matches!(stop.why, AccountReason::Cancelled), "{stop:?}");
        assert!(!(is_member(&fixture) && stop.reach == Reach::NothingChanged), "{patience} {stop:?}");
    }
    for at in 1..=4 {
        for meddle in [Meddle::Refuse, Meddle::Deaf, Meddle::Instead(429)] {
            let mut fixture = invited();
            fixture.meddle = Some((at, meddle));
            let stop = accept(&mut fixture).expect_err("no answer");
            assert!(!(is_member(&fixture) && stop.reach == Reach::NothingChanged), "{at} {stop:?}");
            // Another day the same letter does it, unless it was done already.
            fixture.meddle = None;
            fixture.asked = 0;
            assert!(is_member(&fixture) || accept(&mut fixture).is_ok(), "{at}");
        }
    }
}
