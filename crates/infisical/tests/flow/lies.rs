use super::{invited, run, stopped};
use firstkey_core::flow::stop::{GaveUp, Reach};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::flow::{DialectReason, Refused};
use firstkey_testkit::infisical::fake::Lie;

fn refused(lie: Lie) -> DialectReason {
    let (mut fixture, link) = invited(&[lie]);
    let stop = stopped(run(&mut fixture, &link));
    assert!(stop.reach >= Reach::Unknown, "{lie:?} {stop:?}");
    assert!(fixture.pins.iter().all(|pin| !pin.confirmed), "{lie:?}: nothing is said to be good");
    stop.why
}

#[test]
fn w03_w06_a_public_key_that_was_swapped_is_refused() {
    assert!(matches!(refused(Lie::SwapPublicKey), DialectReason::SomebodyElse));
    assert!(matches!(refused(Lie::SwapPublicKeyAtLogin), DialectReason::Refused(Refused::Keys)));
}

#[test]
fn w04_another_ciphertext_at_the_read_back_is_refused() {
    assert!(matches!(refused(Lie::OtherCiphertext), DialectReason::Refused(Refused::Differs(_))));
}

#[test]
fn w05_another_salt_or_an_unusable_b_is_refused_before_any_proof_is_sent() {
    for lie in [Lie::OtherSalt, Lie::ZeroB, Lie::ModulusB, Lie::ShortB] {
        let (mut fixture, link) = invited(&[lie]);
        let stop = stopped(run(&mut fixture, &link));
        assert!(
            matches!(stop.why, DialectReason::Refused(Refused::OtherSalt | Refused::Nonsense(Nonsense::Malformed(_)))),
            "{lie:?} {stop:?}"
        );
        for path in ["/api/v3/auth/login2", "/api/v1/password/backup-private-key"] {
            assert!(fixture.fake.bodies(path).is_empty(), "{lie:?}: no proof leaves");
        }
    }
}

#[test]
fn w07_w26_older_versions_missing_keys_and_odd_lengths_are_refused() {
    for (lie, member) in [
        (Lie::VersionOne, "encryptionVersion"),
        (Lie::NullProtectedKey, "protectedKey"),
        (Lie::ShortIv, "encryptedPrivateKey"),
    ] {
        let why = refused(lie);
        assert!(
            matches!(why, DialectReason::Refused(Refused::Nonsense(Nonsense::Malformed(found))) if found == member),
            "{lie:?} {why:?}"
        );
    }
}

#[test]
fn a_server_that_hands_out_the_verifier_is_refused() {
    assert!(matches!(refused(Lie::ShowsVerifier), DialectReason::Refused(Refused::ShowsVerifier)));
}

#[test]
fn w16_a_kit_that_is_not_what_was_sent_is_refused_and_one_that_is_not_stored_is_told() {
    assert!(matches!(refused(Lie::OtherKit), DialectReason::Refused(Refused::Differs(_))));
    let (mut fixture, link) = invited(&[Lie::NoKit]);
    let done = run(&mut fixture, &link).expect("the account is whole");
    assert!(done.kit == Some(false) && fixture.told.contains(&"KitNotStored".to_owned()));
}

#[test]
fn w18_a_stranger_who_begins_log_ins_is_outwaited() {
    for times in [1, 2] {
        let (mut fixture, link) = invited(&[Lie::Disturbed(times)]);
        run(&mut fixture, &link).unwrap_or_else(|stop| panic!("{times} {stop:?}"));
        assert!(fixture.trace.contains(&"wait".to_owned()));
    }
    // The log-in itself, and not only what comes before it.
    let (mut fixture, link) = invited(&[]);
    let pin = run(&mut fixture, &link).expect("an honest server").pin.expect("a pin");
    fixture.fake.lies = vec![Lie::Disturbed(1)];
    let known = firstkey_infisical::flow::DialectAccount {
        origin: pin.origin.clone(),
        identity: pin.identity.clone(),
        pin: Some(pin),
        ticket: None,
    };
    let mut rng = firstkey_testkit::chance::Seeded::new(5);
    let end = firstkey_infisical::flow::verify(
        &mut fixture,
        &mut rng,
        firstkey_infisical::flow::DialectOptions::default(),
        known,
        firstkey_infisical::flow::KitCheck::Stored,
    );
    assert!(firstkey_testkit::infisical::person::ready(end).is_ok());
    assert!(!fixture.told.contains(&"NotOpened".to_owned()), "it is not called a wrong password");
}

#[test]
fn w22_texts_of_the_server_are_made_fit_for_a_terminal() {
    let (mut fixture, link) = invited(&[Lie::Escapes]);
    fixture.fake.memberships.push(firstkey_testkit::infisical::fake::Membership {
        user: 0,
        org: 1,
        accepted: false,
        code: None,
    });
    run(&mut fixture, &link).expect("only its texts are odd");
    for told in &fixture.told {
        assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told:?}");
    }
    assert!(fixture.told.iter().any(|told| told.contains("<U+001B>")));
}

#[test]
fn w14_an_account_that_was_renamed_right_away_is_told() {
    let (mut fixture, link) = invited(&[Lie::Rename]);
    let stop = stopped(run(&mut fixture, &link));
    assert!(fixture.told.iter().any(|told| told.contains("Renamed")), "{:?}", fixture.told);
    assert!(matches!(stop.why, DialectReason::Says(..)), "{stop:?}");
}

#[test]
fn w25_of_two_completions_at_once_the_one_whose_keys_are_not_stored_is_told_so() {
    let (mut fixture, link) = invited(&[Lie::Race]);
    let (mut other, other_link) = invited(&[]);
    other.new = [b"another velvet tundra misprint cobra lunar 8".to_vec()].into();
    run(&mut other, &other_link).expect("an honest server");
    fixture.fake.rival(other.fake.users[0].keys.clone().expect("keys"));
    let mut seed = firstkey_testkit::chance::Seeded::new(43);
    let text = zeroize::Zeroizing::new(link.into_bytes());
    let end = firstkey_testkit::infisical::person::ready(firstkey_infisical::flow::accept::accept(
        &mut fixture,
        &mut seed,
        firstkey_infisical::flow::DialectOptions::default(),
        text,
    ));
    assert!(matches!(stopped(end).why, DialectReason::SomebodyElse));
}

#[test]
fn a_host_in_punycode_is_confirmed_and_a_link_with_tricks_is_never_followed() {
    let (mut fixture, link) = invited(&[]);
    let odd = link.replace("app.example.org", "xn--pp-xka.example.org");
    run(&mut fixture, &odd).expect("confirmed");
    assert_eq!(fixture.asked[0], "host");
    let (mut fixture, link) = invited(&[]);
    let trick = link.replace("https://app.example.org", "https://app.example.org@evil.example");
    assert!(run(&mut fixture, &trick).is_err() && fixture.fake.log.is_empty());
    let _ = GaveUp::Host;
}
