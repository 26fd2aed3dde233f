//! An account on a computer on which an organisation has pinned its realm.

use super::{AccountFixture, AccountReason, ready};
use firstkey_core::crypto::context::RealmId;
use firstkey_core::crypto::realm_key::{LinkBinding, RealmKey};
use firstkey_core::flow::account::change_password;
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::Scene;

fn fixture(signs: bool) -> (AccountFixture, ManagedRealm) {
    let mut scene = Scene::new(7);
    scene.server.signs = signs;
    let fixture = AccountFixture::at(scene);
    let server = &fixture.scene.server;
    let managed = ManagedRealm {
        origin: fixture.pin().origin,
        realm: RealmId::heard(server.realm),
        binding: Some(RealmKey::from_bytes(server.realm_key()).binding()),
    };
    (fixture, managed)
}

#[test]
fn an_account_of_the_pinned_realm_opens_and_one_elsewhere_is_sent_nothing() {
    let (mut fixture, managed) = fixture(true);
    fixture.managed = Some(managed.clone());
    let known = fixture.known();
    fixture.verify(known).expect("it opens");

    let (mut fixture, _) = self::fixture(true);
    let origin = Origin::read("https://accounts.example.net").expect("an origin");
    fixture.managed = Some(ManagedRealm { origin, ..managed.clone() });
    let known = fixture.known();
    let stop = fixture.verify(known).expect_err("it is refused");
    assert!(matches!(stop.why, AccountReason::Refused(Refusal::NotManagedServer)), "{:?}", stop.why);
    assert_eq!((stop.reach, fixture.paths.len()), (Reach::NothingChanged, 0));

    // A computer that remembers nothing is told by the server which realm it is.
    for pinned_here in [true, false] {
        let (mut fixture, _) = self::fixture(true);
        fixture.managed = Some(ManagedRealm { realm: RealmId::heard([9; 16]), ..managed.clone() });
        let mut known = fixture.known();
        known.pin = known.pin.filter(|_| pinned_here);
        assert!(matches!(fixture.stopped(known), AccountReason::Refused(Refusal::NotManagedRealm)));
        assert_eq!((fixture.asked, fixture.paths.len()), (0, 1), "no password was asked for");
    }
}

#[test]
fn a_new_password_is_registered_with_the_pinned_key_alone_even_where_no_statement_names_it() {
    for (signs, key, holds) in [(true, None, true), (true, Some(9), false), (false, None, false)] {
        let (mut fixture, managed) = fixture(signs);
        let binding = key.map_or(managed.binding, |key| Some(LinkBinding::from_bytes([key; LinkBinding::LEN])));
        fixture.managed = Some(ManagedRealm { binding, ..managed });
        let known = fixture.known();
        let end = ready(change_password(&mut fixture, &mut Seeded::new(5), known, None));
        match end {
            Ok(_) => assert!(holds, "{signs} {key:?}"),
            Err(stop) => {
                assert!(!holds && matches!(stop.why, AccountReason::Refused(Refusal::NotTheRealm)), "{:?}", stop.why);
                assert_eq!(fixture.paths.last(), Some(&"/v1/account/password/start"), "nothing was sent after it");
            }
        }
    }
}
