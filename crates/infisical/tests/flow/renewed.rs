//! A pin is renewed by proof: whatever opens with the password to the pinned private key, and was
//! not replaced before. Recovery of accounts that sign in, changes elsewhere, renames, roll-backs.

use super::{invited, run, run_with, stopped};
use firstkey_core::flow::stop::Reach;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{
    DialectAccount, DialectDeed, DialectDone, DialectOptions, DialectReason, DialectStop, KitCheck, Recovery, Refused,
    change, recover, verify,
};
use firstkey_infisical::keys::PublicKey;
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::{Broken, Continuity, Pin};
use firstkey_infisical::says::Says;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::infisical::fake::{Era, Fake, Lie, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, PASSWORD, ready};
use zeroize::Zeroizing;

const NEW: &str = "another velvet tundra misprint cobra lunar 8";
const EMAIL: &str = "scim1@example.com";
const RESET: &str = "00112233445566778899aabbccddeeff";

fn known(pin: &Pin) -> DialectAccount {
    DialectAccount { origin: pin.origin.clone(), identity: pin.identity.clone(), pin: Some(pin.clone()), ticket: None }
}

fn options(pin: &Pin) -> DialectOptions {
    DialectOptions { pins: vec![pin.clone()], now: 1_795_457_000, rehearsal: false }
}

fn verified(fixture: &mut DialectFixture, pin: &Pin, password: &str) -> Result<DialectDone, DialectStop> {
    fixture.old = password.as_bytes().to_vec();
    ready(verify(fixture, &mut Seeded::new(7), options(pin), known(pin), KitCheck::Stored))
}

fn changed(fixture: &mut DialectFixture, pin: &Pin, new: &str) -> Result<DialectDone, DialectStop> {
    fixture.new = [new.as_bytes().to_vec()].into();
    ready(change(fixture, &mut Seeded::new(8), options(pin), known(pin)))
}

fn completed() -> (DialectFixture, Pin) {
    let (mut fixture, link) = invited(&[]);
    let pin = run(&mut fixture, &link).expect("an honest server").pin.expect("a pin");
    (DialectFixture::new(fixture.fake), pin)
}

/// Somebody whom provisioning made an account, with its keys, pin and kit. `name` is the user name
/// that it was completed under.
fn provisioned(name: &str) -> (DialectFixture, Pin, Kit) {
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision(name, EMAIL);
    fake.users[user].email_verified = true;
    let link = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    let mut fixture = DialectFixture::new(fake);
    let done = run_with(&mut fixture, &link, DialectOptions { now: 1_795_457_000, ..DialectOptions::default() });
    let pin = done.expect("an honest server").pin.expect("a pin");
    let kit = fixture.kit.take().expect("a kit");
    (DialectFixture::new(fixture.fake), pin, kit)
}

fn recovered(fixture: &mut DialectFixture, pin: &Pin, kit: &Kit, links: &[String]) -> Result<DialectDone, DialectStop> {
    fixture.fake.users[0].reset_code = Some(RESET.to_owned());
    fixture.new = [NEW.as_bytes().to_vec()].into();
    fixture.links = links.iter().cloned().collect();
    let link = format!("{ORIGIN}/password-reset?token={RESET}&to={EMAIL}");
    let with = Recovery { link: Some(Zeroizing::new(link.into_bytes())), kit: Some(kit.copy()), account: None };
    ready(recover(fixture, &mut Seeded::new(9), options(pin), with))
}

fn sign_in(fixture: &mut DialectFixture) -> String {
    format!("{ORIGIN}{}", fixture.fake.sign_in(0, TICKETS_END))
}

#[test]
fn an_account_that_signs_in_is_recovered_whole_with_pin_and_sessions() {
    let (mut fixture, pin, kit) = provisioned(EMAIL);
    let ticket = sign_in(&mut fixture);
    let done =
        recovered(&mut fixture, &pin, &kit, &[ticket]).unwrap_or_else(|stop| panic!("{stop:?} {:?}", fixture.told));
    assert_eq!((done.deed, done.member, done.kit), (DialectDeed::Recovered, Some(true), Some(true)));
    assert_eq!(fixture.fake.sessions_ended, 1);
    let pin = done.pin.expect("a pin");
    assert!(pin.signs_in && pin.confirmed && !pin.sessions && pin.organisation.is_some(), "{pin:?}");
    fixture.links = [sign_in(&mut fixture)].into();
    verified(&mut fixture, &pin, NEW).expect("it opens with the new one");
}

#[test]
fn without_a_sign_in_the_recovery_of_such_an_account_stops_before_the_code_is_used_up() {
    let (mut fixture, pin, kit) = provisioned(EMAIL);
    let stop = stopped(recovered(&mut fixture, &pin, &kit, &[]));
    assert!(!matches!(stop.why, DialectReason::Says(..)), "{stop:?}");
    assert_eq!(stop.reach, Reach::NothingChanged);
    assert!(fixture.fake.users[0].reset_code.is_some(), "the code is good");
    assert!(fixture.fake.bodies("/api/v1/password/password-reset").is_empty() && fixture.disk.is_empty());
    // The same with the sign-in is done.
    let ticket = sign_in(&mut fixture);
    recovered(&mut fixture, &pin, &kit, &[ticket]).expect("recovered");
}

#[test]
fn a_sign_in_that_is_over_when_the_password_is_set_is_asked_for_again_or_left_to_verify() {
    let path = "/api/v1/password/password-reset";
    for another in [true, false] {
        let (mut fixture, pin, kit) = provisioned(EMAIL);
        let (first, second) = (sign_in(&mut fixture), sign_in(&mut fixture));
        fixture.fake.lies = vec![Lie::TicketEndsAt(path)];
        let links: Vec<_> = [Some(first), another.then_some(second)].into_iter().flatten().collect();
        let end = recovered(&mut fixture, &pin, &kit, &links);
        fixture.links = [sign_in(&mut fixture)].into();
        if another {
            verified(&mut fixture, &end.expect("recovered").pin.expect("a pin"), NEW).expect("it opens");
        } else {
            let stop = stopped(end);
            assert!(matches!(stop.why, DialectReason::NotSeenOpen) && stop.reach == Reach::Stored, "{stop:?}");
            // What is remembered is enough to see it through later, with the sessions.
            let left = fixture.disk[0].clone();
            let done = verified(&mut fixture, &left, NEW).unwrap_or_else(|stop| panic!("{stop:?} {:?}", fixture.told));
            let pin = done.pin.expect("a pin");
            assert!(pin.confirmed && !pin.sessions && fixture.fake.sessions_ended == 1, "{pin:?}");
        }
    }
}

#[test]
fn a_recovery_after_a_rename_finds_the_pin_by_the_servers_id_and_takes_its_place() {
    let (mut fixture, pin, kit) = provisioned("sam-scimmer-nj-4w");
    fixture.disk = vec![pin.clone()];
    fixture.fake.users[0].username = EMAIL.to_owned();
    // The kit names the old user name; the pin, once it has seen the rename, names both.
    fixture.links = [sign_in(&mut fixture)].into();
    let seen = verified(&mut fixture, &pin, PASSWORD).expect("it opens").pin.expect("a pin");
    assert_eq!((seen.identity.as_str(), seen.renamed.as_deref()), ("sam-scimmer-nj-4w", Some(EMAIL)));
    let ticket = sign_in(&mut fixture);
    let done =
        recovered(&mut fixture, &seen, &kit, &[ticket]).unwrap_or_else(|stop| panic!("{stop:?} {:?}", fixture.told));
    let pin = done.pin.expect("a pin");
    assert_eq!((pin.identity.as_str(), pin.renamed.as_deref()), (EMAIL, None));
    assert_eq!(fixture.disk, [pin], "one record of one account");
}

#[test]
fn a_change_elsewhere_renews_the_pin_by_proof_and_the_old_password_is_no_way_back() {
    let (mut fixture, pin) = completed();
    let old_keys = fixture.fake.users[0].keys.clone();
    // On another computer.
    let mut elsewhere = DialectFixture::new(fixture.fake.clone());
    changed(&mut elsewhere, &pin, NEW).expect("changed");
    fixture.fake = elsewhere.fake;
    let done = verified(&mut fixture, &pin, NEW).unwrap_or_else(|stop| panic!("{stop:?} {:?}", fixture.told));
    for told in ["LockChanged", "Renewed"] {
        assert!(fixture.told.contains(&told.to_owned()), "{:?}", fixture.told);
    }
    let renewed = done.pin.expect("a pin");
    assert_eq!(renewed.former, [pin.vault]);
    // Not for good: the next time nothing is said.
    fixture.told.clear();
    verified(&mut fixture, &renewed, NEW).expect("it opens");
    assert!(!fixture.told.contains(&"Renewed".to_owned()));
    // With the old database and the old password it is a roll-back.
    fixture.fake.users[0].keys = old_keys;
    let stop = stopped(verified(&mut fixture, &renewed, PASSWORD));
    assert!(matches!(stop.why, DialectReason::Refused(Refused::OtherVault)), "{stop:?}");
    assert_eq!(fixture.disk, [renewed], "and the pin stays");
}

#[test]
fn another_key_that_opens_with_the_password_renews_nothing() {
    let (mut fixture, pin) = completed();
    // Somebody who knows the password and has no private key: a server that saw it typed elsewhere.
    let mut other = {
        let (mut fixture, link) = invited(&[]);
        let mut rng = Seeded::new(4711);
        let link = Zeroizing::new(link.into_bytes());
        let options = DialectOptions::default();
        ready(firstkey_infisical::flow::accept::accept(&mut fixture, &mut rng, options, link)).expect("honest");
        fixture
    };
    fixture.fake.users[0].keys = other.fake.users[0].keys.take();
    let stop = stopped(verified(&mut fixture, &pin, PASSWORD));
    assert!(matches!(stop.why, DialectReason::Refused(Refused::OtherKey)), "{stop:?}");
    assert!(fixture.disk.is_empty(), "nothing is kept");
}

#[test]
fn another_lock_that_nothing_opens_is_an_alarm_and_a_wrong_password_is_none() {
    let (mut fixture, pin) = completed();
    let mut elsewhere = DialectFixture::new(fixture.fake.clone());
    changed(&mut elsewhere, &pin, NEW).expect("changed");
    let stop = stopped(verified(&mut fixture, &pin, "not the password of this account 1"));
    assert!(matches!(stop.why, DialectReason::NotOpened), "{stop:?}");
    fixture.fake = elsewhere.fake;
    let stop = stopped(verified(&mut fixture, &pin, PASSWORD));
    assert!(matches!(stop.why, DialectReason::Refused(Refused::OtherSalt)), "{stop:?}");
    assert!(fixture.disk.is_empty());
    // And not for good.
    verified(&mut fixture, &pin, NEW).expect("it opens");
}

#[test]
fn whatever_a_pin_has_seen_is_judged_the_same_for_ever() {
    let (fixture, pin) = completed();
    let keys = fixture.fake.users[0].keys.as_ref().expect("keys");
    let text = |name: &str| keys[name].as_str().unwrap_or_default().to_owned();
    let parts = |name: &str| ["", "IV", "Tag"].map(|part| text(&format!("{name}{part}")));
    let ([body, iv, tag], [inner, inner_iv, inner_tag]) = (parts("protectedKey"), parts("encryptedPrivateKey"));
    let vault = firstkey_infisical::keys::Vault {
        protected_key: firstkey_infisical::keys::Sealed::read(&body, &iv, &tag).expect("sealed"),
        private_key: firstkey_infisical::keys::Sealed::read(&inner, &inner_iv, &inner_tag).expect("sealed"),
        public_key: PublicKey::read(&text("publicKey")).expect("a key"),
    };
    assert_eq!(pin.judge(&vault), Ok(Continuity::Same));
    let moved_on = Pin { vault: [1; 32], former: vec![vault.digest()], ..pin.clone() };
    assert_eq!(moved_on.judge(&vault), Err(Broken::RolledBack));
    // Whatever came after: what was replaced stays replaced.
    let mut later = moved_on;
    for round in 2..40_u8 {
        later = Pin { vault: [round; 32], ..later.clone() }.settled(
            &pin.identity,
            pin.salt,
            &firstkey_infisical::keys::Vault { public_key: vault.public_key, ..vault.clone() },
        );
        later = Pin { vault: [round; 32], ..later };
        assert_eq!(later.judge(&vault), Err(Broken::RolledBack), "{round}");
    }
    let elsewhere = Pin { vault: [1; 32], ..pin.clone() };
    assert_eq!(elsewhere.judge(&vault), Ok(Continuity::Elsewhere));
    let other_key = Pin {
        public_key: PublicKey::of(&firstkey_core::secret::X25519Secret::from_bytes(&[9; 32])),
        ..elsewhere.clone()
    };
    assert_eq!(other_key.judge(&vault), Err(Broken::OtherKey));
    let unconfirmed = Pin { confirmed: false, ..other_key };
    assert_eq!(unconfirmed.judge(&vault), Ok(Continuity::NotMadeHere));
}

#[test]
fn a_kit_is_checked_beside_the_account_from_a_file_and_typed() {
    let (mut fixture, link) = invited(&[]);
    let pin = run(&mut fixture, &link).expect("an honest server").pin.expect("a pin");
    let kit = fixture.kit.take().expect("a kit");
    let check = |fixture: &mut DialectFixture, check: KitCheck| {
        fixture.told.clear();
        ready(verify(fixture, &mut Seeded::new(7), options(&pin), known(&pin), check))
    };
    let done = check(&mut fixture, KitCheck::OnFile(Box::new(kit.copy()))).expect("it opens");
    assert!(done.kit == Some(true) && fixture.told.contains(&"KitOpens".to_owned()));
    fixture.kit_secret = kit.secret.groups().as_bytes().to_vec();
    let done = check(&mut fixture, KitCheck::Typed).expect("it opens");
    assert!(done.kit == Some(true) && fixture.told.contains(&"KitOpens".to_owned()));
    fixture.kit_secret = b"00000000000000000000000000000000".to_vec();
    assert!(matches!(stopped(check(&mut fixture, KitCheck::Typed)).why, DialectReason::NotOpened));
    fixture.fake.users[0].kit = None;
    let done = check(&mut fixture, KitCheck::Stored).expect("it opens");
    assert!(done.kit == Some(false) && fixture.told.contains(&"NoKitStored".to_owned()));
    let mut foreign = kit;
    foreign.identity = "eve@example.org".to_owned();
    let stop = stopped(check(&mut fixture, KitCheck::OnFile(Box::new(foreign))));
    assert!(matches!(stop.why, DialectReason::OtherAccount), "{stop:?}");
}

#[test]
fn what_an_account_is_beside_its_keys_is_looked_up_each_time() {
    let (mut fixture, pin) = completed();
    fixture.fake.memberships.clear();
    fixture.fake.users[0].kit = None;
    let done = verified(&mut fixture, &pin, PASSWORD).expect("it opens");
    assert_eq!((done.member, done.kit), (Some(false), Some(false)));
    let (mut fixture, pin) = completed();
    fixture.fake.users[0].kit = None;
    let done = changed(&mut fixture, &pin, NEW).expect("changed");
    assert_eq!((done.member, done.kit), (Some(true), Some(false)));
    // An answer that cannot be had is no answer.
    let (mut fixture, pin) = completed();
    fixture.fake.lies = vec![Lie::PageAfter("/api/v1/password/backup-private-key")];
    let done = verified(&mut fixture, &pin, PASSWORD).expect("it opens");
    assert_eq!((done.member, done.kit), (Some(true), None));
}

#[test]
fn keys_that_a_replaced_server_got_are_counted_as_gone() {
    let (mut fixture, link) = invited(&[Lie::UpgradeAtUpload]);
    let stop = stopped(run(&mut fixture, &link));
    assert_eq!(stop.subject.left, firstkey_infisical::flow::Left::Keys, "{stop:?}");
    assert_eq!(stop.reach, Reach::CodeUsed);
    let DialectReason::Says(Call::CompleteInvite, says) = &stop.why else { panic!("{stop:?}") };
    assert!(says.wants_the_password());
    // So are those that the limiter refused, and those of a sign-in.
    let (mut fixture, pin) = completed();
    fixture.old = b"not the password of this account 1".to_vec();
    let stop = stopped(verified(&mut fixture, &pin, "not the password of this account 1"));
    assert_eq!(stop.subject.left, firstkey_infisical::flow::Left::Proof);
    let (mut fixture, _) = invited(&[]);
    let stop = stopped(run(&mut fixture, &link.replace("e15039fa", "e15039fb")));
    assert!(matches!(stop.why, DialectReason::Says(_, Says::CodeWrong)), "{stop:?}");
    assert_eq!(stop.subject.left, firstkey_infisical::flow::Left::Nothing);
}
