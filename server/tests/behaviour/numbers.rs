//! Health, readiness and numbers on the administrator's listener.

use crate::common::person::Person;
use crate::common::{Answer, Deployment, Server, b64};
use firstkey_server::{Admin, Log, MailOut, ServeOptions};
use reqwest::Method;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::net::TcpListener;

/// How long a number may take to come before the test fails rather than hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server with an administrator's listener, and the address of that.
async fn serve(deployment: &Deployment) -> (Server, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let admin = Some(Admin { listener, from: Vec::new() });
    (deployment.serve_as(ServeOptions { admin, ..deployment.options() }).await, address)
}

async fn read(address: &str, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{address}{path}")).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

/// The samples of a page by name and labels, once its form was checked (the text format 0.0.4).
fn samples(page: &str) -> BTreeMap<String, String> {
    let mut families = BTreeSet::new();
    let mut samples = BTreeMap::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned()), "{name} once");
        } else if !line.starts_with("# HELP ") {
            let (key, value) = line.rsplit_once(' ').expect("a value");
            let name = key.split('{').next().expect("a name");
            let family = families.iter().any(|family| {
                name == family || ["_bucket", "_sum", "_count"].iter().any(|end| name.strip_suffix(end) == Some(family))
            });
            assert!(family && name.starts_with("firstkey_"), "{line}");
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            assert!(samples.insert(key.to_owned(), value.to_owned()).is_none(), "{key} once");
        }
    }
    samples
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_can_be_read_add_up_and_name_nobody() {
    let deployment = Deployment::new().await;
    let (server, admin) = serve(&deployment).await;
    server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    assert_eq!(person.log_in(&server).await.status, 200);
    for _ in 0..3 {
        assert_eq!(person.log_in_with(&server, &server, "a wrong password").await.status, 403);
    }
    server.send(Method::GET, "/nothing/ada@example.org", &[], Vec::new()).await;
    let (status, page) = read(&admin, "/metrics").await;
    assert_eq!(status, 200);
    let samples = samples(&page);
    let sample = |key: &str| samples.get(key).unwrap_or_else(|| panic!("{key} in\n{page}")).as_str();
    assert_eq!(sample("firstkey_requests_total{route=\"/scim/v2/Users\",method=\"POST\",status=\"201\"}"), "1");
    assert_eq!(sample("firstkey_requests_total{route=\"-\",method=\"GET\",status=\"404\"}"), "1");
    assert_eq!(sample("firstkey_logins_failed_total"), "3");
    assert_eq!(sample("firstkey_logins_unknown_total"), "0");
    assert_eq!(sample("firstkey_request_seconds_count{route=\"/v1/login/finish\"}"), "4");
    assert_eq!(sample("firstkey_request_seconds_bucket{route=\"/v1/login/finish\",le=\"+Inf\"}"), "4");
    assert_ne!(sample("firstkey_connections_open"), "0");
    assert_eq!(sample("firstkey_accounts{state=\"complete\"}"), "1");
    assert_eq!(sample("firstkey_accounts{state=\"invited\"}"), "0");
    assert_eq!(sample("firstkey_invites_live"), "0");
    assert_eq!(sample("firstkey_outbox_gave_up"), "0");
    assert_eq!(sample("firstkey_database_up"), "1");
    assert_eq!(sample("firstkey_writer_queue"), "0");
    let ends = deployment.ask("SELECT expires_at FROM scim_token");
    assert_eq!(sample("firstkey_scim_token_ends_seconds"), ends, "an expiry is told before it comes");
    for needle in ["ada", "Ada", "example", "fksc_", "127.0.0.1"] {
        assert!(!page.contains(needle), "{needle} in\n{page}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_that_clients_notice_themselves_are_counted_once_they_are_over() {
    let deployment = Deployment::new().await;
    let (server, admin) = serve(&deployment).await;
    server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let numbers = async || {
        let samples = samples(&read(&admin, "/metrics").await.1);
        ["logins_failed", "recoveries_failed", "logins_unknown"]
            .map(|name| samples[&format!("firstkey_{name}_total")].clone())
    };
    // What a client does that was given a wrong password: it never finishes.
    for (account, tries) in [(person.context.account.0, 4), ([9; 16], 5)] {
        for _ in 0..tries {
            let (_, ke1) = person.begin_login();
            let start = json!({"account_id": b64(&account), "ke1": b64(&ke1.0)});
            assert_eq!(server.post("/v1/login/start", &start).await.status, 200);
        }
    }
    assert_eq!(person.log_in(&server).await.status, 200);
    assert_eq!(server.post("/v1/recovery/start", &json!({"email": "ada@example.org"})).await.status, 200);
    assert_eq!(numbers().await, ["0", "0", "5"]);
    deployment.pass(180);
    let come_to = async |wanted: [&str; 3]| {
        let reading = async {
            while numbers().await != wanted {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("what was broken off is counted");
    };
    come_to(["4", "0", "5"]).await;
    deployment.pass(600);
    come_to(["4", "1", "5"]).await;
    deployment.pass(3600);
    assert_eq!(person.log_in(&server).await.status, 200);
    assert_eq!(numbers().await, ["4", "1", "5"], "each once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_counted_with_the_reason() {
    let deployment = Deployment::new().await;
    let (server, admin) = serve(&deployment).await;
    for (name, emails) in
        [("none", json!([])), ("bad", json!([{"value": "a@b,c@d"}])), ("ada", json!([{"value": "ada@example.org"}]))]
    {
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true, "emails": emails});
        assert_eq!(server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await.status, 201);
    }
    let invitation = deployment.invitation_to("ada@example.org").await;
    // How many wait for the reason, and how many invitations can be accepted.
    let counted = async |reason: &str| {
        let samples = samples(&read(&admin, "/metrics").await.1);
        let waiting = samples[&format!("firstkey_people_waiting{{reason=\"{reason}\"}}")].clone();
        [waiting, samples["firstkey_invites_live"].clone()]
    };
    assert_eq!(counted("no-address").await, ["1", "1"]);
    assert_eq!(counted("address-not-deliverable").await, ["1", "1"]);
    assert_eq!(counted("invitation-locked").await, ["0", "1"]);
    let wrong = json!({"invite_id": invitation.invite_id, "token": "A".repeat(43), "claim_key": "A".repeat(43)});
    for _ in 0..10 {
        assert_eq!(server.post("/v1/invites/claim", &wrong).await.problem(), "invite-unknown");
    }
    assert_eq!(counted("invitation-locked").await, ["1", "0"]);
    deployment.pass(8 * 86_400);
    assert_eq!(counted("invitation-locked").await, ["0", "0"]);
    assert_eq!(counted("invitation-expired").await, ["1", "0"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_not_for_everybody_but_health_and_readiness_are() {
    let deployment = Deployment::new().await;
    let (server, admin) = serve(&deployment).await;
    let public = async |path: &str| server.send(Method::GET, path, &[], Vec::new()).await;
    assert_eq!(public("/metrics").await.status, 404);
    for path in ["/healthz", "/readyz"] {
        let Answer { status, .. } = public(path).await;
        assert_eq!((status, read(&admin, path).await.0), (200, 200), "{path}");
    }
    for path in ["/scim/v2/Users", "/v1/login/params", "/i"] {
        assert_eq!(read(&admin, path).await.0, 404, "{path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_wait_are_counted_with_the_age_of_the_oldest() {
    let deployment = Deployment::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let nowhere = MailOut::Smtp { url: "smtp://127.0.0.1:1".into(), password: None, ca_file: None };
    let admin = Some(Admin { listener, from: Vec::new() });
    let options = ServeOptions { admin, log: Log::Silent, ..ServeOptions::new(nowhere) };
    let server = deployment.serve_as(options).await;
    server.provision(&deployment, "ada@example.org").await;
    deployment.pass(90);
    let samples = samples(&read(&address, "/metrics").await.1);
    assert_eq!(samples["firstkey_outbox_waiting"], "1");
    assert_eq!(samples["firstkey_outbox_oldest_seconds"], "90");
    assert_eq!(samples["firstkey_invites_live"], "1");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_key_is_not_the_databases_is_not_ready_and_says_so() {
    let deployment = Deployment::new().await;
    let (server, admin) = serve(&deployment).await;
    assert_eq!(read(&admin, "/readyz").await, (200, "ready\n".to_owned()));
    let zeros = if crate::POSTGRES { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
    deployment.meddle(&format!("UPDATE server_key SET canary = {zeros}"));
    let unready = (503, "not ready: the key file does not belong to the database\n".to_owned());
    // What was found just now is said again for a moment.
    let found = async { while read(&admin, "/readyz").await != unready {} };
    tokio::time::timeout(std::time::Duration::from_secs(60), found).await.expect("it says so");
    server.stop().await;
}

/// Names of numbers in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let is_of_a_name = |c: char| c.is_ascii_lowercase() || c == '_';
    text.match_indices("firstkey_")
        .map(|(at, _)| &text[at..])
        .map(|rest| rest.split(|c| !is_of_a_name(c)).next().unwrap_or(rest))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_panels_and_the_manual_speak_of_every_number_and_of_none_that_there_is_not() {
    let deployment = Deployment::new().await;
    let (server, admin) = serve(&deployment).await;
    let (_, page) = read(&admin, "/metrics").await;
    server.stop().await;
    let families = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    // Only where the server itself ends TLS.
    let families: BTreeSet<&str> = families.chain(["firstkey_tls_certificate_ends_seconds"]).collect();
    let alerts = include_str!("../../monitoring/alerts.yml");
    let panels = include_str!("../../monitoring/dashboard.json");
    let manual = include_str!("../../../docs/RUNNING.md");
    for (what, text) in [("alerts", alerts), ("panels", panels)] {
        for name in names(text) {
            let family = name.strip_suffix("_bucket").unwrap_or(name);
            assert!(families.contains(family), "{what}: there is no {name}");
        }
    }
    for family in families {
        assert!(panels.contains(family), "no panel shows {family}");
        assert!(manual.contains(family), "the manual does not explain {family}");
    }
    let panels: serde_json::Value = serde_json::from_str(panels).expect("JSON");
    assert!(panels["panels"].as_array().is_some_and(|panels| panels.len() > 10));
    for expected in ["severity: page", "severity: ticket", "FirstkeyScimTokenEnded"] {
        assert!(alerts.contains(expected), "{expected}");
    }
}
