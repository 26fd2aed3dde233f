//! What is asked and said where an account is opened on a computer that does not know it.

use super::{Lines, Story, fingerprint_rows, secret_key};
use firstkey_core::flow::account::Done;
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;

/// The command that makes a computer know an account.
pub const COMMAND: &str = "firstkey login";
/// Before the offer to log in after a link that was used.
pub const INSTEAD: &str = "If that was you, you can open your account on this computer now.";
/// The offer.
pub const LOG_IN: &str = "Was it you, and shall it be opened here?";

/// The first question.
pub fn which_server(suggested: Option<&Origin>) -> String {
    match suggested {
        Some(server) => format!("Which server? [{}] ", plain(server)),
        None => "Which server? (your invitation and your recovery kit name it) ".to_owned(),
    }
}

/// The second question.
pub fn which_email(server: &Origin, suggested: Option<&str>) -> String {
    match suggested {
        Some(email) => format!("Your e-mail address at {}? [{email}] ", server.place()),
        None => format!("Your e-mail address at {}? ", server.place()),
    }
}

/// Which of several.
pub fn which_of(count: usize) -> String {
    format!("Which one? [1 to {count}] ")
}

/// The server as a person would write it.
fn plain(server: &Origin) -> &str {
    server.as_str().strip_prefix("https://").unwrap_or(server.as_str())
}

/// Why that is no server.
pub fn no_server(trouble: LinkTrouble) -> Lines {
    let why = match trouble {
        LinkTrouble::Empty => "  The server's name is in the e-mail that invited you, and on your recovery kit.",
        LinkTrouble::UserInfo => "  That is an e-mail address. The server comes first.",
        LinkTrouble::Several => "  That names more than one server. Type the one that you mean.",
        LinkTrouble::PlainHttp => "  The address of a server begins with https://",
        LinkTrouble::NotAscii => "  A server's name has plain letters only. Copy it from the invitation.",
        _ => "  That is not the name of a server.",
    };
    vec![why.to_owned(), "  It looks like accounts.example.org".to_owned()]
}

/// A kit came that names another server.
pub fn other_server() -> Lines {
    vec!["  That kit is for another server. Nothing was sent.".to_owned()]
}

/// A recovery code came where the server is asked for.
pub fn code_too_early() -> Lines {
    vec![
        "  That is a recovery code. The server comes first; the kit names it.".to_owned(),
        "  The code is asked for later, or paste the whole kit here.".to_owned(),
    ]
}

/// Why that is no address.
pub fn no_email() -> Lines {
    vec!["  That is not an e-mail address. It looks like ada@example.org".to_owned()]
}

/// There is no such number.
pub fn no_such_number(count: usize) -> Lines {
    vec![format!("  Type a number from 1 to {count}.")]
}

/// What to do on a computer that knows no account.
pub(super) fn advise(story: Story) -> Story {
    story
        .then("In a script, name the account with --server URL --account EMAIL.")
        .then("To open an account that you have already, run")
        .run(COMMAND)
}

/// The good end.
pub(super) fn done(done: &Done) -> Lines {
    let pin = &done.pin;
    let mut lines = vec![if done.first_seen {
        "Done. Your account opens, and this computer knows it from now on.".to_owned()
    } else {
        "Done. Your account opens. This computer knew it already.".to_owned()
    }];
    lines.push(format!("  {} at {}", pin.email, pin.origin.place()));
    lines.push("  Your key's fingerprint:".to_owned());
    lines.extend(fingerprint_rows(&pin.fingerprint()).map(|row| format!("    {row}")));
    if done.first_seen {
        lines.push("Compare it with the one on your recovery kit, or on your other computer.".to_owned());
        lines.push("If a word differs, stop and tell your administrator.".to_owned());
    } else {
        lines.push("Its server and its keys are the ones that this computer remembers.".to_owned());
    }
    lines.push(format!("It is {}.", secret_key::fact(pin)));
    lines.push("To see the fingerprint again, run".to_owned());
    lines.push("  firstkey status".to_owned());
    lines
}
