//! What went wrong between other SCIM servers and their providers, by public reports and by the
//! test suites of eleven of them.

use super::conversation::play;
use crate::common::{Answer, Deployment, Server};
use reqwest::Method;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

struct Provider<'a> {
    server: &'a Server,
    deployment: &'a Deployment,
}

impl Provider<'_> {
    async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then_some(body);
        self.server.scim(&self.deployment.token, method, path, body.as_ref()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Value::Null).await
    }

    /// Creates it and gives its path.
    async fn made(&self, kind: &str, body: Value) -> String {
        let created = self.call(Method::POST, kind, body.clone()).await;
        assert_eq!(created.status, 201, "{body}: {created:?}");
        format!("{kind}/{}", created.json()["id"].as_str().expect("an id"))
    }

    async fn patched(&self, path: &str, operations: Value) -> Answer {
        self.call(Method::PATCH, path, json!({"Operations": operations})).await
    }

    async fn found(&self, path: &str) -> Value {
        let found = self.get(path).await;
        assert_eq!(found.status, 200, "{path}: {found:?}");
        found.json()["totalResults"].clone()
    }

    /// The keyword of a refusal.
    async fn refused(&self, path: &str) -> String {
        let refused = self.get(path).await;
        assert_eq!(refused.status, 400, "{path}: {refused:?}");
        refused.json()["scimType"].as_str().expect("a keyword").to_owned()
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_in_real_life_is_answered_as_it_should_be() {
    play("real-life", 36).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_found_by_every_name_that_is_taken_and_by_no_other() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let names = [
        ("Engineering ", vec!["Engineering", " engineering", "ENGINEERING\u{a0}", "\u{2003}Engineering "]),
        ("R&D  Team", vec!["R&D Team", "r&d  team "]),
        ("Caf\u{e9}", vec!["Cafe\u{301}", "CAFE\u{301}", "caf\u{e9}"]),
        ("\u{39f}\u{394}\u{39f}\u{3a3}", vec!["\u{3bf}\u{3b4}\u{3bf}\u{3c2}"]),
    ];
    let lookup = |name: &str| format!("/Groups?filter={}", escaped(&format!("displayName eq {}", json!(name))));
    for (name, others) in &names {
        provider.made("/Groups", json!({"displayName": name})).await;
        for other in others.iter().chain([name]) {
            assert_eq!(provider.found(&lookup(other)).await, 1, "{other:?}");
            let again = provider.call(Method::POST, "/Groups", json!({"displayName": other})).await;
            assert_eq!((again.status, &again.json()["scimType"]), (409, &json!("uniqueness")), "{other:?}");
        }
    }
    for free in ["Engineerings", "R&DTeam", "Cafe", "R&D"] {
        assert_eq!(provider.found(&lookup(free)).await, 0, "{free}");
        provider.made("/Groups", json!({"displayName": free})).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_in_other_quotation_marks_finds_its_person_or_is_refused() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let person = json!({"userName": "q@example.org", "name": {"familyName": "O'Brien"}, "emails": [{"value": "q@example.org", "type": "work"}]});
    let path = provider.made("/Users", person).await;
    let quoted = |open: &str, close: &str| format!("{open}q@example.org{close}");
    let marks = [
        ("'", "'"),
        ("`", "`"),
        ("``", "''"),
        ("\u{b4}", "\u{b4}"),
        ("\u{2018}", "\u{2019}"),
        ("\u{201c}", "\u{201d}"),
        ("\u{201e}", "\u{201c}"),
        ("\u{201a}", "\u{2018}"),
        ("\u{ab}", "\u{bb}"),
        ("\u{2039}", "\u{203a}"),
        ("\u{2032}", "\u{2032}"),
        ("\u{ff02}", "\u{ff02}"),
        ("\u{ff07}", "\u{ff07}"),
        ("\u{300c}", "\u{300d}"),
        ("%22", "%22"),
        ("%27", "%27"),
        ("%E2%80%9C", "%E2%80%9D"),
        ("&quot;", "&quot;"),
        ("\\\"", "\\\""),
        ("\\'", "\\'"),
        ("'", ""),
        ("", "'"),
        ("\u{201c}", ""),
        ("\"", "\u{201d}"),
        ("\"'", "'"),
    ];
    for (open, close) in marks {
        for filter in [
            format!("userName eq {}", quoted(open, close)),
            format!("emails.value eq {}", quoted(open, close)),
            format!("emails[type eq \"work\"].value eq {}", quoted(open, close)),
            format!("emails[value eq {}]", quoted(open, close)),
            format!("(active eq true) and (userName eq {})", quoted(open, close)),
        ] {
            assert_eq!(
                provider.refused(&format!("/Users?filter={}", escaped(&filter))).await,
                "invalidFilter",
                "{filter}"
            );
        }
        let selected = format!("emails[type eq {open}work{close}].value");
        for operation in [
            json!({"op": "replace", "path": selected, "value": "x@example.org"}),
            json!({"op": "replace", "value": {selected.clone(): "x@example.org"}}),
            json!({"op": "remove", "path": format!("emails[type eq {open}work{close}]")}),
        ] {
            let refused = provider.patched(&path, json!([operation])).await;
            let keyword = refused.json()["scimType"].as_str().unwrap_or("").to_owned();
            assert!(
                refused.status == 400 && ["invalidFilter", "invalidPath"].contains(&&*keyword),
                "{operation}: {refused:?}"
            );
        }
    }
    for (filter, want) in [
        ("userName eq \"q@example.org\"", 1),
        ("userName eq q@example.org", 1),
        ("name.familyName eq O'Brien", 1),
        ("name.familyName eq \"O'Brien\"", 1),
        ("name.familyName eq \"'O'Brien'\"", 0),
    ] {
        assert_eq!(provider.found(&format!("/Users?filter={}", escaped(filter))).await, want, "{filter}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plus_a_moment_and_the_letters_of_a_parameter_are_read_as_they_are_meant() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    provider.made("/Users", json!({"userName": "p+tag@example.org"})).await;
    for query in [
        "filter=userName%20eq%20%22p+tag@example.org%22",
        "filter=userName+eq+%22p%2Btag@example.org%22",
        "filter=userName%20eq%20%22p%2Btag%40example.org%22",
        "filter=meta.lastModified%20gt%20%222020-01-01T00:00:00+00:00%22&count=1",
        "filter=meta.lastModified%20gt%20%222020-01-01T00:00:00%2B0000%22",
        "filter=meta.lastModified%20gt%20%222020-01-01T00:00:00%2B00%22",
        "filter=meta.lastModified+gt+%222020-01-01T00:00:00+00:00%22",
        "filter=meta.lastModified%20gt%202020-01-01T00:00:00Z",
        "aadOptscim062020&filter=active%20eq%20true",
    ] {
        assert_eq!(provider.found(&format!("/Users?{query}")).await, 1, "{query}");
    }
    for query in [
        "Filter",
        "FILTER",
        "filter%20",
        "StartIndex",
        "startindex",
        "Count",
        "Attributes",
        "excludedattributes",
        "sortby",
    ] {
        for path in ["/Users", "/Groups", ""] {
            let refused = provider.refused(&format!("{path}?{query}=userName%20eq%20%22x%22")).await;
            assert_eq!(refused, "invalidValue", "{path} {query}");
        }
    }
    let twice = "filter=userName%20eq%20%22x%22&filter=userName%20pr";
    assert_eq!(provider.refused(&format!("/Users?{twice}")).await, "invalidValue");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_begin_with_a_byte_order_mark_and_say_nothing_of_its_kind() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let bearer = format!("Bearer {}", deployment.token.as_str());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/scim+json")];
    let marked = |body: &Value| format!("\u{feff}{body}").into_bytes();
    let created =
        server.send(Method::POST, "/scim/v2/Users", &headers, marked(&json!({"userName": "bom@example.org"}))).await;
    assert_eq!(created.status, 201, "{created:?}");
    let path = format!("/Users/{}", created.json()["id"].as_str().expect("an id"));
    let off = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    let patched = server.send(Method::PATCH, &format!("/scim/v2{path}"), &headers, marked(&off)).await;
    assert_eq!(patched.status, 204, "{patched:?}");
    assert_eq!(provider.get(&path).await.json()["active"], false);
    for bad in [b"\xEF\xBB\xBF\xEF\xBB\xBF{}".to_vec(), b"{}\xEF\xBB\xBF".to_vec(), b"\xFF\xFE{\0}\0".to_vec()] {
        assert_eq!(server.send(Method::POST, "/scim/v2/Users", &headers, bad).await.status, 400);
    }

    let kinds = |urn: &str| {
        (
            [
                json!(null),
                json!([]),
                json!(""),
                json!(urn),
                json!([urn]),
                json!([urn.to_uppercase()]),
                json!(["urn:x", urn]),
            ],
            [json!("urn:x"), json!(["urn:x"]), json!({"a": 1}), json!(7)],
        )
    };
    let messages: [(Method, &str, &str, Value, u16); 5] = [
        (Method::POST, "/Users", core, json!({"userName": "kind"}), 201),
        (Method::POST, "/Groups", "urn:ietf:params:scim:schemas:core:2.0:Group", json!({"displayName": "kind"}), 201),
        (Method::PUT, &path, core, json!({"userName": "bom@example.org"}), 200),
        (Method::PATCH, &path, "urn:ietf:params:scim:api:messages:2.0:PatchOp", off, 200),
        (
            Method::POST,
            "/Users/.search",
            "urn:ietf:params:scim:api:messages:2.0:SearchRequest",
            json!({"count": 1}),
            200,
        ),
    ];
    for (method, path, urn, body, want) in messages {
        let (good, bad) = kinds(urn);
        for (number, (schemas, good)) in
            good.into_iter().map(|one| (one, true)).chain(bad.into_iter().map(|one| (one, false))).enumerate()
        {
            let mut body = body.clone();
            body["schemas"] = schemas.clone();
            if want == 201 {
                let name = if path == "/Users" { "userName" } else { "displayName" };
                body[name] = json!(format!("kind-{number}"));
            }
            let answer = provider.call(method.clone(), path, body).await;
            assert_eq!(answer.status, if good { want } else { 400 }, "{method} {path} {schemas}: {answer:?}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_text_takes_away_and_an_extension_of_somebody_else_keeps_nobody_in() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let custom = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", custom], "userName": "s27@example.org", "displayName": "Ada", "active": true,
        custom: {"worksite": "180"}, ENTERPRISE: {"manager": {"value": "m-1"}, "department": "R"},
    });
    let path = provider.made("/Users", person).await;
    assert_eq!(provider.found("/Users?filter=manager%20pr").await, 1);
    let cleared = provider
        .patched(
            &path,
            json!([
                {"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": ""},
                {"op": "Replace", "path": format!("{ENTERPRISE}:department"), "value": ""},
                {"op": "Replace", "path": "displayName", "value": ""},
                {"op": "Add", "path": format!("{custom}:worksite"), "value": "181"},
                {"op": "Replace", "path": "active", "value": "False"},
            ]),
        )
        .await;
    assert_eq!(cleared.status, 200, "{cleared:?}");
    let shown = provider.get(&path).await.json();
    assert!([ENTERPRISE, custom, "displayName"].iter().all(|name| shown.get(name).is_none()), "{shown}");
    assert_eq!(shown["active"], false);
    for filter in ["manager%20pr", "department%20pr", "displayName%20pr"] {
        assert_eq!(provider.found(&format!("/Users?filter={filter}")).await, 0, "{filter}");
    }
    // A whole person whose attributes are empty texts.
    let empty = json!({"userName": "s27@example.org", "nickName": "", ENTERPRISE: {"manager": {"value": ""}, "department": " "}});
    let put = provider.call(Method::PUT, &path, empty).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert!(put.json().get(ENTERPRISE).is_none() && put.json().get("nickName").is_none());
    assert_eq!(provider.call(Method::POST, "/Users", json!({"userName": ""})).await.status, 400);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_a_display_name_is_greeted_and_listed_by_the_parts_of_the_name() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let person =
        json!({"userName": "s07@example.org", "displayName": "", "name": {"givenName": "Ada", "familyName": "King"}});
    provider.made("/Users", person).await;
    let letter = deployment.invitation(1).await.raw;
    assert!(letter.contains("Hello Ada King,"), "{letter}");
    let people = deployment.realm().await.people(None, None, Some("king"), 10).await.expect("people");
    assert_eq!(people.iter().map(|line| line.display_name.as_deref()).collect::<Vec<_>>(), [Some("Ada King")]);
    server.stop().await;
}

/// What is there before is there after, for whole replacements too.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_emptied_by_a_value_that_nobody_understands() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let person = json!({
        "userName": "whole@example.org", "name": {"givenName": "Ada"}, "emails": [{"value": "whole@example.org", "type": "work"}],
        "roles": [{"value": "r"}], ENTERPRISE: {"manager": {"value": "m-1"}},
    });
    let user = provider.made("/Users", person.clone()).await;
    let (ada, bob) = (
        provider.made("/Users", json!({"userName": "ada"})).await,
        provider.made("/Users", json!({"userName": "bob"})).await,
    );
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    let team = json!({"displayName": "Team", "members": [{"value": id(&ada)}, {"value": id(&bob)}]});
    let group = provider.made("/Groups", team).await;
    let before = (provider.get(&user).await, provider.get(&group).await);
    let nothing = |name: &str| {
        vec![
            json!({}),
            json!([{}]),
            json!([null]),
            json!([{"id": id(&ada)}]),
            json!({"id": id(&ada)}),
            json!([{"mail": "x@example.org"}]),
            json!({name: [{"value": id(&ada)}]}),
            json!([{"type": "work", "mail": "x"}]),
            json!([[]]),
            json!(7),
        ]
    };
    for name in ["emails", "roles", "phoneNumbers"] {
        for value in nothing(name) {
            let mut whole = person.clone();
            whole[name] = value.clone();
            let put = provider.call(Method::PUT, &user, whole).await;
            let says_nothing = [json!({}), json!([{}]), json!([null])].contains(&value);
            // Where nothing was there, nothing is lost.
            let want = if name == "phoneNumbers" && says_nothing { 200 } else { 400 };
            assert_eq!(put.status, want, "PUT {name} {value}: {put:?}");
            for op in ["replace", "add", "remove"] {
                let patched = provider.patched(&user, json!([{"op": op, "path": name, "value": value}])).await;
                assert_eq!(patched.status, 400, "{op} {name} {value}: {patched:?}");
            }
        }
    }
    for (path, value) in [
        ("name", json!({})),
        ("name", json!({"first": "A"})),
        ("manager", json!({})),
        ("manager", json!({"id": "x"})),
        ("manager", json!({"displayName": "x"})),
    ] {
        let patched = provider.patched(&user, json!([{"op": "replace", "path": path, "value": value}])).await;
        assert_eq!((patched.status, &patched.json()["scimType"]), (400, &json!("invalidValue")), "{path} {value}");
        let mut whole = person.clone();
        match path {
            "name" => whole["name"] = value.clone(),
            _ => whole[ENTERPRISE]["manager"] = value.clone(),
        }
        assert_eq!(provider.call(Method::PUT, &user, whole).await.status, 400, "PUT {path} {value}");
    }
    for value in nothing("members").into_iter().chain([
        json!("nobody"),
        json!(["nobody"]),
        json!(["00000000-0000-4000-8000-000000000000"]),
    ]) {
        let bare = value == json!("nobody") || value.pointer("/0").is_some_and(Value::is_string);
        let whole = json!({"displayName": "Team", "members": value});
        assert_eq!(provider.call(Method::PUT, &group, whole).await.status, 400, "PUT {value}");
        let other = json!({"displayName": "Other", "members": value});
        assert_eq!(provider.call(Method::POST, "/Groups", other).await.status, 400, "POST {value}");
        for op in ["replace", "add", "remove"] {
            let patched = provider.patched(&group, json!([{"op": op, "path": "members", "value": value}])).await;
            let want = if bare && op != "replace" { 204 } else { 400 };
            assert_eq!(patched.status, want, "{op} {value}: {patched:?}");
        }
    }
    let after = (provider.get(&user).await, provider.get(&group).await);
    assert_eq!(after.1.json(), before.1.json());
    for name in ["emails", "roles", "name", ENTERPRISE] {
        assert_eq!(after.0.json()[name], before.0.json()[name], "{name}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_path_is_called_a_wrong_path() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let user = provider
        .made("/Users", json!({"userName": "ada", "emails": [{"value": "a@example.org", "type": "work"}]}))
        .await;
    for path in [
        json!(""),
        json!(" "),
        json!("nope"),
        json!("emails.nope"),
        json!("emails.value.x"),
        json!("emails[type eq \"work\"].nope"),
        json!("emails[type eq \"work\"]."),
        json!("emails[type eq \"work\"]value"),
        json!("emails[type eq \"work\""),
        json!("emails]"),
        json!("/emails/0/value"),
        json!("$.emails"),
        json!("'active'"),
        json!("\"active\""),
        json!("\u{201c}active\u{201d}"),
        json!("active.value"),
        json!("name[givenName eq \"x\"].familyName"),
        json!("id[value eq \"x\"]"),
        json!("members"),
        json!("urn:ietf:params:scim:schemas:core:2.0:Group:displayName"),
        json!(format!("{ENTERPRISE}:nope")),
        json!(format!("{ENTERPRISE}[department eq \"x\"]")),
        json!(7),
        json!(["active"]),
        json!({"active": true}),
    ] {
        for operation in [
            json!({"op": "replace", "path": path, "value": "x"}),
            json!({"op": "add", "path": path, "value": [{"value": "x"}]}),
            json!({"op": "replace", "path": path}),
            json!({"op": "remove", "path": path}),
        ] {
            let refused = provider.patched(&user, json!([operation])).await;
            assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidPath")), "{operation}");
        }
        if let Value::String(key) = &path {
            let refused = provider.patched(&user, json!([{"op": "replace", "value": {key: "x"}}])).await;
            assert_eq!((refused.status, &refused.json()["scimType"]), (400, &json!("invalidPath")), "{key}");
        }
    }
    server.stop().await;
}

/// OneLogin names the kinds by URNs of before the RFC and ends its queries with an ampersand
/// (goauthentik/authentik#11249); Microsoft's own example leaves the quotation marks out
/// (langwatch/langwatch#6973); authentik changes a group without a path, with the id in it
/// (goauthentik/authentik#12321); media types come with a charset
/// (limosa-io/laravel-scim-server#8); a create that is repeated after a time-out must not clear
/// what the first one said (croffasia/itsaplan#250); a part of a list that is not there yet is
/// asked for (thomaspoignant/scim-patch#42).
#[tokio::test(flavor = "multi_thread")]
async fn six_more_reports_of_other_servers_are_answered_well() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let person = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"], "userName": "onelogin-test-user01",
        "externalId": "jyoung", "name": {"familyName": " User 01", "givenName": "AAA Test"}, "active": true, "title": "T",
        "urn:scim:schemas:extension:enterprise:2.0": {"department": null},
    });
    let path = provider.made("/Users", person.clone()).await;
    assert_eq!(provider.found("/Users?filter=userName+eq+%22onelogin-test-user01%22&").await, 1);
    let mut leaver = person.clone();
    leaver["active"] = json!(false);
    let put = provider.call(Method::PUT, &format!("{path}?"), leaver).await;
    assert_eq!((put.status, &put.json()["active"]), (200, &json!(false)), "{put:?}");

    assert_eq!(provider.found("/Users?filter=externalId%20eq%20jyoung").await, 1);
    let again = provider.call(Method::POST, "/Users", json!({"userName": "ONELOGIN-test-user01"})).await;
    assert_eq!(again.status, 409);
    let kept = provider.get(&path).await.json();
    assert_eq!((&kept["externalId"], &kept["title"]), (&json!("jyoung"), &json!("T")));

    let group = provider.made("/Groups", json!({"schemas": ["urn:scim:schemas:core:2.0"], "displayName": "G"})).await;
    let id = group.rsplit('/').next().expect("an id");
    let renamed = json!([{"op": "replace", "path": null, "value": {"id": id, "displayName": "H", "externalId": "e"}}]);
    assert_eq!(provider.patched(&group, renamed).await.status, 204);
    let shown = provider.get(&group).await.json();
    assert_eq!((&shown["displayName"], &shown["externalId"]), (&json!("H"), &json!("e")));

    let street =
        json!([{"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"}]);
    let patched = provider.patched(&path, street).await;
    assert_eq!(patched.json()["addresses"], json!([{"type": "work", "streetAddress": "1010 Broadway Ave"}]));
    server.stop().await;
}

/// A client of Microsoft's first library wraps every value (MicrosoftDocs/azure-docs#42220); Google
/// Workspace names an older schema beside the right one (grokability/snipe-it#12642); a Keycloak
/// client replaces a group without its members (mitodl/keycloak-scim#134), authentik without any,
/// with the id in it (goauthentik/authentik#23950); Entra adds a role as the primary one
/// (buildbuddy-io/buildbuddy#10578) and roles as texts of JSON (Captain-P-Goldfish/SCIM-SDK#516);
/// values of a list come without a value (gravitee-io/gravitee-access-management#8521); attributes
/// that are not mapped come as empty texts (growthbook/growthbook#4642); a client looks up by
/// `externalId` first, which is an address (better-auth/better-auth#10419), and empties a group by
/// an empty list (Captain-P-Goldfish/SCIM-SDK#757).
#[tokio::test(flavor = "multi_thread")]
async fn ten_reports_of_still_other_servers_are_answered_well() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let person = json!({
        "schemas": ["urn:scim:schemas:core:1.0", "urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "t10@example.org",
        "externalId": "t10+x@example.org", "displayName": "User Name", "active": true,
        "emails": [{"type": "home", "primary": true}, {"value": "t10@example.org", "type": "work"}],
    });
    let path = provider.made("/Users", person).await;
    assert!(deployment.invitation(1).await.raw.contains("To: t10@example.org\n"), "the value that has one");
    assert_eq!(provider.found("/Users?filter=externalId+eq+%22t10%2Bx@example.org%22").await, 1);

    let wrapped = |value: Value| json!([{"$ref": null, "value": value}]);
    let changes = json!([
        {"op": "Replace", "path": "displayName", "value": wrapped(json!("User X"))},
        {"op": "Add", "path": "name.familyName", "value": wrapped(json!("X"))},
        {"op": "Replace", "path": "title", "value": ""},
        {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"},
        {"op": "Add", "path": "roles", "value": [{"value": "{\"id\":\"1\",\"value\":\"Reader\"}"}]},
        {"op": "Replace", "path": "active", "value": wrapped(json!("False"))},
    ]);
    let patched = provider.patched(&path, changes).await.json();
    assert_eq!((&patched["displayName"], &patched["name"]["familyName"]), (&json!("User X"), &json!("X")));
    assert_eq!((&patched["active"], &patched["roles"][0]["value"]), (&json!(false), &json!("Admin")), "{patched}");
    assert_eq!(patched["roles"][1]["value"], "{\"id\":\"1\",\"value\":\"Reader\"}");
    let put = provider
        .call(Method::PUT, &path, json!({"userName": wrapped(json!("t10@example.org")), "active": {"value": "True"}}))
        .await;
    assert_eq!((put.status, &put.json()["active"]), (200, &json!(true)), "{put:?}");

    let id = path.rsplit('/').next().expect("an id");
    let group = provider.made("/Groups", json!({"displayName": "foo", "members": [{"value": id}]})).await;
    let group_id = group.rsplit('/').next().expect("an id");
    let members = async || provider.get(&group).await.json()["members"].as_array().map_or(0, Vec::len);
    let renamed = json!([{"op": "replace", "value": {"id": group_id, "displayName": "foo2", "externalId": "e"}}]);
    assert_eq!((provider.patched(&group, renamed).await.status, members().await), (204, 1), "the members stay");
    let emptied = json!([{"op": "replace", "path": "members", "value": []}]);
    assert_eq!((provider.patched(&group, emptied).await.status, members().await), (204, 0));
    let joined = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
    assert_eq!((provider.patched(&group, joined).await.status, members().await), (204, 1));
    let whole = json!({"id": group_id, "externalId": "e", "displayName": "foo2"});
    assert_eq!((provider.call(Method::PUT, &group, whole).await.status, members().await), (200, 0));
    server.stop().await;
}

/// People straight in the database: the door takes a quarter of an hour for so many, unoptimised.
fn crowd(deployment: &Deployment, count: usize) -> Vec<String> {
    let bytes = |hex: &str| if crate::POSTGRES { format!("'\\x{hex}'::bytea") } else { format!("X'{hex}'") };
    let id = |at: usize| format!("{at:08x}-0000-4000-8000-000000000000");
    let all: Vec<usize> = (1..=count).collect();
    for some in all.chunks(250) {
        let rows = |row: &dyn Fn(String, usize) -> String| {
            some.iter().map(|at| row(bytes(&id(*at).replace('-', "")), *at)).collect::<Vec<_>>().join(",")
        };
        let accounts = rows(&|id, _| format!("({id},'invited',0)"));
        let people = rows(&|id, at| {
            format!("({id},(SELECT org_id FROM organisation),{id},'enrol','p{at}','p{at}',0,'{{}}',0,0,1)")
        });
        deployment.meddle(&format!("INSERT INTO account (account_id, state, created_at) VALUES {accounts}"));
        deployment.meddle(&format!(
            "INSERT INTO membership (user_id, org_id, account_id, mode, user_name, user_name_key, active, attributes, created_at, modified_at, version) VALUES {people}"
        ));
    }
    all.into_iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "how long each step took, for who measures")]
async fn a_group_of_twenty_thousand_comes_and_goes_at_once_and_in_pieces() {
    const PEOPLE: usize = 20_000;
    let deployment = Deployment::new().await;
    let ids = crowd(&deployment, PEOPLE);
    let server = deployment.serve().await;
    let provider = Provider { server: &server, deployment: &deployment };
    let whole =
        |ids: &[String]| -> Value { ids.iter().map(|id| json!({"value": id, "display": "Ada Lovelace"})).collect() };
    let count = async |path: &str| {
        let shown = provider.get(path).await;
        assert_eq!(shown.status, 200);
        shown.json()["members"].as_array().map_or(0, Vec::len)
    };
    let timed = async |what: &str, answer: &dyn Fn() -> (Method, String, Value), want: u16| {
        let (method, path, body) = answer();
        let start = std::time::Instant::now();
        let answer = provider.call(method, &path, body).await;
        assert_eq!(answer.status, want, "{what}: {:?}", answer.bytes.get(..300));
        // For who measures: cargo test -- --nocapture
        println!("{what}: {} ms, {} bytes of answer", start.elapsed().as_millis(), answer.bytes.len());
        answer
    };
    let created = timed(
        "POST of all",
        &|| (Method::POST, "/Groups".to_owned(), json!({"displayName": "All", "members": whole(&ids)})),
        201,
    )
    .await;
    let all = format!("/Groups/{}", created.json()["id"].as_str().expect("an id"));
    let patch = |operation: Value| (Method::PATCH, all.clone(), json!({"Operations": [operation]}));
    let shown = timed("GET", &|| (Method::GET, all.clone(), Value::Null), 200).await.json();
    assert_eq!(shown["members"].as_array().map_or(0, Vec::len), PEOPLE);
    // What is shown can be put back as it is.
    timed("PUT of what is shown", &|| (Method::PUT, all.clone(), shown.clone()), 200).await;
    assert_eq!(count(&all).await, PEOPLE);
    timed(
        "PATCH remove of all by name",
        &|| patch(json!({"op": "remove", "path": "members", "value": whole(&ids)})),
        204,
    )
    .await;
    assert_eq!(count(&all).await, 0);
    timed("PATCH add of all", &|| patch(json!({"op": "add", "path": "members", "value": whole(&ids)})), 204).await;
    timed("PATCH add of all, again", &|| patch(json!({"op": "add", "path": "members", "value": whole(&ids)})), 204)
        .await;
    timed(
        "PATCH remove of one",
        &|| patch(json!({"op": "remove", "path": format!("members[value eq \"{}\"]", ids[7])})),
        204,
    )
    .await;
    assert_eq!(count(&all).await, PEOPLE - 1);
    timed(
        "PATCH replace by one",
        &|| patch(json!({"op": "replace", "path": "members", "value": whole(&ids[..1])})),
        204,
    )
    .await;
    let start = std::time::Instant::now();
    for some in ids.chunks(1000) {
        let (method, path, body) = patch(json!({"op": "add", "path": "members", "value": whole(some)}));
        assert_eq!(provider.call(method, &path, body).await.status, 204);
    }
    println!("PATCH add of 1,000 each, twenty times: {} ms", start.elapsed().as_millis());
    assert_eq!(count(&all).await, PEOPLE);
    let start = std::time::Instant::now();
    for some in ids.chunks(1000) {
        let operations: Vec<Value> =
            some.iter().map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})).collect();
        assert_eq!(provider.patched(&all, json!(operations)).await.status, 204);
    }
    println!("PATCH remove of 1,000 each by filter, twenty times: {} ms", start.elapsed().as_millis());
    assert_eq!(count(&all).await, 0);
    timed(
        "PATCH add of all by a value without a path",
        &|| (Method::PATCH, all.clone(), json!({"Operations": [{"op": "add", "value": {"members": whole(&ids)}}]})),
        204,
    )
    .await;
    timed("DELETE", &|| (Method::DELETE, all.clone(), Value::Null), 204).await;
    server.stop().await;
}
