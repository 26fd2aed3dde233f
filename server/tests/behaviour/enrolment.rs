//! Completion: once, whole, and only what was checked.

use crate::common::person::Person;
use crate::common::{Answer, Deployment, ORIGIN, Server, b64, unb64};
use firstkey_core::crypto::context::RealmId;
use firstkey_core::crypto::kdf::Profile;
use serde_json::{Value, json};
use std::sync::Arc;

type Change = Box<dyn Fn(&mut Value)>;

async fn invited(deployment: &Deployment, server: &Server) -> Person {
    server.provision(deployment, "ada@example.org").await;
    Person::claim(server, &deployment.invitation(1).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_parallel_completions_leave_one_bundle() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let person = Arc::new(invited(&deployment, &server).await);
    let mut uploads = Vec::new();
    for _ in 0..4 {
        uploads.push(person.make_upload(&server).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for round in 0..200 {
        let (server, person, upload) = (Arc::clone(&server), Arc::clone(&person), uploads[round % 4].clone());
        tasks.spawn(async move { (round % 4, person.complete(&server, &upload).await) });
    }
    let answers: Vec<(usize, Answer)> = tasks.join_all().await;
    let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 200).collect();
    let winner = winners.first().expect("one completed").0;
    assert_eq!(winners.len(), 50, "the same key with the same body gets the same answer");
    assert!(winners.iter().all(|(which, answer)| *which == winner && *answer == winners[0].1));
    let losers = answers.iter().filter(|(which, _)| *which != winner);
    assert!(losers.into_iter().all(|(_, answer)| answer.status == 410 && answer.problem() == "invite-used"));
    let shown = serde_json::to_value(deployment.show("ada@example.org").await).expect("JSON");
    assert_eq!(shown["envelopes"], uploads[winner]["envelopes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_completion_sent_again_changes_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let person = invited(&deployment, &server).await;
    let upload = person.enrol(&server).await;
    let again = person.complete(&server, &upload).await;
    assert_eq!(again.status, 200, "the lost answer can be asked for again");
    deployment.pass(30 * 86_400);
    assert_eq!(person.complete(&server, &upload).await, again, "also when the invitation would have expired");

    let other_body = {
        let mut other = upload.clone();
        other["recovery_public"] = json!(b64(&[5; 32]));
        other
    };
    assert_eq!(person.complete(&server, &other_body).await.problem(), "conflict");
    let mut other_key = upload.clone();
    other_key["idempotency_key"] = json!(b64(&[5; 16]));
    assert_eq!(person.complete(&server, &other_key).await.problem(), "invite-used");
    let shown = serde_json::to_value(deployment.show("ada@example.org").await).expect("JSON");
    assert_eq!(shown["recovery_public"], upload["recovery_public"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_deactivated_between_start_and_complete_cannot_complete() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    let upload = person.make_upload(&server).await;
    server.set_active(&deployment, &id, false).await;
    let refused = person.complete(&server, &upload).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "suspended"));
    let shown = deployment.show("ada@example.org").await;
    assert_eq!(shown.state, "suspended");
    assert!(shown.envelopes.is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_changed_on_its_way_is_not_signed() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let person = invited(&deployment, &server).await;
    let upload = person.make_upload(&server).await;
    let signature = b64(&person.claim.sign("/v1/enrol/complete", upload.to_string().as_bytes()));
    let invite = deployment.invitation(1).await.invite_id;
    let headers = [
        ("content-type", "application/json"),
        ("firstkey-invite", invite.as_str()),
        ("firstkey-signature", signature.as_str()),
    ];
    let changed = format!("{upload} ").into_bytes();
    let answer = server.send(reqwest::Method::POST, "/v1/enrol/complete", &headers, changed).await;
    assert_eq!(answer.problem(), "claim-stale");
    server.stop().await;
}

/// Other servers that a person may have been lured to, as the person knows them.
fn elsewhere(here: RealmId) -> [(RealmId, &'static str); 5] {
    let other = RealmId::heard(here.0.map(|byte| byte ^ 1));
    [
        (here, "https://accounts.example.com"),
        (here, "https://accounts.example.org:8443"),
        (here, "http://accounts.example.org"),
        (here, ""),
        (other, ORIGIN),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_signed_for_another_server_or_realm_is_no_claim_here() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let person = invited(&deployment, &server).await;
    let realm = deployment.realm().await.id();
    // What a relay has: the real letter, a live claim, and bodies signed by its key, for the relay.
    let upload = person.make_upload(&server).await;
    for (realm, origin) in elsewhere(realm) {
        let lured = person.claim.clone().at(realm, origin);
        let started = lured.post(&server, "/v1/enrol/start", &json!({"opaque_request": b64(&[1; 32])})).await;
        assert_eq!((started.status, started.problem().as_str()), (409, "claim-stale"), "{origin}");
        let completed = lured.post(&server, "/v1/enrol/complete", &upload).await;
        assert_eq!((completed.status, completed.problem().as_str()), (409, "claim-stale"), "{origin}");
    }
    assert_eq!(deployment.show("ada@example.org").await.state, "invited");
    assert_eq!(person.complete(&server, &upload).await.status, 200);
    // Nor does it get the receipt of a completed account.
    for (realm, origin) in elsewhere(realm) {
        let again = person.claim.clone().at(realm, origin).post(&server, "/v1/enrol/complete", &upload).await;
        assert_eq!(again.problem(), "claim-stale", "{origin}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_that_do_not_hold_together_are_refused_and_nothing_is_stored() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let person = invited(&deployment, &server).await;
    let good = person.make_upload(&server).await;
    let changes: Vec<(&str, Change)> = vec![
        ("the salt of kdf_block differs from envelope 1", Box::new(|u| u["kdf_block"] = flip(&u["kdf_block"], 20))),
        ("the profile is none", Box::new(|u| u["kdf_block"] = flip(&u["kdf_block"], 5))),
        ("an envelope of another type", Box::new(|u| u["envelopes"]["3"] = u["envelopes"]["4"].clone())),
        ("an envelope of another generation", Box::new(|u| u["envelopes"]["2"] = flip(&u["envelopes"]["2"], 11))),
        ("an envelope without its magic", Box::new(|u| u["envelopes"]["2"] = flip(&u["envelopes"]["2"], 0))),
        ("a short envelope", Box::new(|u| u["envelopes"]["2"] = json!(b64(&[0; 149])))),
        ("another identity key", Box::new(|u| u["identity"]["x25519"] = flip(&u["identity"]["x25519"], 3))),
        ("a low-order key", Box::new(|u| u["identity"]["x25519"] = json!(b64(&[0; 32])))),
        ("a bad signature", Box::new(|u| u["signature"] = flip(&u["signature"], 3))),
        ("another generation", Box::new(|u| u["identity"]["key_gen"] = json!(2))),
        ("no OPAQUE record", Box::new(|u| u["opaque_upload"] = json!(b64(&[0xff; 192])))),
        ("an unknown member", Box::new(|u| u["password"] = json!("x"))),
        ("an unknown envelope", Box::new(|u| u["envelopes"]["5"] = u["envelopes"]["4"].clone())),
        ("a missing member", Box::new(|u| drop(u.as_object_mut().expect("object").remove("signature")))),
        (
            "padding",
            Box::new(|u| u["recovery_public"] = json!(format!("{}=", u["recovery_public"].as_str().expect("text")))),
        ),
        (
            "a list for an object",
            Box::new(|u| u["identity"] = json!([1, u["identity"]["ed25519"], u["identity"]["x25519"]])),
        ),
    ];
    for (what, change) in changes {
        let mut upload = good.clone();
        change(&mut upload);
        let answer = person.complete(&server, &upload).await;
        assert_eq!(answer.problem(), "invalid", "{what}");
        assert!(answer.json()["detail"].is_string(), "{what}");
    }
    assert_eq!(deployment.show("ada@example.org").await.state, "invited");
    assert_eq!(person.complete(&server, &good).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_below_the_organisations_least_is_refused() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let person = invited(&deployment, &server).await.with_profile(Profile::One);
    let upload = person.make_upload(&server).await;
    assert_eq!(person.complete(&server, &upload).await.problem(), "invalid");
    server.stop().await;
}

/// The same bytes with one bit turned.
fn flip(value: &Value, at: usize) -> Value {
    let mut bytes = unb64(value);
    bytes[at] ^= 1;
    json!(b64(&bytes))
}
