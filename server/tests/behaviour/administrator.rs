//! What an administrator does with the real program while a server runs.

use crate::common::person::Person;
use crate::common::{Deployment, okta_user};
use firstkey_server::{Clock, NewOrganisation};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::sync::atomic::Ordering;

fn run(deployment: &Deployment, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(arguments).arg("--data").arg(deployment.data()).output().expect("the program runs")
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json_of(deployment: &Deployment, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(&run(deployment, &[arguments, &["--json"]].concat()))).expect("one JSON value")
}

fn refused(deployment: &Deployment, arguments: &[&str], needle: &str) {
    let output = run(deployment, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(said.contains(needle), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_found_and_shown() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    for (email, name) in
        [("ada@example.org", "Ada Lovelace"), ("grace@example.org", "Grace Hopper"), ("zoe@example.net", "Zoë Ünal")]
    {
        let mut user = okta_user(email);
        user["displayName"] = name.into();
        user["externalId"] = email.into();
        assert_eq!(server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.status, 201);
    }
    let people = json_of(&deployment, &["person", "list"]);
    let mut people = people["people"].as_array().expect("a list").clone();
    people.sort_by_key(|person| person["email"].as_str().map(str::to_owned));
    assert_eq!(people.len(), 3);
    let members = [
        "account_id",
        "email",
        "state",
        "org_id",
        "organisation",
        "user_id",
        "user_name",
        "display_name",
        "active",
        "created_at",
        "completed_at",
        "confirmed_at",
    ];
    assert!(members.iter().all(|member| people[0].get(member).is_some()), "{people:?}");
    assert_eq!((&people[0]["email"], &people[0]["state"]), (&json!("ada@example.org"), &json!("invited")));
    let found =
        |text: &str| json_of(&deployment, &["person", "search", text])["people"].as_array().expect("a list").len();
    assert_eq!([found("HOPPER"), found("ünal"), found("example.org"), found("%"), found("nobody")], [1, 1, 2, 0, 0]);
    assert_eq!(json_of(&deployment, &["person", "list", "--state", "complete"])["people"], json!([]));
    assert_eq!(json_of(&deployment, &["person", "list", "--limit", "2"])["people"].as_array().map(Vec::len), Some(2));

    // Sorted whole, then cut.
    let first = |by: &str| {
        let list = json_of(&deployment, &["person", "list", "--sort", by, "--limit", "1"]);
        list["people"][0]["email"].as_str().expect("an address").to_owned()
    };
    assert_eq!([first("email"), first("name")], ["ada@example.org", "ada@example.org"]);
    server
        .scim(&deployment.token, Method::POST, "/Users", Some(&json!({"userName": "=1+1", "displayName": "=1+1"})))
        .await;
    assert_eq!(json_of(&deployment, &["person", "list", "--sort", "state"])["people"][3]["state"], "waiting");
    let lines = text(&run(&deployment, &["person", "list", "--sort", "email", "--csv"]));
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("email,user_name,name,organisation,state,reason,since,"), "{lines:?}");
    assert!(lines[1].starts_with(",\"'=1+1\",\"'=1+1\",Example Corp,waiting,no-address,20"), "{lines:?}");
    assert!(lines[2].starts_with("ada@example.org,ada@example.org,Ada Lovelace,Example Corp,invited,,20"), "{lines:?}");

    let shown = json_of(&deployment, &["person", "show", "ADA@example.org"]);
    assert_eq!(shown["organisations"][0]["organisation"], "Example Corp");
    assert_eq!(shown["invites"][0]["state"], "live");
    assert_eq!((&shown["fingerprint"], &shown["confirmed"]), (&Value::Null, &json!(false)));
    refused(&deployment, &["person", "show", "nobody@example.org"], "nobody@example.org");
    let table = text(&run(&deployment, &["person", "list"]));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.starts_with("EMAIL") && table.contains("Grace Hopper"), "{table}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fingerprint_is_confirmed_by_its_words_or_a_file_and_by_no_other() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    refused(
        &deployment,
        &["person", "confirm", "ada@example.org", "--fingerprint", "a b c d e f g h"],
        "has not finished",
    );
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let right = person.fingerprint(&deployment.show("ada@example.org").await);
    assert_eq!(json_of(&deployment, &["person", "show", "ada@example.org"])["fingerprint"], right);

    let mut words: Vec<&str> = right.split(' ').collect();
    words.swap(0, 7);
    let wrong = words.join(" ");
    for wrong in [wrong.as_str(), "abacus abacus abacus abacus abacus abacus abacus abacus"] {
        refused(&deployment, &["person", "confirm", "ada@example.org", "--fingerprint", wrong], "NOT the fingerprint");
    }
    for bad in ["", "one two", &format!("{right} more")] {
        refused(&deployment, &["person", "confirm", "ada@example.org", "--fingerprint", bad], "eight words");
    }
    let shown = json_of(&deployment, &["person", "show", "ada@example.org"]);
    assert_eq!((&shown["confirmed"], &shown["confirmed_at"]), (&json!(false), &Value::Null), "nothing was confirmed");

    let typed = right.to_uppercase().replace(' ', "  ");
    let answer = json_of(&deployment, &["person", "confirm", "ada@example.org", "--fingerprint", &typed]);
    assert_eq!(answer, json!({"email": "ada@example.org", "fingerprint": right, "confirmed": true}));
    for contents in [format!("{right}\n"), json!({"fingerprint": right, "other": 1}).to_string()] {
        let file = deployment.data().with_file_name("fingerprint");
        std::fs::write(&file, contents).expect("written");
        let file = file.to_str().expect("text");
        assert_eq!(json_of(&deployment, &["person", "confirm", "ada@example.org", "--file", file])["confirmed"], true);
    }
    let shown = json_of(&deployment, &["person", "show", "ada@example.org"]);
    assert_eq!((&shown["confirmed"], &shown["confirmed_fingerprint"]), (&json!(true), &json!(right)));
    let entries = json_of(&deployment, &["audit", "list"]);
    let events: Vec<&str> =
        entries["entries"].as_array().expect("a list").iter().filter_map(|e| e["event"].as_str()).collect();
    assert_eq!(events.iter().filter(|event| **event == "fingerprint.confirmed").count(), 3, "{events:?}");
    assert_eq!(events.iter().filter(|event| **event == "fingerprint.differed").count(), 2, "{events:?}");
    server.stop().await;
}

/// Every name by which an administrator may know somebody, to every command about one person.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_meant_by_address_account_id_scim_id_or_user_name() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut user = okta_user("ada@example.org");
    user["userName"] = "lovelace".into();
    let user = server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.json();
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let words = person.fingerprint(&deployment.show("ada@example.org").await);
    let account = json_of(&deployment, &["person", "show", "lovelace"])["account_id"].as_str().expect("id").to_owned();
    let scim_id = user["id"].as_str().expect("an id");
    let names = ["ada@example.org", " ADA@example.org ", &account, &account.to_uppercase(), scim_id, "Lovelace"];
    for name in names {
        for org in [None, Some("Example Corp"), Some("example corp")] {
            let named = |arguments: &[&str]| {
                let org = org.iter().flat_map(|org| ["--org", org]);
                json_of(&deployment, &arguments.iter().copied().chain(org).collect::<Vec<_>>())
            };
            assert_eq!(named(&["person", "show", name])["account_id"], account.as_str(), "{name}");
            assert_eq!(named(&["show", name])["account_id"], account.as_str(), "{name}");
            assert_eq!(named(&["invite", "show", name])["invites"][0]["account_id"], account.as_str(), "{name}");
            let confirmed = named(&["person", "confirm", name, "--fingerprint", &words]);
            assert_eq!((&confirmed["email"], &confirmed["confirmed"]), (&json!("ada@example.org"), &json!(true)));
        }
        let reset = json_of(&deployment, &["person", "reset", name, "--yes-for", name]);
        assert_eq!((&reset["email"], &reset["key_gen"]), (&json!("ada@example.org"), &json!(2)), "{name}");
        assert_eq!(json_of(&deployment, &["invite", "withdraw", name])["withdrawn"], 1, "{name}");
        refused(&deployment, &["invite", "resend", name], "already finished");
    }
    for nobody in ["bob@example.org", "bob", "00000000-0000-4000-8000-000000000000", ""] {
        for command in [&["person", "show"][..], &["show"], &["invite", "withdraw"]] {
            refused(&deployment, &[command, &[nobody]].concat(), "Nobody here has");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_is_meant_by_id_or_name_and_one_of_two_alike_by_id_alone() {
    let deployment = Deployment::new().await;
    let id = json_of(&deployment, &["org", "list"])["organisations"][0]["org_id"].as_str().expect("id").to_owned();
    for name in [&id, &id.to_uppercase(), "Example Corp", "EXAMPLE CORP", " Example Corp "] {
        assert_eq!(json_of(&deployment, &["org", "show", name])["org_id"], id.as_str(), "{name}");
        let token = json_of(&deployment, &["scim-token", "add", "--org", name]);
        assert!(token["token"].is_string(), "{name}");
        json_of(&deployment, &["scim-token", "list", "--org", name]);
        json_of(&deployment, &["person", "list", "--org", name]);
        json_of(&deployment, &["invite", "list", "--org", name]);
    }
    // Whoever mistypes sees what there is.
    refused(&deployment, &["person", "list", "--org", "Exmaple Corp"], &format!("{id}  Example Corp"));
    // What differs by case alone is meant exactly; two of one name by their ids.
    let other = json_of(&deployment, &["org", "add", "EXAMPLE CORP"])["org_id"].as_str().expect("id").to_owned();
    assert_eq!(json_of(&deployment, &["org", "show", "EXAMPLE CORP"])["org_id"], other.as_str());
    assert_eq!(json_of(&deployment, &["org", "show", "Example Corp"])["org_id"], id.as_str());
    refused(&deployment, &["org", "show", "example corp"], "Several organisations are called example corp");
    json_of(&deployment, &["org", "add", "EXAMPLE CORP"]);
    refused(&deployment, &["scim-token", "add", "--org", "EXAMPLE CORP"], &other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_a_ticket_has_what_was_found_and_names_nobody() {
    let deployment = Deployment::new().await;
    let mail = deployment.mail();
    let flags = ["check", "--report", "--listen", "127.0.0.1:0", "--mail-dir", mail.to_str().expect("text")];
    let report = text(&run(&deployment, &flags));
    for found in ["firstkey-server check", "database ", "organisations  1, with 0 people", "ok     mail", "----- end"] {
        assert!(report.contains(found), "{found} is not in {report}");
    }
    let data = deployment.data();
    for name in [data.to_str().expect("text"), mail.to_str().expect("text"), "127.0.0.1", "Example Corp", "example.org"]
    {
        assert!(!report.contains(name), "{name} is in {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_administrators_names_the_person_and_a_command_that_confirms_what_they_hear() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut user = okta_user("ada@example.org");
    // A name that a shell and a mail program would take for something else.
    user["displayName"] = "Ada `id` $(id) http://evil.example".into();
    server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let words = person.fingerprint(&deployment.show("ada@example.org").await);
    let letters = deployment.letters(3).await;
    let letter = letters.iter().find(|letter| letter.contains("To: it@example.org")).expect("one to administrators");
    let account = json_of(&deployment, &["person", "show", "ada@example.org"])["account_id"].clone();
    let account = account.as_str().expect("an id");
    let fact = |name: &str, value: &str| letter.lines().any(|line| line == format!("{name:<14}{value}"));
    assert!(fact("Person", "Ada `id` $(id)") && fact("Address", "ada@example.org"), "{letter}");
    assert!(fact("Organisation", "Example Corp") && fact("Account", account), "{letter}");
    let command = letter.lines().find(|line| line.starts_with("firstkey-server ")).expect("a command");
    assert_eq!(
        command,
        format!("firstkey-server person confirm {account}"),
        "no words that could be confirmed unheard"
    );
    let command: Vec<&str> = command.split(' ').skip(1).collect();
    refused(&deployment, &command, "--fingerprint");
    let confirmed = json_of(&deployment, &[&command[..], &["--fingerprint", &words]].concat());
    assert_eq!(confirmed["confirmed"], true);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_are_listed_resent_and_taken_back() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    text(&run(&deployment, &["invite", "resend", "ada@example.org"]));
    // The program has the machine's clock; the server's is moved to where the letter is due.
    deployment.clock.store(Clock::System.now() + 1, Ordering::SeqCst);
    deployment.invitation(2).await;
    let states = || -> Vec<String> {
        let list = json_of(&deployment, &["invite", "show", "ada@example.org"]);
        list["invites"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|i| i["state"].as_str().expect("a word").to_owned())
            .collect()
    };
    let mut both = states();
    both.sort();
    assert_eq!(both, ["live", "withdrawn"]);
    assert_eq!(
        json_of(&deployment, &["invite", "withdraw", "ada@example.org"]),
        json!({"email": "ada@example.org", "withdrawn": 1})
    );
    assert_eq!(states(), ["withdrawn", "withdrawn"]);
    assert_eq!(json_of(&deployment, &["invite", "withdraw", "ada@example.org"])["withdrawn"], 0);
    assert!(matches!(server.claim(&invitation, &[7; 32]).await.status, 404 | 410), "what was taken back opens nothing");
    refused(&deployment, &["invite", "withdraw", "nobody@example.org"], "nobody@example.org");
    assert_eq!(json_of(&deployment, &["invite", "list", "--state", "live"])["invites"], json!([]));
    assert_eq!(json_of(&deployment, &["invite", "list"])["invites"].as_array().map(Vec::len), Some(2));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_do_not_go_out_are_listed_with_what_the_mail_server_said() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    deployment.invitation(1).await;
    // The letter is in the folder before it is written down that it went out.
    crate::common::wait_for(|| {
        let sent = json_of(&deployment, &["mail", "list", "--state", "sent"]);
        (sent["letters"].as_array().map(Vec::len) == Some(1)).then_some(())
    })
    .await;
    server.stop().await;
    let nowhere = firstkey_server::MailOut::Smtp { url: "smtp://127.0.0.1:1".into(), password: None, ca_file: None };
    let server = deployment.serve_with_mail(nowhere).await;
    server.provision(&deployment, "grace@example.org").await;
    crate::common::wait_for(|| {
        let letters = json_of(&deployment, &["mail", "list"]);
        let letters = letters["letters"].as_array().expect("a list").clone();
        (letters.len() == 1 && letters[0]["state"] == "refused").then_some(())
    })
    .await;
    let letters = json_of(&deployment, &["mail", "list"]);
    assert_eq!(letters["letters"][0]["email"], "grace@example.org");
    assert!(letters["letters"][0]["trouble"].as_str().is_some_and(|trouble| !trouble.is_empty()));
    assert_eq!(json_of(&deployment, &["mail", "list", "--all"])["letters"].as_array().map(Vec::len), Some(2));
    assert_eq!(json_of(&deployment, &["mail", "list", "--state", "sent"])["letters"][0]["email"], "ada@example.org");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_and_tokens_are_listed_and_changed() {
    let deployment = Deployment::new().await;
    let orgs = json_of(&deployment, &["org", "list"]);
    let id = orgs["organisations"][0]["org_id"].as_str().expect("an id").to_owned();
    assert_eq!(json_of(&deployment, &["org", "show", &id])["min_profile"], 2);
    let changed = json_of(
        &deployment,
        &["org", "set", &id, "--name", "Ev\u{202e}il\u{1b} Corp".replace('\u{1b}', "").as_str(), "--min-profile", "3"],
    );
    assert_eq!(
        (&changed["name"], &changed["min_profile"]),
        (&json!("Ev\u{202e}il Corp"), &json!(3)),
        "exact for machines"
    );
    let table = text(&run(&deployment, &["org", "list"]));
    assert!(table.contains("Ev\\u{202e}il") && !table.contains('\u{202e}'), "harmless for people: {table}");
    refused(&deployment, &["org", "set", &id], "Say what to change");
    refused(&deployment, &["org", "set", &id, "--contact", "nobody"], "e-mail address");
    refused(&deployment, &["org", "set", &id, "--install-url", "http://get.example.org"], "https://");
    refused(&deployment, &["org", "set", &id, "--install-url", "https://get.example.org/$(id)"], "https://");
    refused(&deployment, &["org", "set", &id, "--install-text", "a\u{202e}b"], "invisible");
    refused(&deployment, &["org", "set", &id, "--install-sums", "/nowhere"], "cannot be read");
    let said = json_of(
        &deployment,
        &["org", "set", &id, "--install-url", "https://get.example.org/", "--install-text", "Ask"],
    );
    assert_eq!((&said["install_url"], &said["install_text"]), (&json!("https://get.example.org/"), &json!("Ask")));
    let said = json_of(&deployment, &["org", "set", &id, "--install-url", ""]);
    assert_eq!((&said["install_url"], &said["install_text"]), (&json!(null), &json!("Ask")), "taken back, alone");
    refused(&deployment, &["org", "show", "00000000-0000-4000-8000-000000000000"], "no organisation");

    let added = json_of(&deployment, &["scim-token", "add", "--org", &id, "--label", "Okta", "--days", "30"]);
    let members: Vec<_> = added.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["token"], "the shape that scripts know");
    let tokens = json_of(&deployment, &["scim-token", "list", "--org", &id]);
    let okta = tokens["tokens"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|token| token["label"] == "Okta")
        .expect("ours")
        .clone();
    let okta_id = okta["token_id"].as_str().expect("an id");
    let rotated = json_of(&deployment, &["scim-token", "rotate", okta_id, "--overlap-days", "2"]);
    assert!(rotated["token"].as_str().is_some_and(|token| token.starts_with("fksc_")));
    let revoked = json_of(&deployment, &["scim-token", "revoke", okta_id]);
    assert_eq!(revoked["token_id"], okta_id);
    let list = text(&run(&deployment, &["scim-token", "list"]));
    assert!(list.contains("revoked") && list.contains("good"), "{list}");
    assert!(!list.contains("fksc_"), "a token is shown once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_written_out_and_verified() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let export = text(&run(&deployment, &["audit", "export"]));
    let entries: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(entries.iter().zip(1..).all(|(entry, seq)| entry["seq"] == seq), "{export}");
    assert!(!export.contains("ada@example.org"), "ids, not names");
    let verified = json_of(&deployment, &["audit", "verify"]);
    assert_eq!((&verified["ok"], &verified["entries"]), (&json!(true), &json!(entries.len())));
    let head = verified["head"].as_str().expect("COUNT:HASH");
    assert!(head.ends_with(entries.last().and_then(|e| e["hash"].as_str()).expect("a hash")));
    json_of(&deployment, &["audit", "verify", "--expect", head]);
    let more = format!("999:{}", head.split(':').nth(1).expect("a hash"));
    refused(&deployment, &["audit", "verify", "--expect", &more], "cut off");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_sent_again_lives_as_long_as_the_configuration_says() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    assert_eq!(
        server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user("ada@example.org"))).await.status,
        201
    );
    let file = deployment.data().join("server.toml");
    std::fs::write(&file, "invite_ttl = 3600\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let now = firstkey_server::Clock::System.now();
    let again = json_of(&deployment, &["invite", "resend", "ada@example.org", "--config", file]);
    let until = again["expires_at"].as_i64().expect("a time");
    assert!((now..now + 3_700).contains(&(until - 3_600)), "{again}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_came_back_is_read_from_files_and_told_about() {
    let deployment = Deployment::new().await;
    let away = deployment.data().join("away.eml");
    std::fs::write(&away, "Subject: away\r\n\r\nUntil Monday.\r\n").expect("written");
    let away = away.to_str().expect("UTF-8");
    let read = json_of(&deployment, &["mail", "bounced", away]);
    assert_eq!(read["mails"][0]["outcome"], "no-report", "{read}");
    refused(&deployment, &["mail", "bounced", "/nonexistent/mail.eml"], "cannot be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_one_second_are_listed_in_the_order_in_which_they_came() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let names: Vec<String> = (0..40).map(|at| format!("p{}", (at * 17) % 40)).collect();
    for name in &names {
        let user = json!({"userName": name});
        assert_eq!(server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.status, 201);
    }
    let people = json_of(&deployment, &["person", "list"]);
    let people = people["people"].as_array().expect("a list");
    assert!(people.iter().all(|person| person["created_at"] == people[0]["created_at"]), "the clock stands still");
    assert_eq!(people.iter().map(|person| person["user_name"].as_str().expect("a name")).collect::<Vec<_>>(), names);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_named_by_id_and_by_user_name_too_and_whoever_waits_is_told_why() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let other = realm
        .add_organisation(NewOrganisation { name: "Other".into(), ..NewOrganisation::default() })
        .await
        .expect("added");
    let their_token = realm.add_scim_token(other).await.expect("token");
    let server = deployment.serve().await;
    let create = async |token: &str, user: Value| {
        let created = server.scim(token, Method::POST, "/Users", Some(&user)).await;
        assert_eq!(created.status, 201, "{created:?}");
        created.json()["id"].as_str().expect("an id").to_owned()
    };
    let nobody = create(&deployment.token, json!({"userName": "grace"})).await;
    let theirs = create(&their_token, json!({"userName": "GRACE", "emails": [{"value": "grace@other.example"}]})).await;
    let (ours_org, their_org) = (deployment.org.to_string(), other.to_string());

    for command in [["person", "show"], ["invite", "show"], ["invite", "resend"], ["invite", "withdraw"]] {
        refused(&deployment, &[&command[..], &["Grace"]].concat(), &format!("--org {their_org}  Other"));
        refused(&deployment, &[&command[..], &["gracie"]].concat(), "gracie");
        let elsewhere = [&command[..], &[nobody.as_str(), "--org", their_org.as_str()]].concat();
        refused(&deployment, &elsewhere, &nobody);
    }
    for named in [
        vec!["grace", "--org", ours_org.as_str()],
        vec![nobody.as_str()],
        vec![nobody.as_str(), "--org", ours_org.as_str()],
    ] {
        let shown = json_of(&deployment, &[&["person", "show"][..], &named].concat());
        assert_eq!((&shown["email"], &shown["organisations"][0]["user_id"]), (&Value::Null, &json!(nobody)));
        assert_eq!(shown["organisations"].as_array().map(Vec::len), Some(1));
        let told = text(&run(&deployment, &[&["person", "show"][..], &named].concat()));
        assert!(told.ends_with("\nExample Corp waits to invite grace. The organisation names no e-mail address.\nSet one at the identity provider: the invitation then goes out by itself.\n"), "{told}");
        refused(&deployment, &[&["invite", "resend"][..], &named].concat(), "names no e-mail address");
        let withdrawn = json_of(&deployment, &[&["invite", "withdraw"][..], &named].concat());
        assert_eq!(withdrawn, json!({"email": null, "withdrawn": 0}));
    }

    for named in [vec!["grace", "--org", their_org.as_str()], vec![theirs.as_str()]] {
        let withdrawn = json_of(&deployment, &[&["invite", "withdraw"][..], &named].concat());
        assert_eq!(withdrawn, json!({"email": "grace@other.example", "withdrawn": 1}));
        let told = text(&run(&deployment, &[&["person", "show"][..], &named].concat()));
        assert!(told.contains("\nOther waits to invite GRACE. An administrator withdrew the invitation."), "{told}");
        let again = json_of(&deployment, &[&["invite", "resend"][..], &named].concat());
        assert_eq!((&again["email"], again["expires_at"].is_i64()), (&json!("grace@other.example"), true));
        let told = text(&run(&deployment, &[&["person", "show"][..], &named].concat()));
        assert!(told.contains("\nOther has invited GRACE. The link works until "), "{told}");
    }
    // Two of one organisation at one address: whose turn it is does not change by naming the other.
    let second =
        create(&their_token, json!({"userName": "second", "emails": [{"value": "grace@other.example"}]})).await;
    refused(&deployment, &["invite", "resend", &second], "Another active person of the organisation has the address");
    let told = text(&run(&deployment, &["person", "show", &second]));
    assert!(told.contains("That person is GRACE."), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    server.stop().await;
}
