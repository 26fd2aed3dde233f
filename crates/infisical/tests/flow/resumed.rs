//! Accepting again: after success, after a crash, with one ticket shown twice. What is pinned
//! stays.

use super::{invited, run_with, stopped};
use firstkey_infisical::flow::{DialectDeed, DialectOptions, DialectReason};
use firstkey_infisical::pin::Pin;
use firstkey_testkit::infisical::fake::{Era, Fake, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN};

const SIGNUP: &str = "/api/v3/signup/complete-account/signup";

fn signed_in() -> (DialectFixture, String) {
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision("scim1@example.com", "scim1@example.com");
    fake.users[user].email_verified = true;
    let link = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    (DialectFixture::new(fake), link)
}

fn with(pins: &[Pin]) -> DialectOptions {
    DialectOptions { pins: pins.to_vec(), now: 1_795_457_000, rehearsal: false }
}

fn uploads(fixture: &DialectFixture, path: &str) -> usize {
    fixture.fake.log.iter().filter(|one| one.path == path && one.body != b"{}").count()
}

#[test]
fn one_ticket_shown_twice_opens_the_account_and_the_good_pin_stays() {
    let (mut fixture, link) = signed_in();
    let first = run_with(&mut fixture, &link, with(&[])).expect("an honest server").pin.expect("a pin");
    let (disk, kit) = (fixture.disk.clone(), fixture.kit.take().expect("a kit"));
    // The same ticket, which still says that the account is not complete; and a fresh one, which
    // says that it is.
    for link in [link, format!("{ORIGIN}{}", fixture.fake.sign_in(0, TICKETS_END))] {
        let mut again = DialectFixture::new(fixture.fake.clone());
        again.disk.clone_from(&disk);
        let done = run_with(&mut again, &link, with(&disk)).unwrap_or_else(|stop| panic!("{stop:?} {:?}", again.told));
        assert_eq!((done.deed, done.member, done.kit), (DialectDeed::Completed, Some(true), Some(true)));
        assert_eq!(done.pin.as_ref(), Some(&first));
        assert_eq!(again.disk, disk, "what was pinned is what is pinned");
        assert!(!again.asked.contains(&"new password".to_owned()) && again.kit.is_none(), "no keys are made");
        assert_eq!(uploads(&again, SIGNUP), 1, "the first one's");
        let [ciphertext, ..] = kit.sealed.texts();
        let stored = again.fake.users[0].kit.as_ref().expect("a kit")["encryptedPrivateKey"].clone();
        assert_eq!(stored.as_str(), Some(ciphertext.as_str()), "the kit stays");
    }
}

#[test]
fn an_invite_that_was_used_here_opens_the_account_instead_of_accusing_somebody() {
    let (mut fixture, link) = invited(&[]);
    let first = run_with(&mut fixture, &link, with(&[])).expect("an honest server").pin.expect("a pin");
    let disk = fixture.disk.clone();
    let done = run_with(&mut fixture, &link, with(&disk)).unwrap_or_else(|stop| panic!("{stop:?}"));
    assert_eq!((done.deed, done.pin.as_ref()), (DialectDeed::Completed, Some(&first)));
    assert_eq!(fixture.disk, disk);
}

#[test]
fn of_an_account_that_is_complete_and_not_known_here_no_keys_are_made() {
    let (mut fixture, link) = signed_in();
    run_with(&mut fixture, &link, with(&[])).expect("an honest server");
    let mut elsewhere = DialectFixture::new(fixture.fake.clone());
    let stop = stopped(run_with(&mut elsewhere, &link, with(&[])));
    assert!(matches!(stop.why, DialectReason::AlreadyComplete), "{stop:?}");
    assert!(!elsewhere.asked.contains(&"new password".to_owned()) && elsewhere.disk.is_empty());
    assert_eq!(uploads(&elsewhere, SIGNUP), 1);
}

#[test]
fn keys_that_were_sent_never_take_the_place_of_confirmed_ones() {
    let (mut fixture, link) = signed_in();
    let good = run_with(&mut fixture, &link, with(&[])).expect("an honest server").pin.expect("a pin");
    let other = Pin {
        public_key: firstkey_infisical::keys::PublicKey::of(&firstkey_core::secret::X25519Secret::from_bytes(&[9; 32])),
        vault: [9; 32],
        confirmed: false,
        ..good.clone()
    };
    let both = good.sending(&other);
    assert_eq!(
        (both.public_key, both.salt, both.vault, both.confirmed),
        (good.public_key, good.salt, good.vault, true)
    );
    assert_eq!(both.sent.len(), 1);
    // Of unconfirmed ones all are remembered, the newest first.
    let none = Pin { confirmed: false, ..good.clone() };
    let both = none.sending(&other);
    assert_eq!(both.candidates().map(|one| one.vault).collect::<Vec<_>>(), [good.vault, other.vault]);
}

#[test]
fn a_run_that_was_stopped_before_the_kit_was_stored_stores_the_one_in_the_file_or_makes_another() {
    for in_file in [true, false] {
        let (mut fixture, link) = signed_in();
        // Stopped right after the upload.
        let whole = {
            let mut fixture = DialectFixture::new(fixture.fake.clone());
            run_with(&mut fixture, &link, with(&[])).expect("an honest server");
            fixture.trace
        };
        let upload = whole.iter().rposition(|one| *one == format!("send POST {SIGNUP}")).expect("an upload");
        fixture.patience = whole[..upload].iter().filter(|one| *one != "keep").count() + 2;
        assert!(run_with(&mut fixture, &link, with(&[])).is_err());
        assert!(fixture.fake.users[0].accepted && fixture.fake.users[0].kit.is_none());
        let (kit, disk) = (fixture.kit.take().expect("shown"), fixture.disk.clone());
        let mut again = DialectFixture::new(fixture.fake.clone());
        again.disk.clone_from(&disk);
        again.kit_file = in_file.then(|| kit.copy());
        let done = run_with(&mut again, &link, with(&disk)).unwrap_or_else(|stop| panic!("{stop:?} {:?}", again.told));
        assert_eq!((done.deed, done.kit), (DialectDeed::Completed, Some(true)));
        let counts = again.kit.as_ref().unwrap_or(&kit);
        assert_eq!(again.kit.is_none(), in_file);
        assert_eq!(done.pin.expect("a pin").kit, Some(counts.digest()));
        let stored = again.fake.users[0].kit.as_ref().expect("stored")["encryptedPrivateKey"].clone();
        assert_eq!(stored.as_str(), Some(counts.sealed.texts()[0].as_str()));
    }
}
