//! The sentences for servers of the other dialect: what is asked and told. How it stopped is in
//! [`stop`].
//!
//! The same rules as everywhere here: ASCII, at most 78 columns for ordinary names, one thought a
//! line.

pub mod stop;

use super::{Lines, strength};
use crate::ui::place;
use firstkey_core::flow::stop::StorageTrouble;
use firstkey_core::wire::text::Printable;
use firstkey_infisical::answer::Membership;
use firstkey_infisical::flow::{DialectDeed, DialectDone, DialectNotice, Digits, LinkFacts, LinkWish};
use firstkey_infisical::kit::Fingerprint;
use firstkey_infisical::link::Trouble;
use firstkey_infisical::rules::{Unfit, WebRule};

/// Where the kit goes unless the person says otherwise.
pub const KIT_FILE: &str = "firstkey-emergency-kit.txt";
/// Which file.
pub fn save_where() -> String {
    format!("  Save it as [{}]: ", place::shown(KIT_FILE))
}

/// The prompt for the first name.
pub const FIRST_NAME: &str = "Your first name, as colleagues will see it: ";
/// The prompt for the last name.
pub const LAST_NAME: &str = "Your last name: ";
/// The prompt for six digits.
pub const DIGITS: &str = "The 6 digits: ";
/// The prompt for a kit's secret.
pub const KIT_SECRET: &str = "The secret of your emergency kit: ";
/// The prompt for another link.
pub const LINK: &str = "Paste the link: ";
/// What the answer to the kit may be.
pub const WRITTEN_DOWN_HOW: &str = "  Type y when you have written down all 8 groups, or s to save them.";
/// The beginning of the line that is open while Argon2id runs; with `-v` it says so.
pub fn stretching(verbose: bool) -> &'static str {
    if verbose {
        "  Securing your password (Argon2id, 64 MiB, about a second) ..."
    } else {
        "  Securing your password ..."
    }
}
/// When a group is read from the file instead of typed.
pub const KIT_READ_BACK: &str = "  Checked by reading the file again.";

/// Whose account, where.
pub fn introduction(about: &LinkFacts) -> Lines {
    let what = if about.recovery { "This link sets a new password for" } else { "This invite is for" };
    let mut lines = vec![format!("{what} {}", Printable::from_untrusted(&about.email))];
    if about.account != about.email {
        lines.push(format!("(account {})", Printable::from_untrusted(&about.account)));
    }
    lines.push(format!("on the server {}", about.origin.place()));
    if !about.organisation.is_empty() {
        let from = if about.signed_in { "You signed in for" } else { "The organisation's id is" };
        lines.push(format!("{from} {}", about.organisation));
    }
    if about.account.bytes().any(|byte| byte.is_ascii_uppercase()) {
        lines.push("Careful: the account's name has capital letters. The server's own web page".to_owned());
        lines.push("cannot sign in to such an account; this program can.".to_owned());
    }
    lines
}

/// Why a link is asked for.
pub fn wish(wish: &LinkWish) -> Lines {
    let lines: Vec<String> = match wish {
        LinkWish::Better(trouble) => {
            let (what, next) = link(*trouble);
            return vec![what.to_owned(), next.to_owned()];
        }
        LinkWish::SignIn(origin) => vec![
            "First sign in at your company: open the link from the e-mail in a browser.".to_owned(),
            format!("You then come to a page of {}.", origin.place()),
            "Do not fill in that page. Copy its whole address from the address bar.".to_owned(),
            "The address works for 15 minutes, and anyone who has it can act as you. It".to_owned(),
            "stays in your browser's history.".to_owned(),
        ],
        LinkWish::SignInAgain => vec![
            "Right. The server now knows that the e-mail address is yours.".to_owned(),
            "Sign in once more with the link from the first e-mail, and copy the address".to_owned(),
            "of the page that you come to.".to_owned(),
        ],
        LinkWish::Expired => vec![
            "Your sign-in has expired: it lasts 15 minutes.".to_owned(),
            "Sign in once more, and copy the address of the page that you come to.".to_owned(),
        ],
        LinkWish::OtherKind => vec!["That link is for something else.".to_owned()],
        LinkWish::Reset(origin) => vec![
            format!("{} was asked to e-mail you. It never says whether it does.", origin.place()),
            "If no e-mail comes in a few minutes, the account has a different name or is".to_owned(),
            "not complete. When it comes, copy its link.".to_owned(),
        ],
    };
    lines
}

/// What is wrong with a link, and what to do.
pub fn link(trouble: Trouble) -> (&'static str, &'static str) {
    const AGAIN: &str = "Copy the whole link and paste it again.";
    const ADMIN: &str = "Ask your administrator whether they sent it.";
    match trouble {
        Trouble::Address(inner) => (super::link::trouble(inner).what, ADMIN),
        Trouble::NoAddress => ("This link lacks the server's address: the server was not set up with one.", ADMIN),
        Trouble::Missing(_) => ("The link is cut off.", AGAIN),
        Trouble::Damaged(_) => ("A character of the link was changed or lost.", AGAIN),
        Trouble::Extra => ("The link has something in it that does not belong there.", ADMIN),
        Trouble::TooLong => ("This is far too long for such a link.", AGAIN),
        Trouble::NotOne => ("This is not a link of such a server.", AGAIN),
    }
}

/// Which digits, and where they are.
pub fn digits(which: Digits) -> Lines {
    match which {
        Digits::Address => vec![
            "The server e-mailed you 6 digits when you signed in.".to_owned(),
            "They prove that the e-mail address is yours. Your keys come next.".to_owned(),
        ],
        Digits::LogIn => vec!["This account has a second step: the server just e-mailed you 6 digits.".to_owned()],
    }
}

/// Before the first new password.
pub fn choose_password() -> Lines {
    vec![
        "Choose a password".to_owned(),
        "  Your company's sign-in proves who you are. This is another password: it".to_owned(),
        "  protects your keys, and nobody can reset it for you.".to_owned(),
        "  Somebody who steals this server's data can test guesses fast, so the".to_owned(),
        "  password must be very strong. Press Enter alone to have one made (best).".to_owned(),
        "  Your own: 14 to 100 characters, with a letter and a digit or sign.".to_owned(),
    ]
}

/// Before the kit.
pub fn kit() -> Lines {
    vec![
        "Your emergency kit".to_owned(),
        "  If you forget your password, this secret and your mailbox set a new one.".to_owned(),
        "  Nothing else can. Write down all 8 groups:".to_owned(),
    ]
}

/// The prompt for a group.
pub fn group(group: u8) -> String {
    format!("  To check, type group {group}: ")
}

/// Where the kit was saved.
pub fn kit_saved(path: &str, guard: crate::store::fresh::Guard) -> Lines {
    super::notice::kit_saved(path, guard)
}

/// Why a kit could not be saved.
pub fn kit_not_saved(trouble: StorageTrouble, path: &str) -> Lines {
    vec![format!("  {path} cannot be used: {}.", super::local::storage(trouble))]
}

fn fingerprint(fingerprint: &Fingerprint) -> Lines {
    let [upper, lower] = fingerprint.rows();
    vec!["  Your key's fingerprint:".to_owned(), format!("    {upper}"), format!("    {lower}")]
}

fn unfit(unfit: &Unfit) -> Lines {
    match unfit {
        Unfit::Unusable(error) => strength::unusable(*error),
        Unfit::Web(rule) => vec![web_rule(*rule).to_owned()],
        Unfit::Weak { reasons, .. } => strength::reasons(reasons),
        Unfit::WithinReach(_) => vec![
            "Somebody with the server's data could guess this. Add words,".to_owned(),
            "or press Enter alone to have a password made.".to_owned(),
        ],
    }
}

fn web_rule(rule: WebRule) -> &'static str {
    match rule {
        WebRule::TooShort => "It has fewer than 14 characters.",
        WebRule::TooLong => "It has more than 100 characters (an emoji counts as two or more).",
        WebRule::NoLetter => "It needs a letter that the server's web page accepts.",
        WebRule::NoNumberOrSign => "It needs a digit or a sign.",
        WebRule::Repeated => "It has the same character four times in a row.",
        WebRule::Escape => "It has a backslash, a tab or a line break.",
    }
}

fn names(memberships: &[Membership]) -> Lines {
    memberships.iter().map(|one| format!("  {}", one.name)).collect()
}

/// The lines of a notice.
pub fn notice(notice: &DialectNotice) -> Lines {
    let one = |line: &str| vec![line.to_owned()];
    match notice {
        DialectNotice::Contacting(origin) => vec![format!("Asking {} what it needs ...", origin.place())],
        DialectNotice::RightEra => one("  It takes encrypted keys and no password. Good."),
        DialectNotice::Plan => vec![
            "You will choose a password, then write down an emergency kit. About 3 minutes.".to_owned(),
            "Your password never leaves this computer; your private key only encrypted.".to_owned(),
        ],
        DialectNotice::Unfit(why) => unfit(why).into_iter().map(|line| format!("  {line}")).collect(),
        DialectNotice::Fit(_) => one("  Strong enough."),
        DialectNotice::NotTheSameEverywhere => vec![
            "  Careful: it has a character that other keyboards may write differently.".to_owned(),
            "  It is used exactly as typed, and may not work from another computer.".to_owned(),
        ],
        DialectNotice::TypingsDiffer { attempt, of } => {
            vec![format!("  The two passwords differ. Please type both again. (try {attempt} of {of})")]
        }
        DialectNotice::TypingsMatch => one("  They match."),
        DialectNotice::KeysMade(key) => fingerprint(key),
        DialectNotice::KitProven => one("  Right."),
        DialectNotice::KitNotProven { group } => {
            vec![format!("  That is not group {group} of the kit. Here is the kit again.")]
        }
        DialectNotice::Sending => one("Asking again, then sending your encrypted keys ..."),
        DialectNotice::Stored => one("  Stored, says the server."),
        DialectNotice::FindingOut => one("  The answer is unclear. Logging in to see what is stored ..."),
        DialectNotice::ReadBack => one("  Checked: the server has exactly what was made here."),
        DialectNotice::KitStored => one("  The emergency kit is stored too, and opens."),
        DialectNotice::KitNotStored => vec![
            "  The server did not store the emergency kit, so it cannot set a new password.".to_owned(),
            "  Keep it: a kit in a file has its own copy of your key. To try again, run".to_owned(),
            "  firstkey kit".to_owned(),
        ],
        DialectNotice::AlsoIn(others) => {
            let mut lines = one("  You are now also a member of:");
            lines.extend(names(others));
            lines.push("  If that surprises you, tell your administrator.".to_owned());
            lines
        }
        DialectNotice::NotAMember(organisation) => vec![
            "  But you are no longer a member of the organisation:".to_owned(),
            format!("  {organisation}"),
            "  Ask your administrator to invite you again.".to_owned(),
        ],
        DialectNotice::NothingMade => vec![
            "This account was already complete. The password and kit that you just made".to_owned(),
            "are not used. Destroy that kit. Your old password and kit stay valid.".to_owned(),
        ],
        DialectNotice::Retrying { origin, delay, busy: false } => {
            vec![format!("  No answer from {}. Trying again in {} s ...", origin.place(), delay.as_secs())]
        }
        DialectNotice::Retrying { origin, delay, busy: true } => vec![
            format!("  {} takes no more requests right now.", origin.place()),
            format!("  This goes on by itself in {} s. Please leave it running.", delay.as_secs()),
        ],
        DialectNotice::CompleteBefore => vec![
            "This account is already complete. No new keys are made.".to_owned(),
            "Type the password that you chose for it.".to_owned(),
        ],
        DialectNotice::LockChanged => vec![
            "  Careful: the password of this account was changed since this computer last".to_owned(),
            "  opened it. If you changed it on another computer, type the new one.".to_owned(),
        ],
        DialectNotice::ChangeArrived => {
            vec!["  The change that was interrupted here was made: your NEW password counts.".to_owned()]
        }
        DialectNotice::ChangeNotArrived => {
            vec!["  The change that was interrupted here was not made: your OLD password counts.".to_owned()]
        }
        DialectNotice::Renewed => vec![
            "  The password was changed on another computer. It opens the same private key,".to_owned(),
            "  so somebody had your password. If that was not you, tell security.".to_owned(),
        ],
        DialectNotice::NotMadeHere => vec![
            "  Careful: these keys open with your password, but this computer did not make".to_owned(),
            "  them. Compare the fingerprint with the computer that did.".to_owned(),
        ],
        DialectNotice::NoKitStored => vec![
            "  The server has no emergency kit for this account. Make one:".to_owned(),
            "  firstkey kit".to_owned(),
        ],
        DialectNotice::OtherKitStored => vec![
            "  The server has another emergency kit than the one from this computer.".to_owned(),
            "  If you did not make a new one elsewhere, tell your administrator.".to_owned(),
        ],
        DialectNotice::KitOpens => one("  The emergency kit opens the account's key."),
        DialectNotice::KitReplaced => vec![
            "The server does not have the emergency kit from before. You get a new one.".to_owned(),
            "Destroy the old one.".to_owned(),
        ],
        DialectNotice::WrongDigits => one("  Those are not the 6 digits. Look at the newest e-mail."),
        DialectNotice::NotOpened => one("  That password does not open this account. (Caps Lock? Keyboard layout?)"),
        DialectNotice::WrongKitSecret => {
            one("  That is not the secret of this account's kit (8 groups of 4, 0-9 and a-f).")
        }
        DialectNotice::OwnCopy => vec![
            "  Careful: the server's copy of your key differs from the one in this kit.".to_owned(),
            "  The kit's copy is used. Tell your administrator.".to_owned(),
        ],
        DialectNotice::ResetAsked(_) => Vec::new(),
        DialectNotice::Renamed(name) => vec![
            format!("  The server now calls this account {name}"),
            "  Other programs cannot sign in to it until you change its password:".to_owned(),
            "  firstkey password".to_owned(),
        ],
        DialectNotice::SessionsLeft => vec![
            "  Your other sessions could not be ended. To end them later, run".to_owned(),
            "  firstkey verify".to_owned(),
        ],
    }
}

/// The good end.
pub fn done(done: &DialectDone) -> Lines {
    let account = Printable::from_untrusted(&done.identity);
    let head = match done.deed {
        DialectDeed::Completed => "Done. Your account is ready.",
        DialectDeed::Joined => "Done. You joined. Your account and your password stay the same.",
        DialectDeed::Verified => "Done. The account opens with your password.",
        DialectDeed::Recovered | DialectDeed::Changed => {
            "Done. Your new password opens the account. Your keys and kit stay the same."
        }
        DialectDeed::NewKit if done.kit == Some(true) => "Done. The new emergency kit works. Destroy the old one.",
        DialectDeed::NewKit => "The new emergency kit is not stored. The old one stays as it was.",
        DialectDeed::Rehearsed => "This was a rehearsal: nothing was changed. Your invite still works.",
    };
    let mut lines = vec![head.to_owned(), format!("  {account} at {}", done.origin.place())];
    if let Some(pin) = &done.pin {
        lines.extend(fingerprint(&Fingerprint::of(&pin.public_key)));
        lines.push("Compare the fingerprint with your administrator by phone or in person.".to_owned());
    }
    if done.deed != DialectDeed::Rehearsed {
        lines.push("Never type this password into a newer version of the server's own programs:".to_owned());
        lines.push("they send it to the server. To see everything that this program sent, run".to_owned());
        lines.push("  firstkey audit --last".to_owned());
    }
    lines
}

#[cfg(test)]
mod every_word;
