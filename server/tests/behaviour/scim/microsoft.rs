//! What Microsoft's public collection of requests asserts although RFC 7644 does not: ten
//! assertions that a strict server fails, and the few around them.

use crate::common::{Answer, Deployment, Server};
use reqwest::Method;
use serde_json::{Value, json};

/// As the collection sends: JSON, and no Accept that names it.
async fn call(server: &Server, deployment: &Deployment, method: Method, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {}", deployment.token.as_str());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("accept", "*/*")];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    server.send(method, &format!("/scim/v2{path}"), &headers, body).await
}

fn employee(name: &str, family: &str, email: &str) -> Value {
    json!({
        "userName": name, "active": "True", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "22fbc523-6032-4c5f-939d-5d4850cf3e52",
        "name": {"familyName": family, "givenName": "Darl", "honorificPrefix": null}, "displayName": "Kimberly Baker", "roles": [],
        "meta": {"created": "2019-09-18T18:15:26.5788954+00:00", "resourceType": "User"},
        "emails": [{"type": "work", "Primary": true, "value": email}, {"type": "work", "Primary": false, "value": "anna33@example.com"}],
        "addresses": [{"formatted": "18522 Lisa Unions\nEast Gregory, CT 52311", "country": null, "type": "other", "primary": false}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_created_found_and_changed_as_the_collection_asserts() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let get = async |path: &str| call(&server, &deployment, Method::GET, path, Value::Null).await;
    let mut ids = Vec::new();
    // Several people with one address, and one whose address is none.
    for (name, family, email) in [
        ("OMalley", "OMalley", "emailName357"),
        ("emp1", "Employee", "anna33@gmail.com"),
        ("emp2", "Employee", "anna33@gmail.com"),
        ("emp3", "Employee", "anna33@gmail.com"),
    ] {
        let created = call(&server, &deployment, Method::POST, "/Users", employee(name, family, email)).await;
        assert_eq!(
            (created.status, &created.json()["userName"], &created.json()["active"]),
            (201, &json!(name), &json!(true))
        );
        ids.push(created.json()["id"].as_str().expect("an id").to_owned());
    }
    let mut enterprise = employee("enterprise", "Employee", "x@bob.com");
    enterprise["schemas"] = json!([
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:User"
    ]);
    enterprise["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] =
        json!({"Department": "bob", "Manager": {"Value": "SuzzyQ"}});
    assert_eq!(call(&server, &deployment, Method::POST, "/Users", enterprise).await.status, 201);
    let again =
        call(&server, &deployment, Method::POST, "/Users", employee("emp3", "Employee", "anna33@gmail.com")).await;
    assert!(again.status == 409 && again.json()["detail"].is_string());

    // A value path among the attributes.
    for path in [
        "/Users?attributes=emails%5Btype+eq+%22work%22%5D",
        "/Users?attributes=emails%5Bvalue+eq+%22emailName357%22%5D",
    ] {
        let shown = get(path).await;
        assert!(shown.status == 200 && String::from_utf8_lossy(&shown.bytes).contains("emailName357"), "{path}");
    }
    // Values without quotation marks.
    for (filter, total) in [
        ("userName%20sw%20O", 1),
        (
            "name.FamilyName%20eq%20Employee%20and%20(emails.Value%20co%20example.com%20or%20emails.Value%20co%20example.org)",
            4,
        ),
        ("meta.Created%20gt%202015-10-10T14:38:21.8617979-07:00", 5),
        ("DisplayName+eq+%22Kimberly+Baker%22", 5),
    ] {
        for users in ["/Users", "/Users/"] {
            assert_eq!(get(&format!("{users}?filter={filter}")).await.json()["totalResults"], total, "{filter}");
        }
    }
    let page = get("/Users?startIndex=1&count=2").await.json();
    assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(5), &json!(2)));

    // An unknown attribute in a PUT, and PATCH answered with 204 to who asks for no body.
    let path = format!("/Users/{}", ids[0]);
    let mut typo = employee("OMalley", "OMalley", "anna33@gmail.com");
    typo["disspplayName"] = json!("x");
    let put = call(&server, &deployment, Method::PUT, &path, typo).await;
    assert!(put.status == 200 && put.json().get("disspplayName").is_none());
    for (attribute, value) in [("userName", json!("newusername")), ("active", json!(false))] {
        let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "Replace", "path": attribute, "value": value}]});
        assert_eq!(call(&server, &deployment, Method::PATCH, &path, patch).await.status, 204);
        assert_eq!(get(&path).await.json()[attribute], value);
    }
    let schemas = get("/Schemas").await;
    assert!(String::from_utf8_lossy(&schemas.bytes).contains("User Account"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_created_and_changed_as_the_collection_asserts() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let user = call(&server, &deployment, Method::POST, "/Users", employee("u", "Employee", "u@bob.com")).await.json();
    let group =
        json!({"displayName": "Group 1", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "members": []});
    let group = call(&server, &deployment, Method::POST, "/Groups", group).await.json();
    let path = format!("/Groups/{}", group["id"].as_str().expect("an id"));
    let patch = async |operation: Value| {
        let body = json!({"id": group["id"], "Operations": [operation], "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]});
        call(&server, &deployment, Method::PATCH, &path, body).await.status
    };
    let shown = async || {
        String::from_utf8(call(&server, &deployment, Method::GET, &path, Value::Null).await.bytes).expect("text")
    };
    // A bare text that is nobody's id: success, and no member.
    for text in ["string id 1", "string id 2"] {
        assert_eq!(patch(json!({"op": "add", "path": "members", "value": text})).await, 204);
        assert!(!shown().await.contains("members"));
    }
    assert_eq!(patch(json!({"op": "add", "path": "members", "value": user["id"]})).await, 204);
    assert!(shown().await.contains(user["id"].as_str().expect("an id")));
    assert_eq!(patch(json!({"op": "remove", "path": "members"})).await, 204);
    // displayName of a member comes back.
    let member = json!([{"displayName": "new User", "value": user["id"]}]);
    assert_eq!(patch(json!({"name": "addMember", "op": "add", "path": "members", "value": member})).await, 204);
    assert!(shown().await.contains("new User"));
    assert_eq!(patch(json!({"op": "remove", "path": "members"})).await, 204);
    assert!(!shown().await.contains("new User"));
    let put =
        call(&server, &deployment, Method::PUT, &path, json!({"displayName": "Tiffany Ortiz", "id": group["id"]}))
            .await;
    assert_eq!((put.status, &put.json()["displayName"]), (200, &json!("Tiffany Ortiz")));
    server.stop().await;
}
