//! The words for what was done, and why not. Pure.

use crate::life::{Mode, Reason, Standing};
use crate::store::Draft;
use serde_json::{Map, Value};

/// Most names of attributes that are told; the others are counted.
const NAMES: usize = 12;

/// What became of somebody new, and why they are not invited.
pub(crate) fn created(standing: Standing) -> (String, Option<&'static str>) {
    let (end, why) = end(standing);
    (format!("created, {end}"), why)
}

/// How it stands with a person's letter.
fn end(standing: Standing) -> (&'static str, Option<&'static str>) {
    match standing {
        Standing::Invited(Mode::Enrol) => ("invited", None),
        Standing::Invited(Mode::Join) => ("has an account already, so asked to join", None),
        Standing::Complete => ("not mailed", Some("complete")),
        Standing::Staged | Standing::Suspended => ("not mailed", Some("inactive")),
        Standing::Waiting(reason) => ("kept but not mailed", Some(Reason::as_str(reason))),
    }
}

/// What became of a change: names of attributes, never values.
pub(crate) fn changed(before: &Draft, after: &Draft, was: Standing, is: Standing) -> (String, Option<&'static str>) {
    let mut names = names(before, after);
    let mut told = Vec::new();
    match (before.active, after.active) {
        (true, false) => told.push("suspended".to_owned()),
        (false, true) => told.push("active".to_owned()),
        _ => {}
    }
    if !told.is_empty() {
        names.retain(|name| name != "active");
    }
    if !names.is_empty() {
        let more = names.len().saturating_sub(NAMES);
        names.truncate(NAMES);
        let end = if more > 0 { format!(" and {more} more") } else { String::new() };
        told.push(format!("changed: {}{end}", names.join(", ")));
    }
    if told.is_empty() {
        return ("nothing".to_owned(), None);
    }
    let is_invited_anew = matches!(is, Standing::Invited(_)) && (was != is || before.email != after.email);
    let (end, why) = end(is);
    let concerns_mail = matches!(is, Standing::Waiting(_)) || (after.active && !before.active) || is_invited_anew;
    if concerns_mail {
        told.push(end.to_owned());
    }
    (told.join("; "), why.filter(|_| concerns_mail))
}

/// The attributes that differ, by name; those of an extension behind its last word.
fn names(before: &Draft, after: &Draft) -> Vec<String> {
    let mut names = Vec::new();
    let mut note = |name: &str, differs: bool| {
        if differs {
            names.push(name.to_owned());
        }
    };
    note("userName", before.user_name != after.user_name);
    note("externalId", before.external_id != after.external_id);
    note("active", before.active != after.active);
    let read = |draft: &Draft| serde_json::from_str::<Map<String, Value>>(&draft.attributes).unwrap_or_default();
    let (was, is) = (read(before), read(after));
    let mut all: Vec<&String> = was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))).collect();
    all.sort_unstable();
    for name in all {
        if name.as_str() == "active" || was.get(name) == is.get(name) {
            continue;
        }
        match (was.get(name), is.get(name)) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => {
                let inner = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
                for part in inner.filter(|part| one.get(*part) != other.get(*part)) {
                    note(&format!("{}.{part}", short(name)), true);
                }
            }
            _ => note(short(name), true),
        }
    }
    names
}

/// A URN by its two last words: `enterprise` is told apart enough.
fn short(name: &str) -> &str {
    if name.starts_with("urn:ietf:params:scim:schemas:extension:enterprise:") { "enterprise" } else { name }
}

/// A number of things, and which they are if they are few.
pub(crate) fn counted(what: &str, ids: &[[u8; 16]]) -> String {
    const FEW: usize = 8;
    let shown = ids.iter().take(FEW).map(|id| uuid::Uuid::from_bytes(*id).to_string()).collect::<Vec<_>>();
    match (ids.len(), shown.len()) {
        (0, _) => format!("{what} 0"),
        (all, few) if all == few => format!("{what} {all} ({})", shown.join(", ")),
        (all, _) => format!("{what} {all} ({}, ...)", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{changed, counted, created};
    use crate::life::{Mode, Reason, Standing};
    use crate::store::Draft;
    use serde_json::{Value, json};

    fn draft(active: bool, email: Option<&str>, attributes: &Value) -> Draft {
        Draft {
            user_name: "ada".into(),
            external_id: None,
            active,
            email: email.map(str::to_owned),
            display_name: None,
            attributes: attributes.to_string(),
            addresses: Vec::new(),
            unplaced: None,
        }
    }

    #[test]
    fn whoever_is_not_invited_is_told_with_the_reason() {
        assert_eq!(created(Standing::Invited(Mode::Enrol)), ("created, invited".into(), None));
        assert_eq!(created(Standing::Staged), ("created, not mailed".into(), Some("inactive")));
        for reason in Reason::ALL {
            assert_eq!(
                created(Standing::Waiting(reason)),
                ("created, kept but not mailed".into(), Some(reason.as_str()))
            );
        }
    }

    #[test]
    fn a_change_is_told_by_the_names_of_attributes() {
        let (invited, complete) = (Standing::Invited(Mode::Enrol), Standing::Complete);
        let plain =
            json!({"title": "x", "emails": [{"value": "a@x.org"}], "name": {"givenName": "Ada", "familyName": "King"}});
        let now = draft(true, Some("a@x.org"), &plain);
        assert_eq!(changed(&now, &now, complete, complete), ("nothing".into(), None));
        let other = draft(
            true,
            Some("b@x.org"),
            &json!({"title": "needle", "emails": [], "name": {"givenName": "Ada", "familyName": "L"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "needle"}}),
        );
        let (told, why) = changed(&now, &other, complete, complete);
        assert_eq!((told.as_str(), why), ("changed: emails, name.familyName, title, enterprise", None));
        assert_eq!(
            changed(&now, &other, invited, invited).0,
            "changed: emails, name.familyName, title, enterprise; invited"
        );
        let gone = draft(false, Some("a@x.org"), &plain);
        assert_eq!(changed(&now, &gone, complete, Standing::Suspended), ("suspended".into(), None));
        assert_eq!(
            changed(&gone, &now, Standing::Suspended, complete),
            ("active; not mailed".into(), Some("complete"))
        );
        let nowhere = draft(true, None, &plain);
        let waits = Standing::Waiting(Reason::NoAddress);
        assert_eq!(
            changed(&gone, &nowhere, Standing::Staged, waits),
            ("active; kept but not mailed".into(), Some("no-address"))
        );
    }

    #[test]
    fn members_are_named_while_they_are_few() {
        assert_eq!(counted("members added:", &[]), "members added: 0");
        let one = counted("members added:", &[[7; 16]]);
        assert_eq!(one, "members added: 1 (07070707-0707-0707-0707-070707070707)");
        assert!(counted("members added:", &[[7; 16]; 9]).ends_with(", ...)"));
    }
}
