//! People whom an administrator keeps by hand, beside an identity provider that knows nothing of
//! them, and their hand-over.

use crate::common::keeper::opened;
use crate::common::person::Person;
use crate::common::{Answer, Deployment, Server, okta_user};
use firstkey_server::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::Ordering;

fn run(deployment: &Deployment, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(arguments).arg("--data").arg(deployment.data()).output().expect("the program runs")
}

fn done(deployment: &Deployment, arguments: &[&str]) -> Value {
    let output = run(deployment, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn refused(deployment: &Deployment, arguments: &[&str]) -> String {
    let output = run(deployment, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    said
}

fn add(deployment: &Deployment, email: &str, name: &str) -> Value {
    let org = deployment.org.to_string();
    let added =
        done(deployment, &["person", "add", "--org", &org, "--email", email, "--name", name, "--group", "Cleaning"]);
    now(deployment);
    added
}

/// The program has the machine's clock; the server's is moved to where its letters are due.
fn now(deployment: &Deployment) {
    deployment.clock.store(Clock::System.now() + 1, Ordering::SeqCst);
}

fn import(deployment: &Deployment, file: &Path, dry: bool) -> Output {
    let (org, file) = (deployment.org.to_string(), file.to_str().expect("a path"));
    let mut arguments = vec!["person", "import", file, "--org", &org, "--json"];
    arguments.extend(dry.then_some("--dry-run"));
    run(deployment, &arguments)
}

fn user_id(deployment: &Deployment, email: &str) -> String {
    let person = done(deployment, &["person", "show", email]);
    person["organisations"][0]["user_id"].as_str().expect("an id").to_owned()
}

async fn get(server: &Server, deployment: &Deployment, path: &str) -> Answer {
    server.scim(&deployment.token, Method::GET, path, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_by_hand_is_invited_and_scim_neither_lists_nor_changes_them() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "grace@example.org").await;
    assert_eq!(add(&deployment, "ada@example.org", "Ada King")["outcome"], "added");
    deployment.invitation_to("ada@example.org").await;
    let shown = done(&deployment, &["person", "show", "ada@example.org"]);
    let one = &shown["organisations"][0];
    assert_eq!(
        (&one["source"], &one["groups"], &one["state"]),
        (&json!("manual"), &json!(["Cleaning"]), &json!("invited"))
    );
    let id = user_id(&deployment, "ada@example.org");

    for path in ["/Users", "/Users?count=1&startIndex=1", "/Users?filter=active+eq+true"] {
        let list = get(&server, &deployment, path).await.json();
        assert_eq!(list["totalResults"], 1, "{path}");
        assert!(!list.to_string().contains("ada@example.org"), "{path}");
    }
    for filter in ["userName", "emails.value", "emails"] {
        let path = format!("/Users?filter={filter}+eq+%22ada%40example.org%22");
        assert_eq!(get(&server, &deployment, &path).await.json()["totalResults"], 0, "{filter}");
    }
    let by_id = get(&server, &deployment, &format!("/Users?filter=id+eq+%22{id}%22")).await;
    assert_eq!(by_id.json()["totalResults"], 0);
    let path = format!("/Users/{id}");
    assert_eq!(get(&server, &deployment, &path).await.status, 404);
    let off = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]});
    for (method, body) in
        [(Method::PATCH, Some(&off)), (Method::PUT, Some(&okta_user("ada@example.org"))), (Method::DELETE, None)]
    {
        assert_eq!(server.scim(&deployment.token, method.clone(), &path, body).await.status, 404, "{method}");
    }
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "All",
        "members": [{"value": id}]});
    let dangling = server.scim(&deployment.token, Method::POST, "/Groups", Some(&group)).await;
    assert!(dangling.status >= 400 || dangling.json().get("members").is_none(), "nobody by hand is in a group of SCIM");
    assert_eq!(done(&deployment, &["person", "show", "ada@example.org"])["organisations"][0]["state"], "invited");
    assert_eq!(done(&deployment, &["org", "list"])["organisations"][0]["people"], 2, "an organisation has both");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_adopted_keeps_id_account_and_keys_and_is_scims_from_then_on() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    add(&deployment, "ada@example.org", "Ada King");
    let ada = Person::claim(&server, &deployment.invitation_to("ada@example.org").await).await;
    ada.enrol(&server).await;
    let before = done(&deployment, &["person", "show", "ada@example.org"]);
    let id = user_id(&deployment, "ada@example.org");

    let taken = server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user("ADA@example.org"))).await;
    assert_eq!((taken.status, &taken.json()["scimType"]), (409, &json!("uniqueness")));
    let said = taken.json()["detail"].as_str().expect("a sentence").to_owned();
    assert!(said.ends_with("firstkey-server person adopt ADA@example.org"), "{said}");

    assert_eq!(done(&deployment, &["person", "adopt", "ada@example.org"])["user_id"], id.as_str());
    let after = done(&deployment, &["person", "show", "ada@example.org"]);
    for member in ["account_id", "fingerprint", "completed_at", "state"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    let one = &after["organisations"][0];
    assert_eq!((&one["source"], &one["groups"], &one["user_id"]), (&json!("scim"), &json!([]), &json!(id)));
    let found = get(&server, &deployment, "/Users?filter=userName+eq+%22ada%40example.org%22").await.json();
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(get(&server, &deployment, "/Users").await.json()["totalResults"], 1);
    server.set_active(&deployment, &id, false).await;
    assert_eq!(done(&deployment, &["person", "show", "ada@example.org"])["organisations"][0]["state"], "suspended");
    for arguments in [["person", "resume", "ada@example.org"], ["person", "adopt", "ada@example.org"]] {
        assert!(refused(&deployment, &arguments).contains("identity provider"), "{arguments:?}");
    }
    assert!(server.scim(&deployment.token, Method::DELETE, &format!("/Users/{id}"), None).await.status == 204);
    assert_eq!(get(&server, &deployment, "/Users").await.json()["totalResults"], 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_another_user_name_at_the_provider_is_adopted_under_it() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let bob = server.provision(&deployment, "bob@example.org").await;
    add(&deployment, "ada@example.org", "Ada King");
    let adopt = |name: &str| run(&deployment, &["person", "adopt", "ada@example.org", "--user-name", name]);
    assert_eq!(adopt("bob@example.org").status.code(), Some(1), "that is somebody else");
    assert_eq!(adopt("a\u{200b}king").status.code(), Some(1), "that is no name");
    assert_eq!(adopt("aking").status.code(), Some(0));
    let found = get(&server, &deployment, "/Users?filter=userName+eq+%22AKING%22").await.json();
    assert_eq!((&found["totalResults"], found["Resources"][0]["id"] == bob.as_str()), (&json!(1), false));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_by_hand_are_suspended_resumed_and_removed_and_those_of_scim_are_not() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "grace@example.org").await;
    for arguments in [
        &["person", "suspend", "grace@example.org"][..],
        &["person", "resume", "grace@example.org"],
        &["person", "remove", "grace@example.org", "--yes-for", "grace@example.org"],
    ] {
        let said = refused(&deployment, arguments);
        assert!(said.contains("over SCIM, and would undo"), "{said}");
    }
    add(&deployment, "ada@example.org", "Ada King");
    let ada = Person::claim(&server, &deployment.invitation_to("ada@example.org").await).await;
    ada.enrol(&server).await;
    let (session, _) = opened(&ada.log_in(&server).await);
    let look = async || server.ask_as(&session, Method::GET, "/v1/sessions", None).await.status;
    assert_eq!(look().await, 200);
    assert_eq!(done(&deployment, &["person", "suspend", "ada@example.org"])["done"], "suspended");
    assert_ne!(look().await, 200, "the session has ended");
    assert_ne!(ada.log_in(&server).await.status, 200);
    assert_eq!(done(&deployment, &["person", "resume", "ada@example.org"])["done"], "resumed");
    assert_eq!(ada.log_in(&server).await.status, 200, "the keys are still there");

    let remove = ["person", "remove", "ada@example.org", "--yes-for"];
    assert!(refused(&deployment, &[&remove[..], &["bob@example.org"]].concat()).contains("Nobody was removed"));
    assert_eq!(done(&deployment, &[&remove[..], &["ada@example.org"]].concat())["done"], "removed");
    assert_ne!(ada.log_in(&server).await.status, 200);
    assert_eq!(done(&deployment, &["person", "list", "--state", "removed"])["people"][0]["email"], "ada@example.org");

    let entries = done(&deployment, &["audit", "list"]);
    let uid = rustix::process::getuid().as_raw();
    for event in ["person.created", "person.changed", "person.removed", "person.deactivated"] {
        let named = entries["entries"].as_array().expect("entries").iter().any(|entry| {
            entry["event"] == event
                && entry["detail"].as_str().is_some_and(|detail| detail.contains(&format!("by uid {uid}")))
        });
        assert!(named, "{event} does not say who did it: {entries}");
    }
    assert_eq!(done(&deployment, &["audit", "verify"])["ok"], true);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_whole_or_not_at_all_and_twice_is_once() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "grace@example.org").await;
    let place = tempfile::tempdir().expect("a folder for the test");
    let file = place.path().join("people.csv");
    let write = |text: &str| std::fs::write(&file, text).expect("written");
    let count = || done(&deployment, &["person", "list"])["people"].as_array().map(Vec::len);

    write(
        "\u{feff}email;name;external_id;groups\r\nada@example.org;\"King; Ada\";7;Sales|IT\r\nbob@example.org;Bob;;\r\ngrace@example.org;Grace;;\r\n",
    );
    let whole = import(&deployment, &file, false);
    let said = String::from_utf8_lossy(&whole.stderr).into_owned();
    assert_eq!(whole.status.code(), Some(1));
    assert!(said.contains("line 4: The identity provider has provisioned this person."), "{said}");
    assert_eq!(count(), Some(1), "nobody was added");

    write("email;name;external_id;groups\r\nada@example.org;\"King; Ada\";7;Sales|IT\r\nbob@example.org;Bob;;\r\n");
    let answer = |dry| serde_json::from_slice::<Value>(&import(&deployment, &file, dry).stdout).expect("JSON");
    let dry = answer(true);
    assert_eq!(
        (&dry["added"], &dry["dry_run"], count()),
        (&json!(2), &json!(true), Some(1)),
        "a dry run writes nothing"
    );
    let taken = answer(false);
    assert_eq!((&taken["added"], &taken["people"], count()), (&json!(2), &dry["people"], Some(3)));
    now(&deployment);
    deployment.invitation_to("bob@example.org").await;
    let again = answer(false);
    assert_eq!((&again["added"], &again["changed"], &again["unchanged"]), (&json!(0), &json!(0), &json!(2)));

    done(&deployment, &["person", "suspend", "bob@example.org"]);
    write("name,email\nAda King,ada@example.org\nBobby,bob@example.org\n");
    let changed = answer(false);
    assert_eq!((&changed["added"], &changed["changed"]), (&json!(0), &json!(2)));
    let bob = done(&deployment, &["person", "show", "bob@example.org"]);
    let one = &bob["organisations"][0];
    assert_eq!(
        (&one["state"], &one["display_name"]),
        (&json!("suspended"), &json!("Bobby")),
        "a file activates nobody"
    );
    let ada = done(&deployment, &["person", "show", "ada@example.org"]);
    assert_eq!((&ada["organisations"][0]["groups"], &ada["organisations"][0]["active"]), (&json!([]), &json!(true)));
    server.stop().await;
}
