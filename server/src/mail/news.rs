//! What a person, or an administrator, is told about an account that was complete before. None of
//! these letters has a link: nobody should learn to follow one.

use super::text::Piece::{self, Alone, Prose};
use super::whom::Whom;
use crate::calendar::for_people;
use crate::store::News;

/// Whom and what a letter is about, ready to be shown.
pub(super) struct Subject<'a> {
    pub(super) org: &'a str,
    /// Who it is, for administrators.
    pub(super) whom: Whom<'a>,
    pub(super) fingerprint: String,
    /// The number of the recovery kit that the account has now.
    pub(super) kit: String,
    /// "Questions? Ask ..."
    pub(super) ask: String,
}

/// The subject line and the paragraphs.
pub(super) fn write(news: News, at: i64, about: Subject<'_>) -> (String, Vec<Piece>) {
    let Subject { org, whom, fingerprint, kit, ask } = about;
    let when = for_people(at);
    match news {
        News::PasswordChanged => (
            "Your password was changed".to_owned(),
            vec![
                Prose(format!("The password of your account at {org} was changed on {when}.")),
                Prose(
                    "The server no longer accepts the old password. Your keys and your recovery kit stay the same, so with an old copy of the server's data the old password still opens them. You were logged out everywhere else."
                        .to_owned(),
                ),
                Prose("If this was not you, tell your administrator at once: somebody else knew your password.".to_owned()),
                Prose(ask),
            ],
        ),
        News::KitChanged => (
            "You have a new recovery kit".to_owned(),
            vec![
                Prose(format!("A new recovery kit was made for your account at {org} on {when}. The newest kit has the number {kit}.")),
                Prose("The server no longer accepts the old kit. Destroy it all the same: your keys stay the same, and with an old copy of the server's data it still opens them. Your password stays the same too.".to_owned()),
                Prose("If this was not you, tell your administrator at once: somebody else was logged in as you.".to_owned()),
                Prose(ask),
            ],
        ),
        News::Recovered => (
            "Your account was recovered".to_owned(),
            vec![
                Prose(format!(
                    "The recovery kit of your account at {org} was used on {when} to set a new password and make a new kit. The newest kit has the number {kit}."
                )),
                Prose("The server no longer accepts the old password and the old kit. Destroy the old kit all the same: your keys stay the same, and with an old copy of the server's data it still opens them.".to_owned()),
                Prose("If this was not you, tell your administrator at once: somebody else had your recovery kit.".to_owned()),
                Prose(ask),
            ],
        ),
        News::RecoveredForAdministrator => (
            format!("An account at {org} was recovered"),
            vec![
                Prose(format!("The recovery kit of this account was used on {when} to set a new password.")),
                whom.facts(),
                Prose("The keys did not change. The fingerprint is still:".to_owned()),
                Alone(fingerprint),
                Prose(
                    "Ask the person, by telephone or in person, whether it was them. If it was not, suspend the account.".to_owned(),
                ),
            ],
        ),
        News::Joined => (
            format!("You joined {org}"),
            vec![
                Prose(format!("On {when} you joined {org} with your existing account. Its keys stay the same.")),
                Prose("If this was not you, tell your administrator at once.".to_owned()),
                Prose(ask),
            ],
        ),
        News::JoinedForAdministrator => {
            let mut pieces = vec![
                Prose(format!("This person joined {org} on {when}, with an account that was complete before.")),
                whom.facts(),
                Prose("The fingerprint of the account's key:".to_owned()),
                Alone(fingerprint),
            ];
            pieces.extend(whom.confirm());
            (format!("Somebody joined {org}"), pieces)
        }
        News::ResetStartedForAdministrator
        | News::ResetCalledOff
        | News::ResetCalledOffForAdministrator
        | News::Reset
        | News::ResetForAdministrator => super::reset::news(news, at, Subject { org, whom, fingerprint, kit, ask }),
    }
}
