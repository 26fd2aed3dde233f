//! A request as bytes, and an answer.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::wire::outbound::Outbound;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// 16, 32 or more bytes as they stand in JSON.
pub(super) fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The other way round.
pub(super) fn unb64<const N: usize>(text: &str) -> Option<[u8; N]> {
    Base64UrlUnpadded::decode_vec(text).ok()?.try_into().ok()
}

impl Sent {
    pub(super) fn new(method: &str, target: impl Into<String>) -> Self {
        Self { method: method.to_owned(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// What the real client sends.
    pub(super) fn of(outbound: &Outbound) -> Self {
        let mut sent =
            Self::new(outbound.endpoint().method().as_str(), outbound.target()).json(outbound.body().to_vec());
        for (name, value) in outbound.headers() {
            sent = sent.with(name, &value);
        }
        sent
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    pub(super) fn bearer(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.with("authorization", &format!("Bearer {token}")),
            None => self,
        }
    }

    /// A body of the account protocol.
    pub(super) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.with("content-type", "application/json") }
    }

    /// A body of SCIM.
    pub(super) fn scim(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.with("content-type", "application/scim+json") }
    }

    /// As a request; `None` if it is none that HTTP can carry.
    pub(super) fn request(&self) -> Option<Request<Body>> {
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let uri: Uri = self.target.parse().ok()?;
        // What comes by a connection begins so, or a server in front would have to take it apart.
        uri.path_and_query().filter(|target| target.as_str().starts_with('/'))?;
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            let (name, value) = (HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?);
            request = request.header(name, value);
        }
        request.body(Body::from(self.body.clone())).ok()
    }

    /// Without what stands behind a question mark.
    pub(super) fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// The values of a header.
    pub(super) fn values(&self, name: &str) -> Vec<&[u8]> {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..]).collect()
    }

    /// The one bearer that it shows, as the protocol says how it is shown.
    pub(super) fn shown(&self) -> Option<&str> {
        let [value] = self.values(header::AUTHORIZATION.as_str())[..] else { return None };
        let (scheme, token) = std::str::from_utf8(value).ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }

    /// Whether these bytes are anywhere in it.
    pub(super) fn holds(&self, what: &[u8]) -> bool {
        holds(self.target.as_bytes(), what)
            || holds(&self.body, what)
            || self.headers.iter().any(|(_, value)| holds(value, what))
    }
}

impl Answer {
    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A member of its body.
    pub(super) fn member(&self, name: &str) -> serde_json::Value {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.get(name).cloned().unwrap_or_default()
    }

    /// A member that is base64url.
    pub(super) fn bytes<const N: usize>(&self, name: &str) -> Option<[u8; N]> {
        unb64(self.member(name).as_str()?)
    }
}

/// Whether `what` is somewhere in `text`.
pub(super) fn holds(text: &[u8], what: &[u8]) -> bool {
    match (std::str::from_utf8(text), std::str::from_utf8(what)) {
        // The quick way, and the usual one.
        (Ok(text), Ok(what)) => !what.is_empty() && text.contains(what),
        // A look at the first byte before the whole: fuzzers watch every comparison, and each
        // costs.
        _ => text.windows(what.len().max(1)).any(|part| part.first() == what.first() && part == what),
    }
}
