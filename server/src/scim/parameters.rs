//! The parameters of the address.
//!
//! Promises: one that is known is spelled as RFC 7644 spells it and stands there once, else the
//! request is refused, because a filter that is overlooked shows everybody. Others are ignored (RFC
//! 7644 section 3.4.2). A plus is a blank as in a form, but a plus where blanks are written `%20`.

use super::error::{ScimError, Type};
use super::filter::{self, Filter};
use super::order::Order;
use super::project::Projection;
use super::request::{PAGE, Wanted, number, split};
use crate::scim_log::Note;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::borrow::Cow;

/// What is asked for by name.
const KNOWN: [&str; 7] = ["filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes"];

/// Most characters of a filter's shape.
const SHAPE: usize = 200;

/// The known parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(&'static str, Text)>);

/// A value in the two ways to read its pluses; one way, if both are the same.
#[derive(Debug)]
struct Text {
    /// As it is meant.
    read: String,
    /// With blanks for pluses, where that is another text.
    as_form: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScimError> {
        let parameters = Self::read(parts.uri.query().unwrap_or(""))?;
        if !parameters.0.is_empty() {
            let asked = parameters.without_values();
            Note::of(parts).say(|told| told.asked = Some(asked));
        }
        Ok(parameters)
    }
}

impl Parameters {
    fn read(query: &str) -> Result<Self, ScimError> {
        let mut all = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name, true)?;
            let Some(known) = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim())) else {
                continue;
            };
            if known != name {
                return Err(wrong(format!("The parameter is called {known}, in these letters.")));
            }
            if all.0.iter().any(|(other, _)| *other == known) {
                return Err(wrong(format!("The parameter {known} stands there twice.")));
            }
            let text = if value.contains("%20") && value.contains('+') {
                Text { read: decoded(value, false)?, as_form: Some(decoded(value, true)?) }
            } else {
                Text { read: decoded(value, true)?, as_form: None }
            };
            all.0.push((known, text));
        }
        Ok(all)
    }

    fn text(&self, name: &str) -> Option<&Text> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, text)| text)
    }

    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.text(name).map(|text| text.read.as_str())
    }

    fn filter(&self) -> Result<Option<Filter>, ScimError> {
        let Some(Text { read, as_form }) = self.text("filter") else { return Ok(None) };
        let filter = match (filter::parse(read), as_form) {
            // A blank of a form between the words, and %20 within a value.
            (Err(error), Some(form)) => filter::parse(form).map_err(|_| error),
            (read, _) => read,
        };
        Ok(Some(filter?))
    }

    /// The names, with the filter's attributes and comparisons: what was asked, without values.
    fn without_values(&self) -> String {
        let names = self.0.iter().map(|(name, _)| match *name {
            "filter" => {
                let shape = self
                    .filter()
                    .ok()
                    .flatten()
                    .map_or("\u{2026}".to_owned(), |filter| filter.without_values().to_string());
                let shape = if shape.contains("fksc_") { "\u{2026}" } else { &shape };
                format!("filter={}", shape.chars().take(SHAPE).collect::<String>())
            }
            name => name.to_owned(),
        });
        names.collect::<Vec<_>>().join("&")
    }

    pub(super) fn projection(&self) -> Projection {
        let list = |name| self.named(name).map(split);
        Projection::new(list("attributes"), list("excludedAttributes"))
    }

    pub(super) fn wanted(&self) -> Result<Wanted, ScimError> {
        Ok(Wanted {
            filter: self.filter()?,
            order: Order::read(self.named("sortBy"), self.named("sortOrder")),
            start: number(self.named("startIndex"), 1)?.max(1),
            count: number(self.named("count"), PAGE)?.clamp(0, PAGE),
            projection: self.projection(),
        })
    }
}

/// Without its escapes; a percent sign that begins none stays as it is.
fn decoded(text: &str, as_form: bool) -> Result<String, ScimError> {
    let text = if as_form { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digit = |at: usize| behind.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            bytes.push(u8::try_from(16 * high + low).expect("invariant: two digits of base 16"));
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong("The parameters of the address cannot be read: they are no UTF-8."))
}

fn wrong(detail: impl Into<Cow<'static, str>>) -> ScimError {
    ScimError::bad(Type::InvalidValue, detail)
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Parameters, decoded};

    fn filter(query: &str) -> Option<String> {
        let read = Parameters::read(query).expect("parameters");
        read.filter().expect("a filter").map(|filter| filter.to_string())
    }

    #[test]
    fn a_plus_is_a_blank_in_a_form_and_a_plus_beside_percent_20() {
        for (query, want) in [
            ("filter=userName%20eq%20%22a+b@x.org%22", r#"userName eq "a+b@x.org""#),
            ("filter=userName%20eq%20%22a%2Bb@x.org%22", r#"userName eq "a+b@x.org""#),
            ("filter=userName+eq+%22a%2Bb@x.org%22", r#"userName eq "a+b@x.org""#),
            ("filter=userName+eq+%22a+b%22", r#"userName eq "a b""#),
            ("filter=displayName+eq+%22a%20b%22", r#"displayName eq "a b""#),
            ("x=%20&filter=displayName+eq+%22a+b%22", r#"displayName eq "a b""#),
        ] {
            assert_eq!(filter(query).as_deref(), Some(want), "{query}");
        }
        assert!(Parameters::read("filter=a%20eq+").expect("parameters").filter().is_err());
    }

    #[test]
    fn a_known_parameter_in_other_letters_or_twice_is_refused_and_an_unknown_one_is_ignored() {
        for name in KNOWN {
            assert_eq!(Parameters::read(&format!("{name}=1")).expect("known").named(name), Some("1"));
            let capital = name[..1].to_uppercase() + &name[1..];
            for bad in [
                format!("{capital}=1"),
                format!("{}=1", name.to_uppercase()),
                format!("x&{capital}"),
                format!("{name}+=1"),
                format!("%20{name}=1"),
                format!("{name}=1&{name}=1"),
                format!("{name}=1&{capital}=1"),
            ] {
                assert!(Parameters::read(&bad).is_err(), "{bad}");
            }
        }
        for other in ["", "&", "=", "aadOptscim062020", "x=1&x=2", "filters=1", "fil%20ter=1"] {
            assert!(Parameters::read(other).expect("ignored").0.is_empty(), "{other}");
        }
    }

    #[test]
    fn escapes_are_read_once_and_what_is_no_text_is_refused() {
        assert_eq!(decoded("a%2542%zz%4", false).as_deref(), Ok("a%42%zz%4"));
        assert!(decoded("%ff", false).is_err());
    }
}
