//! What is said of the second secret.

use super::{Lines, Story};
use firstkey_core::crypto::recovery::CodeError;
use firstkey_core::flow::account::stop::AccountReason as Why;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::asked::SecretKeys;

/// Where it goes unless the person says otherwise.
pub const FILE: &str = "firstkey-secret-key.txt";
/// The prompt for it.
pub const PROMPT: &str = "Secret key: ";
/// Which file.
pub const SAVE_WHERE: &str = "  Save it as [firstkey-secret-key.txt]: ";
/// What the answer to "Written down?" may be.
pub const WRITTEN_DOWN_HOW: &str = "  Type y when you have written down all 14 groups, or s to save them.";
/// What is left on the ordinary screen of one that was shown on the other one.
pub const SHOWN: &str = "  The secret key was shown on a screen of its own and is gone from this one.";
/// What is left of one that was typed there.
pub const TYPED: &str = "Secret key: typed on a screen of its own, and gone from this one.";
/// Whether there shall be a new one.
pub const REPLACE: &str = "Make a new one?";

/// Before it is typed.
pub fn ask(email: &str) -> Lines {
    vec![
        format!("{email} has a secret key beside the password. Type it:"),
        "  it begins with SK1. Dashes, blanks and small letters do not matter.".to_owned(),
        "  It stays on this computer.".to_owned(),
    ]
}

/// What a new one does to the present one.
pub fn replace(email: &str) -> Lines {
    vec![
        format!("{email} has a secret key already."),
        "  A new one takes its place: every copy of the present one is worthless then,".to_owned(),
        "  on paper, in files, and on your other computers.".to_owned(),
    ]
}

/// Before a new one is shown.
pub fn show() -> Lines {
    vec![
        "Your secret key".to_owned(),
        "  With it, even a server that lies cannot guess your password offline.".to_owned(),
        "  From now on you need both of them to open your account. If you lose it,".to_owned(),
        "  only your recovery kit gets you back in.".to_owned(),
        "  Write these 14 groups down on paper; they begin with SK1.".to_owned(),
    ]
}

/// The prompt for one group.
pub fn group(group: u8) -> String {
    format!("  To check, type group {group} of the secret key: ")
}

/// The group was another one.
pub fn not_proven(group: u8) -> Lines {
    vec![format!("  That is not group {group} of the secret key. Here it is once more.")]
}

/// Where it was saved.
pub fn saved(path: &str) -> Lines {
    vec![
        format!("  Saved for you alone in {path}"),
        "  Keep a copy on paper or on a USB stick; keep it out of cloud folders.".to_owned(),
    ]
}

/// Why a text is none.
pub fn slip(slip: CodeError) -> Lines {
    let line = match slip {
        CodeError::Symbol { position, found } => {
            let found = found.escape_debug();
            format!("  \"{found}\" is not used in it: look at group {}, symbol {}.", position.group, position.symbol)
        }
        CodeError::Length { have, need } => format!("  A secret key has {need} symbols after SK1; these were {have}."),
        CodeError::Check { maybe: Some(place) } => {
            format!("  There is a slip in it: look at group {}, symbol {} first.", place.group, place.symbol)
        }
        CodeError::Check { maybe: None } => "  There is a slip in it: compare every group.".to_owned(),
        CodeError::OtherKind => "  That is a recovery code. The secret key is longer and begins with SK1.".to_owned(),
    };
    vec![line, "  Nothing was sent. Please type it again.".to_owned()]
}

/// They do not open the account, and nobody can tell which of them is wrong.
pub fn not_opened() -> Lines {
    vec![
        "  The password or the secret key is not right; nobody can tell which.".to_owned(),
        "  To type another secret key, stop with Ctrl-C and run this again.".to_owned(),
    ]
}

/// The end, where it is about the second secret.
pub(super) fn stopped(why: &Why) -> Option<Story> {
    Some(match why {
        Why::NotOpenedByBoth => Story::of("The password or the secret key is not right.")
            .because("Which of the two cannot be told apart, by nobody.")
            .because("A secret key dies when a newer one is made, or when you recover.")
            .then("Look for the newest secret key, then run")
            .run("firstkey verify"),
        Why::NoSecretKey => Story::of("That is no secret key.")
            .because("It begins with SK1 and has 14 groups. The recovery code is another one.")
            .then("If you have lost it, your recovery kit gets you back in:")
            .run("firstkey recover"),
        Why::SecretKeysOff => Story::of("Your organisation does not use secret keys.")
            .because("An account has one only where an organisation of its person allows it.")
            .then("If you want one, ask your administrator."),
        Why::SecretKeyRequired => Story::of("Your organisation requires a secret key, and this account has none yet.")
            .because("A new password alone would not be taken.")
            .then("Make one first; your password stays:")
            .run("firstkey secret-key"),
        _ => return None,
    })
}

/// The end of making one.
pub(super) fn made(pin: &Pin) -> Lines {
    vec![
        format!("Done. {} at {} has a new secret key.", pin.email, pin.origin.host()),
        "Password and secret key opened the account just now. From now on it takes".to_owned(),
        "both, and an earlier secret key opens nothing any more.".to_owned(),
        "Your password, your keys and your recovery kit are the same as before.".to_owned(),
    ]
}

/// What is said at the end of an account without one.
pub fn advice(said: SecretKeys, pin: &Pin) -> Lines {
    match (said, pin.two_secret) {
        (_, true) | (SecretKeys::Off, _) => Lines::new(),
        (SecretKeys::Allowed, false) => {
            vec!["A secret key beside your password guards it better: firstkey secret-key".to_owned()]
        }
        (SecretKeys::Required, false) => vec![
            "Your organisation requires a secret key beside the password. Make it now:".to_owned(),
            "  firstkey secret-key".to_owned(),
        ],
    }
}

/// Whether there is one, in a line.
pub(super) fn fact(pin: &Pin) -> &'static str {
    if pin.two_secret { "opened by password and secret key" } else { "opened by the password alone" }
}

/// What the plugin asks.
pub fn plugin_question(email: &str, host: &str, again: bool) -> String {
    let again = if again { "That is no secret key. " } else { "" };
    format!("{again}Secret key of {email} at {host} (SK1-...)")
}
