//! A computer on which an organisation has pinned its realm: nothing goes to another server, and
//! nothing of another realm is used.

use super::*;
use firstkey_core::crypto::context::RealmId;
use firstkey_core::crypto::realm_key::{LinkBinding, RealmKey};
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::wire::origin::Origin;
use firstkey_testkit::honest::HonestServer;

/// What an administrator writes down of this server.
fn pinned(server: &HonestServer, with_key: bool) -> ManagedRealm {
    ManagedRealm {
        origin: Origin::read(&server.origin).expect("an origin"),
        realm: RealmId::heard(server.realm),
        binding: with_key.then(|| RealmKey::from_bytes(server.realm_key()).binding()),
    }
}

fn scene(signs: bool) -> Scene {
    let mut scene = Scene::new(1);
    scene.server.signs = signs;
    scene
}

/// What ends an honest run on a computer that is managed so.
fn refused_by(managed: ManagedRealm, scene: &mut Scene) -> (Refusal, Vec<Endpoint>) {
    scene.shelf.managed = Some(managed);
    let log = judged(scene.run_honestly(7));
    assert!(!asked_for_a_password(&log));
    let AcceptReason::Refused(refusal) = &stop(&log).why else { panic!("{:?}", stop(&log).why) };
    (refusal.clone(), sent(&log))
}

#[test]
fn an_invite_of_the_pinned_realm_is_accepted() {
    for (signs, with_key) in [(true, true), (true, false), (false, false)] {
        let mut scene = scene(signs);
        scene.shelf.managed = Some(pinned(&scene.server, with_key));
        done(&judged(scene.run_honestly(7)));
    }
}

#[test]
fn an_invite_of_another_server_is_refused_before_anything_is_sent() {
    for other in ["https://accounts.example.net", "https://accounts.example.com:8443"] {
        let mut scene = scene(true);
        let managed = ManagedRealm { origin: Origin::read(other).expect("an origin"), ..pinned(&scene.server, true) };
        assert_eq!(refused_by(managed, &mut scene), (Refusal::NotManagedServer, vec![]));
    }
}

#[test]
fn a_link_that_names_another_key_is_refused_before_anything_is_sent() {
    let mut scene = scene(true);
    let binding = Some(LinkBinding::from_bytes([9; LinkBinding::LEN]));
    let managed = ManagedRealm { binding, ..pinned(&scene.server, true) };
    assert_eq!(refused_by(managed, &mut scene), (Refusal::NotManagedRealm, vec![]));
}

#[test]
fn another_realm_at_the_pinned_address_is_refused_before_a_password_is_asked_for() {
    let mut scene = scene(true);
    let managed = ManagedRealm { realm: RealmId::heard([9; 16]), ..pinned(&scene.server, true) };
    assert_eq!(refused_by(managed, &mut scene), (Refusal::NotManagedRealm, vec![Endpoint::Claim]));
}

#[test]
fn where_the_key_is_pinned_a_link_of_version_1_needs_signed_answers_too() {
    let mut scene = scene(false);
    let managed = pinned(&scene.server, true);
    assert_eq!(refused_by(managed, &mut scene), (Refusal::NotTheRealm, vec![Endpoint::Claim]));
}

#[test]
fn an_upload_that_was_saved_before_the_computer_was_managed_goes_to_no_other_server_or_realm() {
    let other = Origin::read("https://accounts.example.net").expect("an origin");
    let change: [(fn(ManagedRealm, Origin) -> ManagedRealm, Refusal); 2] = [
        (|managed, origin| ManagedRealm { origin, ..managed }, Refusal::NotManagedServer),
        (|managed, _| ManagedRealm { realm: RealmId::heard([9; 16]), ..managed }, Refusal::NotManagedRealm),
    ];
    for (managed, refusal) in change {
        let mut scene = scene(true);
        // The upload is saved, and its answer is lost with the run.
        let saved = scene.run(1, |_, effect, scene| {
            let reply = scene.honest(effect);
            (!matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete)).then_some(reply)
        });
        judged(saved);
        assert_eq!(scene.shelf.checkpoints.len(), 1);
        scene.shelf.managed = Some(managed(pinned(&scene.server, true), other.clone()));
        let log = judged(scene.run_honestly(2));
        assert!(matches!(&stop(&log).why, AcceptReason::Refused(found) if *found == refusal), "{:?}", stop(&log).why);
        assert_eq!(sent(&log), []);
        assert_eq!(scene.shelf.checkpoints.len(), 1, "it stays for when the computer is mended");
    }
}
