//! HTTP: strict bodies, problem documents for every error, nothing from the request in the answer.

use crate::common::{Deployment, b64, wire};
use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_exactly_one_message_are_refused() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let good = json!({"invite_id": b64(&[1; 16]), "token": b64(&[1; 32]), "claim_key": b64(&[1; 32])}).to_string();
    let bodies = [
        String::new(),
        "null".into(),
        "[]".into(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good}x"),
        format!("\u{feff}{good}"),
        good.replacen('{', "{\"invite_id\":\"AQEBAQEBAQEBAQEBAQEBAQ\",", 1),
        good.replacen('{', "{\"extra\":1,", 1),
        good.replacen('{', "{\"extra\":{\"a\":{\"a\":{\"a\":1}}},", 1),
        "[".repeat(60_000),
        "{\"a\":".repeat(12_000),
        "{\"email\":NaN}".into(),
    ];
    for body in bodies {
        let answer = server.send(Method::POST, "/v1/invites/claim", &JSON, body.clone().into_bytes()).await;
        assert_eq!(answer.problem(), "invalid", "{}", &body[..body.len().min(80)]);
    }
    let answer = server.send(Method::POST, "/v1/invites/claim", &JSON, vec![0xff, 0xfe]).await;
    assert_eq!(answer.problem(), "invalid");
    let answer = server.send(Method::POST, "/v1/invites/claim", &JSON, good.into_bytes()).await;
    assert_eq!(answer.problem(), "invite-unknown", "the message itself is read");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_a_problem_document() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let large = vec![b' '; 64 * 1024 + 1];
    assert_eq!(server.send(Method::POST, "/v1/login/params", &JSON, large).await.problem(), "too-large");
    for media in ["text/plain", "application/json; charset=utf-16", "application/jsonx", ""] {
        let answer = server.send(Method::POST, "/v1/login/params", &[("content-type", media)], b"{}".to_vec()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (415, "media-type"), "{media}");
    }
    let encoded = [JSON[0], ("content-encoding", "gzip")];
    assert_eq!(server.send(Method::POST, "/v1/login/params", &encoded, b"{}".to_vec()).await.problem(), "media-type");
    for path in ["/", "/v1", "/v1/nothing", "/v1/login/params/", "/I", "/i/x", "/v1//login/params"] {
        assert_eq!(server.send(Method::POST, path, &JSON, b"{}".to_vec()).await.problem(), "not-found", "{path}");
    }
    for path in [
        "/v1/invites/claim",
        "/v1/enrol/start",
        "/v1/enrol/complete",
        "/v1/login/params",
        "/v1/login/start",
        "/v1/login/finish",
        "/v1/logout",
        "/v1/account/password/start",
        "/v1/account/password",
        "/v1/account/kit",
        "/v1/account/statement",
        "/v1/recovery/start",
        "/v1/recovery/finish",
        "/v1/recovery/complete",
        "/v1/invites/join",
        "/v1/directory",
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            assert_eq!(server.send(method, path, &[], Vec::new()).await.problem(), "method", "{path}");
        }
        assert_eq!(server.send(Method::HEAD, path, &[], Vec::new()).await.status, 405);
    }
    let unsigned = server.post("/v1/enrol/start", &json!({"opaque_request": b64(&[1; 32])})).await;
    assert_eq!(unsigned.problem(), "invalid");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_loads_nothing_and_sends_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let page = server.send(Method::GET, "/i", &[], Vec::new()).await;
    let html = String::from_utf8(page.bytes).expect("UTF-8");
    assert!(
        html.contains("firstkey accept") && html.contains("accounts.example.org") && html.contains("it@example.org")
    );
    // The one address is the server's own, which the script puts before the fragment.
    let html = html.replace("data-page=\"https://accounts.example.org/i\"", "");
    for needle in [
        "http:",
        "https:",
        "//",
        "<script ",
        "<img",
        "src=",
        "<form",
        "url(",
        "fetch",
        "XMLHttp",
        "sendBeacon",
        "location =",
    ] {
        assert!(!html.contains(needle), "{needle}");
    }
    let links: Vec<_> = html.match_indices("href=").map(|(at, _)| &html[at..at + 14]).collect();
    let expected = ["href=\"data:,\">", "href=\"#termina"];
    assert_eq!(links, expected, "an icon that is none, so that none is asked for, and a place on this page");
    let health = server.send(Method::GET, "/healthz", &[], Vec::new()).await;
    assert_eq!(health.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_before_the_body_says_that_the_connection_ends() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let head = |path: &str, rest: &str| format!("POST {path} HTTP/1.1\r\nHost: accounts.example.org\r\n{rest}\r\n");
    let early = [
        (
            "/scim/v2/Users",
            "Authorization: Bearer fksc_wrong\r\nContent-Type: application/scim+json\r\nContent-Length: 5000\r\n",
            401,
        ),
        ("/v1/nothing", "Content-Type: application/json\r\nContent-Length: 5000\r\n", 404),
        ("/v1/login/params", "Content-Type: text/plain\r\nContent-Length: 5000\r\n", 415),
    ];
    for (path, rest, status) in early {
        let mut stream = wire::connect(server.socket).await;
        stream.write_all(head(path, rest).as_bytes()).await.expect("sent");
        let answer = wire::rest(&mut stream).await.to_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    // Whoever is heard to the end may go on.
    let mut stream = wire::connect(server.socket).await;
    let whole = head("/v1/login/params", "Content-Type: application/json\r\nContent-Length: 2\r\n") + "{}";
    for _ in 0..2 {
        assert_eq!(wire::ask(&mut stream, &whole).await, 400);
    }
    server.stop().await;
}
