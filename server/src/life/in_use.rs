//! Which address of a person is in use: at most one, and always one that the organisation names.

use super::Reason;
use crate::address;
use serde_json::{Map, Value};

/// How an e-mail address of a list is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The primary one.
    Primary,
    /// Of type `work`.
    Work,
    /// Any other.
    Other,
}

/// An e-mail address that the organisation names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) value: &'a str,
    pub(crate) kind: Kind,
}

/// The e-mail addresses of a SCIM User (RFC 7643 section 4.1.2), in their order.
pub(crate) fn named(user: &Map<String, Value>) -> Vec<Named<'_>> {
    let emails = user.get("emails").and_then(Value::as_array).into_iter().flatten();
    let read = |email| -> Option<Named<'_>> {
        let email: &Value = email;
        let value = email.get("value")?.as_str()?;
        let is_primary = email.get("primary") == Some(&Value::Bool(true));
        let is_work = email.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
        let kind = match (is_primary, is_work) {
            (true, _) => Kind::Primary,
            (false, true) => Kind::Work,
            (false, false) => Kind::Other,
        };
        Some(Named { value, kind })
    };
    emails.filter_map(read).collect()
}

/// What was in use before a change, and the user name then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current<'a> {
    pub(crate) email: Option<&'a str>,
    pub(crate) user_name: &'a str,
}

/// The address in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InUse {
    /// This one, which can be mailed.
    Address(String),
    /// None, for this reason.
    None(Reason),
}

/// The address in use: of those that can be mailed the primary one, else the first of type `work`,
/// else the first, else the user name if it is an address.
///
/// Among several of one kind the one that is in use already stays, so that the order of a list
/// decides nothing. Where the organisation names no e-mail address any more, the one in use stays
/// unless it was the user name: some providers send `"emails": null` with every update.
pub(crate) fn in_use(emails: &[Named<'_>], user_name: &str, before: Option<Current<'_>>) -> InUse {
    let current = before.and_then(|before| before.email);
    let current_key = current.map(address::key);
    let named: Vec<&Named<'_>> = emails.iter().filter(|email| !email.value.trim().is_empty()).collect();
    let deliverable = named.iter().filter_map(|email| Some((email.kind, address::read(email.value)?)));
    let is_other = |text: &str| Some(address::key(text)) != current_key;
    // The first of the least, as `min_by_key` gives it.
    if let Some((_, best)) = deliverable.min_by_key(|(kind, text)| (*kind, is_other(text))) {
        return InUse::Address(best.to_owned());
    }
    let was_user_name = before.is_some_and(|before| current_key == Some(address::key(before.user_name)));
    if let Some(current) = current.filter(|_| named.is_empty() && !was_user_name) {
        return InUse::Address(current.to_owned());
    }
    match address::read(user_name) {
        Some(address) => InUse::Address(address.to_owned()),
        None if named.is_empty() => InUse::None(Reason::NoAddress),
        None => InUse::None(Reason::NotDeliverable),
    }
}

#[cfg(test)]
mod tests {
    use super::{Current, InUse, Kind, Named, in_use};
    use crate::life::Reason;

    fn emails<'a>(list: &[(&'a str, Kind)]) -> Vec<Named<'a>> {
        list.iter().map(|(value, kind)| Named { value, kind: *kind }).collect()
    }

    fn chosen(list: &[(&str, Kind)], user_name: &str, before: Option<(&str, &str)>) -> Result<String, Reason> {
        let before = before.map(|(email, user_name)| Current { email: Some(email), user_name });
        match in_use(&emails(list), user_name, before) {
            InUse::Address(address) => Ok(address),
            InUse::None(reason) => Err(reason),
        }
    }

    fn is(found: Result<String, Reason>, address: &str) {
        assert_eq!(found.as_deref(), Ok(address));
    }

    #[test]
    fn the_primary_address_is_in_use_else_work_else_the_first_else_the_user_name() {
        use Kind::{Other, Primary, Work};
        is(chosen(&[("a@x.org", Other), ("b@x.org", Work), ("c@x.org", Primary)], "ada", None), "c@x.org");
        is(chosen(&[("a@x.org", Other), ("b@x.org", Work), ("c@x.org", Work)], "ada", None), "b@x.org");
        is(chosen(&[("a@x.org", Other), ("b@x.org", Other)], "ada", None), "a@x.org");
        is(chosen(&[], "ada@x.org", None), "ada@x.org");
    }

    #[test]
    fn the_order_of_a_list_moves_nobody() {
        let list = [("a@x.org", Kind::Other), ("b@x.org", Kind::Other)];
        let turned = [list[1], list[0]];
        for before in ["a@x.org", "B@x.org"] {
            for order in [list, turned] {
                is(chosen(&order, "ada", Some((before, "ada"))), &before.to_lowercase());
            }
        }
    }

    #[test]
    fn what_is_no_address_is_passed_over() {
        for nothing in ["", "  ", "\u{a0}"] {
            is(chosen(&[(nothing, Kind::Primary)], "ada@x.org", None), "ada@x.org");
            assert_eq!(chosen(&[(nothing, Kind::Primary)], "ada", None), Err(Reason::NoAddress));
        }
        is(chosen(&[(" ada@x.org\u{a0}", Kind::Primary)], "ada", None), "ada@x.org");
        is(chosen(&[("\"a.b\"@x.org", Kind::Primary), ("b@x.org", Kind::Work)], "ada", None), "b@x.org");
        assert_eq!(chosen(&[("\"a.b\"@x.org", Kind::Primary)], "ada", None), Err(Reason::NotDeliverable));
        assert_eq!(chosen(&[], "ada_x.org#EXT#@y.onmicrosoft.com", None), Err(Reason::NoAddress));
    }

    #[test]
    fn a_correction_is_followed_wherever_it_is_made() {
        is(chosen(&[], "new@x.org", Some(("old@x.org", "old@x.org"))), "new@x.org");
        is(chosen(&[("new@x.org", Kind::Primary)], "ada", Some(("old@x.org", "ada"))), "new@x.org");
        is(chosen(&[("new@x.org", Kind::Other)], "old@x.org", Some(("old@x.org", "old@x.org"))), "new@x.org");
    }

    #[test]
    fn naming_no_address_any_more_takes_none_away_unless_the_user_name_was_it() {
        is(chosen(&[], "ada", Some(("a@x.org", "ada"))), "a@x.org");
        is(chosen(&[], "ada@y.org", Some(("a@x.org", "ada"))), "a@x.org");
        assert_eq!(chosen(&[], "ada", Some(("a@x.org", "a@x.org"))), Err(Reason::NoAddress));
        assert_eq!(chosen(&[("bad", Kind::Work)], "ada", Some(("a@x.org", "ada"))), Err(Reason::NotDeliverable));
    }
}
