//! Whom a letter to an administrator is about, and the commands that it gives.
//!
//! Promise: a command is one line that a shell takes as it stands and that names the person by the
//! account's id, whatever their name and address hold. Must never: hold the eight words of a
//! fingerprint; they come from the person, not from the letter.

use super::text::Piece::{self, Alone, Facts, Prose};
use crate::names::shown;

/// A person, as an organisation knows them.
pub(super) struct Whom<'a> {
    /// Made harmless already.
    pub(super) org: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) user_name: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) account: &'a str,
    /// The flags that name this server: with a blank before them, or empty.
    pub(super) server: &'a str,
}

impl Whom<'_> {
    /// Who it is, one below the other.
    pub(super) fn facts(&self) -> Piece {
        let name = self.name.or(self.user_name).map(shown);
        let rows = [
            ("Person", name),
            ("Address", self.email.map(str::to_owned)),
            ("Organisation", Some(self.org.to_owned())),
            ("Account", Some(self.account.to_owned())),
        ];
        Facts(rows.into_iter().filter_map(|(what, value)| Some((what.to_owned(), value?))).collect())
    }

    /// How the fingerprint is compared and confirmed.
    pub(super) fn confirm(&self) -> [Piece; 3] {
        [
            Prose("Compare it with the person, by telephone or in person, before you give the account access to shared data. Let the person read the eight words to you.".to_owned()),
            Prose("Then confirm it on the server. The command asks for the words that you heard:".to_owned()),
            Alone(self.command("person confirm")),
        ]
    }

    /// A command about this person.
    pub(super) fn command(&self, what: &str) -> String {
        format!("firstkey-server {what} {}{}", self.account, self.server)
    }
}
