//! Sessions: seen, ended, and good for nothing else than what they were opened for.

use crate::common::keeper::Keeper;
use crate::common::{Answer, Deployment, Server, b64};
use reqwest::Method;
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";

async fn list(server: &Server, bearer: &str) -> Answer {
    server.ask_as(bearer, Method::GET, "/v1/sessions", None).await
}

fn ended(answer: &Answer) {
    assert_eq!((answer.status, answer.problem().as_str()), (401, "session-ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_every_session_and_ends_one_or_all_others_or_this() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (first, _) = ada.first_session(&server).await;
    deployment.pass(5);
    let (login_id, ke3) = ada.person.prove(&server).await;
    let finish = json!({"login_id": login_id, "ke3": ke3}).to_string().into_bytes();
    let agent = format!("firstkey/0.1.0 {}", "x".repeat(200));
    let headers = [("content-type", "application/json"), ("user-agent", agent.as_str())];
    let second = server.send(Method::POST, "/v1/login/finish", &headers, finish).await.json();
    let second = second["session"].as_str().expect("a bearer").to_owned();

    let listed = list(&server, &second).await.json()["sessions"].as_array().expect("a list").clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().map(|line| line["this"].clone()).collect::<Vec<_>>(), [json!(true), json!(false)]);
    assert_eq!(listed[0]["client"].as_str().map(str::len), Some(64), "cut");
    assert!(listed[0]["client"].as_str().expect("a name").starts_with("firstkey/0.1.0 x"));
    assert_eq!((&listed[0]["source"], &listed[0]["purpose"]), (&json!("127.0.0.1"), &json!("full")));
    assert_eq!(listed[0]["expires_at"].as_i64(), listed[0]["created_at"].as_i64().map(|at| at + 600));
    assert_eq!((&listed[1]["client"], listed[1]["created_at"].as_i64()), (&Value::Null, Some(deployment.start)));

    let one = format!("/v1/sessions/{}", listed[1]["session_id"].as_str().expect("an id"));
    assert_eq!(server.ask_as(&second, Method::DELETE, &one, None).await.json(), json!({"ended": 1}));
    ended(&list(&server, &first).await);
    assert_eq!(server.ask_as(&second, Method::DELETE, &one, None).await.problem(), "not-found");
    assert_eq!(server.ask_as(&second, Method::DELETE, "/v1/sessions/%ff", None).await.problem(), "not-found");

    let (third, _) = ada.first_session(&server).await;
    let (fourth, _) = ada.first_session(&server).await;
    assert_eq!(server.ask_as(&fourth, Method::DELETE, "/v1/sessions", None).await.json(), json!({"ended": 2}));
    ended(&list(&server, &second).await);
    ended(&list(&server, &third).await);
    assert_eq!(server.post_as(&fourth, "/v1/logout", &json!({})).await.json(), json!({"ended": 1}));
    ended(&list(&server, &fourth).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_bearer_the_answer_is_the_same() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, _) = ada.first_session(&server).await;
    let missing = server.send(Method::GET, "/v1/sessions", &[], Vec::new()).await;
    ended(&missing);
    for authorization in [
        format!("Basic {bearer}"),
        format!("Bearer {bearer}x"),
        format!("Bearer {}", b64(&[7; 32])),
        format!("Bearer fksc_{bearer}"),
        String::new(),
    ] {
        let headers = [("authorization", authorization.as_str())];
        assert_eq!(server.send(Method::GET, "/v1/sessions", &headers, Vec::new()).await, missing, "{authorization}");
    }
    assert_eq!(list(&server, &deployment.token).await, missing, "a SCIM token is no session");
    deployment.pass(599);
    assert_eq!(list(&server, &bearer).await.status, 200);
    deployment.pass(1);
    assert_eq!(list(&server, &bearer).await, missing, "to the second");
    for path in ["/v1/logout", "/v1/account/password/start", "/v1/account/password", "/v1/account/kit"] {
        assert_eq!(server.post(path, &json!({})).await, missing, "{path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_every_session_for_good_and_its_holder_is_told_why() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, _) = ada.first_session(&server).await;
    server.set_active(&deployment, &ada.id, false).await;
    let told = list(&server, &bearer).await;
    assert_eq!((told.status, told.problem().as_str()), (403, "suspended"));
    assert_eq!(told.json()["contact"], "it@example.org");
    server.set_active(&deployment, &ada.id, true).await;
    ended(&list(&server, &bearer).await);

    let (bearer, _) = ada.first_session(&server).await;
    assert_eq!(
        list(&server, &bearer).await.json()["sessions"].as_array().map(Vec::len),
        Some(1),
        "the ended one is gone"
    );
    let gone = server.scim(&deployment.token, Method::DELETE, &format!("/Users/{}", ada.id), None).await;
    assert_eq!(gone.status, 204);
    assert_eq!(list(&server, &bearer).await.problem(), "removed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_ends_the_session_of_somebody_else() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let grace = crate::common::okta_user_named("grace@example.org");
    assert_eq!(server.scim(&deployment.token, Method::POST, "/Users", Some(&grace)).await.status, 201);
    let grace = deployment.invitation_to("grace@example.org").await;
    let grace = crate::common::person::Person::claim(&server, &grace).await;
    grace.enrol(&server).await;
    let (hers, _) = ada.first_session(&server).await;
    let theirs = grace.log_in(&server).await.json()["session"].as_str().expect("a bearer").to_owned();
    let listed = list(&server, &hers).await.json()["sessions"].clone();
    let id = listed[0]["session_id"].as_str().expect("an id");
    let refused = server.ask_as(&theirs, Method::DELETE, &format!("/v1/sessions/{id}"), None).await;
    assert_eq!(refused.problem(), "not-found");
    assert_eq!(server.ask_as(&theirs, Method::DELETE, "/v1/sessions", None).await.json(), json!({"ended": 0}));
    assert_eq!(list(&server, &hers).await.status, 200);
    assert_eq!(list(&server, &theirs).await.json()["sessions"].as_array().map(Vec::len), Some(1));
    server.stop().await;
}
