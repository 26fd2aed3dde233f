//! What a request asks for: the body of `.search`, conditional headers, media types.

use super::answer::MEDIA_TYPE;
use super::auth::Organisation;
use super::error::{ScimError, Type};
use super::etag::Tags;
use super::filter::{self, Filter};
use super::message::{self, check_kind};
use super::order::Order;
use super::patch::take;
use super::project::Projection;
use crate::http::{App, BodyRefused, announced, read_body};
use crate::json;
use crate::limits::{Permit, SMALL};
use crate::scim_log::Note;
use crate::store::StoreError;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};
use std::sync::Arc;

const MIB: usize = 1024 * 1024;
/// Largest body, in bytes.
const BODY: usize = MIB;
/// Largest body of a request on groups, in bytes: twenty thousand members with their names.
const GROUP_BODY: usize = 4 * MIB;
/// Most resources in one answer.
pub(super) const PAGE: i64 = 100;

/// A list or part of one.
pub(super) struct Wanted {
    pub(super) filter: Option<Filter>,
    pub(super) order: Option<Order>,
    /// Counted from 1.
    pub(super) start: i64,
    pub(super) count: i64,
    pub(super) projection: Projection,
}

/// At the commas that are not inside brackets.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    text.split(|c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::to_owned)
    .collect()
}

impl Wanted {
    /// Reads the body of `.search` (RFC 7644 section 3.4.3).
    pub(super) fn search(mut document: Map<String, Value>) -> Result<Self, ScimError> {
        check_kind(message::SEARCH, &mut document)?;
        let wrong = |detail: &'static str| ScimError::bad(Type::InvalidValue, detail);
        let mut text = |name| match take(&mut document, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong("filter, sortBy and sortOrder must be texts.")),
        };
        let (filter, by, order) = (text("filter")?, text("sortBy")?, text("sortOrder")?);
        let mut whole = |name| match take(&mut document, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong("startIndex and count must be whole numbers.")),
        };
        let (start, count) = (whole("startIndex")?, whole("count")?);
        let mut list = |name| match take(&mut document, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(split(&text))),
            Some(Value::Array(items)) => {
                let names: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                names.map(Some).ok_or_else(|| wrong("attributes and excludedAttributes must be lists of texts."))
            }
            Some(_) => Err(wrong("attributes and excludedAttributes must be lists of texts.")),
        };
        let (only, without) = (list("attributes")?, list("excludedAttributes")?);
        Ok(Self {
            filter: filter.as_deref().map(filter::parse).transpose()?,
            order: Order::read(by.as_deref(), order.as_deref()),
            start: number(start.as_deref(), 1)?.max(1),
            count: number(count.as_deref(), PAGE)?.clamp(0, PAGE),
            projection: Projection::new(only, without),
        })
    }
}

pub(super) fn number(text: Option<&str>, missing: i64) -> Result<i64, ScimError> {
    let Some(text) = text else { return Ok(missing) };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ScimError::bad(Type::InvalidValue, "startIndex and count must be whole numbers."));
    }
    // Beyond what fits it is only very large or very small.
    Ok(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX - 1 }))
}

/// The part of the address that names something; bytes that are no text name nothing.
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ScimError> {
        let named = Path::<String>::from_request_parts(parts, state).await;
        named.map(|Path(name)| Self(name)).map_err(|_| ScimError::new(404, "There is nothing here."))
    }
}

/// What the headers ask for.
pub(super) struct Conditions {
    pub(super) if_match: Option<Tags>,
    pub(super) if_none_match: Option<Tags>,
    /// Whether `Accept` names JSON: Okta, Entra and JumpCloud do, and then a PATCH is answered with
    /// the resource.
    pub(super) wants_body: bool,
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScimError> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let wants_body = accepted.flat_map(|text| text.split(',')).any(is_json);
        Ok(Self {
            if_match: Tags::read(&parts.headers, &header::IF_MATCH),
            if_none_match: Tags::read(&parts.headers, &header::IF_NONE_MATCH),
            wants_body,
        })
    }
}

impl Conditions {
    /// Refuses a change of a version that `If-Match` does not name.
    pub(super) fn allow(&self, version: i64) -> Result<(), ScimError> {
        match &self.if_match {
            Some(tags) if !tags.name(version) => Err(ScimError::changed_meanwhile()),
            _ => Ok(()),
        }
    }
}

fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or("").trim();
    media.eq_ignore_ascii_case(MEDIA_TYPE) || media.eq_ignore_ascii_case("application/json")
}

/// A JSON object from a body of the right type and size.
pub(super) struct Document {
    map: Map<String, Value>,
    /// Whether working on it takes time.
    is_large: bool,
    held: Held,
}

/// What a large document holds until its request is answered: its turn, and room for its body.
#[derive(Default)]
pub(super) struct Held {
    _turn: Option<Permit>,
    _room: Option<Permit>,
}

impl FromRequest<Arc<App>> for Document {
    type Rejection = ScimError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ScimError> {
        let (parts, body) = request.into_parts();
        let note = Note::of(&parts);
        check_media(&parts.headers)?;
        let most = if parts.uri.path().contains("/Groups") { GROUP_BODY } else { BODY };
        // Nobody without a token gets here.
        let org = parts.extensions.get::<Organisation>().map_or([0; 16], |org| org.0);
        let expected = announced(&parts.headers).map_or(most, |bytes| usize::try_from(bytes).unwrap_or(most).min(most));
        let room = app.large.room(org, expected).await;
        let body = read_body(&parts.headers, body, most).await.map_err(|refused| match refused {
            BodyRefused::TooLarge if most == BODY => ScimError::new(413, "The request is larger than 1 MiB."),
            BodyRefused::TooLarge => ScimError::new(413, "The request is larger than 4 MiB."),
            BodyRefused::Broken => ScimError::bad(Type::InvalidSyntax, "The body did not arrive whole."),
        })?;
        let is_large = body.len() > SMALL;
        let held = Held { _turn: app.large.turn(org, body.len()).await, _room: room };
        let bytes = body.len();
        let map = aside(is_large, move || json::document(without_mark(&body))).await?.map_err(|_| {
            ScimError::bad(
                Type::InvalidSyntax,
                "The body is not one JSON object without duplicate keys, nested at most 16 deep, with at most 300000 values.",
            )
        })?;
        note.body(&map, bytes);
        Ok(Self { map, is_large, held })
    }
}

impl Document {
    /// Reads it, a large one beside the threads that serve others.
    pub(super) async fn read<T, F>(self, work: F) -> Result<(T, Held), ScimError>
    where
        T: Send + 'static,
        F: FnOnce(Map<String, Value>) -> Result<T, ScimError> + Send + 'static,
    {
        let Self { map, is_large, held } = self;
        Ok((aside(is_large, move || work(map)).await??, held))
    }
}

/// Does what takes time where nobody else is waiting.
async fn aside<T: Send + 'static>(takes_time: bool, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ScimError> {
    if !takes_time {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| ScimError::from(StoreError::NotCommitted))
}

/// A byte order mark, which .NET and PowerShell write, is no part of the text (RFC 8259 section
/// 8.1).
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

fn check_media(headers: &HeaderMap) -> Result<(), ScimError> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !is_json(media) || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ScimError::new(415, "The request must be application/scim+json without an encoding."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_media, number, split};
    use axum::http::HeaderMap;

    #[test]
    fn a_body_is_json_and_not_encoded_or_it_is_not_read() {
        for (media, encoding, taken) in [
            ("application/scim+json", None, true),
            ("text/plain", None, false),
            ("application/scim+json", Some("gzip"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", media.parse().expect("a value"));
            if let Some(encoding) = encoding {
                headers.insert("content-encoding", encoding.parse().expect("a value"));
            }
            assert_eq!(check_media(&headers).is_ok(), taken, "{media} {encoding:?}");
        }
    }

    #[test]
    fn lists_are_split_outside_of_brackets() {
        assert_eq!(split("a,b.c"), ["a", "b.c"]);
        assert_eq!(split(r#"emails[type eq "a,b"],c"#), [r#"emails[type eq "a,b"]"#, "c"]);
    }

    #[test]
    fn numbers_are_whole_and_capped() {
        assert_eq!(number(None, 7), Ok(7));
        assert_eq!(number(Some("-5"), 7), Ok(-5));
        assert_eq!(number(Some("99999999999999999999"), 7), Ok(i64::MAX - 1));
        for bad in ["", "-", "abc", "1.5", "+1", "1e3"] {
            assert!(number(Some(bad), 7).is_err(), "{bad}");
        }
    }
}
