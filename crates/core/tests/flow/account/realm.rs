//! A new password of an account whose statement names its realm's key: whoever stands between
//! client and server cannot answer the registration in the server's place.

use super::{AccountFixture, AccountReason, AccountStop, Meddle, PASSWORD, ready};
use firstkey_core::flow::account::{Done, change_password, recover};
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::honest::HonestServer;
use firstkey_testkit::scene::Scene;

const START: &str = "/v1/account/password/start";

/// An account of a realm whose answers are signed.
fn fixture() -> AccountFixture {
    let mut scene = Scene::new(7);
    scene.server.signs = true;
    AccountFixture::at(scene)
}

fn changes(fixture: &mut AccountFixture) -> Result<Done, AccountStop> {
    let known = fixture.known();
    // Chance of its own each time: no salt is drawn twice.
    let seed = 5 + fixture.bodies.len() as u64;
    ready(change_password(fixture, &mut Seeded::new(seed), known, None))
}

fn recovers(fixture: &mut AccountFixture) -> Result<Done, AccountStop> {
    let known = fixture.known();
    ready(recover(fixture, &mut Seeded::new(5), known, None, None))
}

/// Where the registration stands among the requests of an honest run.
fn start_of(run: fn(&mut AccountFixture) -> Result<Done, AccountStop>) -> usize {
    let mut fixture = fixture();
    run(&mut fixture).expect("an honest run");
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    1 + fixture.paths.iter().position(|path| *path == START).expect("a registration")
}

/// The realm signs nothing any more.
fn falls_silent(scene: &mut Scene) {
    scene.server.signs = false;
}

/// Another realm answers, and signs.
fn is_another(scene: &mut Scene) {
    scene.server.realm = HonestServer::new(99).realm;
}

#[test]
fn a_registration_that_the_realm_has_not_signed_is_refused_before_anything_is_made_of_the_password() {
    for run in [changes, recovers] {
        let at = start_of(run);
        for meddle in [falls_silent, is_another] {
            let mut fixture = fixture();
            fixture.before = Some((at, meddle));
            let stopped = run(&mut fixture).expect_err("it is refused");
            assert!(matches!(stopped.why, AccountReason::Refused(Refusal::NotTheRealm)), "{:?}", stopped.why);
            assert_eq!(stopped.reach, Reach::NothingChanged);
            assert_eq!(fixture.paths.last(), Some(&START), "nothing was sent after it");
        }
        // Two elements that are what a server would send.
        let mut fixture = fixture();
        let alter = |_: &str| {
            let other = "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXbi8q4KarxOcaiEqWHFAFFfWOMLaqWC3Y22pllF4I0tdg";
            format!("{{\"opaque_response\":\"{other}\"}}")
        };
        fixture.meddle = Some((at, Meddle::Alter(alter)));
        let stopped = run(&mut fixture).expect_err("it is refused");
        assert!(matches!(stopped.why, AccountReason::Refused(Refusal::NotTheRealm)), "{:?}", stopped.why);
        assert_eq!(fixture.paths.last(), Some(&START));
    }
}

#[test]
fn an_account_of_before_names_the_key_with_its_next_password_and_goes_on_naming_it() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.signs = true;
    let length = |fixture: &mut AccountFixture| {
        let bundle = fixture.scene.server.bundle_mut();
        bundle["statement"]["digests"].as_str().map(str::len)
    };
    assert_eq!(length(&mut fixture), Some(264), "six entries of 33 bytes");
    let pin = changes(&mut fixture).expect("a new password").pin;
    assert_eq!(length(&mut fixture), Some(308), "seven");
    (fixture.remembered, fixture.asked) = (Some(pin), 0);
    fixture.typed = [fixture.chosen.clone()].into();
    fixture.new = [PASSWORD.to_owned()].into();
    changes(&mut fixture).expect("another");
    assert_eq!(length(&mut fixture), Some(308));
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
}
