//! What is wrong with a pasted link.

use firstkey_core::wire::link::LinkTrouble;

/// What happened, and what to do.
pub struct Said {
    /// What is wrong.
    pub what: &'static str,
    /// What to do.
    pub next: &'static str,
}

/// The words for a trouble.
pub fn trouble(trouble: LinkTrouble) -> Said {
    const AGAIN: &str = "Copy the whole e-mail and paste that.";
    const ADMIN: &str = "Do not use it. Ask your administrator whether they sent it.";
    let (what, next) = match trouble {
        LinkTrouble::Empty => ("There is no invite link.", AGAIN),
        LinkTrouble::CutOff { after_hash: false } => ("The link is cut off before the \"#\".", AGAIN),
        LinkTrouble::CutOff { after_hash: true } => ("The link is cut off after the \"#\".", AGAIN),
        LinkTrouble::NotAnInvite => ("This is not an invite link.", AGAIN),
        LinkTrouble::UserInfo => ("The link has an @ before its host, so it leads elsewhere than it seems.", ADMIN),
        LinkTrouble::Backslash => ("The link has a backslash, which no invite has.", ADMIN),
        LinkTrouble::Percent => ("The link has a percent sign, which no invite has.", ADMIN),
        LinkTrouble::NotAscii => ("The link has a letter that only looks like an ordinary one.", ADMIN),
        LinkTrouble::Control => ("The link has a line break or control character in it.", AGAIN),
        LinkTrouble::IpLiteral => ("The link has a network address where a server's name belongs.", ADMIN),
        LinkTrouble::BadHost => ("The server's name in the link is not valid.", AGAIN),
        LinkTrouble::BadPort => ("The port number in the link is not valid.", AGAIN),
        LinkTrouble::PlainHttp => ("The link begins with http, so others could read the connection.", ADMIN),
        LinkTrouble::WrongPath => ("The link does not lead to an invite.", AGAIN),
        LinkTrouble::WrongVersion => (
            "This version of firstkey does not know this kind of link.",
            "Install the newest firstkey, then paste the link again.",
        ),
        LinkTrouble::TooLong => ("This is far too long for an invite link.", AGAIN),
        LinkTrouble::Damaged => ("A character after the \"#\" was changed or lost.", AGAIN),
        LinkTrouble::Extra => ("There is something after the end of the link.", AGAIN),
        LinkTrouble::Replaced => (
            "Your mail program replaced this link with one of its own.",
            "Open it in your browser and copy the link from that page.",
        ),
        LinkTrouble::Several => ("There is more than one invite link here.", "Paste only the newest one."),
    };
    Said { what, next }
}
