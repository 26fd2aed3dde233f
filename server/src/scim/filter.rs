//! The filter that identity providers look people up with: `userName eq "..."` or `externalId eq "..."`. Anything else is refused, never widened.

use super::error::{ScimError, Type};

/// Longest filter, in bytes.
const LONGEST: usize = 8 * 1024;

/// The attribute, in the spelling of the schema, and the value.
pub(super) fn parse(filter: &str) -> Result<(&'static str, String), ScimError> {
    let refused =
        || ScimError::bad(Type::InvalidFilter, "The filter must be userName eq \"...\" or externalId eq \"...\".");
    if filter.len() > LONGEST {
        return Err(refused());
    }
    let (attribute, rest) = filter.trim().split_once(' ').ok_or_else(refused)?;
    let (operator, value) = rest.trim_start().split_once(' ').ok_or_else(refused)?;
    let attribute = attribute.strip_prefix("urn:ietf:params:scim:schemas:core:2.0:User:").unwrap_or(attribute);
    let attribute = ["userName", "externalId"]
        .into_iter()
        .find(|known| attribute.eq_ignore_ascii_case(known))
        .ok_or_else(refused)?;
    if !operator.eq_ignore_ascii_case("eq") {
        return Err(refused());
    }
    // The value is a JSON string, so a quotation mark inside it cannot end it.
    let value = serde_json::from_str::<String>(value.trim()).map_err(|_| refused())?;
    Ok((attribute, value))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn look_ups_are_read_in_any_case() {
        let ada = || ("userName", "ada@example.org".to_owned());
        assert_eq!(parse(r#"userName eq "ada@example.org""#).expect("plain"), ada());
        assert_eq!(parse(r#" USERNAME Eq  "ada@example.org" "#).expect("case"), ada());
        assert_eq!(parse(r#"userName eq "x\" or userName pr""#).expect("quoted").1, "x\" or userName pr");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "",
            "userName",
            "userName eq",
            "userName eq x",
            r#"userName sw "a""#,
            r#"password eq "a""#,
            r#"userName eq "a" or userName pr"#,
            r#"userName eq "a"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
