//! What a request asks for: the body of `.search`, conditional headers, media types.

use super::answer::MEDIA_TYPE;
use super::error::{ScimError, Type};
use super::etag::Tags;
use super::filter::{self, Filter};
use super::message::{self, check_kind};
use super::order::Order;
use super::patch::take;
use super::project::Projection;
use crate::http::{BodyRefused, read_body};
use crate::json;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde_json::{Map, Value};

const MIB: usize = 1024 * 1024;
/// Largest body, in bytes.
const BODY: usize = MIB;
/// Largest body of a request on a group, in bytes: 20,000 members as they are shown.
pub(super) const GROUP_BODY: usize = 4 * MIB;
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

/// A JSON object from a body of the right type and of at most so many bytes.
pub(super) struct Document<const LARGEST: usize = BODY>(pub(super) Map<String, Value>);

impl<S: Send + Sync, const LARGEST: usize> FromRequest<S> for Document<LARGEST> {
    type Rejection = ScimError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ScimError> {
        let (parts, body) = request.into_parts();
        let media = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        if !is_json(media) || parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(ScimError::new(415, "The request must be application/scim+json without an encoding."));
        }
        let body = read_body(&parts.headers, body, LARGEST).await.map_err(|refused| match refused {
            BodyRefused::TooLarge => ScimError::new(413, format!("The request is larger than {} MiB.", LARGEST / MIB)),
            BodyRefused::Broken => ScimError::bad(Type::InvalidSyntax, "The body did not arrive whole."),
        })?;
        // A byte order mark, which .NET and PowerShell write, is no part of the text (RFC 8259
        // section 8.1).
        json::document(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&body)).map(Self).map_err(|_| {
            ScimError::bad(
                Type::InvalidSyntax,
                "The body is not one JSON object without duplicate keys, nested at most 16 deep, of less than 50,000 objects.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, number, split};
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};

    #[tokio::test]
    async fn a_body_is_json_and_not_encoded_or_it_is_not_read() {
        for (media, encoding, taken) in [
            ("application/scim+json", None, true),
            ("text/plain", None, false),
            ("application/scim+json", Some("gzip"), false),
        ] {
            let mut request = Request::new(Body::from("{}"));
            request.headers_mut().insert("content-type", media.parse().expect("a value"));
            if let Some(encoding) = encoding {
                request.headers_mut().insert("content-encoding", encoding.parse().expect("a value"));
            }
            assert_eq!(<Document>::from_request(request, &()).await.is_ok(), taken, "{media} {encoding:?}");
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
