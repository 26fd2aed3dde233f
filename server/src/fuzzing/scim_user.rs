//! Whole Users as they are created and replaced, and what is shown of them.
//!
//! Oracles: what was read once is read again as the same; no password is kept or shown; nobody is
//! active of whom a replacement does not say so and who was not; `attributes` and
//! `excludedAttributes` never invent anything.

use super::names_password;
use crate::json;
use crate::scim::person;
use crate::scim::project::Projection;
use crate::scim::schema::Resource;
use crate::user_name;
use serde_json::Value;

/// One input.
pub fn run(data: &[u8]) {
    let Ok(document) = json::document(data) else { return };
    let Ok(draft) = person::read(document.clone(), None) else { return };
    assert!(user_name::key(&draft.user_name).is_some());
    let kept = person::document(&draft);
    assert!(!names_password(&kept), "{kept:?}");
    let again = person::draft(kept.clone(), Some(&draft)).expect("what was read can be read again");
    assert_eq!((&again, person::document(&again)), (&draft, kept.clone()));
    let mut inactive = draft.clone();
    inactive.active = false;
    if let Ok(replaced) = person::read(document.clone(), Some(&inactive)) {
        let says = document.iter().any(|(name, value)| {
            let last = name.rsplit(':').next().unwrap_or(name);
            let within =
                value.as_object().is_some_and(|map| map.keys().any(|name| name.eq_ignore_ascii_case("active")));
            last.eq_ignore_ascii_case("active") && !value.is_null() || name.contains(':') && within
        });
        assert!(says || !replaced.active, "nothing makes a leaver active");
    }
    let list = |text: &str| Some(text.split(',').map(str::to_owned).collect::<Vec<_>>());
    let asked =
        draft.display_name.as_deref().unwrap_or("name.givenName,emails[type eq \"work\"].value,manager,password");
    for projection in [
        Projection::new(list(asked), None),
        Projection::new(None, list(asked)),
        Projection::new(list(asked), list("name")),
    ] {
        let shown = projection.apply(Resource::User, kept.clone());
        assert!(!names_password(&shown));
        for (name, value) in &shown {
            let whole = kept.get(name).expect("nothing is invented");
            let smaller = |value: &Value| value.to_string().len();
            assert!(smaller(value) <= smaller(whole), "{name}");
        }
    }
}
