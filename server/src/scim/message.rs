//! `schemas`: of what kind a message says that it is.
//!
//! One rule for all kinds. Nothing, null, an empty list and an empty text say nothing, and then the
//! address says it (Authentik leaves `schemas` out; RFC 7643 section 2.5 makes these one state).
//! One text is a list of one. A list has to hold the right URN in any case; others beside it are
//! left alone (Entra adds one of its own). OneLogin names User and Group by a URN of before the
//! RFC.

use super::error::{ScimError, Type};
use super::patch::take;
use super::spelling::distinct;
use serde_json::{Map, Value};

/// The URN of a PATCH.
pub(super) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The URN of a `.search`.
pub(super) const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What stood for the core schemas before the RFC.
const EARLIER: &str = "urn:scim:schemas:core:2.0";

/// Takes `schemas` out of a message, which has to be of this kind, and whose members have to differ
/// in more than case.
pub(super) fn check_kind(urn: &str, message: &mut Map<String, Value>) -> Result<(), ScimError> {
    distinct(message)?;
    let wrong = || ScimError::bad(Type::InvalidValue, format!("schemas must contain {urn}."));
    let items = match take(message, "schemas") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(text @ Value::String(_)) => vec![text],
        Some(_) => return Err(wrong()),
    };
    let said = |item: &Value| !item.is_null() && item.as_str().is_none_or(|text| !text.trim().is_empty());
    let is_core = urn != PATCH && urn != SEARCH;
    let right = |item: &Value| {
        let text = item.as_str().unwrap_or("").trim();
        text.eq_ignore_ascii_case(urn) || (is_core && text.eq_ignore_ascii_case(EARLIER))
    };
    if items.iter().any(said) && !items.iter().any(right) { Err(wrong()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{PATCH, SEARCH, check_kind};
    use crate::scim::schema::Resource;
    use serde_json::{Map, json};

    #[test]
    fn what_says_nothing_or_the_right_thing_is_taken_and_what_says_another_is_not() {
        for urn in [PATCH, SEARCH, Resource::User.core().id, Resource::Group.core().id] {
            let check = |schemas| check_kind(urn, &mut Map::from_iter([("Schemas".to_owned(), schemas)])).is_ok();
            assert!(check_kind(urn, &mut Map::new()).is_ok());
            assert_eq!(check(json!(["urn:scim:schemas:core:2.0"])), urn.contains(":core:"), "OneLogin");
            for good in [
                json!(null),
                json!([]),
                json!(""),
                json!([""]),
                json!([null]),
                json!(urn),
                json!([urn]),
                json!(["urn:x", urn]),
                json!([urn.to_uppercase()]),
                json!([7, urn]),
            ] {
                assert!(check(good.clone()), "{urn} {good}");
            }
            for bad in [json!("urn:x"), json!(["urn:x"]), json!(7), json!({}), json!({"value": urn}), json!([[urn]])] {
                assert!(!check(bad.clone()), "{urn} {bad}");
            }
        }
    }
}
