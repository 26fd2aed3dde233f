//! What the log says, and what it must not: a whole story, and then a search for everything that
//! belongs to somebody.

use crate::common::person::Person;
use crate::common::{Deployment, b64, contains};
use firstkey_server::{Limits, Log, MailOut, Rate, ServeOptions};
use reqwest::Method;
use serde_json::json;
use std::sync::{Arc, Mutex};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_story_leaves_no_token_name_address_or_query_in_the_log() {
    let deployment = Deployment::new().await;
    let kept = Arc::new(Mutex::new(String::new()));
    let limits = Limits { source: Some(Rate { per_second: 50, burst: 50 }), ..Limits::default() };
    let options = ServeOptions { log: Log::Kept(Arc::clone(&kept)), limits, ..deployment.options() };
    let server = deployment.serve_as(options).await;

    let id = server.provision(&deployment, "ada.lovelace@example.org").await;
    let filter = "/Users?filter=userName%20eq%20%22ada.lovelace@example.org%22&canary=querycanary";
    assert_eq!(server.scim(&deployment.token, Method::GET, filter, None).await.status, 200);
    assert_eq!(server.scim("fksc_wrongtokencanary", Method::GET, filter, None).await.status, 401);
    server.scim(&deployment.token, Method::GET, "/Users/pathcanary@example.org", None).await;
    server.scim(&deployment.token, Method::POST, "/Users", Some(&json!({"userName": "bodycanary"}))).await;
    server.send(Method::GET, "/pathcanary/ada.lovelace@example.org?querycanary", &[], Vec::new()).await;
    let changed = "/i%23fkinv1.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    assert_eq!(server.send(Method::GET, changed, &[], Vec::new()).await.media_type, "text/html; charset=utf-8");
    let odd = Method::from_bytes(b"METHODCANARY").expect("a method");
    server.send(odd, "/i", &[("x-forwarded-for", "headercanary"), ("user-agent", "agentcanary")], Vec::new()).await;
    let invitation = deployment.invitation(1).await;
    let person = Person::claim(&server, &invitation).await;
    let upload = person.enrol(&server).await;
    let login = person.log_in(&server).await;
    let session = login.json()["session"].as_str().expect("a session").to_owned();
    assert_ne!(person.log_in_with(&server, &server, "a wrong password").await.status, 200);
    for _ in 0..60 {
        server.post("/v1/login/params", &json!({"email": "ada.lovelace@example.org"})).await;
    }
    server.set_active(&deployment, &id, false).await;
    deployment.letters(2).await;
    server.stop().await;

    // A letter that cannot be sent: the mail server's port is closed.
    let nowhere = MailOut::Smtp { url: "smtp://127.0.0.1:1".into(), password: None, ca_file: None };
    let options = ServeOptions { log: Log::Kept(Arc::clone(&kept)), ..ServeOptions::new(nowhere) };
    let server = deployment.serve_as(options).await;
    server.provision(&deployment, "grace.hopper@example.org").await;
    crate::common::wait_for(|| kept.lock().expect("not poisoned").contains("letter.failed").then_some(())).await;
    server.stop().await;

    let log = kept.lock().expect("not poisoned").clone();
    for event in [
        "event=request",
        "event=letter.sent",
        "event=account.completed",
        "event=login.failed",
        "status=429",
        "event=server.stopped",
    ] {
        assert!(log.contains(event), "the story was logged: {event}");
    }
    let token = deployment.token.as_str();
    let needles = [
        "lovelace",
        "Lovelace",
        "hopper",
        "example.org",
        "Ada",
        "querycanary",
        "pathcanary",
        "bodycanary",
        "headercanary",
        "agentcanary",
        "METHODCANARY",
        "wrongtokencanary",
        "filter",
        "00ujl29u0le5T6Aj10h7",
        "1mz050nq",
        "127.0.0.1",
        "a wrong password",
        "correct horse",
        "fkinv",
        "fksc_",
        &token[5..],
        &invitation.token,
        &session,
        &b64(&person.claim.public()),
        upload["opaque_upload"].as_str().expect("bytes"),
    ];
    for needle in needles {
        assert!(!contains(log.as_bytes(), needle.as_bytes()), "the log holds {needle}");
    }
    for line in log.lines() {
        let json = line.starts_with('{');
        assert!(
            if json { serde_json::from_str::<serde_json::Value>(line).is_ok() } else { line.starts_with("at=20") },
            "{line}"
        );
    }
}
