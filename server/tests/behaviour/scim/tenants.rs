//! S05: whatever is sent with one organisation's token, nothing of another is seen or changed.

use crate::common::{Deployment, Server, okta_user};
use firstkey_server::NewOrganisation;
use firstkey_testkit::chance::Seeded;
use reqwest::Method;
use serde_json::{Value, json};

/// How many requests are made.
const OPERATIONS: usize = 10_000;

/// Ids that requests name: the attacker's own, and the victim's.
struct Known {
    own: Vec<String>,
    theirs: Vec<String>,
}

impl Known {
    fn id(&self, chance: &mut Seeded) -> String {
        let of = if chance.below(2) == 0 && !self.own.is_empty() { &self.own } else { &self.theirs };
        chance.one(of).clone()
    }
}

fn request(chance: &mut Seeded, known: &Known) -> (Method, String, Option<Value>) {
    let kind = *chance.one(&["Users", "Groups"]);
    let (id, other) = (known.id(chance), known.id(chance));
    let name = format!("n{}@example.org", chance.below(30));
    let user = |chance: &mut Seeded| {
        let mut user = okta_user(&name);
        user["active"] = json!(chance.below(4) == 0);
        user["externalId"] = json!("victim");
        user["id"] = json!(id);
        user
    };
    let group = json!({"displayName": format!("G{}", chance.below(10)), "id": id, "members": [{"value": other}]});
    let operation = match chance.below(8) {
        0 => json!({"op": "replace", "path": "active", "value": false}),
        1 => json!({"op": "replace", "value": {"displayName": "Taken over"}}),
        2 => json!({"op": "add", "path": "members", "value": [{"value": other}]}),
        3 => json!({"op": "remove", "path": "members"}),
        4 => json!({"op": "remove", "path": format!("members[value eq \"{other}\"]")}),
        5 => json!({"op": "add", "path": "members", "value": other}),
        6 => json!({"op": "replace", "path": "members", "value": [{"value": other}, {"value": id}]}),
        _ => json!({"op": "add", "path": "manager", "value": {"value": other}}),
    };
    let filter = match chance.below(6) {
        0 => format!("id%20eq%20%22{id}%22"),
        1 => format!("members%20eq%20%22{id}%22%20or%20members%20pr"),
        2 => format!("groups.value%20eq%20%22{id}%22"),
        3 => "userName%20pr".to_owned(),
        4 => "externalId%20eq%20%22victim%22".to_owned(),
        _ => "emails.value%20eq%20%22v1%40example.org%22".to_owned(),
    };
    match chance.below(12) {
        0 | 1 => {
            let body = if kind == "Users" { user(chance) } else { group };
            (Method::POST, format!("/{kind}"), Some(body))
        }
        2 | 3 => (Method::PATCH, format!("/{kind}/{id}"), Some(json!({"Operations": [operation]}))),
        4 => {
            let body = if kind == "Users" { user(chance) } else { group };
            (Method::PUT, format!("/{kind}/{id}"), Some(body))
        }
        5 => (Method::DELETE, format!("/{kind}/{id}"), None),
        6 => (Method::GET, format!("/{kind}/{id}"), None),
        7 => (Method::GET, format!("/{kind}?sortBy=displayName&count=100"), None),
        8 => (Method::GET, format!("?filter={filter}"), None),
        9 => (Method::GET, format!("/{kind}?filter={filter}"), None),
        10 => (
            Method::POST,
            "/.search".to_owned(),
            Some(json!({"filter": "meta.created pr", "startIndex": chance.below(5)})),
        ),
        _ => (Method::GET, "/Users".to_owned(), None),
    }
}

async fn everything(server: &Server, token: &str) -> Value {
    let read = server.scim(token, Method::GET, "?count=100", None).await;
    assert_eq!(read.status, 200);
    read.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn s05_ten_thousand_requests_of_one_organisation_leave_another_as_it_was() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Attacker".into(), ..NewOrganisation::default() };
    let attacker = realm.add_organisation(new).await.expect("added");
    let attacker = realm.add_scim_token(attacker).await.expect("token");
    let server = deployment.serve().await;
    let victim = deployment.token.as_str();
    let mut known = Known { own: Vec::new(), theirs: Vec::new() };
    for at in 0..8 {
        let mut user = okta_user(&format!("v{at}@example.org"));
        user["externalId"] = json!("victim");
        let created = server.scim(victim, Method::POST, "/Users", Some(&user)).await.json();
        known.theirs.push(created["id"].as_str().expect("an id").to_owned());
    }
    for at in 0..3 {
        let members: Vec<Value> = known.theirs.iter().take(4 + at).map(|id| json!({"value": id})).collect();
        let created = server
            .scim(victim, Method::POST, "/Groups", Some(&json!({"displayName": format!("G{at}"), "members": members})))
            .await;
        known.theirs.push(created.json()["id"].as_str().expect("an id").to_owned());
    }
    let before = everything(&server, victim).await;
    let mut chance = Seeded::new(0x5eed_5eed_5eed_5eed);
    let mut done = [0_usize; 6];
    for at in 0..OPERATIONS {
        let (method, path, body) = request(&mut chance, &known);
        let answer = server.scim(&attacker, method.clone(), &path, body.as_ref()).await;
        let class = usize::from(answer.status / 100).min(5);
        done[class] += 1;
        assert_ne!(class, 5, "{method} {path} {body:?}: {answer:?}");
        let text = String::from_utf8_lossy(&answer.bytes);
        // What the attacker sent may come back (an id in a manager attribute); what it did not send
        // may not.
        assert!(!text.contains("v1@example.org") || path.contains("v1%40"), "{method} {path}: {text}");
        // What is another organisation's is nobody's; some requests are refused before anybody is
        // looked for.
        let names_theirs = known.theirs.iter().any(|id| path.ends_with(id.as_str()));
        assert!(!names_theirs || matches!(answer.status, 400 | 404), "{method} {path} {body:?}: {answer:?}");
        if answer.status == 201 {
            known.own.push(answer.json()["id"].as_str().expect("an id").to_owned());
        }
        if at % 1000 == 999 {
            assert_eq!(everything(&server, victim).await, before, "after {at}");
        }
    }
    assert_eq!(everything(&server, victim).await, before);
    assert!(done[2] > OPERATIONS / 4 && done[4] > OPERATIONS / 10, "the requests are of both kinds: {done:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s05_nobody_of_another_organisation_joins_a_group() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Attacker".into(), ..NewOrganisation::default() };
    let attacker = realm.add_organisation(new).await.expect("added");
    let attacker = realm.add_scim_token(attacker).await.expect("token");
    let server = deployment.serve().await;
    let person = server.provision(&deployment, "ada@example.org").await;
    let team = json!({"displayName": "Team"});
    let group = server.scim(&deployment.token, Method::POST, "/Groups", Some(&team)).await.json()["id"].clone();
    let own = server.scim(&attacker, Method::POST, "/Groups", Some(&team)).await.json()["id"].clone();
    let own = format!("/Groups/{}", own.as_str().expect("an id"));
    for theirs in [json!(person), group] {
        let body = json!({"displayName": "Other", "members": [{"value": theirs}]});
        let add = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": theirs}]}]});
        for (method, path, body) in
            [(Method::POST, "/Groups", &body), (Method::PUT, own.as_str(), &body), (Method::PATCH, own.as_str(), &add)]
        {
            let refused = server.scim(&attacker, method, path, Some(body)).await;
            assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidValue")), "{path} {body}");
        }
        let bare = json!({"Operations": [{"op": "add", "path": "members", "value": theirs}]});
        assert_eq!(server.scim(&attacker, Method::PATCH, &own, Some(&bare)).await.status, 204);
        assert!(server.scim(&attacker, Method::GET, &own, None).await.json().get("members").is_none());
    }
    server.stop().await;
}
