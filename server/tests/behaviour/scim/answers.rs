//! What comes back: attributes, versions, errors, and what the server says of itself.

use crate::common::{Answer, Deployment, Server, okta_user};
use reqwest::Method;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn get(server: &Server, deployment: &Deployment, path: &str) -> Answer {
    server.scim(&deployment.token, Method::GET, path, None).await
}

/// A request with a header that it stands or falls by.
async fn under(server: &Server, token: &str, method: Method, path: &str, header: (&str, &str), body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/scim+json"), header];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    server.send(method, &format!("/scim/v2{path}"), &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_attributes_that_are_asked_for_come_back() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    for (query, want) in [
        ("?attributes=displayName", vec!["displayName", "id", "schemas"]),
        ("?attributes=USERNAME,emails.value", vec!["emails", "id", "schemas", "userName"]),
        ("?attributes=nope,password", vec!["id", "schemas"]),
        (
            "?excludedAttributes=id,schemas,emails,name,meta,locale,displayName,externalId",
            vec!["active", "id", "schemas", "userName"],
        ),
        ("?attributes=userName,emails&excludedAttributes=emails", vec!["id", "schemas", "userName"]),
    ] {
        let one = get(&server, &deployment, &format!("/Users/{id}{query}")).await;
        assert_eq!(keys(&one.json()), want, "{query}");
        let list = get(&server, &deployment, &format!("/Users{query}")).await;
        assert_eq!(list.json()["Resources"][0], one.json(), "{query}");
    }
    let patch = json!({"Operations": [{"op": "add", "path": "title", "value": "x"}]});
    let patched =
        server.scim(&deployment.token, Method::PATCH, &format!("/Users/{id}?attributes=title"), Some(&patch)).await;
    assert_eq!((patched.status, keys(&patched.json())), (200, vec!["id".into(), "schemas".into(), "title".into()]));
    let put = server
        .scim(
            &deployment.token,
            Method::PUT,
            &format!("/Users/{id}?excludedAttributes=emails"),
            Some(&okta_user("ada@example.org")),
        )
        .await;
    assert!(put.status == 200 && put.json().get("emails").is_none() && put.json().get("title").is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_happens_only_to_the_version_that_was_seen() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let token = deployment.token.as_str();
    let user = format!("/Users/{}", server.provision(&deployment, "ada@example.org").await);
    let group = server.scim(token, Method::POST, "/Groups", Some(&json!({"displayName": "G"}))).await.json();
    let group = format!("/Groups/{}", group["id"].as_str().expect("an id"));
    let title = json!({"Operations": [{"op": "add", "path": "externalId", "value": "new"}]});
    for (path, whole) in [(&user, okta_user("ada@example.org")), (&group, json!({"displayName": "G2"}))] {
        let version = async || {
            get(&server, &deployment, path).await.json()["meta"]["version"].as_str().expect("a version").to_owned()
        };
        let old = version().await;
        let same = under(&server, token, Method::GET, path, ("if-none-match", &old), &Value::Null).await;
        assert_eq!((same.status, same.bytes.len()), (304, 0), "{path}");
        assert_eq!(under(&server, token, Method::PATCH, path, ("if-match", &old), &title).await.status, 204, "{path}");
        let now = version().await;
        assert_ne!(now, old);
        assert_eq!(under(&server, token, Method::GET, path, ("if-none-match", &old), &Value::Null).await.status, 200);
        let before = get(&server, &deployment, path).await;
        for (method, body) in [(Method::PATCH, &title), (Method::PUT, &whole), (Method::DELETE, &Value::Null)] {
            for stale in [old.as_str(), "W/\"stale\"", "x", ""] {
                let refused = under(&server, token, method.clone(), path, ("if-match", stale), body).await;
                assert_eq!(
                    (refused.status, &refused.json()["status"]),
                    (412, &json!("412")),
                    "{method} {path} {stale}"
                );
            }
            assert_eq!(get(&server, &deployment, path).await, before, "{method} {path}");
        }
        assert_eq!(under(&server, token, Method::PATCH, path, ("if-match", "*"), &title).await.status, 204);
        assert_eq!(version().await, now, "what changes nothing is no new version");
        assert_eq!(under(&server, token, Method::PUT, path, ("if-match", &now), &whole).await.status, 200);
        let now = version().await;
        assert_eq!(under(&server, token, Method::DELETE, path, ("if-match", &now), &Value::Null).await.status, 204);
        assert_eq!(under(&server, token, Method::DELETE, path, ("if-match", "*"), &Value::Null).await.status, 404);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_can_do() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let config = get(&server, &deployment, "/ServiceProviderConfig").await.json();
    for (feature, supported) in
        [("patch", true), ("filter", true), ("sort", true), ("etag", false), ("bulk", false), ("changePassword", false)]
    {
        assert_eq!(config[feature]["supported"], supported, "{feature}");
    }
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    let kinds = get(&server, &deployment, "/ResourceTypes").await.json();
    assert_eq!((&kinds["totalResults"], &kinds["Resources"][0]["endpoint"]), (&json!(2), &json!("/Users")));
    assert_eq!(kinds["Resources"][0]["schemaExtensions"], json!([{"schema": ENTERPRISE, "required": false}]));
    assert_eq!(
        get(&server, &deployment, "/ResourceTypes/Group").await.json()["schema"],
        "urn:ietf:params:scim:schemas:core:2.0:Group"
    );
    let schemas = get(&server, &deployment, "/Schemas").await;
    assert!(!String::from_utf8_lossy(&schemas.bytes).contains("null"));
    let schemas = schemas.json();
    assert_eq!(schemas["totalResults"], 3);
    for schema in schemas["Resources"].as_array().expect("a list") {
        let id = schema["id"].as_str().expect("an id");
        assert_eq!(get(&server, &deployment, &format!("/Schemas/{id}")).await.json(), *schema);
        assert!(schema["meta"]["location"].as_str().expect("an address").ends_with(id));
    }
    assert_eq!(get(&server, &deployment, "/Schemas/urn:nope").await.status, 404);
    assert_eq!(get(&server, &deployment, "/ResourceTypes/Nope").await.status, 404);
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        let filtered = get(&server, &deployment, &format!("{path}?filter=id%20pr")).await;
        assert_eq!((filtered.status, &filtered.json()["status"]), (403, &json!("403")), "{path}");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let refused = server.scim(&deployment.token, method, path, Some(&json!({}))).await;
            assert_eq!((refused.status, refused.media_type.as_str()), (405, "application/scim+json"), "{path}");
        }
        assert_eq!(server.scim("wrong", Method::GET, path, None).await.status, 401, "{path}");
    }
    for (method, path) in [(Method::POST, "/Bulk"), (Method::GET, "/Me"), (Method::PATCH, "/Me")] {
        let answer = server.scim(&deployment.token, method, path, Some(&json!({}))).await;
        assert_eq!((answer.status, &answer.json()["status"]), (501, &json!("501")), "{path}");
    }
    for path in ["/Nope", "/Users/a/b", "/Users/..%2f..%2fetc%2fpasswd"] {
        assert_eq!(get(&server, &deployment, path).await.status, 404, "{path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_names_are_one_in_every_form_that_means_the_same() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let create = async |name: &str| {
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
        server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.status
    };
    assert_eq!(create("andr\u{e9}@example.org").await, 201);
    for same in ["ANDR\u{c9}@example.org", "andre\u{301}@example.org", "\u{ff41}ndr\u{e9}@example.org"] {
        assert_eq!(create(same).await, 409, "{same}");
    }
    for other in [
        "andre@example.org",
        "\u{430}ndr\u{e9}@example.org",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}@example.org",
        "Ada Lovelace",
    ] {
        assert_eq!(create(other).await, 201, "{other}");
    }
    for bad in ["andr\u{e9}@example.org\u{200b}", " a", "a ", "a\u{0}b", "a\u{202e}b", "\u{feff}"] {
        assert_eq!(create(bad).await, 400, "{bad:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_in_two_hands_invites_one_person_only() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let mut second = okta_user("ada@example.org");
    second["userName"] = json!("other@example.org");
    let created = server.scim(&deployment.token, Method::POST, "/Users", Some(&second)).await;
    assert_eq!(created.status, 201);
    let path = format!("/Users/{}", created.json()["id"].as_str().expect("an id"));
    for active in [false, true] {
        let patch = json!({"Operations": [{"op": "replace", "value": {"active": active}}]});
        assert_eq!(server.scim(&deployment.token, Method::PATCH, &path, Some(&patch)).await.status, 200);
    }
    server.provision(&deployment, "grace@example.org").await;
    assert!(
        deployment.invitation(2).await.raw.contains("To: grace@example.org"),
        "the next letter is another person's"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_of_a_thousand_operations_is_done_in_bounded_time() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let path = format!("/Users/{}", server.provision(&deployment, "ada@example.org").await);
    let operations: Vec<Value> = (0..1000)
        .map(|at| json!({"op": "Add", "path": format!("emails[type eq \"t{}\"].value", at % 200), "value": format!("a{at}@example.org")}))
        .collect();
    let patched = server.scim(&deployment.token, Method::PATCH, &path, Some(&json!({"Operations": operations}))).await;
    assert_eq!(patched.status, 200, "{:?}", patched.json()["detail"]);
    assert_eq!(patched.json()["emails"].as_array().map(Vec::len), Some(201));
    let too_many: Vec<Value> = (0..300).map(|at| json!({"value": format!("{at}")})).collect();
    let add = json!({"Operations": [{"op": "add", "path": "roles", "value": too_many}]});
    let refused = server.scim(&deployment.token, Method::PATCH, &path, Some(&add)).await;
    assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidValue")));
    server.stop().await;
}
