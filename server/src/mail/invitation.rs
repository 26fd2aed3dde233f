//! The letter of an invitation: who invites, to what, until when, how to get the program, the
//! command, the link, and how to see that the letter is real.
//!
//! Promise: the steps stand in the order in which a person does them; what is long, such as the
//! commands for each system, stands behind everything that everybody needs.

use super::text::Piece::{self, Alone, Facts, Head, Link, Prose};
use crate::calendar::for_letters;
use crate::install::Install;
use crate::life::Mode;
use crate::names::shown;

/// What the letter says of an invitation.
pub(super) struct Invitation<'a> {
    /// Made harmless already.
    pub(super) org: &'a str,
    /// Who is greeted; as the identity provider sent it.
    pub(super) name: Option<&'a str>,
    /// Where the letter goes.
    pub(super) to: &'a str,
    pub(super) mode: Mode,
    /// Whether a letter about the same invitation was sent before.
    pub(super) is_reminder: bool,
    pub(super) link: String,
    /// Where the server is, with its port if it has one.
    pub(super) host: &'a str,
    pub(super) contact: Option<&'a str>,
    pub(super) install: &'a Install,
    pub(super) expires_at: i64,
    pub(super) now: i64,
}

const REMINDER: &str = "This is a reminder. The link of the earlier letter works, too, until the time that it names. If you have started with it, go on as you began.";

/// Subject and paragraphs.
pub(super) fn write(invitation: Invitation<'_>) -> (String, Vec<Piece>) {
    let Invitation { org, name, to, mode, is_reminder, link, host, contact, install, expires_at, now } = invitation;
    let remind = |subject: String| if is_reminder { format!("Reminder: {subject}") } else { subject };
    let greeting = name.map(shown).map_or("Hello,".to_owned(), |name| format!("Hello {name},"));
    let (subject, what) = match mode {
        Mode::Enrol => (
            format!("{org} invites you to finish your account"),
            format!(
                "{org} has made an account for you. To finish it, you make your own keys on your own computer. Nobody else ever has them, not even {org}."
            ),
        ),
        Mode::Join => (
            format!("{org} invites you to join"),
            format!("{org} invites you to join with the account that you already have. Your keys stay the same."),
        ),
    };
    let mut from = org.to_owned();
    if let Some(contact) = contact {
        from.push_str(", ");
        from.push_str(contact);
    }
    let needs = match mode {
        Mode::Enrol => "about 3 minutes, a computer (not a phone), and paper or a printer",
        Mode::Join => "about 2 minutes, your computer and your password",
    };
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pieces = vec![
        Prose(greeting),
        Prose(what),
        Facts(vec![
            fact("From", &from),
            fact("For", to),
            fact("Server", host),
            fact("Expires", &format!("{}, {}", remaining(expires_at - now), for_letters(expires_at))),
            fact("Needs", needs),
        ]),
    ];
    if is_reminder {
        pieces.insert(2, Prose(REMINDER.to_owned()));
    }
    let commands = install.commands();
    pieces.push(Head("1. Get the program".to_owned()));
    pieces.extend(program(org, contact, install));
    pieces.extend([
        Head("2. In a terminal, run".to_owned()),
        Alone("firstkey accept".to_owned()),
        Head("3. When it asks, paste this link".to_owned()),
        Link(link),
        Prose("The link is only for you. Opening it in a browser shows the same steps with more explanation, and does not use it up.".to_owned()),
        Head("Is this letter real?".to_owned()),
        Prose(format!(
            "The link begins with {host}/i behind the two slashes. No web page asks you for a password; only the program in your terminal does, after it has shown who invites you. If you are in doubt, ask somebody at {org} whom you already know, and do not answer this letter."
        )),
        Prose("If you did not expect this, ignore this e-mail.".to_owned()),
        Prose(contact.map_or_else(
            || format!("Questions? Ask the administrator at {org}."),
            |contact| format!("Questions? Ask {contact}."),
        )),
    ]);
    if !commands.is_empty() {
        pieces.push(Head("Commands that install the program".to_owned()));
        for one in commands {
            pieces.push(Prose(format!("{} ({}):", one.system.name(), one.processor.name())));
            pieces.push(Alone(one.lines.join("\n")));
        }
    }
    (remind(subject), pieces)
}

/// Where the program comes from, as the organisation said it.
fn program(org: &str, contact: Option<&str>, install: &Install) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if let Some(text) = install.text() {
        pieces.extend(text.lines().filter(|line| !line.trim().is_empty()).map(|line| Prose(line.trim().to_owned())));
    }
    if let Some(page) = install.page() {
        pieces.push(Prose("If your computer does not have the program firstkey yet, it is here:".to_owned()));
        pieces.push(Link(page.to_owned()));
    } else if !install.commands().is_empty() {
        pieces.push(Prose("If your computer does not have the program firstkey yet, copy the commands for its system from the end of this letter into a terminal. They compare the file with its checksum before they install it.".to_owned()));
    } else if install.is_silent() {
        let whom = contact.map_or_else(|| format!("the administrator at {org}"), str::to_owned);
        pieces.push(Prose(format!(
            "If your computer does not have the program firstkey yet, you get it from {org}: ask {whom}. Do not take it from anywhere else."
        )));
    }
    pieces
}

/// How long there is, in words.
fn remaining(seconds: i64) -> String {
    let (days, hours) = ((seconds + 3600) / 86_400, seconds / 3600);
    match (days, hours) {
        (2.., _) => format!("in {days} days"),
        (_, 2..) => format!("in {hours} hours"),
        _ => "soon".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::remaining;

    #[test]
    fn how_long_there_is_is_said_in_words_and_never_too_long_by_more_than_an_hour() {
        for (seconds, words) in [
            (7 * 86_400, "in 7 days"),
            (7 * 86_400 - 5, "in 7 days"),
            (6 * 86_400 + 3600, "in 6 days"),
            (2 * 86_400, "in 2 days"),
            (86_400, "in 24 hours"),
            (7200, "in 2 hours"),
            (7199, "soon"),
            (-5, "soon"),
        ] {
            assert_eq!(remaining(seconds), words, "{seconds}");
        }
    }
}
