//! `Authorization: Bearer <session>`, read in this one place, and what a person may recognise a
//! session by.
//!
//! Promise: a bearer that is missing, malformed, unknown, ended or expired gets one and the same
//! answer. Must never: keep a bearer, only its hash.

use super::b64;
use super::problem::{Name, Problem};
use crate::http::bearer;
use crate::limits::Source;
use crate::store::{NoSession, Seen};
use crate::token::TokenHash;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use zeroize::Zeroizing;

/// Longest name of a client that is kept, in characters.
const CLIENT: usize = 64;

/// The hash of a session's bearer, as a request showed it; whether there is such a session is the
/// store's to say.
#[derive(Clone, Copy)]
pub(crate) struct Bearer(pub(crate) TokenHash);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(&parts.headers).ok_or(Problem::new(Name::SessionEnded))
    }
}

fn read(headers: &HeaderMap) -> Option<Bearer> {
    let token = Zeroizing::new(b64::read::<32>(bearer(headers)?)?);
    Some(Bearer(TokenHash::of(token.as_slice())))
}

/// Reads what can be known of the other end: the beginning of what it calls itself, in plain ASCII,
/// and its address.
impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let client = parts.headers.get(header::USER_AGENT).map(|value| printable(value.as_bytes()));
        let source = parts.extensions.get::<Source>().map(|source| source.0.to_string());
        Ok(Self { client: client.filter(|text| !text.is_empty()), source })
    }
}

fn printable(bytes: &[u8]) -> String {
    let plain = bytes.iter().filter(|byte| matches!(byte, b' '..=b'~')).take(CLIENT).map(|byte| char::from(*byte));
    plain.collect::<String>().trim().to_owned()
}

impl From<NoSession> for Problem {
    fn from(none: NoSession) -> Self {
        match none {
            // Only who wanted to change the same is told of the change; see `account.rs`.
            NoSession::Ended | NoSession::Replaced => Self::new(Name::SessionEnded),
            NoSession::Purpose => Self::new(Name::SessionPurpose),
            NoSession::Barred(standing) => standing.into(),
            NoSession::TooMany(seconds) => Self::too_many(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CLIENT, printable, read};
    use axum::http::{HeaderMap, HeaderValue, header};

    fn good(values: &[&str]) -> bool {
        let mut map = HeaderMap::new();
        for value in values {
            map.append(header::AUTHORIZATION, HeaderValue::from_str(value).expect("a header"));
        }
        read(&map).is_some()
    }

    #[test]
    fn a_bearer_has_one_spelling() {
        let token = "A".repeat(43);
        assert!(good(&[&format!("Bearer {token}")]) && good(&[&format!("bearer {token}")]));
        for bad in [
            token.clone(),
            format!("Basic {token}"),
            format!("Bearer  {token}"),
            format!("Bearer {token}="),
            format!("Bearer {token} x"),
            format!("Bearer {}", &token[1..]),
            // The last character has bits that belong to no byte.
            format!("Bearer {}B", &token[1..]),
            "Bearer".to_owned(),
            String::new(),
        ] {
            assert!(!good(&[&bad]), "{bad}");
        }
        let bearer = format!("Bearer {token}");
        assert!(!good(&[]) && !good(&[&bearer, &bearer]), "once");
    }

    #[test]
    fn what_a_client_calls_itself_is_cut_to_plain_text() {
        assert_eq!(printable(b"firstkey/0.1.0 (linux)"), "firstkey/0.1.0 (linux)");
        assert_eq!(printable("a\u{1b}[31mb\u{e9}\t".as_bytes()), "a[31mb");
        assert_eq!(printable(&[b'x'; 500]).len(), CLIENT);
    }
}
