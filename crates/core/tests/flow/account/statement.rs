//! The bundle statement: every change counts on, what went back is named, what was changed
//! elsewhere is told apart from it, and an account without one gets one.

use super::recover::on_file;
use super::{AccountFixture, AccountReason, AccountStop, Change, Meddle, ready};
use firstkey_core::crypto::statement::BundlePart as P;
use firstkey_core::flow::account::{Done, Known, change_kit, change_password, change_secret_key, recover, verify};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::held::RolledBack;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::honest::Stored;
use firstkey_testkit::scene::{PASSWORD, Scene};
use serde_json::{Value, json};
use std::collections::VecDeque;

const FIRST: &str = "/v1/account/statement";

impl AccountFixture {
    /// Another day: whoever types knows this password, and these pins are remembered.
    fn on_another_day(&mut self, password: &str, pin: Option<Pin>) -> Known {
        self.typed = VecDeque::from([password.to_owned()]);
        (self.asked, self.patience, self.meddle, self.before) = (0, usize::MAX, None, None);
        (self.told, self.kept, self.paths, self.changed_since) = Default::default();
        Known { pin, ..self.known() }
    }

    fn looks(&mut self, pin: Option<Pin>) -> Result<Done, AccountStop> {
        let known = self.on_another_day(PASSWORD, pin);
        ready(verify(self, &mut Seeded::new(3), known, None))
    }

    fn makes_a_kit(&mut self, seed: u64, pin: Option<Pin>) -> Result<Done, AccountStop> {
        let known = self.on_another_day(PASSWORD, pin);
        ready(change_kit(self, &mut Seeded::new(seed), known))
    }

    /// What the server has in its database.
    fn copy(&self) -> Stored {
        self.scene.server.stored.clone().expect("an account")
    }

    fn statement(&mut self) -> &mut Value {
        self.scene.server.bundle_mut().get_mut("statement").expect("it is signed for")
    }

    fn is_honest(&self) {
        assert!(self.scene.server.complaints.is_empty(), "{:?}", self.scene.server.complaints);
    }
}

fn counted(pin: &Pin) -> Option<u64> {
    pin.held.as_ref().expect("the locks are remembered").counter
}

/// How it went back, if that is how it ended; then nothing is remembered of it.
fn went_back(fixture: &AccountFixture, end: Result<Done, AccountStop>) -> RolledBack {
    match end {
        Err(AccountStop { why: AccountReason::Changed(Change::RolledBack(how)), reach, .. }) => {
            assert!(fixture.kept.is_empty() && reach == Reach::NothingChanged);
            assert!(!fixture.paths.contains(&FIRST) && !fixture.paths.contains(&"/v1/account/kit"));
            how
        }
        end => panic!("it ended otherwise: {end:?}"),
    }
}

#[test]
fn enrolment_and_every_change_count_one_on_and_say_nothing_of_themselves() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.asks["secret_key"] = json!("allowed");
    let pin = fixture.pin();
    assert_eq!(counted(&pin), Some(1));

    let done = fixture.makes_a_kit(5, Some(pin)).expect("a kit");
    assert_eq!((counted(&done.pin), fixture.changed_since.len()), (Some(2), 0));
    let kit = fixture.kits.last().cloned().expect("it was shown");

    let known = fixture.on_another_day(PASSWORD, Some(done.pin));
    let done = ready(change_password(&mut fixture, &mut Seeded::new(6), known, None)).expect("a password");
    assert_eq!((counted(&done.pin), fixture.changed_since.len()), (Some(3), 0));

    let known = fixture.on_another_day(super::NEW, Some(done.pin));
    let done = ready(change_secret_key(&mut fixture, &mut Seeded::new(7), known)).expect("a secret key");
    assert_eq!((counted(&done.pin), fixture.changed_since.len()), (Some(4), 0));

    let known = fixture.on_another_day("", Some(done.pin));
    let file = on_file(&fixture, &kit);
    let done = ready(recover(&mut fixture, &mut Seeded::new(8), known, Some(file), None)).expect("recovered");
    assert_eq!((counted(&done.pin), fixture.changed_since.len()), (Some(5), 0));
    fixture.is_honest();
    assert_eq!(fixture.statement()["counter"], json!(5));
    assert_eq!(Pin::read(&done.pin.encode()), Ok(done.pin));
}

#[test]
fn an_old_kit_that_is_put_back_with_its_old_statement_is_named_on_the_computer_that_replaced_it() {
    let mut fixture = AccountFixture::new();
    let before = fixture.copy();
    let old_kit = fixture.first_kit();
    let done = fixture.makes_a_kit(5, Some(fixture.pin())).expect("a kit");
    fixture.scene.server.go_back_to(&before);

    let end = fixture.looks(Some(done.pin.clone()));
    assert_eq!(went_back(&fixture, end), RolledBack::Older);
    // The old kit opens nothing here either: before anything is done with it.
    let known = fixture.on_another_day("", Some(done.pin.clone()));
    let file = on_file(&fixture, &old_kit);
    let end = ready(recover(&mut fixture, &mut Seeded::new(8), known, Some(file), None));
    assert_eq!(went_back(&fixture, end), RolledBack::Older);
    let end = fixture.makes_a_kit(6, Some(done.pin));
    assert_eq!(went_back(&fixture, end), RolledBack::Older);
}

#[test]
fn an_old_envelope_under_the_new_statement_is_refused_with_and_without_a_pin() {
    let mut fixture = AccountFixture::new();
    let old = fixture.scene.server.bundle_mut().clone();
    let done = fixture.makes_a_kit(5, Some(fixture.pin())).expect("a kit");
    let bundle = fixture.scene.server.bundle_mut();
    bundle["envelopes"]["2"] = old["envelopes"]["2"].clone();
    bundle["recovery_public"] = old["recovery_public"].clone();
    for pin in [Some(done.pin), None] {
        let end = fixture.looks(pin);
        assert!(matches!(end, Err(AccountStop { why: AccountReason::Refused(Refusal::Statement), .. })), "{end:?}");
        assert!(fixture.kept.is_empty());
    }
}

#[test]
fn a_statement_that_was_seen_and_is_withheld_is_named_and_no_first_one_takes_its_place() {
    let mut fixture = AccountFixture::new();
    let pin = fixture.pin();
    fixture.scene.server.bundle_mut().remove("statement");
    let end = fixture.looks(Some(pin.clone()));
    assert_eq!(went_back(&fixture, end), RolledBack::Withheld, "null");
    fixture.scene.server.keeps_statements = false;
    let end = fixture.looks(Some(pin));
    assert_eq!(went_back(&fixture, end), RolledBack::Withheld, "as a server of before");
}

#[test]
fn two_states_of_one_count_are_told_apart() {
    let mut fixture = AccountFixture::new();
    let before = fixture.copy();
    let here = fixture.makes_a_kit(5, Some(fixture.pin())).expect("a kit");
    // The server shows another computer the state of before, and that one goes on from there.
    fixture.scene.server.go_back_to(&before);
    let there = fixture.makes_a_kit(6, None).expect("a kit of another computer");
    assert_eq!(counted(&here.pin), counted(&there.pin));
    let end = fixture.looks(Some(here.pin));
    assert_eq!(went_back(&fixture, end), RolledBack::Other);
}

#[test]
fn the_statement_of_another_account_or_another_key_is_no_statement() {
    let mut other = AccountFixture::at(Scene::new(8));
    let mut fixture = AccountFixture::new();
    let theirs = other.statement().clone();
    let mine = fixture.statement().clone();
    let altered: [fn(&mut Value, &Value); 5] = [
        |mine, theirs| *mine = theirs.clone(),
        |mine, theirs| mine["digests"] = theirs["digests"].clone(),
        |mine, theirs| mine["signature"] = theirs["signature"].clone(),
        |mine, _| mine["counter"] = json!(2),
        |mine, _| mine["counter"] = json!(1_u64 << 53),
    ];
    for alter in altered {
        for pin in [Some(fixture.pin()), None] {
            *fixture.statement() = mine.clone();
            alter(fixture.statement(), &theirs);
            let end = fixture.looks(pin);
            assert!(matches!(end, Err(AccountStop { why: AccountReason::Refused(Refusal::Statement), .. })), "{end:?}");
            assert!(fixture.kept.is_empty());
        }
    }
    let malformed: [fn(&mut Value); 6] = [
        |mine| mine["counter"] = json!(0),
        |mine| mine["counter"] = json!("1"),
        |mine| mine["counter"] = json!((1_u64 << 53) + 1),
        |mine| mine["digests"] = json!(""),
        |mine| mine["more"] = json!(1),
        |mine| *mine = json!([]),
    ];
    for alter in malformed {
        *fixture.statement() = mine.clone();
        alter(fixture.statement());
        let end = fixture.looks(Some(fixture.pin()));
        let refused = matches!(
            end,
            Err(AccountStop { why: AccountReason::Refused(Refusal::Malformed(_) | Refusal::Unexpected { .. }), .. })
        );
        assert!(refused && fixture.kept.is_empty(), "{end:?}");
    }
}

#[test]
fn a_lawful_change_on_another_computer_is_said_once_and_remembered() {
    let mut fixture = AccountFixture::new();
    let pin = fixture.pin();
    fixture.makes_a_kit(5, None).expect("a kit of another computer");
    let done = fixture.looks(Some(pin)).expect("it opens");
    assert_eq!(fixture.changed_since, [(vec![P::ByRecovery, P::RecoveryKey], true)]);
    assert_eq!((counted(&done.pin), fixture.kept.len()), (Some(2), 1));
    let done = fixture.looks(Some(done.pin)).expect("it opens");
    assert!(fixture.changed_since.is_empty());

    let known = fixture.on_another_day(PASSWORD, None);
    ready(change_password(&mut fixture, &mut Seeded::new(6), known, None)).expect("a password");
    let known = fixture.on_another_day(super::NEW, Some(done.pin));
    let done = ready(verify(&mut fixture, &mut Seeded::new(3), known, None)).expect("it opens");
    assert_eq!(fixture.changed_since, [(vec![P::ByPassword], true)]);
    assert_eq!(counted(&done.pin), Some(3));
    fixture.is_honest();
}

#[test]
fn the_change_of_a_run_that_was_cut_off_is_no_roll_back_to_the_next() {
    let mut fixture = AccountFixture::new();
    let pin = fixture.pin();
    let known = fixture.on_another_day(PASSWORD, Some(pin.clone()));
    fixture.meddle = Some((6, Meddle::Deaf));
    ready(change_kit(&mut fixture, &mut Seeded::new(5), known)).expect_err("nobody knows how it ended");
    let done = fixture.looks(Some(pin)).expect("it opens");
    assert_eq!(fixture.changed_since, [(vec![P::ByRecovery, P::RecoveryKey], true)]);
    assert_eq!(counted(&done.pin), Some(2));
}

#[test]
fn a_server_that_goes_back_within_one_run_is_noticed_without_a_pin() {
    let mut fixture = AccountFixture::new();
    fixture.makes_a_kit(5, None).expect("a kit");
    let known = fixture.on_another_day(PASSWORD, None);
    // Between the first log-in and the second.
    fixture.before = Some((4, |scene| {
        scene.server.bundle_mut().remove("statement");
    }));
    let end = ready(change_kit(&mut fixture, &mut Seeded::new(6), known));
    assert_eq!(went_back(&fixture, end), RolledBack::Withheld);
}

#[test]
fn an_account_without_a_statement_stays_valid_and_gets_one_at_the_next_log_in() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.bundle_mut().remove("statement");
    let old = Pin { held: None, ..fixture.pin() };
    let done = fixture.looks(Some(old.clone())).expect("it opens");
    assert!(fixture.paths.contains(&FIRST) && fixture.changed_since.is_empty());
    assert_eq!(counted(&done.pin), Some(1));
    assert_eq!(fixture.statement()["counter"], json!(1));
    fixture.looks(Some(done.pin.clone())).expect("it opens");
    assert!(!fixture.paths.contains(&FIRST));
    // Another computer that is as old meets the statement and takes it.
    let other = fixture.looks(Some(old)).expect("it opens");
    assert_eq!(other.pin.held, done.pin.held);
    fixture.is_honest();
}

#[test]
fn an_account_without_a_statement_gets_the_first_one_with_a_change() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.bundle_mut().remove("statement");
    let old = Pin { held: None, ..fixture.pin() };
    let done = fixture.makes_a_kit(5, Some(old)).expect("a kit");
    assert_eq!((counted(&done.pin), fixture.paths.contains(&FIRST)), (Some(1), false));
    fixture.is_honest();
}

#[test]
fn a_first_statement_that_is_not_taken_is_in_the_way_of_nothing() {
    for meddle in [Meddle::LoseBefore, Meddle::LoseAfter, Meddle::Instead(503), Meddle::Alter(|_| "{}".to_owned())] {
        let mut fixture = AccountFixture::new();
        fixture.scene.server.bundle_mut().remove("statement");
        let old = Pin { held: None, ..fixture.pin() };
        let known = fixture.on_another_day(PASSWORD, Some(old));
        fixture.meddle = Some((4, meddle));
        let done = ready(verify(&mut fixture, &mut Seeded::new(3), known, None)).expect("it opens");
        assert_eq!((fixture.paths[3], counted(&done.pin)), (FIRST, None));
        assert!(fixture.told.contains(&"NoStatement".to_owned()));
        let done = fixture.looks(Some(done.pin)).expect("it opens");
        assert_eq!(counted(&done.pin), Some(1));
        assert!(fixture.changed_since.is_empty());
    }
}

#[test]
fn at_a_server_that_keeps_no_statements_everything_works_and_a_change_proves_nothing() {
    let mut fixture = AccountFixture::unsigned();
    let pin = fixture.pin();
    assert_eq!(counted(&pin), None);
    let done = fixture.makes_a_kit(5, None).expect("a kit of another computer");
    assert_eq!(counted(&done.pin), None);
    let done = fixture.looks(Some(pin)).expect("it opens");
    assert_eq!(fixture.changed_since, [(vec![P::ByRecovery, P::RecoveryKey], false)]);
    fixture.looks(Some(done.pin.clone())).expect("it opens");
    assert!(fixture.changed_since.is_empty() && !fixture.paths.contains(&FIRST));
    // Once the server is a newer one, it gets its first.
    fixture.scene.server.keeps_statements = true;
    let done = fixture.looks(Some(done.pin)).expect("it opens");
    assert_eq!((counted(&done.pin), fixture.changed_since.len()), (Some(1), 0));
    fixture.is_honest();
}

#[test]
fn what_a_newer_program_has_listed_is_listed_again() {
    use firstkey_core::crypto::statement::Digests;
    let held = AccountFixture::new().pin().held.expect("the locks are remembered");
    let more = Digests::read(&[held.digests.encode(), [&[200][..], &[7; 32]].concat()].concat()).expect("a list");
    assert_eq!(more.missing(&held.digests), None);
    assert_eq!(more.with(&held.digests), more);
    assert_eq!(held.digests.missing(&more), Some(200));
}
