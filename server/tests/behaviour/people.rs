//! People over SCIM: created, found, changed, removed, one organisation at a time.

use crate::common::person::Person;
use crate::common::{Answer, Deployment, Server, okta_user};
use firstkey_server::NewOrganisation;
use reqwest::Method;
use serde_json::{Value, json};

async fn patch(server: &Server, deployment: &Deployment, id: &str, operations: Value) -> Answer {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    server.scim(&deployment.token, Method::PATCH, &format!("/Users/{id}"), Some(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_person_is_found_in_any_case_and_read_back() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let get = async |path: &str| server.scim(&deployment.token, Method::GET, path, None).await;
    for filter in [
        "userName%20eq%20%22ADA%40example.org%22",
        "username+EQ+%22ada%40example.org%22",
        "externalId%20eq%20%2200ujl29u0le5T6Aj10h7%22",
    ] {
        let found = get(&format!("/Users?filter={filter}&startIndex=1&count=100")).await;
        assert_eq!((found.status, found.media_type.as_str()), (200, "application/scim+json"));
        assert_eq!(found.json()["totalResults"], 1, "{filter}");
        assert_eq!(found.json()["Resources"][0]["id"], id);
    }
    let none = get("/Users?filter=userName+eq+%220f9a1e6c-3e0b-4a55-9a2b-3f5a0b0a7d11%22").await;
    assert_eq!((none.status, &none.json()["totalResults"]), (200, &json!(0)));
    let all = get("/Users?startIndex=1&count=2").await.json();
    assert_eq!((&all["totalResults"], &all["itemsPerPage"], &all["startIndex"]), (&json!(1), &json!(1), &json!(1)));
    let beyond = get("/Users?startIndex=99999999999999999999&count=-5").await;
    assert_eq!((beyond.status, &beyond.json()["Resources"]), (200, &json!([])));
    for bad in ["", "userName", "password%20sw%20%22a%22", "userName%20eq%20%22a%22%20or%20noSuchAttribute%20pr"] {
        let refused = get(&format!("/Users?filter={bad}")).await;
        assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidFilter")), "{bad}");
    }
    let one = get(&format!("/Users/{id}")).await.json();
    assert_eq!(one["userName"], "ada@example.org");
    assert_eq!(one["meta"]["resourceType"], "User");
    assert_eq!(one["emails"][0]["type"], "work");
    assert!(one.get("groups").is_none() && one.get("password").is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_name_is_unique_in_any_case() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    for name in ["ada@example.org", "ADA@EXAMPLE.ORG"] {
        let taken = server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user(name))).await;
        assert_eq!(taken.status, 409);
        assert_eq!(taken.json()["scimType"], "uniqueness");
        assert_eq!(taken.json()["status"], "409");
        assert_eq!(taken.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    }
    assert_eq!(deployment.letters(1).await.len(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_deactivated_in_every_form_that_providers_send() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let forms = [
        json!([{"op": "replace", "value": {"active": false}}]),
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!([{"op": "REPLACE", "path": "Active", "value": false}]),
        json!([{"op": "add", "path": "active", "value": "false"}]),
        json!([{"op": "Add", "value": {"ACTIVE": "FALSE"}}]),
        json!([{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false}]),
        json!([{"op": "replace", "value": {"id": id, "active": false, "password": "x"}}]),
    ];
    for form in forms {
        let off = patch(&server, &deployment, &id, form.clone()).await;
        assert_eq!((off.status, &off.json()["active"]), (200, &json!(false)), "{form}");
        server.set_active(&deployment, &id, true).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_is_not_understood_is_refused_and_nothing_is_changed() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let before = server.scim(&deployment.token, Method::GET, &format!("/Users/{id}"), None).await;
    let forms = [
        json!([]),
        json!([{"op": "move", "path": "active", "value": false}]),
        json!([{"op": "replace", "path": "active"}]),
        json!([{"op": "replace", "path": "active", "value": "maybe"}]),
        json!([{"op": "replace", "path": "active", "value": 0}]),
        json!([{"op": "replace", "path": "active", "value": null}]),
        json!([{"op": "replace", "path": "active.value", "value": false}]),
        json!([{"op": "replace", "value": false}]),
        json!([{"op": "remove"}]),
        json!([{"op": "remove", "path": "userName"}]),
        json!([{"op": "replace", "path": "id", "value": "x"}]),
        json!([{"op": "replace", "path": "emails[", "value": "x"}]),
        json!([{"op": "replace", "path": "displayName", "value": "New"}, {"op": "replace", "path": "active", "value": "maybe"}]),
        json!([{"op": "replace", "path": "displayName", "value": "a\r\nb"}]),
    ];
    for form in forms {
        let refused = patch(&server, &deployment, &id, form.clone()).await;
        assert_eq!(refused.status, 400, "{form}");
        assert!(refused.json()["scimType"].is_string(), "{form}");
        assert_eq!(server.scim(&deployment.token, Method::GET, &format!("/Users/{id}"), None).await, before, "{form}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_replacement_without_active_keeps_what_was() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    server.set_active(&deployment, &id, false).await;
    let mut user = okta_user("ada@example.org");
    user.as_object_mut().expect("an object").remove("active");
    user["displayName"] = json!("Ada King");
    let put = server.scim(&deployment.token, Method::PUT, &format!("/Users/{id}"), Some(&user)).await;
    assert_eq!(
        (put.status, &put.json()["active"], &put.json()["displayName"]),
        (200, &json!(false), &json!("Ada King"))
    );
    assert!(put.json().get("password").is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_person_is_invited_only_when_activated() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut user = okta_user("ada@example.org");
    user["active"] = json!("False");
    let created = server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.json();
    server.provision(&deployment, "grace@example.org").await;
    assert!(deployment.invitation(1).await.raw.contains("To: grace@example.org"), "letters leave in order");
    server.set_active(&deployment, created["id"].as_str().expect("an id"), true).await;
    assert!(deployment.invitation(2).await.raw.contains("To: ada@example.org"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_is_gone_and_comes_back_as_a_new_account() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let path = format!("/Users/{id}");
    assert_eq!(server.scim(&deployment.token, Method::DELETE, &path, None).await.status, 204);
    for method in [Method::GET, Method::DELETE] {
        let gone = server.scim(&deployment.token, method, &path, None).await;
        assert_eq!((gone.status, &gone.json()["status"]), (404, &json!("404")));
    }
    assert_eq!(person.log_in(&server).await.problem(), "removed");
    assert_eq!(deployment.show("ada@example.org").await.state, "removed");

    let again = server.provision(&deployment, "ada@example.org").await;
    assert_ne!(again, id);
    let shown = deployment.show("ada@example.org").await;
    assert_eq!(shown.state, "invited");
    assert_ne!(shown.account_id, person.context.account.to_string());
    assert!(shown.envelopes.is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_organisations_token_sees_and_changes_nothing_of_another() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Other".into(), ..NewOrganisation::default() };
    let other = realm.add_organisation(new).await.expect("added");
    let other = realm.add_scim_token(other).await.expect("token");
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let path = format!("/Users/{id}");
    let before = server.scim(&deployment.token, Method::GET, &path, None).await;
    let off = json!({"Operations": [{"op": "replace", "value": {"active": false}}]});
    assert_eq!(server.scim(&other, Method::GET, &path, None).await.status, 404);
    assert_eq!(server.scim(&other, Method::PATCH, &path, Some(&off)).await.status, 404);
    assert_eq!(server.scim(&other, Method::PUT, &path, Some(&okta_user("ada@example.org"))).await.status, 404);
    assert_eq!(server.scim(&other, Method::DELETE, &path, None).await.status, 404);
    assert_eq!(server.scim(&other, Method::GET, "/Users", None).await.json()["totalResults"], 0);
    let filter = "/Users?filter=userName+eq+%22ada%40example.org%22";
    assert_eq!(server.scim(&other, Method::GET, filter, None).await.json()["totalResults"], 0);
    assert_eq!(server.scim(&deployment.token, Method::GET, &path, None).await, before);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_two_organisations_is_invited_to_join_the_second() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Other".into(), ..NewOrganisation::default() };
    let other = realm.add_organisation(new).await.expect("added");
    let other = realm.add_scim_token(other).await.expect("token");
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    let upload = person.enrol(&server).await;
    assert_eq!(server.scim(&other, Method::POST, "/Users", Some(&okta_user("ada@example.org"))).await.status, 201);
    let second = deployment.invitation(2).await;
    let joining = Person::claim(&server, &second).await;
    assert_eq!(joining.context.account, person.context.account);
    assert_eq!(server.claim(&second, &joining.claim.public()).await.json()["mode"], "join");
    let refused = joining.complete(&server, &upload).await;
    assert_eq!(refused.problem(), "invalid", "no keys are made or changed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_token_every_answer_is_the_same() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let good = deployment.token.as_str();
    let answers = [
        server.send(Method::GET, "/scim/v2/Users", &[], Vec::new()).await,
        server.scim("", Method::GET, "/Users", None).await,
        server.scim("wrong", Method::GET, "/Users", None).await,
        server.scim(&good[..good.len() - 1], Method::GET, "/Users", None).await,
        server.scim(&format!("{good}A"), Method::GET, "/Users", None).await,
        server.scim(&format!("fksc_{}", "A".repeat(43)), Method::GET, "/Users", None).await,
        server.send(Method::GET, &format!("/scim/v2/Users?access_token={good}"), &[], Vec::new()).await,
    ];
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.status == 401));
    assert_eq!(answers[0].json()["status"], "401");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_without_a_usable_name_are_refused() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    for name in [json!(""), json!("   "), json!(null), json!(7), json!(["a"]), json!("a\u{0}b"), json!("x".repeat(600))]
    {
        let mut user = okta_user("ada@example.org");
        user["userName"] = name.clone();
        let refused = server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await;
        assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidValue")), "{name}");
    }
    server.stop().await;
}
