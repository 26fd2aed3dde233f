//! Weak entity tags: the version of a resource (RFC 7644 section 3.14).
//!
//! Promise: a change under `If-Match` happens only to the version that the provider has seen.

use axum::http::{HeaderMap, HeaderName};

/// The tag of a version.
pub(crate) fn tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// What a conditional header names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    Any,
    /// Opaque tags, without `W/`.
    These(Vec<String>),
}

impl Tags {
    /// Reads `If-Match` or `If-None-Match`; none if the header is not there. What cannot be read
    /// names nothing.
    pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let mut values = headers.get_all(name).iter().peekable();
        values.peek()?;
        let mut tags = Vec::new();
        for value in values {
            let Ok(text) = value.to_str() else { continue };
            if text.trim() == "*" {
                return Some(Self::Any);
            }
            tags.extend(text.split(',').map(|tag| uncompressed(tag.trim().trim_start_matches("W/"))));
        }
        Some(Self::These(tags))
    }

    /// Whether this version is among them, compared weakly: there are no strong tags here.
    pub(crate) fn name(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| *tag == format!("\"{version}\"")),
        }
    }
}

/// The tag before a proxy that compresses answers marked it as another form of the same version.
fn uncompressed(tag: &str) -> String {
    const MARKS: [&str; 6] = ["--gzip", "-gzip", ";gzip", "-br", "-deflate", "-zstd"];
    // Apache's mark stands inside of the quotation marks, or, in older versions, behind them.
    let (inner, is_outside) = match tag.strip_suffix('"') {
        Some(inner) => (inner, false),
        None => (tag, true),
    };
    match MARKS.iter().find_map(|mark| inner.strip_suffix(mark)) {
        Some(inner) if is_outside => inner.to_owned(),
        Some(inner) => format!("{inner}\""),
        None => tag.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Tags, tag};
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn a_version_is_named_by_its_tag_in_a_list_or_by_a_star() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_static(text));
            Tags::read(&headers, &header::IF_MATCH).expect("the header is there")
        };
        assert_eq!(tag(7), "W/\"7\"");
        for yes in [
            "W/\"7\"",
            "\"7\"",
            "*",
            "W/\"1\", W/\"7\"",
            " W/\"7\" ",
            "W/\"7-gzip\"",
            "\"7-gzip\"",
            "\"7\"-gzip",
            "W/\"7--gzip\"",
            "W/\"7-br\"",
        ] {
            assert!(read(yes).name(7), "{yes}");
        }
        for no in [
            "W/\"stale\"",
            "7",
            "W/\"77\"",
            "",
            "W/\"7",
            "W/7",
            "7-gzip",
            "W/\"77-gzip\"",
            "W/\"7-gzip\"-gzip",
            "W/\"-gzip\"",
        ] {
            assert!(!read(no).name(7), "{no}");
        }
        assert_eq!(Tags::read(&HeaderMap::new(), &header::IF_MATCH), None);
    }
}
