use super::{invited, run, stopped};
use firstkey_core::flow::stop::{NoAnswer, Reach};
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{
    DialectAccount, DialectDeed, DialectDone, DialectOptions, DialectReason, DialectStop, KitCheck, Recovery, Refused,
    change, recover, verify,
};
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::infisical::fake::{Era, Lie, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, PASSWORD, ready};
use zeroize::Zeroizing;

const NEW: &str = "another velvet tundra misprint cobra lunar 8";
const RESET: &str = "/password-reset?token=00112233445566778899aabbccddeeff&to=ada+new@example.org";

/// An account that was completed, its pin and its kit.
fn completed() -> (DialectFixture, Pin, Kit) {
    let (mut fixture, link) = invited(&[]);
    let done = run(&mut fixture, &link).expect("an honest server");
    let kit = fixture.kit.take().expect("a kit");
    let mut fresh = DialectFixture::new(fixture.fake.clone());
    fresh.fake.log.clear();
    (fresh, done.pin.expect("a pin"), kit)
}

fn known(pin: &Pin) -> DialectAccount {
    DialectAccount { origin: pin.origin.clone(), identity: pin.identity.clone(), pin: Some(pin.clone()), ticket: None }
}

fn options(pin: &Pin) -> DialectOptions {
    DialectOptions { pins: vec![pin.clone()], now: 1_795_457_000, rehearsal: false }
}

fn verified(fixture: &mut DialectFixture, pin: &Pin) -> Result<DialectDone, DialectStop> {
    ready(verify(fixture, &mut Seeded::new(7), options(pin), known(pin), KitCheck::Stored))
}

fn changed(fixture: &mut DialectFixture, pin: &Pin) -> Result<DialectDone, DialectStop> {
    fixture.new = [NEW.as_bytes().to_vec()].into();
    ready(change(fixture, &mut Seeded::new(7), options(pin), known(pin)))
}

fn recovered(fixture: &mut DialectFixture, pin: &Pin, kit: Option<&Kit>) -> Result<DialectDone, DialectStop> {
    fixture.new = [NEW.as_bytes().to_vec()].into();
    fixture.links.push_back(format!("{ORIGIN}{RESET}"));
    let account = Some((pin.origin.clone(), pin.identity.clone()));
    let with = Recovery { link: None, kit: kit.map(Kit::copy), account };
    ready(recover(fixture, &mut Seeded::new(7), options(pin), with))
}

#[test]
fn an_account_is_verified_with_and_without_a_pin() {
    let (mut fixture, pin, _) = completed();
    let done = verified(&mut fixture, &pin).expect("it opens");
    assert_eq!((done.deed, done.pin.as_ref()), (DialectDeed::Verified, Some(&pin)));
    let unknown = DialectAccount { pin: None, ..known(&pin) };
    let done = ready(verify(&mut fixture, &mut Seeded::new(8), DialectOptions::default(), unknown, KitCheck::Stored))
        .expect("it opens");
    assert_eq!(done.pin.expect("a pin").public_key, pin.public_key);
}

#[test]
fn a_wrong_password_is_asked_for_three_times_and_opens_nothing() {
    let (mut fixture, pin, _) = completed();
    fixture.old = b"not the password at all 1".to_vec();
    assert!(matches!(stopped(verified(&mut fixture, &pin)).why, DialectReason::NotOpened));
    assert_eq!(fixture.asked.iter().filter(|one| *one == "password").count(), 3);
    // Two pairs each: far below the ten failures after which these servers want a puzzle solved.
    assert_eq!(fixture.fake.bodies("/api/v3/auth/login2").len(), 6);
}

#[test]
fn an_mfa_account_is_opened_with_its_digits() {
    let (mut fixture, pin, _) = completed();
    fixture.fake.users[0].mfa = true;
    verified(&mut fixture, &pin).expect("it opens");
    assert!(fixture.asked.contains(&"digits".to_owned()));
}

#[test]
fn w03_w04_w05_w06_whatever_differs_from_the_pin_is_refused() {
    let (fixture, pin, _) = completed();
    for (lie, name) in [
        (Lie::SwapPublicKeyAtLogin, "swapped"),
        (Lie::OtherSalt, "salt"),
        (Lie::VersionOne, "version"),
        (Lie::NullProtectedKey, "null"),
        (Lie::ShortIv, "iv"),
        (Lie::ZeroB, "b"),
    ] {
        let mut fixture = DialectFixture::new(fixture.fake.clone());
        fixture.fake.lies = vec![lie];
        let stop = stopped(verified(&mut fixture, &pin));
        assert!(matches!(stop.why, DialectReason::Refused(_)), "{name} {stop:?}");
        assert_eq!(stop.reach, Reach::NothingChanged);
    }
}

#[test]
fn w04_an_older_vault_after_a_change_is_refused() {
    let (mut fixture, pin, _) = completed();
    let old = fixture.fake.users[0].keys.clone();
    let done = changed(&mut fixture, &pin).expect("changed");
    let new_pin = done.pin.expect("a pin");
    assert_eq!(new_pin.public_key, pin.public_key);
    assert_ne!((new_pin.salt, new_pin.vault), (pin.salt, pin.vault));
    // A database that was rolled back.
    fixture.fake.users[0].keys = old;
    fixture.old = PASSWORD.as_bytes().to_vec();
    let stop = stopped(verified(&mut fixture, &new_pin));
    assert!(matches!(stop.why, DialectReason::Refused(Refused::OtherVault)), "{stop:?}");
    // The new password opens nothing of it.
    fixture.old = NEW.as_bytes().to_vec();
    let stop = stopped(verified(&mut fixture, &new_pin));
    assert!(matches!(stop.why, DialectReason::Refused(Refused::OtherSalt)), "{stop:?}");
    // The same salt and verifier with older ciphertexts.
    let (mut fixture, pin, _) = completed();
    let other = Pin { vault: [7; 32], former: vec![pin.vault], ..pin };
    assert!(matches!(stopped(verified(&mut fixture, &other)).why, DialectReason::Refused(Refused::OtherVault)));
    let other = Pin {
        public_key: firstkey_infisical::keys::PublicKey::of(&firstkey_core::secret::X25519Secret::from_bytes(&[9; 32])),
        ..other
    };
    assert!(matches!(stopped(verified(&mut fixture, &other)).why, DialectReason::Refused(Refused::OtherKey)));
}

#[test]
fn w02_no_command_sends_anything_but_the_probe_to_a_later_server() {
    let (fixture, pin, kit) = completed();
    for era in [Era::G1, Era::G2, Era::G3, Era::G3Html, Era::Html, Era::Limited, Era::Redirect, Era::Maintenance] {
        for command in 0..3 {
            let mut fixture = DialectFixture::new(fixture.fake.clone());
            fixture.fake.log.clear();
            fixture.fake.era = era;
            let end = match command {
                0 => verified(&mut fixture, &pin),
                1 => changed(&mut fixture, &pin),
                _ => recovered(&mut fixture, &pin, Some(&kit)),
            };
            assert!(matches!(stopped(end).why, DialectReason::Era(_)), "{era:?} {command}");
            assert_eq!(fixture.fake.log.len(), 1);
            assert!(!fixture.asked.iter().any(|one| one.contains("password") || one.contains("secret")));
        }
    }
}

#[test]
fn w21_a_changed_password_opens_the_same_key_and_ends_other_sessions() {
    let (mut fixture, pin, kit) = completed();
    let done = changed(&mut fixture, &pin).expect("changed");
    assert_eq!(done.deed, DialectDeed::Changed);
    assert_eq!(fixture.fake.sessions_ended, 1);
    let pin = done.pin.expect("a pin");
    fixture.old = NEW.as_bytes().to_vec();
    verified(&mut fixture, &pin).expect("it opens with the new one");
    fixture.old = PASSWORD.as_bytes().to_vec();
    assert!(verified(&mut fixture, &pin).is_err(), "and not with the old one");
    // The kit stays good.
    let mut fixture = DialectFixture::new(fixture.fake.clone());
    recovered(&mut fixture, &pin, Some(&kit)).expect("the kit recovers it");
}

#[test]
fn a_change_whose_answer_is_lost_is_found_out_by_logging_in() {
    let path = "/api/v1/password/change-password";
    let (mut fixture, pin, _) = completed();
    fixture.fake.lies = vec![Lie::LoseAfter(path)];
    assert_eq!(changed(&mut fixture, &pin).expect("it was stored").deed, DialectDeed::Changed);
    assert_eq!(fixture.fake.bodies(path).len(), 1);
    let (mut fixture, pin, _) = completed();
    fixture.fake.lies = vec![Lie::LoseBefore(path)];
    let stop = stopped(changed(&mut fixture, &pin));
    assert!(matches!(stop.why, DialectReason::Lost(Call::ChangeLock, NoAnswer::Broken)), "{stop:?}");
    assert_eq!(fixture.fake.bodies(path).len(), 1, "it is not sent again");
}

#[test]
fn a_forgotten_password_is_replaced_with_the_kit_and_the_mailbox() {
    for from_file in [true, false] {
        let (mut fixture, pin, kit) = completed();
        fixture.kit_secret = kit.secret.groups().as_bytes().to_vec();
        let done = recovered(&mut fixture, &pin, from_file.then_some(&kit)).unwrap_or_else(|stop| panic!("{stop:?}"));
        assert_eq!(done.deed, DialectDeed::Recovered);
        let pin = done.pin.expect("a pin");
        fixture.old = NEW.as_bytes().to_vec();
        verified(&mut fixture, &pin).expect("it opens with the new one");
        assert!(fixture.fake.sessions_ended >= 1);
        // All slow work came before the code was used up.
        let used = fixture.trace.iter().position(|one| one.ends_with("password-reset-verify")).expect("used");
        assert!(fixture.trace.iter().position(|one| one == "stretch").expect("stretched") < used);
        // The secret itself never left.
        let secret = String::from_utf8_lossy(&*kit.secret.key()).into_owned();
        assert!(fixture.fake.log.iter().all(|one| !String::from_utf8_lossy(&one.body).contains(&secret)));
    }
}

#[test]
fn a_wrong_secret_is_asked_for_again_while_the_code_is_good() {
    let (mut fixture, pin, _) = completed();
    fixture.kit_secret = "00".repeat(16).into_bytes();
    let stop = stopped(recovered(&mut fixture, &pin, None));
    assert!(matches!(stop.why, DialectReason::NotOpened), "{stop:?}");
    assert_eq!(stop.reach, Reach::CodeUsed);
    assert!(fixture.fake.bodies("/api/v1/password/password-reset").is_empty());
}

#[test]
fn w11_w16_a_kit_that_the_server_lost_or_replaced_does_not_take_the_key_with_it() {
    for lie in [Lie::OtherKit, Lie::NoKit] {
        let (mut fixture, pin, kit) = completed();
        fixture.fake.lies = vec![lie];
        if lie == Lie::NoKit {
            fixture.fake.users[0].kit = None;
        }
        let done = recovered(&mut fixture, &pin, Some(&kit)).unwrap_or_else(|stop| panic!("{lie:?} {stop:?}"));
        assert_eq!(done.pin.expect("a pin").public_key, pin.public_key);
    }
    // Without a page there is only the server's.
    let (mut fixture, pin, kit) = completed();
    fixture.fake.users[0].kit = None;
    fixture.kit_secret = kit.secret.groups().as_bytes().to_vec();
    assert!(matches!(stopped(recovered(&mut fixture, &pin, None)).why, DialectReason::Says(Call::FetchKit, _)));
}

#[test]
fn w16_another_private_key_than_the_pinned_one_is_never_put_under_a_new_lock() {
    let (mut fixture, pin, kit) = completed();
    let (mut other, other_pin, other_kit) = completed();
    let _ = (&mut other, other_pin);
    let mut rng = Seeded::new(99);
    let stranger = firstkey_core::secret::X25519Secret::make(&mut rng);
    let sealed = firstkey_infisical::keys::Sealed::of_private(&kit.secret.key(), &stranger, &mut rng);
    let [ciphertext, iv, tag] = sealed.texts();
    fixture.fake.users[0].kit = Some(serde_json::json!({"encryptedPrivateKey": ciphertext, "iv": iv, "tag": tag}));
    fixture.kit_secret = kit.secret.groups().as_bytes().to_vec();
    let stop = stopped(recovered(&mut fixture, &pin, None));
    assert!(matches!(stop.why, DialectReason::Refused(Refused::OtherKey)), "{stop:?}");
    assert!(fixture.fake.bodies("/api/v1/password/password-reset").is_empty());
    // A kit of another account is not used at all.
    let mut foreign = other_kit;
    foreign.identity = "eve@example.org".to_owned();
    let mut fresh = DialectFixture::new(fixture.fake.clone());
    fresh.fake.log.clear();
    assert!(matches!(stopped(recovered(&mut fresh, &pin, Some(&foreign))).why, DialectReason::OtherAccount));
}

#[test]
fn w14_an_account_that_was_renamed_opens_with_its_old_identity_and_gets_a_new_lock() {
    let mut fake = firstkey_testkit::infisical::fake::Fake::new(Era::G0);
    let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
    fake.users[user].email_verified = true;
    let link = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    let mut fixture = DialectFixture::new(fake);
    let pin = run(&mut fixture, &link).expect("an honest server").pin.expect("a pin");
    fixture.fake.users[user].username = "scim1@example.com".to_owned();
    fixture.before_link = Some(|fake, links| links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END))));
    verified(&mut fixture, &pin).expect("computed with the old identity, looked up by the new name");
    assert!(fixture.told.iter().any(|told| told.starts_with("Renamed")));
    let done = changed(&mut fixture, &pin).expect("a new lock for the new name");
    assert_eq!(done.identity, "scim1@example.com");
    let pin = done.pin.expect("a pin");
    fixture.old = NEW.as_bytes().to_vec();
    verified(&mut fixture, &pin).expect("it opens under its new name");
}

#[test]
fn w03_a_log_in_alone_is_believed_nothing() {
    let (mut fixture, pin, _) = completed();
    fixture.fake.lies = vec![Lie::PageAfter("/api/v3/auth/login2")];
    assert!(verified(&mut fixture, &pin).is_err());
    assert!(fixture.pins.is_empty());
}

#[test]
fn a_kit_is_read_from_its_page_and_an_unasked_link_is_taken() {
    let (mut fixture, pin, kit) = completed();
    fixture.new = [NEW.as_bytes().to_vec()].into();
    fixture.fake.users[0].reset_code = Some("00112233445566778899aabbccddeeff".to_owned());
    let read = Kit::read(kit.page().as_bytes()).expect("our own page");
    let with = Recovery {
        link: Some(Zeroizing::new(format!("{ORIGIN}{RESET}").into_bytes())),
        kit: Some(read),
        account: None,
    };
    ready(recover(&mut fixture, &mut Seeded::new(7), options(&pin), with)).expect("recovered");
}
