//! The realm's key: the link names it, the answers that decide about a password are signed with it,
//! and an account that names it goes on naming it.

use crate::common::keeper::Keeper;
use crate::common::person::{Claim, Person};
use crate::common::{Answer, Deployment, Invitation, ORIGIN, Server, b64, unb64};
use crate::statement::{knowing, stated_with, statement};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::realm_key::{AnswerSignature, AnswerTo, LinkBinding, RealmKey};
use reqwest::Method;
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
const START: &str = "/v1/enrol/start";

/// Who signed this answer to that request about `subject`; nobody, if nobody did.
fn signer(answer: &Answer, path: &str, subject: [u8; 16], body: &Value) -> Option<RealmKey> {
    let request = hazmat::sha256(body.to_string().as_bytes());
    let answer_to = AnswerTo { origin: ORIGIN, path, subject: &subject, request };
    AnswerSignature::read(answer.signed.as_deref()?)?.signer(&answer_to, &answer.bytes)
}

fn binding(invitation: &Invitation) -> LinkBinding {
    LinkBinding::from_bytes(unb64(&json!(invitation.binding)).try_into().expect("16 bytes"))
}

fn id(text: &str) -> [u8; 16] {
    unb64(&json!(text)).try_into().expect("16 bytes")
}

async fn invited(deployment: &Deployment, server: &Server) -> Invitation {
    server.provision(deployment, ADA).await;
    deployment.invitation_to(ADA).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_the_link_names_signs_the_offer_and_the_registration_and_stays_the_same() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let invitation = invited(&deployment, &server).await;
    let claim = Claim::new(&invitation);
    let body = json!({"invite_id": invitation.invite_id, "token": invitation.token, "claim_key": b64(&claim.public())});
    let offer = server.post("/v1/invites/claim", &body).await;
    let key = signer(&offer, "/v1/invites/claim", id(&invitation.invite_id), &body).expect("it is signed");
    assert_eq!(key.binding(), binding(&invitation));

    let person = Person::claim(&server, &invitation).await;
    let body = json!({"opaque_request": "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY"});
    let started = person.claim.post(&server, START, &body).await;
    assert_eq!(started.status, 200, "{started:?}");
    assert_eq!(signer(&started, START, id(&invitation.invite_id), &body), Some(key));
    assert_eq!(signer(&started, START, [7; 16], &body), None, "it is about this invite and no other");

    // Another process of the deployment, and a later one.
    server.stop().await;
    let server = deployment.serve().await;
    let started = person.claim.post(&server, START, &body).await;
    assert_eq!(signer(&started, START, id(&invitation.invite_id), &body), Some(key));
    // A problem is nobody's word on anything.
    let refused = person.claim.post(&server, START, &json!({})).await;
    assert_eq!((refused.status, refused.signed), (400, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_registered_with_the_same_key_and_no_other_deployment_has_it() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, _) = ada.first_session(&server).await;
    let (path, body) = ("/v1/account/password/start", json!({"opaque_request": b64(&[1; 32])}));
    let refused = server.post_as(&bearer, path, &body).await;
    assert_eq!((refused.status, refused.signed), (400, None), "no element of the group");
    let body = json!({"opaque_request": "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY"});
    let started = server.post_as(&bearer, path, &body).await;
    let key = signer(&started, path, ada.person.context.account.0, &body).expect("it is signed");

    let elsewhere = Deployment::new().await;
    let other = elsewhere.serve().await;
    let invitation = invited(&elsewhere, &other).await;
    assert_ne!(key.binding(), binding(&invitation));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_may_name_this_realms_key_and_no_other_and_the_next_one_has_to_as_well() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let invitation = invited(&deployment, &server).await;
    let person = Person::claim(&server, &invitation).await;
    let body = json!({"opaque_request": "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY"});
    let started = person.claim.post(&server, START, &body).await;
    let realm = signer(&started, START, id(&invitation.invite_id), &body).expect("it is signed");
    let (plain, key, code) = person.make_upload_and_keys(&server).await;
    let ada = Keeper { person, upload: plain.clone(), id: String::new(), key, code };
    let person = &ada.person;
    let named = |realm: &RealmKey, bundle: &Value, counter| stated_with(person, &ada.key, bundle, counter, realm);

    let mut upload = plain.clone();

    upload["statement"] = named(&RealmKey::from_bytes([7; 32]), &plain, 1);
    let refused = person.complete(&server, &upload).await;
    assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid"), "another realm's key");
    upload["statement"] = named(&realm, &plain, 1);
    assert_eq!(person.complete(&server, &upload).await.status, 200);
    let (bearer, bundle) = knowing(&server, person).await;
    assert_eq!(bundle["statement"], upload["statement"]);

    // What was named stays named.
    let (path, kit) = ("/v1/account/kit", ada.new_kit());
    let mut after = bundle.clone();
    after["envelopes"]["2"] = json!(kit.envelope_2);
    after["recovery_public"] = json!(kit.public);
    let change = |statement: Value| {
        let mut body = Keeper::kit_change(&kit, &bundle);
        body["statement"] = statement;
        body
    };
    for forgetful in [statement(person, &ada.key, &after, 2), named(&RealmKey::from_bytes([7; 32]), &after, 2)] {
        let refused = server.post_as(&bearer, path, &change(forgetful)).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid"));
    }
    assert_eq!(server.post_as(&bearer, path, &change(named(&realm, &after, 2))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_read_the_token_evaluates_an_invites_secret_forty_times_a_day_and_no_more() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let invitation = invited(&deployment, &server).await;
    let person = Person::claim(&server, &invitation).await;
    let body = json!({"opaque_request": "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY"});
    for _ in 0..40 {
        assert_eq!(person.claim.post(&server, START, &body).await.status, 200);
    }
    // Neither by a new claim.
    let again = Person::claim(&server, &invitation).await;
    let refused = again.claim.post(&server, START, &body).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many"));
    assert!(refused.retry_after.is_some_and(|seconds| seconds > 3600), "{refused:?}");
    // Nobody without the token uses any of them up.
    let stranger = Claim::new(&invitation);
    assert_eq!(stranger.post(&server, START, &body).await.problem(), "claim-stale");
    let unsigned = server.send(Method::POST, START, &[("content-type", "application/json")], Vec::new()).await;
    assert_eq!(unsigned.status, 400);
}
