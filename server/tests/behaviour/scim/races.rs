//! Requests at the same time.

use crate::common::{Answer, Deployment, Server, okta_user};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How often each race is run.
const ROUNDS: usize = 1_000;
/// How often the races are run that are like others.
const FEW: usize = 100;
/// How many run in it.
const RUNNERS: usize = 6;

/// Sends the same requests at once; gives the answers in the order in which they came.
async fn at_once(server: &Arc<Server>, token: &str, requests: Vec<(Method, String, Value)>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for (method, path, body) in requests {
        let (server, token) = (Arc::clone(server), token.to_owned());
        running.spawn(async move { server.scim(&token, method, &path, Some(&body)).await });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_creations_of_one_user_name_one_wins() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    for round in 0..ROUNDS {
        let spelled = |runner: usize| {
            let name = format!("ada{round}@example.org");
            if runner.is_multiple_of(2) { name } else { name.to_uppercase() }
        };
        let create =
            (0..RUNNERS).map(|runner| (Method::POST, "/Users".to_owned(), okta_user(&spelled(runner)))).collect();
        let answers = at_once(&server, &deployment.token, create).await;
        let with = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((with(201), with(409)), (1, RUNNERS - 1), "round {round}");
    }
    let all = server.scim(&deployment.token, Method::GET, "/Users?count=0", None).await.json();
    assert_eq!(all["totalResults"], ROUNDS);
    assert_eq!(deployment.letters(ROUNDS).await.len(), ROUNDS, "one invitation each");
    Arc::into_inner(server).expect("nobody else").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_and_a_renaming_never_end_with_one_name_twice() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let id = server.provision(&deployment, "start@example.org").await;
    for round in 0..FEW {
        let name = format!("name{round}@example.org");
        let rename = json!({"Operations": [{"op": "replace", "path": "userName", "value": name}]});
        let requests = vec![
            (Method::PATCH, format!("/Users/{id}"), rename),
            (Method::POST, "/Users".to_owned(), okta_user(&name)),
        ];
        let mut statuses: Vec<u16> =
            at_once(&server, &deployment.token, requests).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert!(statuses == [200, 409] || statuses == [201, 409], "round {round}: {statuses:?}");
        let filter = format!("/Users?filter=userName%20eq%20%22{name}%22");
        assert_eq!(server.scim(&deployment.token, Method::GET, &filter, None).await.json()["totalResults"], 1);
    }
    Arc::into_inner(server).expect("nobody else").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_member_is_lost_when_many_are_added_at_once() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let mut ids = Vec::new();
    for at in 0..RUNNERS {
        ids.push(server.provision(&deployment, &format!("p{at}@example.org")).await);
    }
    let created =
        server.scim(&deployment.token, Method::POST, "/Groups", Some(&json!({"displayName": "Team"}))).await.json();
    let path = format!("/Groups/{}", created["id"].as_str().expect("an id"));
    for round in 0..ROUNDS {
        for (op, want) in [("add", RUNNERS), ("remove", 0)] {
            let change = |id: &String| json!({"Operations": [{"op": op, "path": "members", "value": [{"value": id}]}]});
            let requests = ids.iter().map(|id| (Method::PATCH, path.clone(), change(id))).collect();
            let answers = at_once(&server, &deployment.token, requests).await;
            assert!(answers.iter().all(|answer| answer.status == 204), "round {round}");
            let members = server.scim(&deployment.token, Method::GET, &path, None).await.json()["members"].clone();
            assert_eq!(members.as_array().map_or(0, Vec::len), want, "round {round}");
        }
    }
    Arc::into_inner(server).expect("nobody else").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_one_version_one_wins() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let id = server.provision(&deployment, "ada@example.org").await;
    let path = format!("/scim/v2/Users/{id}");
    for round in 0..FEW {
        let now = server.scim(&deployment.token, Method::GET, &format!("/Users/{id}"), None).await.json();
        let version = now["meta"]["version"].as_str().expect("a version").to_owned();
        let mut running = JoinSet::new();
        for runner in 0..RUNNERS {
            let (server, path, version) = (Arc::clone(&server), path.clone(), version.clone());
            let bearer = format!("Bearer {}", deployment.token.as_str());
            let body =
                json!({"Operations": [{"op": "replace", "path": "title", "value": format!("{round} {runner}")}]});
            running.spawn(async move {
                let headers = [
                    ("authorization", bearer.as_str()),
                    ("content-type", "application/scim+json"),
                    ("if-match", version.as_str()),
                ];
                server.send(Method::PATCH, &path, &headers, body.to_string().into_bytes()).await.status
            });
        }
        let mut statuses = running.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![204], vec![412; RUNNERS - 1]].concat(), "round {round}");
    }
    Arc::into_inner(server).expect("nobody else").stop().await;
}
