//! Attribute paths: `userName`, `name.givenName`, `urn:...:User:manager.value` (RFC 7644 section
//! 3.10).
//!
//! Pure syntax; what a path names is for [`super::schema`] to say.

use std::fmt;

/// A path as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttrPath {
    /// The URN before the attribute.
    pub(crate) schema: Option<String>,
    pub(crate) attribute: String,
    pub(crate) sub: Option<String>,
}

impl AttrPath {
    /// Reads a path; none if the text is not one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (schema, rest) = if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
            // The attribute stands behind the last colon, so that the dots of a version stay in the
            // URN.
            let (urn, rest) = text.rsplit_once(':')?;
            let plain = urn.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'-' | b'_'));
            (Some(urn.to_owned()).filter(|_| plain).map(Some)?, rest)
        } else {
            (None, text)
        };
        let (attribute, sub) = match rest.split_once('.') {
            None => (rest, None),
            Some((attribute, sub)) => (attribute, Some(sub)),
        };
        let good = is_name(attribute) && sub.is_none_or(is_name);
        good.then(|| Self { schema, attribute: attribute.to_owned(), sub: sub.map(str::to_owned) })
    }

    /// The path without its sub-attribute, as one text: a bare URN reads as a schema and an
    /// attribute.
    pub(crate) fn whole(&self) -> String {
        Self { sub: None, ..self.clone() }.to_string()
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attribute)?;
        self.sub.as_ref().map_or(Ok(()), |sub| write!(f, ".{sub}"))
    }
}

/// A letter, then letters, digits, `-`, `_` (RFC 7643 section 2.1), or `$ref`.
pub(crate) fn is_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("$ref")
        || (name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::AttrPath;

    #[test]
    fn paths_are_read_and_written_back() {
        for good in [
            "userName",
            "name.givenName",
            "members.$ref",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        ] {
            assert_eq!(AttrPath::read(good).expect(good).to_string(), good);
        }
        let enterprise = AttrPath::read("urn:a:2.0:User:manager.value").expect("a path");
        assert_eq!(enterprise.schema.as_deref(), Some("urn:a:2.0:User"));
        assert_eq!(enterprise.whole(), "urn:a:2.0:User:manager");
        for bad in ["", ".", "a.", ".b", "a.b.c", "1a", "a b", "a[", "urn:", "urn:a:", "urn:é:a", "ä"] {
            assert_eq!(AttrPath::read(bad), None, "{bad}");
        }
    }
}
