//! What every answer has to look like, whoever asked: written from `docs/WIRE.md` and RFC 7644, not
//! from the code that answers.

use super::known::Known;
use super::sent::{Answer, Sent, b64};
use axum::http::header;
use firstkey_core::crypto::hazmat::sha256;
use firstkey_core::crypto::realm_key::AnswerSignature;
use firstkey_core::wire::directory::read_directory;
use firstkey_core::wire::inbound::{self, Framing, Response};
use firstkey_core::wire::sessions::{read_ended, read_sessions};
use serde_json::Value;
use zeroize::Zeroizing;

/// Names of problems with their status.
const PROBLEMS: [(&str, u16); 23] = [
    ("invite-unknown", 404),
    ("invite-expired", 410),
    ("invite-used", 410),
    ("invite-withdrawn", 410),
    ("other-account", 403),
    ("person-unknown", 404),
    ("suspended", 403),
    ("removed", 403),
    ("claim-stale", 409),
    ("conflict", 409),
    ("changed-meanwhile", 409),
    ("invalid", 400),
    ("login-failed", 403),
    ("recovery-failed", 403),
    ("session-ended", 401),
    ("session-purpose", 403),
    ("too-many", 429),
    ("not-found", 404),
    ("method", 405),
    ("too-large", 413),
    ("media-type", 415),
    ("unavailable", 503),
    ("internal", 500),
];
/// Table 9 of RFC 7644.
const SCIM_TYPES: [&str; 10] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
];
/// Largest answer of the account protocol: what its client reads.
const ANSWER: usize = 64 * 1024;

/// Whether the path belongs to SCIM.
pub(super) fn is_scim(path: &str) -> bool {
    path == "/scim/v2" || path.starts_with("/scim/v2/")
}

/// Panics where an answer is not of the documented form.
pub(super) fn judge(sent: &Sent, answer: &Answer, known: &Known) {
    let (path, status) = (sent.path(), answer.status);
    let place = || format!("{} {} -> {status} {}", sent.method, sent.target, String::from_utf8_lossy(&answer.body));
    let refused_whole = status == 501 && ["/scim/v2/Me", "/scim/v2/Bulk"].contains(&path);
    assert!(status < 500 || refused_whole, "the server's fault: {}", place());
    for (name, value) in &answer.headers {
        assert!(value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~')), "a header that is no text: {name}");
        for secret in known.secrets() {
            assert!(!value.to_str().unwrap_or_default().contains(secret), "a token in a header: {}", place());
        }
    }
    let text = String::from_utf8_lossy(&answer.body);
    for secret in known.secrets() {
        assert!(!text.contains(secret), "a token that was handed out before: {}", place());
    }
    for link in &known.links {
        assert!(!text.contains(&b64(&link.token)), "the token of an invitation: {}", place());
    }
    if sent.method == "HEAD" {
        assert!(answer.body.is_empty(), "a body for HEAD: {}", place());
        return;
    }
    if is_scim(path) {
        scim(answer, &place);
    } else {
        account(sent, answer, &place);
    }
}

fn scim(answer: &Answer, place: &dyn Fn() -> String) {
    if matches!(answer.status, 204 | 304) {
        assert!(answer.body.is_empty(), "a body where none is: {}", place());
        return;
    }
    assert_eq!(answer.header(&header::CONTENT_TYPE), "application/scim+json", "{}", place());
    assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store", "{}", place());
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|why| panic!("no JSON: {why}: {}", place()));
    let schemas: Vec<&str> = body["schemas"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(!schemas.is_empty(), "no schemas: {}", place());
    if answer.status < 400 {
        assert!(matches!(answer.status, 200 | 201), "{}", place());
        if let Some(version) = body["meta"]["version"].as_str() {
            assert_eq!(answer.header(&header::ETAG), version, "two versions: {}", place());
        }
        return;
    }
    assert_eq!(schemas, ["urn:ietf:params:scim:api:messages:2.0:Error"], "{}", place());
    assert_eq!(body["status"], answer.status.to_string(), "{}", place());
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "no detail: {}", place());
    let kind = body.get("scimType");
    let known = kind.is_none_or(|kind| kind.as_str().is_some_and(|kind| SCIM_TYPES.contains(&kind)));
    assert!(known, "no keyword of the table: {}", place());
    let bearer = answer.header(&header::WWW_AUTHENTICATE).starts_with("Bearer");
    assert_eq!(answer.status == 401, bearer, "what to authenticate with: {}", place());
}

fn account(sent: &Sent, answer: &Answer, place: &dyn Fn() -> String) {
    let kind = answer.header(&header::CONTENT_TYPE);
    match (sent.method.as_str(), sent.path(), answer.status) {
        ("GET", "/i", 200) => assert!(kind.starts_with("text/html"), "{}", place()),
        ("GET", "/healthz", 200) => assert_eq!(answer.body, b"ok\n"),
        ("GET", "/readyz", 200) => assert_eq!(answer.body, b"ready\n"),
        (_, path, 200) => {
            assert_eq!(kind, "application/json", "{}", place());
            assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store", "{}", place());
            assert!(answer.body.len() <= ANSWER, "longer than a client reads: {}", place());
            is_read(sent, path, answer, place);
        }
        (_, _, 400..) => problem(answer, place),
        _ => panic!("a status that is not in the protocol: {}", place()),
    }
}

/// What the real client takes from a good answer.
fn is_read(sent: &Sent, path: &str, answer: &Answer, place: &dyn Fn() -> String) {
    let response = response(answer);
    let read = match (sent.method.as_str(), path) {
        (_, "/v1/invites/claim") => response.read(inbound::read_offer).map(|heard| heard.map(drop)),
        (_, "/v1/enrol/start" | "/v1/account/password/start") => {
            response.read(inbound::read_opaque_response).map(|heard| heard.map(drop))
        }
        (
            _,
            "/v1/enrol/complete"
            | "/v1/account/password"
            | "/v1/account/kit"
            | "/v1/account/statement"
            | "/v1/recovery/complete",
        ) => {
            let receipt = response.read(inbound::read_receipt);
            if let Ok(Ok(receipt)) = &receipt {
                assert_eq!(*receipt, sha256(&sent.body), "a receipt for something else: {}", place());
            }
            receipt.map(|heard| heard.map(drop))
        }
        (_, "/v1/login/params") => response.read(inbound::read_login_params).map(|heard| heard.map(drop)),
        (_, "/v1/login/start") => response.read(inbound::read_login_answer).map(|heard| heard.map(drop)),
        (_, "/v1/login/finish" | "/v1/recovery/finish") => {
            response.read(inbound::read_session).map(|heard| heard.map(drop))
        }
        (_, "/v1/recovery/start") => response.read(inbound::read_challenge).map(|heard| heard.map(drop)),
        (_, "/v1/invites/join") => response.read(inbound::read_joined).map(|heard| heard.map(drop)),
        (_, "/v1/directory") => response.read(read_directory).map(|heard| heard.map(drop)),
        ("GET", "/v1/sessions") => response.read(read_sessions).map(|heard| heard.map(drop)),
        (_, "/v1/logout" | "/v1/sessions") => response.read(read_ended).map(|heard| heard.map(drop)),
        ("DELETE", path) if path.starts_with("/v1/sessions/") => response.read(read_ended).map(|heard| heard.map(drop)),
        _ => panic!("a path that answers and is not in the protocol: {}", place()),
    };
    assert!(matches!(read, Ok(Ok(()))), "the client does not read it: {}", place());
}

fn problem(answer: &Answer, place: &dyn Fn() -> String) {
    assert_eq!(answer.header(&header::CONTENT_TYPE), "application/problem+json", "{}", place());
    assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store", "{}", place());
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|why| panic!("no JSON: {why}: {}", place()));
    let name = body["type"].as_str().and_then(|kind| kind.strip_prefix("urn:firstkey:problem:")).unwrap_or_default();
    assert!(PROBLEMS.contains(&(name, answer.status)), "no problem of the protocol: {}", place());
    assert_eq!(body["status"], answer.status, "{}", place());
    assert!(body["title"].as_str().is_some_and(|title| title.ends_with('.')), "no sentence: {}", place());
    let members = body.as_object().into_iter().flat_map(|body| body.keys());
    for member in members {
        assert!(["type", "title", "status", "detail", "contact", "at"].contains(&&**member), "{member}: {}", place());
    }
    assert_eq!(
        answer.status == 429,
        answer.headers.contains_key(header::RETRY_AFTER),
        "when to come again: {}",
        place()
    );
    assert!(matches!(response(answer).read(|_| Ok(())), Ok(Err(_))), "the client does not read it: {}", place());
}

fn response(answer: &Answer) -> Response {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Response {
        status: answer.status,
        content_type: text(header::CONTENT_TYPE),
        retry_after: text(header::RETRY_AFTER).and_then(|text| text.parse().ok()),
        signed: answer.headers.get(AnswerSignature::HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned),
        framing: Framing::Plain,
        body: Zeroizing::new(answer.body.clone()),
    }
}
