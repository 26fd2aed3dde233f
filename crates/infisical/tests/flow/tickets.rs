use super::{run, stopped};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::flow::stop::Reach;
use firstkey_infisical::flow::{DialectDeed, DialectReason};
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;
use firstkey_testkit::infisical::fake::{Era, Fake, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN};

const SIGNUP: &str = "/api/v3/signup/complete-account/signup";

fn provisioned(verified: bool) -> (DialectFixture, String) {
    provisioned_at(Era::G0, verified)
}

fn provisioned_at(era: Era, verified: bool) -> (DialectFixture, String) {
    let mut fake = Fake::new(era);
    let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
    if verified {
        fake.users[user].email_verified = true;
    }
    let link = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    (DialectFixture::new(fake), link)
}

#[test]
fn somebody_who_signed_in_completes_with_their_ticket_and_their_user_name() {
    let (mut fixture, link) = provisioned(true);
    let done = run(&mut fixture, &link).expect("an honest server");
    assert_eq!((done.deed, done.member, done.kit), (DialectDeed::Completed, Some(true), Some(true)));
    assert_eq!(done.identity, "sam-scimmer-nj-4w");
    let upload = fixture.fake.bodies(SIGNUP).pop().expect("an upload");
    assert_eq!(
        (upload["email"].as_str(), upload["organizationName"].as_str()),
        (Some("sam-scimmer-nj-4w"), Some("Acme"))
    );
    assert_eq!((upload["firstName"].as_str(), upload["lastName"].as_str()), (Some("Sam"), Some("Scimmer")));
    assert!(!fixture.asked.contains(&"first name".to_owned()), "the sign-in told it");
    assert!(fixture.fake.bodies("/api/v3/auth/login2").iter().all(|body| body["providerAuthToken"].is_string()));
    assert!(done.pin.expect("a pin").signs_in);
}

#[test]
fn w14_an_unproven_address_is_proven_first_then_the_sign_in_is_done_again() {
    let (mut fixture, link) = provisioned(false);
    fixture.before_link = Some(|fake, links| {
        assert!(fake.users[0].email_verified && !fake.users[0].accepted, "proven, and not completed");
        links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END)));
    });
    let done = run(&mut fixture, &link).expect("an honest server");
    // The proof renamed the account; the keys are tied to the new name.
    assert_eq!(done.identity, "scim1@example.com");
    assert_eq!(fixture.fake.users[0].username, "scim1@example.com");
    assert!(fixture.asked.contains(&"link SignInAgain".to_owned()));
    assert_eq!(fixture.asked.iter().filter(|one| *one == "consent").count(), 1);
}

#[test]
fn w14_keys_are_never_sent_with_a_ticket_whose_address_is_not_proven() {
    let (mut fixture, link) = provisioned(false);
    fixture.links.push_back(link.clone());
    fixture.fake.users[0].email_code = Some("684915".to_owned());
    let stop = stopped(run(&mut fixture, &link));
    assert!(fixture.fake.log.iter().filter(|one| one.path == SIGNUP).all(|one| one.body == b"{}"), "{stop:?}");
    assert!(stop.reach >= Reach::CodeUsed);
    // Wrong digits are asked for again, and end.
    let (mut fixture, link) = provisioned(false);
    fixture.digits = "000000".to_owned();
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::Says(_, Says::CodeWrong)), "{stop:?}");
    assert_eq!(fixture.asked.iter().filter(|one| *one == "digits").count(), 3);
}

#[test]
fn the_mail_of_provisioning_is_explained_and_the_address_that_one_lands_on_is_taken() {
    let (mut fixture, link) = provisioned(true);
    fixture.links.push_back(link);
    let mail = format!("{ORIGIN}/api/v1/sso/redirect/saml2/organizations/acme-xt-fj");
    let done = run(&mut fixture, &mail).expect("an honest server");
    assert_eq!(done.deed, DialectDeed::Completed);
    assert!(fixture.asked[0].starts_with("link SignIn("), "{:?}", fixture.asked);
    assert!(!super::paths(&fixture).iter().any(|path| path.contains("redirect")), "the link itself is never followed");
}

#[test]
fn a_ticket_that_is_over_is_replaced_and_the_same_keys_are_sent() {
    let (mut fixture, link) = provisioned(true);
    // Over before it was used: it is not even tried.
    fixture.fake.tokens_expire_at_upload();
    fixture.before_link = Some(|fake, links| links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END))));
    let done = run(&mut fixture, &link).expect("an honest server");
    assert_eq!(done.deed, DialectDeed::Completed);
    let uploads =
        fixture.fake.bodies(SIGNUP).into_iter().filter(|body| body["verifier"].is_string()).collect::<Vec<_>>();
    assert_eq!(uploads.len(), 2);
    assert_eq!(uploads[0]["verifier"], uploads[1]["verifier"]);
    assert_eq!(uploads[0]["protectedKey"], uploads[1]["protectedKey"]);
    assert_ne!(uploads[0]["providerAuthToken"], uploads[1]["providerAuthToken"]);

    let (mut fixture, _) = provisioned(true);
    let old = format!("{ORIGIN}{}", fixture.fake.sign_in(0, 1000));
    fixture.before_link = Some(|fake, links| links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END))));
    run(&mut fixture, &old).expect("a fresh one was pasted");
    assert_eq!(fixture.asked[0], "link Expired");
}

#[test]
fn w02_a_ticket_of_a_later_generation_is_refused_without_asking_anybody() {
    let (mut fixture, link) = provisioned(true);
    let link = with_claims(&link, |claims| claims.replacen('{', "{\"hasExchangedPrivateKey\":true,", 1));
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::Era(NotThisEra::WantsPassword)) && fixture.fake.log.is_empty());
}

#[test]
fn w02_later_generations_get_the_twin_probe_and_nothing_else() {
    for era in [Era::G1, Era::G2, Era::G3, Era::G3Html, Era::Html, Era::Limited, Era::Redirect, Era::Maintenance] {
        for verified in [true, false] {
            let (mut fixture, link) = provisioned_at(era, verified);
            let stop = stopped(run(&mut fixture, &link));
            assert!(matches!(stop.why, DialectReason::Era(_)), "{era:?} {stop:?}");
            assert_eq!(fixture.fake.paths(), [format!("POST {SIGNUP}")]);
        }
    }
}

#[test]
fn a_complete_account_and_switched_off_sign_up_are_told() {
    let (mut fixture, link) = provisioned(true);
    run(&mut fixture, &link).expect("an honest server");
    let back = format!("{ORIGIN}{}", fixture.fake.sign_in(0, TICKETS_END));
    assert!(back.contains("/login/sso"));
    assert!(matches!(stopped(run(&mut fixture, &back)).why, DialectReason::AlreadyComplete));
    let (mut fixture, link) = provisioned(true);
    fixture.fake.sign_up = false;
    let stop = stopped(run(&mut fixture, &link));
    assert!(
        matches!(stop.why, DialectReason::Says(_, Says::SignUpDisabled)) && stop.reach == Reach::NothingChanged,
        "{stop:?}"
    );
}

#[test]
fn w13_somebody_who_was_deprovisioned_meanwhile_is_told_that_they_are_no_member() {
    let (mut fixture, link) = provisioned(true);
    fixture.fake.deprovision(0);
    let done = run(&mut fixture, &link).expect("such a server completes it all the same");
    assert_eq!((done.member, done.kit), (Some(false), Some(false)));
    assert!(fixture.told.iter().any(|told| told.starts_with("NotAMember")));
}

/// The same link with other claims.
fn with_claims(link: &str, change: impl Fn(&str) -> String) -> String {
    let token = link.rsplit('=').next().expect("a token");
    let middle = token.split('.').nth(1).expect("claims");
    let claims = String::from_utf8(Base64UrlUnpadded::decode_vec(middle).expect("base64")).expect("JSON");
    link.replace(middle, &Base64UrlUnpadded::encode_string(change(&claims).as_bytes()))
}

#[test]
fn w17_a_sign_in_that_names_no_organisation_is_not_used() {
    let (mut fixture, link) = provisioned(true);
    let link = with_claims(&link, |claims| claims.replace("organizationId", "organizationIdentity"));
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::NoOrganisation) && fixture.fake.log.is_empty(), "{stop:?}");
}
