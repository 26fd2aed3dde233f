//! What the network, a careless provider and somebody with bad intent do to a request: another
//! head, another path, another token, another body.

use super::draw::Draw;
use super::known::Known;
use super::sent::Sent;
use crate::api::bodies;
use serde_json::Value;

const METHODS: [&str; 9] = ["POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ADA", "post"];
/// Beside those that take a body.
const PATHS: [&str; 30] = [
    "/v1/logout",
    "/v1/sessions",
    "/v1/sessions/",
    "/v1/sessions/AAAAAAAAAAAAAAAAAAAAAA",
    "/v1/sessions/%ff",
    "/v1/",
    "/v1",
    "/i",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    "//",
    "/scim/v2",
    "/scim/v2/",
    "/scim/v2/Users",
    "/scim/v2/Users/",
    "/scim/v2/Users/%ff",
    "/scim/v2/Users/.search",
    "/scim/v2/Groups",
    "/scim/v2/Groups/%00",
    "/scim/v2/Groups/.search",
    "/scim/v2/.search",
    "/scim/v2/Schemas",
    "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    "/scim/v2/ResourceTypes/%C3%28",
    "/scim/v2/ServiceProviderConfig",
    "/scim/v2/Me",
    "/scim/v2/Bulk",
    "/scim/v2/../v1/sessions",
];
const HEADERS: [(&str, &str); 20] = [
    ("content-type", "application/json; charset=utf-8"),
    ("content-type", "text/plain"),
    ("content-type", "application/scim+json"),
    ("content-type", "application/json"),
    ("content-encoding", "gzip"),
    ("content-length", "99999999"),
    ("content-length", "x"),
    ("accept", "application/scim+json"),
    ("accept", "text/html"),
    ("if-match", "*"),
    ("if-match", "W/\"0\""),
    ("if-none-match", "W/\"1\", \"2\""),
    ("if-none-match", "*"),
    ("authorization", "Basic YWRhOmFkYQ=="),
    ("authorization", "Bearer"),
    ("firstkey-invite", "AAAAAAAAAAAAAAAAAAAAAA"),
    ("firstkey-signature", ""),
    ("user-agent", "\u{1b}[31mfirstkey \"x\""),
    ("x-forwarded-for", "203.0.113.9"),
    ("expect", "100-continue"),
];
const ODD: [&str; 24] = [
    "null",
    "true",
    "0",
    "-1",
    "1e400",
    "18446744073709551616",
    "1.5",
    "\"\"",
    "\"A\"",
    "\"AAAAAAAAAAAAAAAAAAAAAA\"",
    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
    "\"\\u0000\\u202e\\ud800\"",
    "\"\\ufeff\"",
    "[]",
    "{}",
    "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]",
    "[null, 1, \"a\", {}]",
    "[{\"value\": \"a\"}, {\"value\": \"a\"}]",
    "{\"value\": null}",
    "\"ada@a.example\"",
    "\"2026-11-23T00:00:00Z\"",
    "\"urn:ietf:params:scim:schemas:core:2.0:User\"",
    "\"True\"",
    "{\"a\": {\"a\": {\"a\": {\"a\": {\"a\": 1}}}}}",
];

/// Some path: one that takes a body, or another.
fn path(draw: &mut Draw<'_>) -> &'static str {
    let at = draw.below(bodies::PATHS.len() + PATHS.len());
    bodies::PATHS.iter().chain(&PATHS).nth(at).copied().unwrap_or_default()
}

/// The request, changed as the bytes say; most are left as they are.
pub(super) fn mangle(mut sent: Sent, known: &Known, draw: &mut Draw<'_>) -> Sent {
    match draw.byte() {
        200..=205 => sent.method = draw.word(&METHODS).to_owned(),
        206..=211 => sent.target = path(draw).to_owned(),
        212..=214 => sent.target = edited_target(&sent.target, draw),
        215..=221 => sent.headers = edited_headers(sent.headers, draw),
        222..=229 => token(&mut sent, known, draw),
        230..=247 => sent.body = edited_body(&sent.body, draw),
        248..=250 => sent.body = draw.bytes(),
        251..=252 => {
            let keep = usize::from(draw.byte()) * sent.body.len() / 256;
            sent.body.truncate(keep);
        }
        253 => sent.body.extend_from_slice(&vec![b' '; 65_536]),
        254 => {
            if let Some(at) = draw.below(256).checked_rem(sent.body.len().max(1)).filter(|_| !sent.body.is_empty()) {
                sent.body[at] ^= draw.byte() | 1;
            }
        }
        _ => {}
    }
    sent
}

fn edited_target(target: &str, draw: &mut Draw<'_>) -> String {
    match draw.below(6) {
        0 => format!("{target}/"),
        1 => format!("{target}?attributes=userName&count=1&count=2"),
        2 => format!("{target}?filter=%FF&startIndex=-9223372036854775808"),
        3 => format!("{target}%2e"),
        4 => target.to_uppercase(),
        _ => format!("{target}?{}", percent(&draw.text())),
    }
}

/// Every byte behind a percent sign.
pub(super) fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn edited_headers(mut headers: Vec<(String, Vec<u8>)>, draw: &mut Draw<'_>) -> Vec<(String, Vec<u8>)> {
    let at = draw.below(headers.len());
    match draw.below(4) {
        0 if at < headers.len() => drop(headers.remove(at)),
        1 if at < headers.len() => headers.push(headers[at].clone()),
        2 => {
            let value = draw.bytes();
            if let Some((_, kept)) = headers.get_mut(at) {
                *kept = value;
            }
        }
        _ => {
            let (name, value) = HEADERS[draw.below(HEADERS.len())];
            if draw.below(2) == 0 {
                headers.retain(|(known, _)| known != name);
            }
            headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }
    headers
}

/// Somebody else's token, an old one, or none: SCIM tokens, sessions and invitations' tokens in
/// each other's places.
fn token(sent: &mut Sent, known: &Known, draw: &mut Draw<'_>) {
    let texts: Vec<&str> = known.secrets().collect();
    let text = draw.newest(&texts).map(|text| (*text).to_owned());
    if draw.below(4) > 0 {
        sent.headers.retain(|(name, _)| name != "authorization");
    }
    if let Some(text) = text {
        let spelled = match draw.below(6) {
            0..=2 => format!("Bearer {text}"),
            3 => format!("bearer {}", text.trim_start_matches("fksc_")),
            4 => format!("Bearer  {text} "),
            _ => format!("Bearer {}", &text[..text.len() - 1]),
        };
        sent.headers.push(("authorization".to_owned(), spelled.into_bytes()));
    }
}

/// Edits of one JSON object: a member missing, doubled, unknown, of another type, nested deeply,
/// long.
fn edited_body(body: &[u8], draw: &mut Draw<'_>) -> Vec<u8> {
    let Ok(Value::Object(mut map)) = serde_json::from_slice::<Value>(body) else { return draw.bytes() };
    let names: Vec<String> = map.keys().cloned().collect();
    let Some(name) = draw.one(&names).cloned() else { return b"{\"a\":1}".to_vec() };
    let doubled = |value: &str| [format!("{{{}:{value},", Value::from(&*name)).as_bytes(), &body[1..]].concat();
    match draw.below(9) {
        0 => drop(map.remove(&name)),
        1 => return doubled(&map[&name].to_string()),
        2 => return doubled(draw.word(&ODD)),
        3 => {
            let value = serde_json::from_str(draw.word(&ODD)).unwrap_or(Value::Null);
            map.insert(name, value);
        }
        4 => drop(map.insert(draw.text(), Value::from(1))),
        5 => drop(map.insert(name, Value::from("x".repeat(1 << draw.below(18))))),
        6 => {
            let inner = map.get_mut(&name).and_then(Value::as_object_mut);
            let Some(inner) = inner else { return b"[]".to_vec() };
            let names: Vec<String> = inner.keys().cloned().collect();
            if let Some(name) = draw.one(&names) {
                match serde_json::from_str(draw.word(&ODD)) {
                    Ok(value) if draw.below(2) == 0 => drop(inner.insert(name.clone(), value)),
                    _ => drop(inner.remove(name)),
                }
            }
        }
        7 => {
            let value = Value::from(draw.text());
            map.insert(name, value);
        }
        // The same letters in other case: names of SCIM are alike then, those of the account
        // protocol are not.
        _ => {
            let value = map.remove(&name).unwrap_or_default();
            map.insert(name.to_uppercase(), value);
        }
    }
    Value::Object(map).to_string().into_bytes()
}
