//! Coming back without the password: by the recovery code, which never leaves the person's machine.

use crate::common::keeper::{Keeper, expected, opened};
use crate::common::{Answer, Deployment, ORIGIN, Server, b64, unb64, wait_for};
use firstkey_core::crypto::hazmat;
use reqwest::Method;
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
const OLD: &str = "correct horse battery staple";
const NEW: &str = "entirely different words here";
const COMPLETE: &str = "/v1/recovery/complete";

fn failed(answer: &Answer) {
    assert_eq!((answer.status, answer.problem().as_str()), (403, "recovery-failed"));
}

async fn start(server: &Server, email: &str) -> Answer {
    server.post("/v1/recovery/start", &json!({"email": email})).await
}

async fn answer_with_nonsense(server: &Server, challenge: &Value) -> Answer {
    let body = json!({"challenge_id": challenge["challenge_id"], "signature": b64(&[7; 64])});
    server.post("/v1/recovery/finish", &body).await
}

fn letters(deployment: &Deployment, words: &str, to: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(deployment.mail()) else { return 0 };
    let letters = entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok());
    letters.filter(|raw| raw.contains(words) && raw.contains(&format!("To: {to}"))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_gives_a_new_password_and_a_new_kit_and_both_old_ones_are_dead() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (elsewhere, before) = ada.first_session(&server).await;
    let (bearer, bundle) = opened(&ada.recover(&server, &ada.code).await);
    assert_eq!(bundle, before, "the same ciphertext as after a login");
    let kit = ada.new_kit();
    let body = ada.recovery(&server, &bearer, &bundle, NEW, &kit).await;
    let answer = server.post_as(&bearer, COMPLETE, &body).await;
    assert_eq!(unb64(&answer.json()["receipt"]), hazmat::sha256(body.to_string().as_bytes()));
    assert_eq!(server.post_as(&bearer, COMPLETE, &body).await, answer, "a lost answer, though the session is over");
    let mut other = body.clone();
    other["recovery_public"] = json!(b64(&[5; 32]));
    assert_eq!(server.post_as(&bearer, COMPLETE, &other).await.problem(), "conflict");

    let old = ada.person.log_in_with(&server, &server, OLD).await;
    assert_eq!(old.problem(), "login-failed");
    failed(&ada.recover(&server, &ada.code).await);
    assert_eq!(server.ask_as(&elsewhere, Method::GET, "/v1/sessions", None).await.problem(), "session-ended");
    let over = server.post_as(&bearer, "/v1/account/password/start", &json!({"opaque_request": b64(&[1; 32])})).await;
    assert_eq!(over.problem(), "session-ended", "its own session too");

    let (_, after) = ada.log_in(&server, NEW).await;
    assert_eq!(after["identity"], before["identity"]);
    assert_eq!(
        (&after["envelopes"]["3"], &after["envelopes"]["4"]),
        (&before["envelopes"]["3"], &before["envelopes"]["4"])
    );
    assert_eq!(after["recovery_public"], json!(kit.public));
    assert_eq!(opened(&ada.recover(&server, &kit.code).await).1, after);
    wait_for(|| (letters(&deployment, "Your account was recovered", ADA) == 1).then_some(())).await;
    wait_for(|| (letters(&deployment, "was recovered", "it@example.org") == 1).then_some(())).await;
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'account.recovered'"), "1");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_session_can_only_complete_and_a_full_session_cannot_do_that() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (full, bundle) = ada.first_session(&server).await;
    let (bearer, _) = opened(&ada.recover(&server, &ada.code).await);
    let kit = ada.new_kit();
    let recovery = ada.recovery(&server, &bearer, &bundle, NEW, &kit).await;
    let password = ada.change(&server, &bearer, &bundle, NEW).await;
    let wrong = |answer: Answer| assert_eq!((answer.status, answer.problem().as_str()), (403, "session-purpose"));
    wrong(server.post_as(&bearer, "/v1/account/password", &password).await);
    wrong(server.post_as(&bearer, "/v1/account/kit", &Keeper::kit_change(&kit, &bundle)).await);
    wrong(server.post_as(&bearer, "/v1/logout", &json!({})).await);
    wrong(server.ask_as(&bearer, Method::GET, "/v1/sessions", None).await);
    wrong(server.ask_as(&bearer, Method::DELETE, "/v1/sessions", None).await);
    wrong(server.post_as(&full, COMPLETE, &recovery).await);
    assert_eq!(ada.first_session(&server).await.1, bundle, "nothing was stored");
    let listed = server.ask_as(&full, Method::GET, "/v1/sessions", None).await.json()["sessions"].clone();
    let purposes: Vec<_> = listed.as_array().expect("a list").iter().map(|line| line["purpose"].clone()).collect();
    assert!(purposes.contains(&json!("recovery")), "the owner sees that somebody recovers: {purposes:?}");
    assert_eq!(server.post_as(&bearer, COMPLETE, &recovery).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_made_from_an_older_state_is_refused() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, bundle) = opened(&ada.recover(&server, &ada.code).await);
    let kit = ada.new_kit();
    let body = ada.recovery(&server, &bearer, &bundle, NEW, &kit).await;
    let mut stale = body.clone();
    stale["expected"] = json!(b64(&[9; 32]));
    assert_eq!(server.post_as(&bearer, COMPLETE, &stale).await.problem(), "changed-meanwhile");
    let (full, now) = ada.first_session(&server).await;
    let change = ada.change(&server, &full, &now, "somebody was faster than that").await;
    assert_eq!(server.post_as(&full, "/v1/account/password", &change).await.status, 200);
    let refused = server.post_as(&bearer, COMPLETE, &body).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "changed-meanwhile"));
    assert_ne!(expected(&ada.log_in(&server, "somebody was faster than that").await.1), expected(&bundle));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_works_once_for_ten_minutes_for_its_account_and_its_origin() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let mut user = crate::common::okta_user("grace@example.org");
    user["externalId"] = json!("grace");
    assert_eq!(server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.status, 201);
    let grace = deployment.invitation_to("grace@example.org").await;
    let grace = crate::common::person::Person::claim(&server, &grace).await;
    grace.enrol(&server).await;

    let challenge = ada.challenge(&server).await.json();
    assert_eq!(ada.prove(&server, &challenge, &ada.code, ORIGIN).await.status, 200);
    failed(&ada.prove(&server, &challenge, &ada.code, ORIGIN).await);

    let challenge = ada.challenge(&server).await.json();
    failed(&ada.prove(&server, &challenge, &ada.code, "https://accounts.example.com").await);
    failed(&ada.prove(&server, &challenge, &ada.code, ORIGIN).await);

    let hers = start(&server, "grace@example.org").await.json();
    failed(&ada.prove(&server, &hers, &ada.code, ORIGIN).await);
    let other = Keeper { person: grace, ..Keeper::enrol(&deployment, &server, "edith@example.org").await };
    let mine = ada.challenge(&server).await.json();
    failed(&other.prove(&server, &mine, &ada.code, ORIGIN).await);

    // A challenge of a recovery is no login, nor is a login a challenge.
    let mine = ada.challenge(&server).await.json();
    let as_login = json!({"login_id": mine["challenge_id"], "ke3": b64(&[1; 64])});
    assert_eq!(server.post("/v1/login/finish", &as_login).await.problem(), "login-failed");
    assert_eq!(ada.prove(&server, &mine, &ada.code, ORIGIN).await.status, 200);

    let early = ada.challenge(&server).await.json();
    let late = ada.challenge(&server).await.json();
    deployment.pass(599);
    assert_eq!(ada.prove(&server, &early, &ada.code, ORIGIN).await.status, 200);
    deployment.pass(1);
    failed(&ada.prove(&server, &late, &ada.code, ORIGIN).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_do_not_exist_are_answered_and_counted_like_those_who_do() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let params = server.post("/v1/login/params", &json!({"email": "eve@example.org"})).await.json();
    let mut refused = Vec::new();
    for email in [ADA, "eve@example.org"] {
        let first = start(&server, email).await;
        let second = start(&server, &email.to_uppercase()).await;
        let (a, b) = (first.json(), second.json());
        for same in ["account_id", "realm_id", "key_gen"] {
            assert_eq!(a[same], b[same], "{same}: the same every time");
        }
        assert!(a["challenge"] != b["challenge"] && a["challenge_id"] != b["challenge_id"]);
        refused.push(answer_with_nonsense(&server, &a).await);
        refused.push(answer_with_nonsense(&server, &b).await);
        for _ in 2..10 {
            let challenge = start(&server, email).await;
            assert_eq!(challenge.bytes.len(), first.bytes.len());
            refused.push(answer_with_nonsense(&server, &challenge.json()).await);
        }
        let full = start(&server, email).await;
        assert_eq!((full.problem().as_str(), full.retry_after), ("too-many", Some(3600)));
        if email != ADA {
            assert_eq!(a["account_id"], params["account_id"], "and the one that a login is told");
        }
    }
    refused.iter().for_each(failed);
    assert!(refused.iter().all(|answer| *answer == refused[0]));
    assert_eq!(ada.person.log_in(&server).await.status, 200, "whoever guesses at the code does not close the password");
    server.stop().await;
    let server = deployment.serve().await;
    assert_eq!(start(&server, ADA).await.problem(), "too-many", "also after a restart");
    deployment.pass(3600);
    assert_eq!(ada.recover(&server, &ada.code).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_an_account_stands_is_told_only_to_whoever_has_the_code() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, bundle) = opened(&ada.recover(&server, &ada.code).await);
    let kit = ada.new_kit();
    let body = ada.recovery(&server, &bearer, &bundle, NEW, &kit).await;
    let before = start(&server, ADA).await.json()["account_id"].clone();
    server.set_active(&deployment, &ada.id, false).await;
    let challenge = start(&server, ADA).await.json();
    assert_eq!(challenge["account_id"], before);
    failed(&answer_with_nonsense(&server, &challenge).await);
    let told = ada.recover(&server, &ada.code).await;
    assert_eq!((told.status, told.problem().as_str()), (403, "suspended"));
    assert!(told.json().get("bundle").is_none() && told.json().get("session").is_none());
    assert_eq!(server.post_as(&bearer, COMPLETE, &body).await.problem(), "suspended", "a session that was open");
    server.set_active(&deployment, &ada.id, true).await;
    assert_eq!(server.post_as(&bearer, COMPLETE, &body).await.problem(), "session-ended", "for good");
    server.stop().await;
}
