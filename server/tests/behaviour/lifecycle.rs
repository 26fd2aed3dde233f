//! The life of a person, state by state, as `docs/LIFECYCLE.md` tells it.

use crate::common::person::Person;
use crate::common::{Answer, Deployment, Server, b64, okta_user};
use firstkey_server::NewOrganisation;
use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

const ADA: &str = "ada@example.org";

/// How often two things are done at once. Higher counts find rarer orders.
const ROUNDS: usize = 1_000;

async fn state(deployment: &Deployment) -> String {
    deployment.show(ADA).await.state
}

async fn create(server: &Server, token: &str, email: &str, active: bool) -> String {
    let mut user = okta_user(email);
    user["active"] = json!(active);
    let created = server.scim(token, Method::POST, "/Users", Some(&user)).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.json()["id"].as_str().expect("an id").to_owned()
}

async fn remove(server: &Server, token: &str, id: &str) {
    assert_eq!(server.scim(token, Method::DELETE, &format!("/Users/{id}"), None).await.status, 204);
}

async fn change_email(server: &Server, deployment: &Deployment, id: &str, email: &str) {
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "emails", "value": [{"value": email, "primary": true}]}]});
    let answer = server.scim(&deployment.token, Method::PATCH, &format!("/Users/{id}"), Some(&patch)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Another organisation of the same realm.
async fn second_organisation(deployment: &Deployment) -> Zeroizing<String> {
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Other".into(), contact: Some("help@other.example".into()), min_profile: None };
    let org = realm.add_organisation(new).await.expect("added");
    realm.add_scim_token(org).await.expect("token")
}

/// A completed account; the SCIM id and the person.
async fn complete(deployment: &Deployment, server: &Server) -> (String, Person) {
    let id = server.provision(deployment, ADA).await;
    let person = Person::claim(server, &deployment.invitation(1).await).await;
    person.enrol(server).await;
    (id, person)
}

fn nothing_given(answer: &Answer) {
    let body: Value = answer.json();
    assert!(body.get("session").is_none() && body.get("bundle").is_none(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn staged_people_get_no_mail_and_their_address_may_still_be_corrected() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = create(&server, &deployment.token, "adda@example.org", false).await;
    change_email(&server, &deployment, &id, ADA).await;
    assert_eq!(state(&deployment).await, "staged");
    assert!(deployment.show(ADA).await.letters.is_empty(), "no letter was even written");
    server.set_active(&deployment, &id, true).await;
    assert!(deployment.invitation(1).await.raw.contains("To: ada@example.org"));
    assert_eq!(state(&deployment).await, "invited");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_account_keeps_its_address_whatever_scim_says() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    assert_eq!(state(&deployment).await, "complete");
    change_email(&server, &deployment, &id, "eve@evil.example").await;
    server.set_active(&deployment, &id, false).await;
    server.set_active(&deployment, &id, true).await;
    assert_eq!(person.log_in(&server).await.status, 200);
    let shown = deployment.show(ADA).await;
    assert_eq!(shown.email.as_deref(), Some(ADA));
    assert!(shown.letters.iter().all(|letter| letter.kind != "invite" || letter.to.as_deref() == Some(ADA)));
    assert_eq!(shown.letters.iter().filter(|letter| letter.kind == "invite").count(), 1, "never a second invitation");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_enrolment_ends_with_the_suspension_and_says_so_with_whom_to_ask() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, ADA).await;
    let invitation = deployment.invitation(1).await;
    let person = Person::claim(&server, &invitation).await;
    let upload = person.make_upload(&server).await;
    server.set_active(&deployment, &id, false).await;
    assert_eq!(state(&deployment).await, "suspended");
    for answer in [
        server.claim(&invitation, &[1; 32]).await,
        person.complete(&server, &upload).await,
        person.claim.post(&server, "/v1/enrol/start", &json!({"opaque_request": b64(&[1; 32])})).await,
    ] {
        assert_eq!((answer.status, answer.problem().as_str()), (403, "suspended"));
        assert_eq!(answer.json()["contact"], "it@example.org");
        assert!(answer.json()["at"].is_i64());
    }
    let mut wrong = invitation.clone();
    wrong.token = b64(&[7; 32]);
    assert_eq!(server.claim(&wrong, &[1; 32]).await.problem(), "invite-unknown", "nothing is said without the token");
    assert_eq!(deployment.show(ADA).await.identity.map(|identity| identity.key_gen), None);

    server.set_active(&deployment, &id, true).await;
    assert_eq!(person.complete(&server, &upload).await.problem(), "invite-withdrawn", "the old invitation stays void");
    let again = Person::claim(&server, &deployment.invitation(2).await).await;
    assert_eq!(again.context.account, person.context.account, "the same account");
    again.enrol(&server).await;
    assert_eq!(state(&deployment).await, "complete");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_person_is_told_after_the_password_was_proven_and_gets_no_ciphertext() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    let before = server.post("/v1/login/params", &json!({"email": ADA})).await;
    let wrong_before = person.log_in_with(&server, &server, "wrong").await;
    server.set_active(&deployment, &id, false).await;
    let barred = person.log_in(&server).await;
    assert_eq!((barred.status, barred.problem().as_str()), (403, "suspended"));
    assert_eq!(barred.json()["contact"], "it@example.org");
    nothing_given(&barred);
    // Whoever does not know the password sees no difference at all.
    assert_eq!(server.post("/v1/login/params", &json!({"email": ADA})).await, before);
    assert_eq!(person.log_in_with(&server, &server, "wrong").await, wrong_before);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_was_under_way_at_the_suspension_opens_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    let (login_id, ke3) = person.prove(&server).await;
    server.set_active(&deployment, &id, false).await;
    let finish = json!({"login_id": login_id, "ke3": ke3});
    let barred = server.post("/v1/login/finish", &finish).await;
    assert_eq!(barred.problem(), "suspended");
    nothing_given(&barred);
    assert_eq!(server.post("/v1/login/finish", &finish).await.problem(), "login-failed", "once, like any proof");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_comes_back_has_the_same_account_and_keys() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    let before = person.log_in(&server).await.json()["bundle"].clone();
    server.set_active(&deployment, &id, false).await;
    assert_eq!(state(&deployment).await, "suspended");
    server.set_active(&deployment, &id, true).await;
    assert_eq!(person.log_in(&server).await.json()["bundle"], before);
    assert_eq!(state(&deployment).await, "complete");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_is_told_so_and_who_comes_after_has_another_key_which_shows() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    let first = person.fingerprint(&deployment.show(ADA).await);
    remove(&server, &deployment.token, &id).await;
    assert_eq!(state(&deployment).await, "removed");
    let barred = person.log_in(&server).await;
    assert_eq!((barred.status, barred.problem().as_str()), (403, "removed"));
    nothing_given(&barred);

    let again = server.provision(&deployment, ADA).await;
    assert_ne!(again, id, "the user name is free, the id is not used again");
    assert_eq!(deployment.show(ADA).await.earlier_fingerprint.as_deref(), Some(first.as_str()));
    assert_eq!(person.log_in(&server).await.problem(), "removed", "the old password opens nothing of the new account");
    let successor = Person::claim(&server, &deployment.invitation(2).await).await;
    assert_ne!(successor.context.account, person.context.account);
    successor.enrol(&server).await;
    let shown = deployment.show(ADA).await;
    assert_eq!(shown.earlier_fingerprint.as_deref(), Some(first.as_str()));
    assert_ne!(successor.fingerprint(&shown), first);
    let letters = deployment.letters(6).await;
    let told = letters.iter().filter(|letter| letter.contains("To: it@example.org"));
    let told: Vec<String> = told.map(|letter| letter.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told[1].contains(&first) && told[1].contains("had a different key"),
        "the administrator is told: {}",
        told[1]
    );
    let noted = deployment.ask("SELECT detail FROM audit WHERE event = 'account.key-changed'");
    assert_eq!(noted, first);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_by_somebody_else_does_not_outlive_a_suspension() {
    let deployment = Deployment::new().await;
    let other = second_organisation(&deployment).await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    let theirs = create(&server, &other, ADA, true).await;
    assert_eq!(person.log_in(&server).await.status, 200);
    server.set_active(&deployment, &id, false).await;
    assert_eq!(person.log_in(&server).await.problem(), "suspended", "nobody has accepted the other one");
    assert_eq!(state(&deployment).await, "suspended");
    server.set_active(&deployment, &id, true).await;
    // And what the other organisation does to its own invitation does not touch the account.
    let off = json!({"Operations": [{"op": "replace", "value": {"active": false}}]});
    assert_eq!(server.scim(&other, Method::PATCH, &format!("/Users/{theirs}"), Some(&off)).await.status, 200);
    assert_eq!(person.log_in(&server).await.status, 200);
    remove(&server, &other, &theirs).await;
    assert_eq!(person.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_in_the_transaction_of_the_suspension() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    assert_eq!(person.log_in(&server).await.status, 200);
    let sessions = || deployment.ask("SELECT count(*) FROM session WHERE ended = 0");
    assert_eq!(sessions(), "1");
    server.set_active(&deployment, &id, false).await;
    assert_eq!(sessions(), "0");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_suspension_was_answered_nothing_of_the_person_succeeds_however_the_race_went() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.org");
        let id = server.provision(&deployment, &email).await;
        let invitation = deployment.invitation_to(&email).await;
        let person = Person::claim(&server, &invitation).await;
        let upload = person.make_upload(&server).await;
        let (completed, ()) =
            tokio::join!(person.complete(&server, &upload), server.set_active(&deployment, &id, false));
        let completed = match completed.status {
            200 => true,
            403 => false,
            _ => panic!("{completed:?}"),
        };
        assert_eq!(deployment.show(&email).await.envelopes.is_some(), completed, "all or nothing");
        assert_eq!(person.complete(&server, &upload).await.problem(), "suspended");
        assert_eq!(server.claim(&invitation, &[1; 32]).await.problem(), "suspended");
        let login = person.log_in(&server).await;
        assert_eq!(login.problem(), if completed { "suspended" } else { "login-failed" });
        nothing_given(&login);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_completions_one_is_stored_whoever_is_first() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.org");
        server.provision(&deployment, &email).await;
        let person = Person::claim(&server, &deployment.invitation_to(&email).await).await;
        let uploads = [person.make_upload(&server).await, person.make_upload(&server).await];
        let (first, second) =
            tokio::join!(person.complete(&server, &uploads[0]), person.complete(&server, &uploads[1]));
        let won: Vec<usize> =
            [&first, &second].iter().enumerate().filter(|(_, answer)| answer.status == 200).map(|(n, _)| n).collect();
        assert_eq!(won.len(), 1, "{first:?} {second:?}");
        let lost = [&first, &second][1 - won[0]];
        assert_eq!((lost.status, lost.problem().as_str()), (410, "invite-used"));
        let stored = deployment.show(&email).await.identity.expect("complete").ed25519;
        assert_eq!(json!(stored), uploads[won[0]]["identity"]["ed25519"]);
    }
    server.stop().await;
}
