//! What of a request may be written down: its shape, and its values where an organisation wants
//! them.
//!
//! Promises: the shape of a path holds words of this program and ids, whatever the caller sent; of
//! a sentence about a request, nothing stays that stood in quotation marks or brackets or looks
//! like an address or a token; of a body no password stays, however it is spelled, and a body that
//! holds a bearer token of ours is left out whole.

use super::note::Given;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Stands for what is not written down.
const HIDDEN: char = '\u{2026}';
/// Most bytes of a body that is kept, and of an address with its parameters.
const LARGEST: usize = 16 * 1024;
/// Most characters of a sentence, and of one word in it.
const SENTENCE: usize = 300;
const WORD: usize = 64;
/// Most characters of an id that a caller gives a request.
const CALLER_ID: usize = 64;
/// What paths consist of, beside ids.
const WORDS: [&str; 10] =
    ["Users", "Groups", ".search", "Me", "Bulk", "ServiceProviderConfig", "ResourceTypes", "Schemas", "User", "Group"];

/// A path without anything that a caller made up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) text: String,
    /// Whose path it is.
    pub(crate) person: Option<[u8; 16]>,
    pub(crate) group: Option<[u8; 16]>,
}

/// The shape of the path behind `/scim/v2`.
pub(crate) fn path(path: &str) -> Shape {
    let mut shape = Shape { text: String::new(), person: None, group: None };
    let mut before = "";
    for segment in path.split('/').skip(1).take(4) {
        shape.text.push('/');
        let id = Uuid::try_parse(segment).ok().filter(|_| segment.len() == 36);
        match id {
            Some(id) => {
                match before {
                    "Users" => shape.person = Some(*id.as_bytes()),
                    "Groups" => shape.group = Some(*id.as_bytes()),
                    _ => {}
                }
                shape.text.push_str(&id.to_string());
            }
            None if segment.is_empty() || WORDS.contains(&segment) || is_schema(segment) => {
                shape.text.push_str(segment);
            }
            None => shape.text.push(HIDDEN),
        }
        before = segment;
    }
    if shape.text.is_empty() {
        shape.text.push('/');
    }
    shape
}

fn is_schema(segment: &str) -> bool {
    const OURS: [&str; 3] = [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    ];
    OURS.contains(&segment)
}

/// A request's id as its caller named it, if that is a plain word.
pub(crate) fn caller_id(text: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let is_plain = (1..=CALLER_ID).contains(&text.len()) && text.bytes().all(plain) && !text.contains("fksc_");
    is_plain.then(|| text.to_owned())
}

/// A sentence about a request without what the request said: names of attributes stay.
pub(crate) fn without_values(sentence: &str) -> String {
    let mut plain = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(at) = rest.find(['"', '[']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        plain.push(HIDDEN);
        let end = if from.starts_with('"') { end_of_quote(from) } else { from.find(']') };
        rest = end.map_or("", |end| &from[end + 1..]);
    }
    plain.push_str(rest);
    let plain_word = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | ',' | ':' | ';' | '-' | '_' | '$' | '(' | ')' | '\'' | '/' | HIDDEN)
    };
    let words = plain.split_whitespace().map(|word| {
        let is_good = word.len() <= WORD && word.chars().all(plain_word) && !word.contains("fksc_");
        if is_good { word } else { "\u{2026}" }
    });
    words.collect::<Vec<_>>().join(" ").chars().take(SENTENCE).collect()
}

/// Where the quotation that `text` begins with ends.
fn end_of_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// A body as it is kept.
pub(super) fn body(document: &Map<String, Value>, bytes: usize) -> Given {
    if bytes > LARGEST {
        return Given::LeftOut;
    }
    let mut body = Value::Object(document.clone());
    take_passwords(&mut body);
    if holds_token(&body.to_string()) { Given::LeftOut } else { Given::Body(body) }
}

/// Takes every password out: members that are called so, at any depth and behind any URN, and
/// operations whose path names one.
fn take_passwords(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let is_about_one = map
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(names_password));
            map.retain(|name, _| !(names_password(name) || (is_about_one && name.eq_ignore_ascii_case("value"))));
            map.values_mut().for_each(take_passwords);
        }
        Value::Array(items) => items.iter_mut().for_each(take_passwords),
        _ => {}
    }
}

fn names_password(text: &str) -> bool {
    text.to_ascii_lowercase().contains("password")
}

fn holds_token(text: &str) -> bool {
    text.contains("fksc_")
}

/// The request as it can be sent again; `target` is the path behind `/scim/v2` with its parameters.
pub(super) fn given(target: &str, body: Given) -> Option<String> {
    let is_secret = |text: &str| {
        let bytes: Vec<u8> = percent_decoded(text);
        let text = String::from_utf8_lossy(&bytes);
        names_password(&text) || holds_token(&text)
    };
    if target.len() > LARGEST || is_secret(target) {
        return None;
    }
    let mut given = json!({"path": target});
    match body {
        Given::Nothing => {}
        Given::Body(body) => given["body"] = body,
        Given::LeftOut => given["body_left_out"] = true.into(),
    }
    Some(given.to_string())
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digit = |at: usize| behind.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            bytes.push(u8::try_from(16 * high + low).unwrap_or_default());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Given, body, caller_id, given, path, without_values};
    use serde_json::{Value, json};

    fn kept(document: &Value) -> String {
        let text = document.to_string();
        match body(document.as_object().expect("an object"), text.len()) {
            Given::Body(body) => body.to_string(),
            Given::LeftOut => "left out".to_owned(),
            Given::Nothing => String::new(),
        }
    }

    #[test]
    fn a_path_keeps_words_of_ours_and_ids_and_nothing_that_a_caller_made_up() {
        let id = "2819c223-7f76-453a-919d-413861904646";
        for (given, text) in [
            ("/Users", "/Users"),
            ("/Users/", "/Users/"),
            ("", "/"),
            ("/Users/ada@example.org", "/Users/\u{2026}"),
            ("/Users/ada%40example.org/x", "/Users/\u{2026}/\u{2026}"),
            ("/fksc_secret", "/\u{2026}"),
            (
                "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
                "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
            ),
            ("/a/b/c/d/e/f", "/\u{2026}/\u{2026}/\u{2026}/\u{2026}"),
            ("/Groups/.search", "/Groups/.search"),
        ] {
            let shape = path(given);
            assert_eq!((shape.text.as_str(), shape.person, shape.group), (text, None, None), "{given}");
        }
        let shape = path(&format!("/Users/{}", id.to_uppercase()));
        assert_eq!((shape.text, shape.person.is_some()), (format!("/Users/{id}"), true));
        assert!(path(&format!("/Groups/{id}")).group.is_some());
    }

    #[test]
    fn a_sentence_loses_what_the_request_said_and_keeps_names_of_attributes() {
        for (said, kept) in [
            (
                "userName must be a text of 1 to 512 bytes, without blanks.",
                "userName must be a text of 1 to 512 bytes, without blanks.",
            ),
            ("The path emails[value eq \"ada@example.org\"].x is wrong.", "The path emails\u{2026}.x is wrong."),
            ("The path \"ada lovelace\" cannot stand.", "The path \u{2026} cannot stand."),
            ("The path \"ada lovelace", "The path \u{2026}"),
            ("The path \"a\\\"ada\" x", "The path \u{2026} x"),
            ("There is no attribute ada@example.org to filter by.", "There is no attribute \u{2026} to filter by."),
            ("There is no attribute fksc_abc to filter by.", "There is no attribute \u{2026} to filter by."),
        ] {
            assert_eq!(without_values(said), kept);
        }
        assert!(without_values(&"x ".repeat(1000)).len() <= 300);
        assert!(!without_values(&"x".repeat(1000)).contains('x'));
    }

    #[test]
    fn a_body_that_is_kept_has_no_password_however_it_is_spelled() {
        let needle = "hunter2";
        for document in [
            json!({"password": needle, "userName": "ada"}),
            json!({"PassWord": needle, "userName": "ada"}),
            json!({"urn:ietf:params:scim:schemas:core:2.0:User:password": needle, "userName": "ada"}),
            json!({"urn:x": {"password": needle}, "userName": "ada"}),
            json!({"Operations": [{"op": "replace", "path": "password", "value": needle}, {"op": "add", "path": "userName", "value": "ada"}]}),
            json!({"Operations": [{"OP": "replace", "Path": "urn:ietf:params:scim:schemas:core:2.0:User:PASSWORD", "Value": needle}, {"value": {"userName": "ada"}}]}),
            json!({"Operations": [{"op": "replace", "value": {"password": needle, "userName": "ada"}}]}),
        ] {
            let kept = kept(&document);
            assert!(kept.contains("ada") && !kept.contains(needle), "{kept}");
        }
        assert_eq!(kept(&json!({"title": "fksc_AAAA"})), "left out");
        assert_eq!(kept(&json!({"title": "x".repeat(20_000)})), "left out");
    }

    #[test]
    fn an_address_with_a_password_or_a_token_in_it_is_not_kept() {
        for target in [
            "/Users?filter=password%20eq%20%22hunter2%22",
            "/Users?filter=pass%77ord+eq+x",
            "/Users?x=fksc_A",
            "/Users?x=%66ksc_A",
        ] {
            assert_eq!(given(target, Given::Nothing), None, "{target}");
        }
        let text = given("/Users?count=1", Given::LeftOut).expect("kept");
        assert_eq!(
            serde_json::from_str::<Value>(&text).expect("JSON"),
            json!({"path": "/Users?count=1", "body_left_out": true})
        );
    }

    #[test]
    fn an_id_of_the_callers_is_a_plain_word() {
        for good in ["7b2f-1", "a:b.c_d", &"x".repeat(64)] {
            assert_eq!(caller_id(good).as_deref(), Some(good));
        }
        for bad in ["", "a b", "a\"b", "é", "fksc_A", &"x".repeat(65)] {
            assert_eq!(caller_id(bad), None, "{bad}");
        }
    }
}
