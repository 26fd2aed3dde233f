//! Finding: filters, sorting, pages, search.

use crate::common::{Answer, Deployment, Server, okta_user};
use reqwest::Method;
use serde_json::{Value, json};

struct Directory<'a> {
    server: &'a Server,
    deployment: &'a Deployment,
}

impl Directory<'_> {
    async fn get(&self, path: &str) -> Answer {
        self.server.scim(&self.deployment.token, Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.server.scim(&self.deployment.token, Method::POST, path, Some(body)).await
    }

    /// The userNames, or displayNames, of a list in its order.
    async fn names(&self, path: &str) -> Vec<String> {
        names(&self.get(path).await)
    }
}

fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let resources = answer.json()["Resources"].as_array().expect("a list").clone();
    let name = |resource: &Value| {
        resource["userName"].as_str().or(resource["displayName"].as_str()).expect("a name").to_owned()
    };
    resources.iter().map(name).collect()
}

fn escaped(filter: &str) -> String {
    filter
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_name_a_person_finds_exactly_that_person() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let all = Directory { server: &server, deployment: &deployment };
    let mut ids = Vec::new();
    for (name, department) in [("ada", "R&D"), ("bob", "Sales"), ("cyd", "R&D")] {
        let mut user = okta_user(&format!("{name}@example.org"));
        user["externalId"] = json!(format!("ext-{name}"));
        let home = json!({"value": format!("{name}@Home.example"), "type": "home"});
        user["emails"].as_array_mut().expect("a list").push(home);
        user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = json!({"department": department});
        let created = all.post("/Users", &user).await;
        deployment.pass(1);
        ids.push(created.json()["id"].as_str().expect("an id").to_owned());
    }
    let group = json!({"displayName": "Team", "members": [{"value": ids[0]}, {"value": ids[2]}]});
    let group = all.post("/Groups", &group).await.json()["id"].as_str().expect("an id").to_owned();
    for (filter, want) in [
        (r#"userName eq "ADA@example.org""#.to_owned(), vec!["ada"]),
        (r#"externalId eq "ext-bob""#.to_owned(), vec!["bob"]),
        (r#"externalId eq "EXT-BOB""#.to_owned(), vec![]),
        ("externalId eq \"\\u0000\"".to_owned(), vec![]),
        (format!(r#"id eq "{}""#, ids[1]), vec!["bob"]),
        (r#"id eq "bob""#.to_owned(), vec![]),
        (r#"emails.value eq "CYD@home.EXAMPLE""#.to_owned(), vec!["cyd"]),
        (r#"emails[type eq "home"].value eq "cyd@home.example""#.to_owned(), vec!["cyd"]),
        (r#"emails[type eq "work"].value eq "cyd@home.example""#.to_owned(), vec![]),
        (r#"department eq "r&d" and not (userName sw "a")"#.to_owned(), vec!["cyd"]),
        (r#"department eq "R&D" or userName co "bob""#.to_owned(), vec!["ada", "bob", "cyd"]),
        (format!(r#"groups.value eq "{group}""#), vec!["ada", "cyd"]),
        (format!(r#"groups[value eq "{group}"] and userName sw "c""#), vec!["cyd"]),
        ("groups pr".to_owned(), vec!["ada", "cyd"]),
        (r#"meta.created gt "2000-01-01T00:00:00Z" and title pr"#.to_owned(), vec![]),
    ] {
        let found = all.names(&format!("/Users?filter={}", escaped(&filter))).await;
        let want: Vec<String> = want.iter().map(|name| format!("{name}@example.org")).collect();
        assert_eq!(found, want, "{filter}");
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter, "attributes": ["userName"]});
        for path in ["/Users/.search", "/.search"] {
            // groups have a displayName and an externalId of their own, so only what is about
            // people is asked for at the root
            let searched = all.post(path, &search).await;
            if path == "/Users/.search" || !filter.contains("meta") {
                assert_eq!(names(&searched), want, "{path} {filter}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_one_order_and_hold_everybody_once() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let all = Directory { server: &server, deployment: &deployment };
    for at in 0..7 {
        server.provision(&deployment, &format!("p{}@example.org", (at * 5) % 7)).await;
        deployment.pass(1);
    }
    let created: Vec<String> = all.names("/Users").await;
    assert_eq!(created.len(), 7);
    for filter in ["", "&filter=userName%20pr"] {
        let mut paged = Vec::new();
        for start in [1, 4, 7, 10] {
            let page = all.get(&format!("/Users?startIndex={start}&count=3{filter}")).await;
            assert_eq!(page.json()["totalResults"], 7, "{filter}");
            paged.extend(names(&page));
        }
        assert_eq!(paged, created, "{filter}");
        let none = all.get(&format!("/Users?count=0{filter}")).await.json();
        assert_eq!(
            (&none["totalResults"], &none["Resources"], &none["itemsPerPage"]),
            (&json!(7), &json!([]), &json!(0))
        );
    }
    let mut sorted = created.clone();
    sorted.sort();
    assert_eq!(all.names("/Users?sortBy=userName").await, sorted);
    assert_eq!(all.names("/Users?sortBy=userName&startIndex=3&count=2").await, sorted[2..4]);
    sorted.reverse();
    assert_eq!(all.names("/Users?sortBy=emails.value&sortOrder=descending").await, sorted);
    assert_eq!(all.names("/Users?sortBy=meta.created&sortOrder=ascending").await, created);
    assert_eq!(all.names("/Users?sortBy=noSuchAttribute").await, created);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_groups_are_found_together_at_the_root() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let all = Directory { server: &server, deployment: &deployment };
    server.provision(&deployment, "ada@example.org").await;
    all.post("/Groups", &json!({"displayName": "Ada Lovelace"})).await;
    for path in ["", "/", "?filter=displayName%20eq%20%22ada%20lovelace%22"] {
        assert_eq!(all.names(path).await, ["ada@example.org", "Ada Lovelace"], "{path}");
    }
    let search = |filter: &str| json!({"filter": filter, "startIndex": 1, "count": "10"});
    assert_eq!(names(&all.post("/.search", &search("userName pr")).await), ["ada@example.org"]);
    assert_eq!(names(&all.post("/.search", &search("not (userName pr)")).await), ["Ada Lovelace"]);
    assert_eq!(names(&all.post("/.search", &search(r#"meta.resourceType eq "Group""#)).await), ["Ada Lovelace"]);
    let second = all.post("/.search", &json!({"startIndex": 2, "count": 1, "sortBy": "displayName"})).await;
    assert_eq!((names(&second), &second.json()["totalResults"]), (vec!["Ada Lovelace".to_owned()], &json!(2)));
    for bad in [
        json!({"filter": "noSuchAttribute pr"}),
        json!({"filter": ""}),
        json!({"filter": 7}),
        json!({"count": "x"}),
        json!({"schemas": ["x"]}),
    ] {
        assert_eq!(all.post("/.search", &bad).await.status, 400, "{bad}");
    }
    assert_eq!(all.get("/.search").await.status, 405);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_not_understood_shows_nobody() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let all = Directory { server: &server, deployment: &deployment };
    server.provision(&deployment, "ada@example.org").await;
    let many = vec!["title pr"; 101].join(" or ");
    for bad in [
        r#"noSuchAttribute eq "x""#,
        r#"not (noSuchAttribute eq "x")"#,
        "userName pr or noSuchAttribute pr",
        "userName",
        "userName eq",
        r#"userName eq "a"#,
        "members pr",
        "userName regex x",
        "(userName pr",
        "active gt true",
        &many,
        &"(".repeat(5000),
    ] {
        let refused = all.get(&format!("/Users?filter={}", escaped(bad))).await;
        assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidFilter")), "{bad}");
        assert!(refused.json().get("Resources").is_none());
    }
    server.stop().await;
}
