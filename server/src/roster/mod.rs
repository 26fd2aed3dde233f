//! People whom an administrator adds by hand, one or a file of them.
//!
//! `sheet` reads a file as spreadsheets write it; `fate` decides what becomes of each line. Pure.
//! Promises: every error names its line; what is not understood is refused, never guessed. Must
//! never: read a file, speak SQL, decide who is invited.

mod fate;
mod sheet;

pub(crate) use fate::{Fate, Here, fate};
pub(crate) use sheet::{LONGEST, read};
pub use sheet::{SheetRefused, Trouble};

use crate::address;

/// Most groups of one person.
const MOST_GROUPS: usize = 100;
/// Longest name of a group or person, in characters.
const LONGEST_NAME: usize = 256;

/// What an administrator says of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where mail goes, and the user name.
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    /// Each once, in the order given.
    pub(crate) groups: Vec<String>,
}

impl Entry {
    /// Takes what was typed, or says what is wrong with it.
    ///
    /// # Errors
    /// A sentence that says which value cannot be used, and why.
    pub fn new(email: &str, name: &str, external_id: Option<&str>, groups: &[&str]) -> Result<Self, String> {
        let email = email.trim();
        if email.is_empty() {
            return Err("There is no e-mail address.".to_owned());
        }
        let email = address::read(email).ok_or("The e-mail address is none that mail can be sent to.")?.to_owned();
        let name = one_line("name", name)?.ok_or("There is no name.")?;
        let external_id = one_line("external_id", external_id.unwrap_or_default())?;
        let mut own: Vec<String> = Vec::new();
        for group in groups {
            let Some(group) = one_line("group", group)? else { continue };
            if own.iter().all(|other| crate::group_name::key(other) != crate::group_name::key(&group)) {
                own.push(group);
            }
        }
        if own.len() > MOST_GROUPS {
            return Err(format!("A person may be in at most {MOST_GROUPS} groups."));
        }
        Ok(Self { email, name, external_id, groups: own })
    }
}

/// The text without blanks around it; none if nothing is left.
fn one_line(what: &str, text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.chars().any(|c| matches!(c, '\n' | '\r')) {
        return Err(format!("The {what} has a line break in it. A quotation mark may be missing."));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("The {what} has a control character in it."));
    }
    if text.chars().count() > LONGEST_NAME {
        return Err(format!("The {what} is longer than {LONGEST_NAME} characters."));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn a_person_has_an_address_a_name_and_each_group_once() {
        let ada = Entry::new(" ada@example.org ", "Ada\u{a0}King ", Some(" 7 "), &["Sales", " sales", "", "IT"]);
        let ada = ada.expect("a person");
        assert_eq!((ada.email.as_str(), ada.name.as_str()), ("ada@example.org", "Ada\u{a0}King"));
        assert_eq!((ada.external_id.as_deref(), ada.groups), (Some("7"), vec!["Sales".to_owned(), "IT".to_owned()]));
    }

    #[test]
    fn what_cannot_be_mailed_or_shown_is_refused_with_its_ground() {
        let new = |email: &str, name: &str, id: &str, group: &str| Entry::new(email, name, Some(id), &[group]);
        for (refused, ground) in [
            (new("", "Ada", "", ""), "no e-mail address"),
            (new("ada", "Ada", "", ""), "none that mail can be sent to"),
            (new("ada_x.org#EXT#@y.onmicrosoft.com", "Ada", "", ""), "none that mail"),
            (new("a@x.org", " ", "", ""), "no name"),
            (new("a@x.org", "Ada\nb@x.org,Bob", "", ""), "quotation mark may be missing"),
            (new("a@x.org", "A\u{1b}[31m", "", ""), "control character"),
            (new("a@x.org", &"x".repeat(257), "", ""), "longer than 256"),
            (new("a@x.org", "Ada", "\u{7}", ""), "external_id"),
            (new("a@x.org", "Ada", "", "a\rb"), "group"),
        ] {
            let refused = refused.expect_err(ground);
            assert!(refused.contains(ground), "{refused}");
        }
    }
}
