//! Offers that would weaken something: refused before a password is asked for (I3, K13), and
//! nothing follows.

use super::*;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::accept::Options;
use firstkey_core::wire::refusal::Blame;
use firstkey_estimator::Zxcvbn;
use serde_json::json;

/// The refusal of an offer with `pointer` set to `value`, or removed.
fn offered(pointer: &str, value: Option<Value>) -> Refusal {
    let mut scene = Scene::new(1);
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let members = scene.server.offer.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    let log = judged(scene.run_honestly(1));
    assert!(!asked_for_a_password(&log), "{pointer}");
    assert!(
        !log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Consent(_)))),
        "{pointer}: not even consent"
    );
    refused(&log, Endpoint::Claim)
}

#[test]
fn a_policy_weaker_than_the_built_in_one_is_refused() {
    let table = [
        ("min_profile", vec![json!(0), json!(-1), json!("2"), json!(2.0), json!(null), json!([2])]),
        (
            "min_length",
            vec![
                json!(0),
                json!(4),
                json!(14),
                json!(-1),
                json!("15"),
                json!(15.5),
                json!(null),
                json!(129),
                json!(u64::MAX),
            ],
        ),
        ("recovery", vec![json!("off"), json!("forced"), json!(""), json!("Required"), json!(null), json!(true)]),
        ("secret_key", vec![json!("banned"), json!(""), json!(null), json!(false)]),
    ];
    for (member, values) in table {
        for value in values.into_iter().map(Some).chain([None]) {
            let refusal = offered(&format!("/policy/{member}"), value.clone());
            assert_eq!(refusal, Refusal::WeakPolicy(member), "{value:?}");
            assert_eq!(refusal.blame(), Blame::Security);
        }
    }
}

#[test]
fn a_profile_that_does_not_exist_is_refused() {
    for id in [5_u64, 255, 1 << 40] {
        assert!(matches!(offered("/policy/min_profile", Some(json!(id))), Refusal::Kdf(_)));
    }
}

#[test]
fn a_stronger_policy_is_kept() {
    for (id, profile) in [(1, Profile::Two), (2, Profile::Two), (3, Profile::Three), (4, Profile::Four)] {
        let mut scene = Scene::new(1);
        scene.server.offer["policy"]["min_profile"] = json!(id);
        scene.server.offer["policy"]["min_length"] = json!(20);
        let log = judged(scene.run_honestly(1));
        assert!(end(&log).is_ok());
        assert!(log.turns.iter().any(|turn| matches!(turn.effect, Effect::Prepare(prepared) if prepared == profile)));
        assert!(
            log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Password { min_length: 20, .. })))
        );
    }
}

#[test]
fn the_longest_minimum_that_makes_sense_is_obeyed() {
    let mut scene = Scene::new(1);
    scene.server.offer["policy"]["min_length"] = json!(128);
    let log = judged(scene.run_honestly(1));
    assert!(
        log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Password { min_length: 128, .. })))
    );
}

#[test]
fn a_wish_never_lowers_and_always_raises_the_profile() {
    for (wish, profile) in [(Profile::One, Profile::Two), (Profile::Two, Profile::Two), (Profile::Four, Profile::Four)]
    {
        let options = Options { profile: Some(wish), ..Options::new(&Zxcvbn) };
        let log = judged(Scene::new(1).run_with(1, options, |_, effect, scene| Some(scene.honest(effect))));
        assert!(end(&log).is_ok());
        assert!(log.turns.iter().any(|turn| matches!(turn.effect, Effect::Prepare(prepared) if prepared == profile)));
    }
}

#[test]
fn no_wish_goes_below_the_default_where_the_organisation_is_content_with_less() {
    for (wish, profile) in
        [(None, Profile::Two), (Some(Profile::One), Profile::Two), (Some(Profile::Three), Profile::Three)]
    {
        let mut scene = Scene::new(1);
        scene.server.offer["policy"]["min_profile"] = json!(1);
        let options = Options { profile: wish, ..Options::new(&Zxcvbn) };
        let log = judged(scene.run_with(1, options, |_, effect, scene| Some(scene.honest(effect))));
        assert!(end(&log).is_ok());
        assert!(log.turns.iter().any(|turn| matches!(turn.effect, Effect::Prepare(prepared) if prepared == profile)));
    }
}

#[test]
fn a_policy_member_that_is_unknown_is_shown_and_not_applied() {
    let mut scene = Scene::new(1);
    scene.server.offer["policy"]["blocklist"] = json!([]);
    scene.server.offer["policy"]["max_length\u{1b}[2J"] = json!(8);
    let log = judged(scene.run_honestly(1));
    assert!(end(&log).is_ok());
    let shown = notices(&log)
        .find_map(|notice| if let Notice::UnknownPolicy(members) = notice { Some(members.clone()) } else { None });
    let shown: Vec<_> = shown.expect("they are shown").iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 2);
    assert!(shown.contains(&"blocklist".to_owned()));
}

#[test]
fn another_protocol_or_suite_is_refused() {
    for (pointer, value) in [
        ("/protocol", json!(0)),
        ("/protocol", json!(2)),
        ("/suites", json!([])),
        ("/suites", json!([0])),
        ("/suites", json!([2, 255])),
        ("/suites", json!(["1"])),
    ] {
        assert_eq!(offered(pointer, Some(value)), Refusal::Unspoken, "{pointer}");
    }
    for (pointer, value) in [
        ("/protocol", json!("1")),
        ("/suites", json!(1)),
        ("/expires_at", json!((1_u64 << 53) + 1)),
        ("/mode", json!("ENROL")),
        ("/mode", json!("escrow")),
    ] {
        assert!(matches!(offered(pointer, Some(value)), Refusal::Malformed(_)), "{pointer}");
    }
}

#[test]
fn every_member_that_an_offer_needs_is_missed() {
    for pointer in [
        "/protocol",
        "/suites",
        "/realm_id",
        "/organisation",
        "/organisation/org_id",
        "/organisation/name",
        "/account",
        "/account/account_id",
        "/account/email",
        "/mode",
        "/policy",
        "/expires_at",
        "/server_time",
        "/earlier_claims",
        "/earlier_claims/count",
    ] {
        assert!(matches!(offered(pointer, None), Refusal::Malformed(_)), "{pointer}");
    }
}

#[test]
fn a_list_of_claims_is_read_strictly() {
    let one = |digest: &str, at: serde_json::Value| json!([{"sha256": digest, "at": at}]);
    let digest = "A".repeat(43);
    for bad in [
        json!(null),
        json!({}),
        json!([1]),
        one(&digest[1..], json!(1)),
        one(&digest, json!(-1)),
        one(&digest, json!(null)),
        json!([{"sha256": digest, "at": 1, "who": "x"}]),
        json!([{"sha256": digest}]),
        json!(vec![json!({"sha256": digest, "at": 1}); 65]),
    ] {
        let refusal = offered("/earlier_claims/keys", Some(bad.clone()));
        assert!(matches!(refusal, Refusal::Malformed(_) | Refusal::Unexpected { .. }), "{bad}: {refusal:?}");
    }
}

#[test]
fn ids_have_one_length_and_one_spelling() {
    for bad in [
        "",
        "AAAA",
        "AAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAB",
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAA+A",
        " AAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert!(matches!(offered("/realm_id", Some(json!(bad))), Refusal::Malformed("realm_id")), "{bad:?}");
    }
}

#[test]
fn an_address_that_is_none_is_refused() {
    for bad in [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a@b@c",
        "ada @example.org",
        "ada@example.org\n",
        "ada\u{202e}@example.org",
        "\u{1b}[2Jada@example.org",
    ] {
        assert!(matches!(offered("/account/email", Some(json!(bad))), Refusal::Malformed("email")), "{bad:?}");
    }
    assert!(matches!(
        offered("/account/email", Some(json!(format!("{}@example.org", "a".repeat(250))))),
        Refusal::Malformed("email")
    ));
}

#[test]
fn addresses_of_real_people_are_accepted() {
    let long = format!("{}@{}.example.org", "a".repeat(64), "b".repeat(60));
    for good in
        ["ada@www.example.org", "o'brien+x@example.co.uk", "jürgen@bücher.example", "用户@例子.example", long.as_str()]
    {
        let mut scene = Scene::new(1);
        scene.server.offer["account"]["email"] = json!(good);
        good.clone_into(&mut scene.server.email);
        let log = judged(scene.run_honestly(1));
        assert!(end(&log).is_ok(), "{good}: {:?}", end(&log));
    }
}

#[test]
fn a_realm_that_does_not_fit_the_pins_is_refused() {
    let mut first = Scene::new(1);
    judged(first.run_honestly(1));
    // The same origin with another realm, then the same realm under another origin.
    let other_realm = Scene::new(2);
    let mut other_origin = Scene::new(1);
    other_origin.server.invite = [7; 16];
    "https://keys.example.net".clone_into(&mut other_origin.server.origin);
    for mut scene in [other_realm, other_origin] {
        scene.shelf.pins.clone_from(&first.shelf.pins);
        let log = judged(scene.run_honestly(2));
        assert_eq!(refused(&log, Endpoint::Claim), Refusal::RealmChanged);
        assert!(!asked_for_a_password(&log));
    }
}

#[test]
fn a_completed_account_takes_no_new_keys() {
    let mut first = Scene::new(1);
    judged(first.run_honestly(1));
    let mut again = Scene::new(1);
    again.server.invite = [7; 16];
    again.shelf.pins.clone_from(&first.shelf.pins);
    let log = judged(again.run_honestly(2));
    assert_eq!(refused(&log, Endpoint::Claim), Refusal::AlreadyComplete);
    assert!(!asked_for_a_password(&log));
}

#[test]
fn a_second_account_in_a_pinned_realm_is_welcome() {
    let mut first = Scene::new(1);
    judged(first.run_honestly(1));
    let mut second = Scene::new(1);
    second.server.invite = [7; 16];
    second.server.account = [8; 16];
    second.server.offer["account"]["account_id"] = json!("CAgICAgICAgICAgICAgICA");
    second.shelf.pins.clone_from(&first.shelf.pins);
    assert!(end(&judged(second.run_honestly(2))).is_ok());
    assert_eq!(second.shelf.pins.len(), 2);
}

#[test]
fn an_invite_that_makes_no_keys_asks_for_no_password_here() {
    let mut scene = Scene::new(1);
    scene.server.offer["mode"] = json!("join");
    let log = judged(scene.run_honestly(1));
    assert!(matches!(stop(&log).why, AcceptReason::JoinsOnly));
    assert_eq!(sent(&log), [Endpoint::Claim]);
    assert!(!asked_for_a_password(&log));
}

#[test]
fn a_machine_without_the_memory_says_so_before_a_password_is_asked_for() {
    let trouble = firstkey_core::flow::stop::LocalTrouble::NotEnoughMemory { needed_kib: 262_144, available_kib: 1000 };
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Prepare(_)) { Reply::Trouble(trouble.clone()) } else { scene.honest(effect) })
    }));
    assert!(matches!(&stop(&log).why, AcceptReason::Local(said) if *said == trouble));
    assert!(!asked_for_a_password(&log));
}
