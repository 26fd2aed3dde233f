use super::{PROBE, VERIFY, invited, run, run_with, stopped};
use base64ct::Encoding;
use firstkey_core::flow::stop::{GaveUp, Missing, Reach};
use firstkey_infisical::flow::{DialectDeed, DialectOptions, DialectReason};
use firstkey_infisical::hexadecimal;
use firstkey_infisical::keys::PublicKey;
use firstkey_testkit::infisical::fake::{Fake, Lie};
use firstkey_testkit::infisical::person::{DialectFixture, PASSWORD};

#[test]
fn an_invited_person_ends_with_keys_that_were_read_back_and_a_kit() {
    let (mut fixture, link) = invited(&[]);
    let done = run(&mut fixture, &link).expect("an honest server");
    assert_eq!((done.deed, done.member, done.kit), (DialectDeed::Completed, Some(true), Some(true)));
    assert_eq!(done.identity, "ada+new@example.org");
    let user = &fixture.fake.users[0];
    assert!(user.accepted && user.kit.is_some());
    let pin = done.pin.expect("a pin");
    let keys = user.keys.as_ref().expect("keys");
    assert_eq!(keys["publicKey"].as_str(), Some(pin.public_key.text().as_str()));
    assert!(pin.confirmed && fixture.pins.len() == 2 && !fixture.pins[0].confirmed);
    // The kit opens what is stored as a kit.
    let kit = fixture.kit.as_ref().expect("shown");
    let secret = kit.sealed.private(&kit.secret.key()).expect("opens");
    assert_eq!(PublicKey::of(&secret), pin.public_key);
}

#[test]
fn w08_w09_every_question_and_all_slow_work_come_before_the_code_is_used_up() {
    let (mut fixture, link) = invited(&[]);
    run(&mut fixture, &link).expect("an honest server");
    let at = |what: &str| fixture.trace.iter().position(|one| one == what).unwrap_or_else(|| panic!("{what}"));
    let used = at(&format!("send POST {VERIFY}"));
    let last_question =
        fixture.trace.iter().rposition(|one| one.starts_with("ask ") || one == "stretch").expect("questions");
    assert!(last_question < used, "{:?}", fixture.trace);
    // The probe stands right before the code, and again right before the upload, with nothing
    // between.
    assert_eq!(fixture.trace[used - 1], format!("send POST {PROBE}"));
    let rest: Vec<_> = fixture.trace[used + 1..].iter().take(2).collect();
    assert_eq!(rest, [&format!("send POST {PROBE}"), &format!("send POST {PROBE}")]);
    assert!(at("keep") < used, "what is about to be sent is remembered before the code is used up");
    assert!(
        at(&format!("send POST {PROBE}")) < at("ask new password"),
        "no password is asked for before the first probe"
    );
    assert!(at("ask consent") < at(&format!("send POST {PROBE}")), "nothing is sent before the consent");
}

#[test]
fn w02_no_body_has_a_password_in_it_in_any_form() {
    let (mut fixture, link) = invited(&[]);
    run(&mut fixture, &link).expect("an honest server");
    let kit = fixture.kit.as_ref().expect("shown");
    let private = kit.sealed.private(&kit.secret.key()).expect("opens");
    let secrets = [
        PASSWORD.to_owned(),
        hexadecimal::write(PASSWORD.as_bytes()).to_string(),
        String::from_utf8_lossy(&*kit.secret.key()).into_owned(),
        kit.secret.groups().to_string(),
        hexadecimal::write(private.expose()).to_string(),
        base64ct::Base64::encode_string(private.expose()),
    ];
    for logged in &fixture.fake.log {
        let body = String::from_utf8_lossy(&logged.body);
        assert!(!body.to_ascii_lowercase().contains("\"password"), "{} {body}", logged.path);
        for secret in &secrets {
            assert!(!body.contains(secret.as_str()), "{}", logged.path);
        }
    }
    for told in fixture.told.iter().chain(&fixture.asked) {
        assert!(secrets.iter().all(|secret| !told.contains(secret.as_str())), "{told}");
    }
}

#[test]
fn w01_an_empty_password_gets_a_made_one_that_opens_the_account() {
    let (mut fixture, link) = invited(&[]);
    fixture.new.clear();
    run(&mut fixture, &link).expect("an honest server");
    let made = fixture.made.expect("one was made");
    assert!(made.split(' ').count() >= 8 && firstkey_infisical::rules::web(&made).is_ok());
}

#[test]
fn w01_a_password_within_reach_is_refused_and_nothing_is_made_of_it() {
    let (mut fixture, link) = invited(&[]);
    fixture.new =
        ["tundra-velvet-42", "short1", "only letters and nothing else"].map(|text| text.as_bytes().to_vec()).into();
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::GaveUp(GaveUp::WeakPasswords)), "{stop:?}");
    assert!(!fixture.trace.contains(&"stretch".to_owned()));
    assert!(fixture.fake.paths().iter().all(|path| path.ends_with(PROBE)));
}

#[test]
fn whoever_says_no_or_keeps_no_kit_ends_it_before_the_code_is_used_up() {
    for (consents, keeps_kit) in [(false, true), (true, false)] {
        let (mut fixture, link) = invited(&[]);
        (fixture.consents, fixture.keeps_kit) = (consents, keeps_kit);
        let stop = stopped(run(&mut fixture, &link));
        assert!(matches!(stop.why, DialectReason::GaveUp(GaveUp::NotYou | GaveUp::Kit)), "{stop:?}");
        assert!(!super::paths(&fixture).contains(&VERIFY.to_owned()));
        assert_eq!(fixture.fake.log.is_empty(), !consents);
    }
}

#[test]
fn a_rehearsal_sends_the_probe_and_shows_the_upload() {
    let (mut fixture, link) = invited(&[]);
    let options = DialectOptions { rehearsal: true, ..DialectOptions::default() };
    let done = run_with(&mut fixture, &link, options).expect("an honest server");
    let request = done.rehearsal.expect("shown");
    assert_eq!(request.disclosed().len(), 12);
    assert_eq!(fixture.fake.paths(), [format!("POST {PROBE}")]);
    assert!(fixture.pins.is_empty() && fixture.kit.is_none());
}

#[test]
fn an_account_that_was_complete_before_gets_no_keys() {
    let (mut fixture, link) = invited(&[]);
    let first = run(&mut fixture, &link).expect("an honest server");
    let before = fixture.fake.users[0].keys.clone();
    // Invited again, to the other organisation.
    fixture.fake.memberships.push(firstkey_testkit::infisical::fake::Membership {
        user: 0,
        org: 1,
        accepted: false,
        code: Some("00000000000000000000000000000001".to_owned()),
    });
    let link = format!(
        "https://app.example.org/signupinvite?token=00000000000000000000000000000001&to=ada+new@example.org&organization_id={}",
        firstkey_testkit::infisical::fake::OTHER_ORG
    );
    // On this machine it is known, so nothing is asked; on another one it shows at the
    // verification.
    for pins in [vec![first.pin.expect("a pin")], Vec::new()] {
        let mut again = DialectFixture::new(fixture.fake.clone());
        let known = !pins.is_empty();
        let done = run_with(&mut again, &link, DialectOptions { pins, ..DialectOptions::default() })
            .expect("an honest server");
        assert_eq!(done.deed, DialectDeed::Joined);
        assert_eq!(again.asked.contains(&"new password".to_owned()), !known);
        assert!(again.fake.memberships.iter().all(|one| one.accepted));
        assert_eq!(again.fake.users[0].keys, before, "no keys were sent");
    }
}

#[test]
fn w12_w13_memberships_that_came_or_went_are_told() {
    let (mut fixture, link) = invited(&[]);
    fixture.fake.memberships.push(firstkey_testkit::infisical::fake::Membership {
        user: 0,
        org: 1,
        accepted: false,
        code: None,
    });
    run(&mut fixture, &link).expect("an honest server");
    assert!(
        fixture.told.iter().any(|told| told.contains("AlsoIn") && told.contains("Other Corp")),
        "{:?}",
        fixture.told
    );

    // De-provisioned between verification and completion: the server refuses, and says why.
    let (mut fixture, link) = invited(&[Lie::Deprovision]);
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::Says(_, firstkey_infisical::says::Says::NoInvitation)), "{stop:?}");
    assert!(fixture.fake.users[0].keys.is_none());
    assert_eq!(stop.reach, Reach::CodeUsed);
}

#[test]
fn w14_user_names_are_used_exactly_as_given() {
    for email in ["Mixed.Case@Example.COM", "a+b+c@example.org"] {
        let mut fake = Fake::new(firstkey_testkit::infisical::fake::Era::G0);
        let link = format!("https://app.example.org{}", fake.invite(email));
        let mut fixture = DialectFixture::new(fake);
        let done = run(&mut fixture, &link).expect("an honest server");
        assert_eq!(done.identity, email);
        for path in [VERIFY, "/api/v3/auth/login1", "/api/v3/auth/login2"] {
            assert!(fixture.fake.bodies(path).iter().all(|body| body["email"] == email), "{path}");
        }
    }
}

#[test]
fn w15_unicode_passwords_are_used_byte_for_byte() {
    let exactly_hundred =
        format!("{} a1", "\u{1f680}\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}".repeat(12)).chars().collect::<String>();
    for password in [
        "velvet tundra misprint cobra l\u{fc}nar eggplant 7",
        "velvet tundra misprint cobra lu\u{308}nar eggplant 7",
        "  velvet tundra misprint cobra lunar eggplant 7  ",
        "rocket \u{1f680} family \u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} flag \u{1f1e9}\u{1f1ea} velvet tundra 7",
        &exactly_hundred,
    ] {
        let (mut fixture, link) = invited(&[]);
        fixture.new = [password.as_bytes().to_vec()].into();
        let done = run(&mut fixture, &link).unwrap_or_else(|stop| panic!("{password:?} {stop:?} {:?}", fixture.told));
        // What the server keeps is the verifier of exactly these bytes.
        let pin = done.pin.expect("a pin");
        let typed =
            firstkey_core::secret::TypedPassword::as_typed(zeroize::Zeroizing::new(password.as_bytes().to_vec()));
        let x = firstkey_infisical::srp::exponent("ada+new@example.org", &typed, pin.salt.as_bytes());
        let verifier = hexadecimal::write(firstkey_infisical::srp::Verifier::derive(&x).as_bytes()).to_string();
        assert_eq!(fixture.fake.users[0].keys.as_ref().expect("keys")["verifier"].as_str(), Some(verifier.as_str()));
        let decomposed = password.contains('\u{308}');
        assert_eq!(fixture.told.iter().any(|told| told == "NotTheSameEverywhere"), decomposed);
    }
}

#[test]
fn whoever_stops_the_program_at_any_effect_stops_everything() {
    let (mut fixture, link) = invited(&[]);
    run(&mut fixture, &link).expect("an honest server");
    for patience in 1..fixture.trace.len() {
        let (mut fixture, link) = invited(&[]);
        fixture.patience = patience;
        if let Err(stop) = run(&mut fixture, &link) {
            assert!(matches!(stop.why, DialectReason::Cancelled), "{patience} {stop:?}");
            let effects = fixture.trace.iter().filter(|one| *one != "keep").count();
            assert_eq!(effects, patience, "nothing is done after the stop");
        }
    }
}

#[test]
fn links_are_asked_for_again_and_end() {
    let (mut fixture, link) = invited(&[]);
    fixture.links.push_back(link.clone());
    let cut = &link[..link.len() - 3];
    run(&mut fixture, cut).expect("the second link is whole");
    let (mut fixture, _) = invited(&[]);
    fixture.links = std::iter::repeat_n(cut.to_owned(), 20).collect();
    let stop = stopped(run(&mut fixture, cut));
    assert!(matches!(stop.why, DialectReason::Link(_)) && fixture.fake.log.is_empty());
    let (mut fixture, _) = invited(&[]);
    let stop = stopped(run(&mut fixture, cut));
    assert!(matches!(stop.why, DialectReason::Missing(Missing::Invite)));
}

#[test]
fn two_typings_and_the_kits_group_must_be_right() {
    let (mut fixture, link) = invited(&[]);
    fixture.mistypes = 6;
    // Five pairs, so the sixth wrong typing is never asked for.
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::GaveUp(GaveUp::TypingsDiffer)), "{stop:?}");
    assert!(!fixture.trace.contains(&"stretch".to_owned()));
    // A passphrase that was made stays the same while it is copied wrong.
    let (mut fixture, link) = invited(&[]);
    fixture.new.clear();
    fixture.mistypes = 2;
    run(&mut fixture, &link).expect("copied right in the end");
    // The typings are right, the group is not.
    let (mut fixture, link) = invited(&[]);
    let asked = |fixture: &DialectFixture| fixture.asked.iter().filter(|one| *one == "kit proof").count();
    fixture.kit_mistypes = 5;
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::GaveUp(GaveUp::KitProof)), "{stop:?}");
    assert_eq!(asked(&fixture), 5);
    assert!(!super::paths(&fixture).contains(&VERIFY.to_owned()));
}

#[test]
fn a_server_that_forgot_an_account_which_was_completed_here_gets_no_new_keys() {
    let (mut fixture, link) = invited(&[]);
    let pin = run(&mut fixture, &link).expect("an honest server").pin.expect("a pin");
    fixture.fake.users[0].accepted = false;
    fixture.fake.users[0].keys = None;
    fixture.fake.memberships[0].accepted = false;
    fixture.fake.memberships[0].code = Some(firstkey_testkit::infisical::fake::CODE.to_owned());
    let stop = stopped(run_with(&mut fixture, &link, DialectOptions { pins: vec![pin], ..DialectOptions::default() }));
    assert!(matches!(stop.why, DialectReason::Refused(firstkey_infisical::flow::Refused::Forgotten)), "{stop:?}");
    assert!(fixture.fake.users[0].keys.is_none());
}
