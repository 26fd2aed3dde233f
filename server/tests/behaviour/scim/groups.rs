//! Groups: members come and go by rows, and give nobody anything.

use crate::common::person::Person;
use crate::common::{Answer, Deployment, Server};
use reqwest::Method;
use serde_json::{Value, json};

async fn call(server: &Server, deployment: &Deployment, method: Method, path: &str, body: Value) -> Answer {
    let body = (!body.is_null()).then_some(body);
    server.scim(&deployment.token, method, path, body.as_ref()).await
}

async fn group(server: &Server, deployment: &Deployment, name: &str) -> String {
    let created = call(server, deployment, Method::POST, "/Groups", json!({"displayName": name})).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.json()["id"].as_str().expect("an id").to_owned()
}

async fn patch(server: &Server, deployment: &Deployment, group: &str, operations: Value) -> u16 {
    call(server, deployment, Method::PATCH, &format!("/Groups/{group}"), json!({"Operations": operations})).await.status
}

async fn members(server: &Server, deployment: &Deployment, group: &str) -> Vec<String> {
    let read = call(server, deployment, Method::GET, &format!("/Groups/{group}"), Value::Null).await.json();
    let members = read["members"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> =
        members.iter().map(|member| member["value"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_added_and_removed_in_every_form_that_providers_send() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(server.provision(&deployment, &format!("{name}@example.org")).await);
    }
    ids.sort();
    let [a, b, c] = ids.as_slice() else { panic!("three people") };
    let team = group(&server, &deployment, "Team").await;
    for (operations, want) in [
        (json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": a}]}]), vec![a]),
        (json!([{"op": "add", "path": "members", "value": [{"value": a}, {"value": b}, {"value": b}]}]), vec![a, b]),
        (json!([{"op": "add", "value": {"members": [{"value": c}]}}]), vec![a, b, c]),
        (json!([{"op": "Remove", "path": "members", "value": [{"value": a}]}]), vec![b, c]),
        (json!([{"op": "Remove", "path": "members", "value": [{"value": a}]}]), vec![b, c]),
        (json!([{"op": "remove", "path": format!("members[value eq \"{b}\"]")}]), vec![c]),
        (json!([{"op": "remove", "path": "members[value eq \"nobody\"]"}]), vec![c]),
        (json!([{"op": "remove", "path": "members", "value": []}]), vec![c]),
        (json!([{"op": "replace", "path": "members", "value": [{"value": a}, {"value": b}]}]), vec![a, b]),
        (
            json!([{"op": "add", "path": format!("members[value eq \"{c}\"]"), "value": {}}, {"op": "remove", "path": format!("members[value eq \"{a}\" or value eq \"{b}\"]")}]),
            vec![c],
        ),
        (json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]), vec![c]),
        (json!([{"op": "add", "path": "members", "value": a}]), vec![a, c]),
        (json!([{"op": "remove", "path": "members[type eq \"User\"]"}]), vec![]),
        (
            json!([{"op": "add", "path": "members", "value": [a, b]}, {"op": "replace", "value": {"id": team, "displayName": "Team"}}]),
            vec![a, b],
        ),
        (json!([{"op": "remove", "path": "members"}]), vec![]),
    ] {
        assert_eq!(patch(&server, &deployment, &team, operations.clone()).await, 204, "{operations}");
        let want: Vec<String> = want.into_iter().cloned().collect();
        assert_eq!(members(&server, &deployment, &team).await, want, "{operations}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_who_is_not_there_and_a_refused_change_changes_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = server.provision(&deployment, "ada@example.org").await;
    let team = group(&server, &deployment, "Team").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        patch(&server, &deployment, &team, json!([{"op": "add", "path": "members", "value": [{"value": ada}]}])).await,
        204
    );
    let before = call(&server, &deployment, Method::GET, &format!("/Groups/{team}"), Value::Null).await;
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": nobody}]}),
        json!({"op": "add", "path": "members", "value": [{"value": "no-such-user"}]}),
        json!({"op": "add", "path": "members", "value": [{"value": team}]}),
        json!({"op": "replace", "path": "members", "value": [{"value": nobody}]}),
        json!({"op": "replace", "path": "displayName", "value": " "}),
        json!({"op": "remove", "path": "displayName"}),
        json!({"op": "replace", "path": "id", "value": nobody}),
        json!({"op": "replace", "path": "noSuchAttribute", "value": "x"}),
    ] {
        let both = json!([{"op": "remove", "path": "members"}, {"op": "replace", "path": "externalId", "value": "x"}, operation]);
        assert_eq!(patch(&server, &deployment, &team, both.clone()).await, 400, "{both}");
        assert_eq!(
            call(&server, &deployment, Method::GET, &format!("/Groups/{team}"), Value::Null).await,
            before,
            "{both}"
        );
    }
    for members in [json!([{"value": nobody}]), json!([{"value": "x"}]), json!([{}, {"display": "x"}])] {
        let create =
            call(&server, &deployment, Method::POST, "/Groups", json!({"displayName": "New", "members": members}))
                .await;
        assert_eq!((create.status, &create.json()["scimType"]), (400, &json!("invalidValue")), "{members}");
    }
    assert_eq!(call(&server, &deployment, Method::GET, "/Groups", Value::Null).await.json()["totalResults"], 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_name_is_unique_in_any_case() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let first = group(&server, &deployment, "Crypto Team").await;
    let second = group(&server, &deployment, "Other").await;
    let taken = call(&server, &deployment, Method::POST, "/Groups", json!({"displayName": "CRYPTO team"})).await;
    assert_eq!((taken.status, &taken.json()["scimType"]), (409, &json!("uniqueness")));
    assert_eq!(
        patch(&server, &deployment, &second, json!([{"op": "replace", "path": "displayName", "value": "crypto team"}]))
            .await,
        409
    );
    assert_eq!(
        call(&server, &deployment, Method::PUT, &format!("/Groups/{second}"), json!({"displayName": "Crypto Team"}))
            .await
            .status,
        409
    );
    assert_eq!(
        patch(&server, &deployment, &first, json!([{"op": "replace", "path": "displayName", "value": "CRYPTO TEAM"}]))
            .await,
        204
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_leaves_the_groups_and_a_removed_group_leaves_people_alone() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = server.provision(&deployment, "ada@example.org").await;
    let bob = server.provision(&deployment, "bob@example.org").await;
    let (inner, outer) = (group(&server, &deployment, "Inner").await, group(&server, &deployment, "Outer").await);
    let add = |ids: &[&String]| json!([{"op": "add", "path": "members", "value": ids.iter().map(|id| json!({"value": id})).collect::<Vec<_>>()}]);
    patch(&server, &deployment, &inner, add(&[&ada, &bob])).await;
    patch(&server, &deployment, &outer, add(&[&inner, &bob])).await;
    let read = call(&server, &deployment, Method::GET, &format!("/Users/{bob}"), Value::Null).await.json();
    let names: Vec<&str> = read["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["display"].as_str().expect("a name"))
        .collect();
    assert!(names.len() == 2 && names.contains(&"Inner") && names.contains(&"Outer"));
    let version = async |id: &str| {
        call(&server, &deployment, Method::GET, &format!("/Groups/{id}"), Value::Null).await.json()["meta"]["version"]
            .clone()
    };
    let before = version(&inner).await;
    assert_eq!(call(&server, &deployment, Method::DELETE, &format!("/Users/{ada}"), Value::Null).await.status, 204);
    assert_eq!(members(&server, &deployment, &inner).await, std::slice::from_ref(&bob));
    assert_ne!(version(&inner).await, before);
    assert_eq!(call(&server, &deployment, Method::DELETE, &format!("/Groups/{inner}"), Value::Null).await.status, 204);
    assert_eq!(members(&server, &deployment, &outer).await, std::slice::from_ref(&bob));
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(call(&server, &deployment, method, &format!("/Groups/{inner}"), Value::Null).await.status, 404);
    }
    assert_eq!(call(&server, &deployment, Method::GET, &format!("/Users/{bob}"), Value::Null).await.status, 200);
    let again = group(&server, &deployment, "Inner").await;
    assert_ne!(again, inner, "ids are never used twice");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s06_being_in_a_group_makes_and_grants_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let before = deployment.show("ada@example.org").await;
    let admins = group(&server, &deployment, "Administrators").await;
    assert_eq!(
        patch(&server, &deployment, &admins, json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]))
            .await,
        204
    );
    let after = deployment.show("ada@example.org").await;
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_member_of_ten_thousand_is_changed_by_one_row() {
    const PEOPLE: usize = 300;
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut ids = Vec::new();
    for at in 0..PEOPLE {
        let user = json!({"userName": format!("p{at}"), "active": false});
        ids.push(call(&server, &deployment, Method::POST, "/Users", user).await.json()["id"].clone());
    }
    let everybody: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    let all = call(&server, &deployment, Method::POST, "/Groups", json!({"displayName": "All", "members": everybody}))
        .await
        .json();
    let all = all["id"].as_str().expect("an id").to_owned();
    assert_eq!(members(&server, &deployment, &all).await.len(), PEOPLE);
    assert_eq!(
        patch(&server, &deployment, &all, json!([{"op": "remove", "path": "members", "value": [{"value": ids[7]}]}]))
            .await,
        204
    );
    let hundreds: Vec<Value> = (0..1000)
        .map(|at| json!({"op": if at % 2 == 0 { "remove" } else { "add" }, "path": "members", "value": [{"value": ids[at % PEOPLE]}]}))
        .collect();
    assert_eq!(patch(&server, &deployment, &all, hundreds.into()).await, 204);
    let here = members(&server, &deployment, &all).await;
    let odd: Vec<Value> = ids.iter().skip(1).step_by(2).cloned().collect();
    assert!(here.len() == odd.len() && odd.iter().all(|id| here.iter().any(|member| *id == json!(member))));
    let filter = |id: &Value| {
        format!(
            "/Groups?excludedAttributes=members&filter=id%20eq%20%22{all}%22%20and%20members%20eq%20%22{}%22",
            id.as_str().expect("an id")
        )
    };
    for (id, want) in [(&ids[1], 1), (&ids[0], 0)] {
        let found = call(&server, &deployment, Method::GET, &filter(id), Value::Null).await.json();
        assert_eq!(found["totalResults"], want);
        assert!(found["Resources"].as_array().expect("a list").iter().all(|group| group.get("members").is_none()));
    }
    let same = members(&server, &deployment, &all).await;
    let put = json!({"displayName": "All", "members": same.iter().map(|id| json!({"value": id})).collect::<Vec<_>>()});
    let version = call(&server, &deployment, Method::GET, &format!("/Groups/{all}"), Value::Null).await.json()["meta"]
        ["version"]
        .clone();
    let put = call(&server, &deployment, Method::PUT, &format!("/Groups/{all}"), put).await.json();
    assert_eq!(put["meta"]["version"], version, "nobody came and nobody went");
    server.stop().await;
}
