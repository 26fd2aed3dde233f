//! The log of SCIM requests: an administrator who hears "Grace was not invited" finds the reason in
//! one command, and nothing in the log is a secret or, unless it is wanted, a value.

use crate::common::{Deployment, Server, okta_user, okta_user_named};
use firstkey_server::admin::{ChangedOrganisation, ScimRequestShown, ScimRequestsWanted};
use firstkey_server::{Limits, Log, Rate, ServeOptions};
use reqwest::Method;
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What the log says, newest first, once the server has ended and so written everything.
async fn logged(deployment: &Deployment, wanted: ScimRequestsWanted) -> Vec<ScimRequestShown> {
    deployment.realm().await.scim_requests(wanted, 1000).await.expect("a list")
}

async fn about(deployment: &Deployment, person: &str) -> Vec<ScimRequestShown> {
    logged(deployment, ScimRequestsWanted { person: Some(person.to_owned()), ..ScimRequestsWanted::default() }).await
}

async fn post(server: &Server, token: &str, user: &Value) -> (u16, Value) {
    let answer = server.scim(token, Method::POST, "/Users", Some(user)).await;
    (answer.status, serde_json::from_slice(&answer.bytes).unwrap_or_default())
}

async fn patch(server: &Server, deployment: &Deployment, path: &str, operations: Value) -> u16 {
    let patch = json!({"schemas": [PATCH], "Operations": operations});
    server.scim(&deployment.token, Method::PATCH, path, Some(&patch)).await.status
}

async fn keep_values(deployment: &Deployment, keep: bool) {
    let change = ChangedOrganisation { scim_log_values: Some(keep), ..ChangedOrganisation::default() };
    deployment.realm().await.change_organisation(deployment.org, change).await.expect("changed");
}

/// The whole table as text, whatever the columns are.
fn table(deployment: &Deployment) -> String {
    let columns = ["caller_id", "source", "method", "path", "scim_type", "detail", "done", "why", "given"];
    let parts: Vec<String> = columns.iter().map(|name| format!("coalesce({name}, '')")).collect();
    let sql = if crate::POSTGRES {
        format!("SELECT string_agg({}, chr(10)) FROM scim_request", parts.join(" || ' ' || "))
    } else {
        format!("SELECT group_concat({}, char(10)) FROM scim_request", parts.join(" || ' ' || "))
    };
    deployment.ask(&sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_not_invited_is_found_with_the_reason_by_any_name() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let token = deployment.token.as_str();
    let staged =
        json!({"userName": "staged@example.org", "active": false, "emails": [{"value": "staged@example.org"}]});
    let nowhere = json!({"userName": "grace", "externalId": "7"});
    let bad = json!({"userName": "bad", "emails": [{"value": "\"a.b\"@example.org"}]});
    let (_, grace) = post(&server, token, &nowhere).await;
    let id = grace["id"].as_str().expect("an id").to_owned();
    for user in [&staged, &bad, &okta_user_named("ada@example.org")] {
        assert_eq!(post(&server, token, user).await.0, 201);
    }
    let held = json!({"userName": "twin", "emails": [{"value": "ada@example.org"}]});
    assert_eq!(post(&server, token, &held).await.0, 201);
    assert_eq!(post(&server, token, &json!({"userName": "GRACE"})).await.0, 409);
    assert_eq!(post(&server, token, &json!({"userName": "never", "emails": 7})).await.0, 400);
    let look = "/Users?filter=userName%20eq%20%22never%22";
    assert_eq!(server.scim(token, Method::GET, look, None).await.status, 200);
    server.stop().await;

    let told = async |name: &str| {
        let rows = about(&deployment, name).await;
        rows.iter().map(|row| (row.status, row.done.clone(), row.why.clone().unwrap_or_default())).collect::<Vec<_>>()
    };
    let row = |status, done: &str, why: &str| (status, done.to_owned(), why.to_owned());
    let graces = [
        row(409, "refused: the userName is this person's", "name-taken"),
        row(201, "created, kept but not mailed", "no-address"),
    ];
    let digits = if crate::POSTGRES { "encode(account_id, 'hex')" } else { "hex(account_id)" };
    let account = deployment.ask(&format!("SELECT {digits} FROM membership WHERE user_name = 'grace'"));
    let account = uuid::Uuid::parse_str(&account).expect("an id").to_string();
    for name in ["grace", "Grace", id.as_str(), account.as_str()] {
        assert_eq!(told(name).await, graces, "{name}");
    }
    assert_eq!(told("staged@example.org").await, [row(201, "created, not mailed", "inactive")]);
    assert_eq!(told("bad").await, [row(201, "created, kept but not mailed", "address-not-deliverable")]);
    assert_eq!(told("twin").await, [row(201, "created, kept but not mailed", "address-held")]);
    assert!(told("ada@example.org").await.contains(&row(201, "created, invited", "")));
    // Nobody was ever made of that name: the provider looked, and found nobody.
    assert_eq!(told("never").await, [row(200, "found 0", "")]);
    let failed = logged(&deployment, ScimRequestsWanted { failed: true, ..ScimRequestsWanted::default() }).await;
    assert_eq!(failed.len(), 6);
    assert!(failed.iter().all(|row| row.todo.is_some()));
    let bad = failed.iter().find(|row| row.status == 400).expect("the refused one");
    assert_eq!((bad.scim_type.as_deref(), bad.why.as_deref()), (Some("invalidValue"), Some("not-understood")));
    assert!(bad.detail.as_deref().is_some_and(|detail| detail.contains("emails")), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_did_is_told_by_the_names_of_attributes() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let path = format!("/Users/{id}");
    for (operation, done) in [
        (json!({"op": "replace", "path": "title", "value": "Countess"}), "changed: title"),
        (json!({"op": "replace", "path": "title", "value": "Countess"}), "nothing"),
        (json!({"op": "replace", "path": "name.familyName", "value": "King"}), "changed: name.familyName"),
        (json!({"op": "replace", "path": "active", "value": "False"}), "suspended"),
        (json!({"op": "replace", "path": "active", "value": true}), "active; invited"),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@example.org"}),
            "changed: emails; invited",
        ),
    ] {
        assert!(matches!(patch(&server, &deployment, &path, json!([operation])).await, 200 | 204));
        let rows = crate::common::wait_for(|| {
            let count = deployment.ask("SELECT count(*) FROM scim_request WHERE method = 'PATCH'");
            (count != "0").then_some(count)
        });
        rows.await;
        let newest = async || about(&deployment, &id).await.into_iter().next().expect("a row").done;
        let mut told = newest().await;
        // The rows of a second are written together.
        for _ in 0..2000 {
            if told == done {
                break;
            }
            tokio::task::yield_now().await;
            told = newest().await;
        }
        assert_eq!(told, done);
    }
    let group = json!({"displayName": "Staff", "members": [{"value": id}]});
    let made = server.scim(&deployment.token, Method::POST, "/Groups", Some(&group)).await;
    let group = made.json()["id"].as_str().expect("an id").to_owned();
    let leave = json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]);
    assert!(matches!(patch(&server, &deployment, &format!("/Groups/{group}"), leave).await, 200 | 204));
    assert_eq!(server.scim(&deployment.token, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(server.scim(&deployment.token, Method::GET, &path, None).await.status, 404);
    server.stop().await;
    let told: Vec<_> = about(&deployment, &id).await.into_iter().take(4).map(|row| (row.method, row.done)).collect();
    let row = |method: &str, done: &str| (method.to_owned(), done.to_owned());
    assert_eq!(
        told,
        [
            row("GET", "refused"),
            row("DELETE", "deleted"),
            row("PATCH", &format!("members to remove: 1 ({id})")),
            row("POST", &format!("created, members: 1 ({id})")),
        ]
    );
    // Who was deleted is found by the name that they had.
    assert!(about(&deployment, "ada@example.org").await.iter().any(|row| row.done == "deleted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_a_good_token_are_there_and_say_which_token_it_was() {
    let deployment = Deployment::new().await;
    let limits = Limits { scim: Some(Rate { per_second: 25, burst: 25 }), ..Limits::default() };
    let server = deployment.serve_as(ServeOptions { limits, log: Log::Silent, ..deployment.options() }).await;
    let realm = deployment.realm().await;
    let short = realm.mint_scim_token(deployment.org, Some("short".into()), 1).await.expect("a token");
    let gone = realm.mint_scim_token(deployment.org, Some("gone".into()), 10).await.expect("a token");
    let id = *uuid::Uuid::parse_str(&gone.token_id).expect("an id").as_bytes();
    realm.revoke_scim_token(id).await.expect("revoked");
    deployment.pass(2 * DAY);
    for (token, status) in [(short.token.as_str(), 401), (&gone.token, 401), ("fksc_nonsense", 401), ("nonsense", 401)]
    {
        assert_eq!(server.scim(token, Method::GET, "/Users?count=0", None).await.status, status);
    }
    assert_eq!(server.send(Method::GET, "/scim/v2/Users", &[], Vec::new()).await.status, 401);
    let mut refused = 0;
    for _ in 0..60 {
        let answer = server.scim(&deployment.token, Method::GET, "/Users?count=0", None).await;
        refused += usize::from(answer.status == 429);
    }
    assert_ne!(refused, 0);
    server.stop().await;
    let of = |org| ScimRequestsWanted { org, failed: true, ..ScimRequestsWanted::default() };
    let rows = logged(&deployment, of(Some(deployment.org))).await;
    let with = |label: Option<&str>| rows.iter().filter(|row| row.token_label.as_deref() == label).collect::<Vec<_>>();
    assert_eq!(with(Some("short"))[0].why.as_deref(), Some("token-expired"));
    assert_eq!(with(Some("gone"))[0].why.as_deref(), Some("token-revoked"));
    let limited = with(None);
    assert_eq!((limited.len(), limited[0].status, limited[0].why.as_deref()), (refused, 429, Some("rate-limited")));
    let all = logged(&deployment, of(None)).await;
    let nobodys: Vec<_> = all.iter().filter(|row| row.org_id.is_none()).map(|row| row.why.as_deref()).collect();
    assert_eq!(nobodys, [Some("no-token"), Some("token-unknown"), Some("token-unknown")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_found_by_the_id_that_its_answer_had_and_by_its_callers() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let bearer = format!("Bearer {}", deployment.token.as_str());
    let ask = async |caller: &str| {
        let client = reqwest::Client::new().get(server.url("/scim/v2/Users?count=0"));
        let answer = client.header("authorization", &bearer).header("x-request-id", caller).send().await;
        let answer = answer.expect("an answer");
        answer.headers()["x-request-id"].to_str().expect("text").to_owned()
    };
    let ours = ask("okta:req-7").await;
    let other = ask("no word").await;
    assert_ne!(ours, other);
    server.stop().await;
    let realm = deployment.realm().await;
    for id in [ours.as_str(), "okta:req-7", &ours[28..]] {
        let found = realm.scim_request(id).await.expect("a look");
        assert_eq!(found.len(), 1, "{id}");
        assert_eq!((found[0].request_id.as_str(), found[0].caller_id.as_deref()), (ours.as_str(), Some("okta:req-7")));
    }
    assert_eq!(realm.scim_request(&other).await.expect("a look")[0].caller_id, None);
    assert!(realm.scim_request("no word").await.expect("a look").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_lands_in_the_log_and_no_value_unless_it_is_wanted() {
    const SECRETS: [&str; 4] = ["passwordneedle", "fksc_tokenneedle", "AAAAneedle", "headerneedle"];
    const VALUES: [&str; 5] = ["valueneedle", "titleneedle", "filterneedle", "pathneedle", "attributeneedle@x"];
    let deployment = Deployment::new().await;
    for keeps in [false, true] {
        keep_values(&deployment, keeps).await;
        let server = deployment.serve().await;
        let mut user = okta_user(&format!("valueneedle-{keeps}@example.org"));
        user["password"] = json!("passwordneedle");
        user["title"] = json!("titleneedle");
        let (status, made) = post(&server, &deployment.token, &user).await;
        assert_eq!(status, 201);
        let path = format!("/Users/{}", made["id"].as_str().expect("an id"));
        for operations in [
            json!([{"op": "replace", "path": "password", "value": "passwordneedle"}]),
            json!([{"op": "replace", "value": {"passWord": "passwordneedle", "title": "titleneedle2"}}]),
            json!([{"op": "add", "path": "emails[value eq \"valueneedle\"].attributeneedle@x", "value": "x"}]),
            json!([{"op": "replace", "path": "title", "value": "fksc_tokenneedle"}]),
        ] {
            patch(&server, &deployment, &path, operations).await;
        }
        for target in [
            "/Users?filter=userName%20eq%20%22filterneedle%22",
            "/Users?filter=password%20eq%20%22passwordneedle%22",
            "/Users?filter=fksc_tokenneedle%20eq%20%22x%22",
            "/Users/pathneedle@example.org",
            "/pathneedle?fksc_tokenneedle",
            "/Schemas/urn:pathneedle",
        ] {
            server.scim(&deployment.token, Method::GET, target, None).await;
        }
        server.scim("fksc_AAAAneedle", Method::GET, "/Users", None).await;
        let bearer = format!("Bearer {}", deployment.token.as_str());
        let headers =
            [("authorization", bearer.as_str()), ("user-agent", "headerneedle"), ("x-request-id", "fksc_tokenneedle")];
        server.send(Method::GET, "/scim/v2/Users?count=0", &headers, Vec::new()).await;
        server.stop().await;
        let text = table(&deployment);
        assert!(text.contains("created, invited") && text.contains("changed: title"), "{text}");
        for secret in SECRETS.into_iter().chain([&deployment.token.as_str()[5..]]) {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        if keeps {
            for value in ["valueneedle", "titleneedle", "filterneedle"] {
                assert!(text.contains(value), "{value} in {text}");
            }
        } else {
            for value in VALUES {
                assert!(!text.contains(value), "{value} in {text}");
            }
            assert!(text.contains("filter=userName eq \"_\""), "{text}");
        }
    }
    keep_values(&deployment, false).await;
    assert!(!table(&deployment).contains("titleneedle"), "what was kept goes with the wish to keep it");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_organisations_administrators_see_nothing_of_anothers_and_an_erased_person_is_not_found_by_name() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    assert_eq!(server.scim(&deployment.token, Method::DELETE, &format!("/Users/{id}"), None).await.status, 204);
    server.stop().await;
    let other = firstkey_core::crypto::context::OrgId::heard([9; 16]);
    let wanted = ScimRequestsWanted { org: Some(other), ..ScimRequestsWanted::default() };
    assert!(logged(&deployment, wanted).await.is_empty());
    assert_eq!(about(&deployment, "ada@example.org").await.len(), 2);
    deployment.pass(2 * 3600);
    let realm = deployment.realm().await;
    let erasable = realm.erasable("ada@example.org", None).await.expect("she is left");
    realm.erase(erasable, "a test").await.expect("erased");
    assert!(about(&deployment, "ada@example.org").await.is_empty());
    assert_eq!(about(&deployment, &id).await.len(), 2, "the ids stay, as in the audit log");
}
