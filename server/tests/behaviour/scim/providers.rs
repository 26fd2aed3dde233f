//! Whole conversations of providers, and of somebody who means harm.

use super::conversation::play;
use crate::common::{Deployment, contains, okta_user};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn okta_is_understood_from_its_test_to_its_last_import() {
    play("okta", 32).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_is_understood_with_its_flag_and_without() {
    play("entra", 54).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jumpcloud_is_understood_from_its_test_to_its_last_deletion() {
    play("jumpcloud", 31).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s08_abuse_gets_an_answer_that_gives_nothing() {
    play("abuse", 77).await;
}

/// Okta's own test of a server, in its order: twelve requests after one user was created.
#[tokio::test(flavor = "multi_thread")]
async fn oktas_own_twelve_requests_are_answered_as_it_asserts() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "first@example.org").await;
    let get = async |path: &str| server.scim(&deployment.token, Method::GET, path, None).await;
    let lookup = async |name: &str| get(&format!("/Users?filter=userName%20eq%20%22{name}%22")).await;
    let has = |answer: &crate::common::Answer, pointer: &str| {
        answer.json().pointer(pointer).is_some_and(|value| !value.is_null() && value != "" && value != &json!([]))
    };

    let page = get("/Users?count=1&startIndex=1").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    assert!(["itemsPerPage", "startIndex", "totalResults"].iter().all(|name| page.json()[name].is_u64()));
    for pointer in ["id", "name/familyName", "name/givenName", "userName", "active", "emails/0/value"] {
        assert!(has(&page, &format!("/Resources/0/{pointer}")), "{pointer}");
    }
    let id = page.json()["Resources"][0]["id"].as_str().expect("a text").to_owned();
    let one = get(&format!("/Users/{id}")).await;
    assert_eq!((one.status, &one.json()["id"]), (200, &json!(id)));
    for name in ["nobody@example.org", "random@example.org"] {
        let none = lookup(name).await;
        assert_eq!((none.status, &none.json()["totalResults"]), (200, &json!(0)));
    }
    let missing = get("/Users/010101001010101011001010101011").await;
    assert_eq!((missing.status, has(&missing, "/detail")), (404, true));
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "random@example.org",
        "name": {"givenName": "Given", "familyName": "Family"}, "displayName": "Given Family", "active": true,
        "emails": [{"primary": true, "value": "random.mail@example.org", "type": "work"}],
    });
    let json_type = [
        ("authorization", format!("Bearer {}", deployment.token.as_str())),
        ("content-type", "application/json".to_owned()),
    ];
    let headers: Vec<(&str, &str)> = json_type.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let created = server.send(Method::POST, "/scim/v2/Users", &headers, user.to_string().into_bytes()).await;
    assert_eq!((created.status, &created.json()["active"]), (201, &json!(true)));
    assert_eq!(created.json()["name"], user["name"]);
    let verified = get(&format!("/Users/{}", created.json()["id"].as_str().expect("a text"))).await;
    assert_eq!((&verified.json()["userName"], &verified.json()["name"]), (&user["userName"], &user["name"]));
    let again = server.send(Method::POST, "/scim/v2/Users", &headers, user.to_string().into_bytes()).await;
    assert_eq!(again.status, 409);
    assert_eq!(lookup("RANDOM@EXAMPLE.ORG").await.json()["totalResults"], 1);
    let groups = get("/Groups").await;
    assert_eq!((groups.status, &groups.json()["Resources"]), (200, &json!([])));
    let refused = server.send(Method::GET, "/scim/v2/Users", &[("authorization", "non-token")], Vec::new()).await;
    assert_eq!((refused.status, &refused.json()["status"], has(&refused, "/detail")), (401, &json!("401"), true));
    let missing = get("/Users/00919288221112222").await;
    assert_eq!((missing.status, &missing.json()["status"]), (404, &json!("404")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s01_a_password_is_accepted_everywhere_and_kept_nowhere() {
    const CANARY: &str = "Canary-5d1f-Passw0rd";
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let send = async |method: Method, path: &str, body: serde_json::Value| {
        server.scim(&deployment.token, method, path, Some(&body)).await
    };
    let mut user = okta_user("ada@example.org");
    user["password"] = json!(CANARY);
    let created = send(Method::POST, "/Users", user.clone()).await;
    assert_eq!(created.status, 201);
    let path = format!("/Users/{}", created.json()["id"].as_str().expect("an id"));
    let mut shouted = user.clone();
    shouted.as_object_mut().expect("an object").remove("password");
    shouted["PASSWORD"] = json!({"value": CANARY});
    let mut answers = vec![created, send(Method::PUT, &path, user).await, send(Method::PUT, &path, shouted).await];
    for operation in [
        json!({"op": "replace", "path": "password", "value": CANARY}),
        json!({"op": "add", "value": {"password": CANARY}}),
        json!({"op": "Replace", "path": "PassWord", "value": CANARY}),
        json!({"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "value": CANARY}),
        json!({"op": "add", "path": "password", "value": [CANARY]}),
    ] {
        answers.push(send(Method::PATCH, &path, json!({"Operations": [operation]})).await);
    }
    for query in ["", "?attributes=password", "?attributes=userName,password"] {
        answers.push(server.scim(&deployment.token, Method::GET, &format!("{path}{query}"), None).await);
    }
    for answer in &answers {
        assert!(answer.status < 300, "{answer:?}");
        assert!(!contains(&answer.bytes, CANARY.as_bytes()) && answer.json().get("password").is_none(), "{answer:?}");
    }
    for filter in ["password%20eq%20%22Canary-5d1f-Passw0rd%22", "password%20pr", "not%20(password%20pr)"] {
        let refused = server.scim(&deployment.token, Method::GET, &format!("/Users?filter={filter}"), None).await;
        assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidFilter")), "{filter}");
    }
    server.stop().await;
    assert!(!contains(&deployment.stored_bytes(), CANARY.as_bytes()));
}
