//! Large requests and large answers, beside which everybody else is served.

use crate::common::{Answer, Deployment, Server, okta_user_named};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

/// More members than one command of the writer writes.
const MANY: usize = 1_100;

async fn call(server: &Server, deployment: &Deployment, method: Method, path: &str, body: Value) -> Answer {
    let body = (!body.is_null()).then_some(body);
    server.scim(&deployment.token, method, path, body.as_ref()).await
}

/// Provisions people several at a time; gives their ids.
async fn people(server: &Arc<Server>, deployment: &Deployment, count: usize) -> Vec<String> {
    let mut running = JoinSet::new();
    for at in 0..count {
        let (server, token) = (Arc::clone(server), deployment.token.to_string());
        running.spawn(async move {
            let mut user = okta_user_named(&format!("p{at}@example.org"));
            user["active"] = json!(false);
            let created = server.scim(&token, Method::POST, "/Users", Some(&user)).await;
            assert_eq!(created.status, 201, "{created:?}");
            created.json()["id"].as_str().expect("an id").to_owned()
        });
        if running.len() == 32 {
            running.join_next().await;
        }
    }
    while running.join_next().await.is_some() {}
    let mut ids = Vec::new();
    while ids.len() < count {
        let path = format!("/Users?startIndex={}&attributes=id", ids.len() + 1);
        let page = call(server, deployment, Method::GET, &path, Value::Null).await.json();
        ids.extend(page["Resources"].as_array().expect("a list").iter().map(|one| text(&one["id"])));
    }
    ids
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn values(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({"value": id})).collect()
}

fn members(group: &Value) -> BTreeSet<String> {
    group["members"].as_array().into_iter().flatten().map(|member| text(&member["value"])).collect()
}

fn set(ids: &[String]) -> BTreeSet<String> {
    ids.iter().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_worked_out_while_somebody_else_holds_the_writer() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let user = format!("/Users/{}", server.provision(&deployment, "ada@example.org").await);
    let group = call(&server, &deployment, Method::POST, "/Groups", json!({"displayName": "Team"})).await.json();
    let group = format!("/Groups/{}", text(&group["id"]));
    let held = deployment.hold_the_writer();
    // Answered although nothing can be written: the writer was not asked.
    let patch = |operation: Value| json!({"Operations": [operation]});
    for (method, path, body, status) in [
        (Method::PATCH, &user, patch(json!({"op": "remove", "path": "userName"})), 400),
        (Method::PATCH, &user, patch(json!({"op": "replace", "path": "active", "value": "maybe"})), 400),
        (Method::PUT, &user, json!({"userName": " "}), 400),
        (Method::PUT, &format!("{user}0"), json!({"userName": "ada"}), 404),
        (Method::PATCH, &group, patch(json!({"op": "replace", "path": "displayName", "value": " "})), 400),
        (Method::PATCH, &group, patch(json!({"op": "add", "path": "members", "value": [{"value": "x"}]})), 400),
        (Method::PUT, &group, json!({}), 400),
        (Method::POST, &"/Groups".to_owned(), json!({"displayName": "team"}), 409),
    ] {
        let answer = call(&server, &deployment, method.clone(), path, body.clone()).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
    }
    let (late, token, path) = (Arc::clone(&server), deployment.token.to_string(), user.clone());
    let body = patch(json!({"op": "replace", "path": "title", "value": "Countess"}));
    let waits = tokio::spawn(async move { late.scim(&token, Method::PATCH, &path, Some(&body)).await });
    drop(held);
    assert_eq!(waits.await.expect("it ends").json()["title"], "Countess");
    Arc::into_inner(server).expect("nobody else").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_members_come_and_go_and_nothing_is_left_of_what_was_refused() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let ids = people(&server, &deployment, 2 * MANY).await;
    let (first, second) = ids.split_at(MANY);
    let rows = |table: &str| deployment.ask(&format!("SELECT count(*) FROM {table}"));
    let left =
        |members: usize| assert_eq!([rows("group_member"), rows("loose_list")], [members.to_string(), "0".into()]);
    let create = json!({"displayName": "Everybody", "members": values(first)});
    let created = call(&server, &deployment, Method::POST, "/Groups", create.clone()).await;
    assert_eq!((created.status, members(&created.json())), (201, set(first)));
    left(MANY);
    assert_eq!(call(&server, &deployment, Method::POST, "/Groups", create.clone()).await.status, 409);
    left(MANY);
    let path = format!("/Groups/{}", text(&created.json()["id"]));
    let now = async || call(&server, &deployment, Method::GET, &path, Value::Null).await.json();
    let version = async || text(&now().await["meta"]["version"]);

    let same = call(&server, &deployment, Method::PUT, &path, create).await;
    assert_eq!((same.status, version().await), (200, "W/\"1\"".into()), "nothing changed, so no new version");
    let put = json!({"displayName": "Everybody", "members": values(second)});
    let replaced = call(&server, &deployment, Method::PUT, &path, put).await.json();
    assert_eq!((members(&replaced), version().await), (set(second), "W/\"2\"".into()));
    left(MANY);

    let patch = async |operations: Value| {
        call(&server, &deployment, Method::PATCH, &path, json!({"Operations": operations})).await.status
    };
    assert_eq!(patch(json!([{"op": "add", "path": "members", "value": values(&ids)}])).await, 204);
    assert_eq!((members(&now().await), version().await), (set(&ids), "W/\"3\"".into()));
    left(2 * MANY);
    let before = now().await;
    let mut dangling = values(first);
    dangling.push(json!({"value": "00000000-0000-4000-8000-000000000000"}));
    for members in [json!(dangling), json!([{"value": "nobody"}])] {
        let operations = json!([
            {"op": "remove", "path": "members", "value": values(second)},
            {"op": "replace", "path": "displayName", "value": "Nobody"},
            {"op": "replace", "path": "members", "value": members},
        ]);
        assert_eq!(patch(operations).await, 400);
        assert_eq!(now().await, before);
        left(2 * MANY);
    }
    assert_eq!(patch(json!([{"op": "remove", "path": "members", "value": values(first)}])).await, 204);
    assert_eq!(members(&now().await), set(second));
    assert_eq!(patch(json!([{"op": "remove", "path": "members[type eq \"User\"]"}])).await, 204);
    assert_eq!(members(&now().await), BTreeSet::new());
    left(0);
    assert_eq!(patch(json!([{"op": "replace", "path": "members", "value": values(&ids)}])).await, 204);
    let gone = call(&server, &deployment, Method::DELETE, &format!("/Users/{}", ids[0]), Value::Null).await;
    assert_eq!((gone.status, members(&now().await)), (204, set(&ids[1..])));
    let of_a_person = call(&server, &deployment, Method::GET, &format!("/Users/{}", ids[1]), Value::Null).await.json();
    assert_eq!(of_a_person["groups"][0]["display"], "Everybody");
    assert_eq!(call(&server, &deployment, Method::DELETE, &path, Value::Null).await.status, 204);
    left(0);
    Arc::into_inner(server).expect("nobody else").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_half_of_a_large_change() {
    let deployment = Deployment::new().await;
    let server = Arc::new(deployment.serve().await);
    let ids = people(&server, &deployment, 2 * MANY).await;
    let (first, second) = ids.split_at(MANY);
    let create = json!({"displayName": "Everybody", "members": values(first)});
    let created = call(&server, &deployment, Method::POST, "/Groups", create).await.json();
    let path = format!("/Groups/{}", text(&created["id"]));
    let changes = {
        let (server, token, path) = (Arc::clone(&server), deployment.token.to_string(), path.clone());
        let bodies = [second, first].map(|ids| json!({"displayName": "Everybody", "members": values(ids)}));
        tokio::spawn(async move {
            for body in bodies.iter().cycle().take(10) {
                assert_eq!(server.scim(&token, Method::PUT, &path, Some(body)).await.status, 200);
            }
        })
    };
    let whole = [set(first), set(second)];
    let mut looks = 0;
    while !changes.is_finished() || looks == 0 {
        let seen = call(&server, &deployment, Method::GET, &path, Value::Null).await.json();
        assert!(whole.contains(&members(&seen)), "{} members", members(&seen).len());
        let listed = call(&server, &deployment, Method::GET, "/Groups", Value::Null).await.json();
        assert!(whole.contains(&members(&listed["Resources"][0])));
        looks += 1;
    }
    changes.await.expect("every change was made");
    Arc::into_inner(server).expect("nobody else").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_at_a_mebibyte_and_walking_the_pages_meets_everybody_once() {
    const LARGE: usize = 12;
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut want = Vec::new();
    for at in 0..LARGE {
        let mut user = okta_user_named(&format!("p{at:02}@example.org"));
        user["addresses"] = json!(vec![json!({"formatted": "x".repeat(60_000)}); 4]);
        let created = call(&server, &deployment, Method::POST, "/Users", user).await;
        assert_eq!(created.status, 201);
        want.push(text(&created.json()["id"]));
        deployment.pass(1);
    }
    for query in ["", "&sortBy=userName", "&filter=title%20pr%20or%20userName%20pr", "&attributes=userName,addresses"] {
        let mut met = Vec::new();
        while met.len() < LARGE {
            let path = format!("/Users?startIndex={}&count=100{query}", met.len() + 1);
            let answer = call(&server, &deployment, Method::GET, &path, Value::Null).await;
            assert!(answer.bytes.len() < 3 * 512 * 1024, "{query}: {} bytes", answer.bytes.len());
            let page = answer.json();
            let ids: Vec<String> =
                page["Resources"].as_array().expect("a list").iter().map(|one| text(&one["id"])).collect();
            assert_eq!((&page["itemsPerPage"], &page["totalResults"]), (&json!(ids.len()), &json!(LARGE)), "{query}");
            assert!(!ids.is_empty(), "a page has at least one");
            met.extend(ids);
        }
        assert_eq!(met, want, "{query}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_very_many_is_sent_whole_and_alone_on_its_page() {
    const VERY_MANY: usize = 6_001;
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    for name in ["Small", "Everybody", "Late"] {
        let made = call(&server, &deployment, Method::POST, "/Groups", json!({"displayName": name})).await;
        assert_eq!(made.status, 201);
        deployment.pass(1);
    }
    let id =
        if crate::POSTGRES { "convert_to(lpad(n::text, 16, '0'), 'UTF8')" } else { "CAST(printf('%016d', n) AS BLOB)" };
    deployment.meddle(&format!(
        "INSERT INTO group_member (list_id, org_id, member_id, kind, display)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {VERY_MANY})
         SELECT g.list_id, g.org_id, {id}, 'User', 'One of many' FROM numbers, scim_group g WHERE g.display_name = 'Everybody'"
    ));
    let get = async |path: &str| call(&server, &deployment, Method::GET, path, Value::Null).await.json();
    let mut names = Vec::new();
    while names.len() < 3 {
        let page = get(&format!("/Groups?startIndex={}", names.len() + 1)).await;
        let groups = page["Resources"].as_array().expect("a list").clone();
        assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(3), &json!(groups.len())));
        for group in groups {
            let name = text(&group["displayName"]);
            assert_eq!(members(&group).len(), if name == "Everybody" { VERY_MANY } else { 0 });
            names.push((name, text(&group["id"])));
        }
    }
    assert_eq!(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Small", "Everybody", "Late"]);
    let found = get("/Groups?filter=displayName%20eq%20%22everybody%22").await;
    assert_eq!((&found["totalResults"], members(&found["Resources"][0]).len()), (&json!(1), VERY_MANY));
    let path = format!("/Groups/{}", names[1].1);
    let whole = get(&path).await;
    assert_eq!(
        (members(&whole).len(), &whole["displayName"], &whole["members"][0]["display"]),
        (VERY_MANY, &json!("Everybody"), &json!("One of many"))
    );
    let only = get(&format!("{path}?attributes=members.value")).await;
    assert_eq!(
        (members(&only).len(), only.get("displayName"), only["members"][0].get("display")),
        (VERY_MANY, None, None)
    );
    let none = get(&format!("{path}?attributes=members%5Bdisplay%20eq%20%22x%22%5D")).await;
    assert_eq!(none["members"].as_array().map_or(0, Vec::len), 0);
    assert_eq!(get(&format!("{path}?excludedAttributes=members")).await.get("members"), None);
    server.stop().await;
}
