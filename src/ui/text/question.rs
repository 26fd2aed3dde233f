//! What is asked, and what is said before asking.

use super::{Lines, grouped, link, system};
use crate::pasted::FoundLink;
use crate::ui::date;
use crate::ui::place;
use crate::ui::term::ReadTrouble;
use firstkey_core::flow::Introduction;
use firstkey_core::flow::tried::Earlier;
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;

/// Where the kit goes unless the person says otherwise.
pub const KIT_FILE: &str = "firstkey-kit.txt";
/// The prompt for the link.
pub const INVITE: &str = "Paste the invite link from your e-mail: ";
/// The prompt for a password.
pub const PASSWORD: &str = "Password: ";
/// The prompt for the password of an account that exists.
pub fn unlock(email: &str) -> String {
    format!("Password for {email}: ")
}

/// The prompt for a new one.
pub const NEW_PASSWORD: &str = "New password: ";

/// Before the first new password.
pub fn new_password() -> Lines {
    vec![
        "Choose a new password. Do not reuse your company password.".to_owned(),
        "  At least 15 characters. Four or five random words work well.".to_owned(),
        "  Press Enter alone to have one made for you. What you type is not shown.".to_owned(),
    ]
}

/// The prompt for its second typing.
pub const AGAIN: &str = "Again: ";
/// Whether the invite is for the person at the keyboard.
pub const IS_THIS_YOU: &str = "Is this you?";
/// Whether an account is to be a member of one more organisation.
pub const JOIN: &str = "Do you want that?";

/// What joining means, after the introduction.
pub fn join(about: &Introduction, members_of: &[Printable]) -> Lines {
    let host = about.origin.place();
    let mut lines = if members_of.is_empty() {
        vec![
            "It is for an existing account that this computer does not know.".to_owned(),
            format!("Continue only if you already have an account at {host}."),
        ]
    } else {
        let names: Vec<_> = members_of.iter().map(Printable::as_str).collect();
        vec!["Your account there is a member of".to_owned(), format!("  {}", names.join(", "))]
    };
    lines.extend([
        format!("This invite adds it to {}.", about.organisation),
        "Your keys, your password and your recovery kit stay the same.".to_owned(),
        "Its members will see your name and your public key. It can suspend your".to_owned(),
        "membership.".to_owned(),
    ]);
    lines
}

/// What the answer to a question with two answers may be.
pub const YES_OR_NO: &str = "please type y for yes or n for no";
/// Whether the host is the right one.
pub const RIGHT_HOST: &str = "Is that the right name?";
/// Whether the kit is on paper.
pub const WRITTEN_DOWN: &str = "  Written down? [y = yes, s = save to a file instead] ";
/// What the answer to that may be.
pub const WRITTEN_DOWN_HOW: &str = "  Type y when you have written down all 7 groups, or s to save them.";
/// Which file.
pub fn save_where() -> String {
    format!("  Save it as (.txt or .pdf) [{}]: ", place::shown(KIT_FILE))
}

/// What is shown in the place of a paste of several lines; `waits` where Enter is still to come.
pub fn lines_pasted(lines: usize, waits: bool) -> String {
    format!("[{} lines{}]", grouped(lines), if waits { "; press Enter" } else { "" })
}

/// The links that a text holds, each with its number.
pub fn several_links(links: &[FoundLink]) -> Lines {
    let mut lines = vec![format!("This text has {} different invite links:", links.len())];
    for (at, link) in links.iter().enumerate() {
        lines.push(format!("  {}  {}", at + 1, link.host));
        lines.extend(link.invite.as_ref().map(|invite| format!("     invite {invite}")));
    }
    lines.push("Only the link of the newest e-mail works.".to_owned());
    lines
}

/// The prompt for one of them.
pub fn which_link(number: usize) -> String {
    format!("Which one? [1-{number}, 0 = none] ")
}

/// What the answer to that may be.
pub fn which_link_how(number: usize) -> String {
    format!("  Type a number from 1 to {number}, or 0.")
}

/// What is said of the last paste, then why the link is asked for again.
pub fn better_link(trouble: LinkTrouble) -> Lines {
    let said = link::trouble(trouble);
    vec![said.what.to_owned(), format!("Nothing was sent. {}", said.next)]
}

/// Why the link is needed a second time.
pub fn invite_again() -> Lines {
    vec![
        "This invite was opened again after your request was saved.".to_owned(),
        "If that was not you, stop here and tell your administrator.".to_owned(),
        "To continue, paste the same link once more.".to_owned(),
    ]
}

/// A host that may look like another.
pub fn host(origin: &Origin) -> Lines {
    vec![
        "Check the server's name: some of its letters may look like others. It is".to_owned(),
        format!("  {}", origin.host()),
        "If your administrator did not give you exactly this name, answer no.".to_owned(),
    ]
}

/// Who invites whom, where, until when, and anything odd about it.
pub fn introduction(about: &Introduction) -> Lines {
    let mut lines = vec![
        format!("This invite is for {}, from {}.", about.email, about.organisation),
        format!("It comes from the server {}", about.origin.place()),
        format!("and expires {}.", date::plain(about.expires_at)),
    ];
    if about.organisation.mixed_scripts() || about.display_name.mixed_scripts() {
        lines.push("Careful: a name above mixes alphabets. It may imitate another name.".to_owned());
    }
    lines.extend(opened_before(&about.earlier));
    lines
}

/// Who opened the link before.
fn opened_before(earlier: &Earlier) -> Lines {
    let mut lines = Lines::new();
    if let Some(at) = earlier.here.filter(|_| earlier.told_apart) {
        lines.push(format!("This link was opened here on {}, and not finished.", date::plain(at)));
        lines.push("If you have a recovery kit from then, destroy it: you get another one.".to_owned());
    }
    if earlier.elsewhere == 0 {
        return lines;
    }
    let times = if earlier.elsewhere == 1 {
        "once".to_owned()
    } else {
        format!("{} times", grouped(usize::try_from(earlier.elsewhere).unwrap_or(usize::MAX)))
    };
    let last = earlier.last_elsewhere.map_or_else(String::new, |at| format!(", last on {}", date::plain(at)));
    lines.push(match (earlier.told_apart, earlier.here) {
        (true, Some(_)) => format!("It was opened elsewhere too: {times}{last}."),
        _ => format!("It has been opened {times} before{last}."),
    });
    match (earlier.told_apart, earlier.here) {
        (true, None) => lines.push("This computer does not remember having opened it.".to_owned()),
        (false, Some(at)) => lines.push(format!("This computer opened it on {}.", date::plain(at))),
        _ => {}
    }
    lines.push("If that was not you, answer no and tell your administrator.".to_owned());
    lines
}

/// Step 1, before the first password.
pub fn choose_password(min_length: u64, organisation: Option<&str>) -> Lines {
    let who = organisation.unwrap_or("your company");
    vec![
        "Step 1 of 4  Choose a password".to_owned(),
        format!("  Your sign-in at {who} proves who you are. This is another password:"),
        "  only it opens your keys. Do not reuse your company password.".to_owned(),
        format!("  At least {min_length} characters. Four or five random words work well."),
        "  Press Enter alone to have one made for you. What you type is not shown.".to_owned(),
    ]
}

/// Before a passphrase that was made; `again` when only its copying is tried once more.
pub fn made(again: bool) -> Lines {
    let first =
        if again { "  Once more: this is the password that was made for you." } else { "  Here is your new password." };
    vec![first.to_owned(), "  Save it in your password manager, or write it down. You will need it.".to_owned()]
}

/// Whether the person has it.
pub const MADE_KEPT: &str = "  Press Enter when you have saved it: ";

/// Step 3, before the kit.
pub fn kit(organisation: &str) -> Lines {
    vec![
        "Step 3 of 4  Your recovery kit".to_owned(),
        "  If you forget your password, this is the only way back in.".to_owned(),
        format!("  Neither {organisation} nor the makers of this program can reset it."),
        "  Write these 7 groups down on paper, and the server and e-mail beside them.".to_owned(),
    ]
}

/// Before the kit of an account that exists.
pub fn new_kit() -> Lines {
    vec![
        "Your new recovery kit".to_owned(),
        "  As soon as this one is stored, the server no longer accepts the old kit.".to_owned(),
        "  Destroy the old one all the same: with an old copy of the server's data, it".to_owned(),
        "  still opens your keys.".to_owned(),
        "  If you forget your password, this is the only way back in.".to_owned(),
        "  Write these 7 groups down on paper, and the server and e-mail beside them.".to_owned(),
    ]
}

/// Before the recovery code.
pub fn code(email: &str) -> Lines {
    vec![
        format!("Type the recovery code of {email}, all 7 groups."),
        "  Dashes, spaces and case do not matter. You may paste the whole kit.".to_owned(),
        "  It never leaves this computer.".to_owned(),
    ]
}

/// A whole kit was pasted, of somebody or something else.
pub const KIT_OF_ANOTHER: &str = "  That is the kit of a different account. Nothing was sent.";

/// What was pasted holds several codes.
pub const SEVERAL_KITS: &str = "  That holds more than one kit. Paste the newest alone: it has the day it was made.";

/// The prompt for it.
pub const CODE: &str = "Recovery code: ";

/// The prompt for one group.
pub fn group(group: u8) -> String {
    format!("  To check, type group {group}: ")
}

/// Why nothing was read, where the person can do better at once.
pub fn unread(trouble: &ReadTrouble) -> Option<&'static str> {
    match trouble {
        ReadTrouble::TooLong => Some("  That is too long. Please try again."),
        ReadTrouble::NotUtf8 => Some("  Some of that did not arrive as letters. Use plain letters and digits."),
        ReadTrouble::ControlCharacter(0x16) => Some(system::paste_instead()),
        ReadTrouble::ControlCharacter(b'\n') => Some("  That was more than one line. Please paste one line."),
        ReadTrouble::ControlCharacter(_) => {
            Some("  A key in that is no letter, digit or sign (an arrow key?). Please try again.")
        }
        ReadTrouble::Interrupted
        | ReadTrouble::Terminated(_)
        | ReadTrouble::Closed
        | ReadTrouble::Redraw
        | ReadTrouble::Io(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(here: bool, elsewhere: u64, told_apart: bool) -> String {
        let (here, last_elsewhere) = (here.then_some(1_795_798_800), (elsewhere > 0).then_some(1_795_799_000));
        let lines = opened_before(&Earlier { here, elsewhere, last_elsewhere, told_apart });
        assert!(lines.iter().all(|line| line.is_ascii() && line.chars().count() <= 78), "{lines:?}");
        lines.join(" ")
    }

    #[test]
    fn own_tries_are_told_apart_from_those_of_others_and_only_others_call_for_a_no() {
        let warns = |text: &str| text.contains("If that was not you, answer no");
        assert_eq!(said(false, 0, true), "");
        let own = said(true, 0, true);
        assert!(
            own.starts_with("This link was opened here on ") && own.contains("destroy it") && !warns(&own),
            "{own}"
        );
        let both = said(true, 2, true);
        assert!(both.contains("was opened here on ") && both.contains("elsewhere too: 2 times, last on "), "{both}");
        let others = said(false, 1, true);
        assert!(others.contains("once before") && others.contains("does not remember") && warns(&others), "{others}");
        let unknown = said(true, 1, false);
        assert!(!unknown.contains("was opened here") && unknown.contains("This computer opened it on "), "{unknown}");
        assert!(warns(&both) && warns(&unknown));
    }
}
