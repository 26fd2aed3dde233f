//! What is said of the second secret.

use super::{Lines, Story};
use crate::store::fresh::Guard;
use crate::ui::place;
use firstkey_core::crypto::recovery::CodeError;
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::asked::SecretKeys;

/// Where it goes unless the person says otherwise.
pub const FILE: &str = "firstkey-secret-key.txt";
/// The prompt for it.
pub const PROMPT: &str = "Secret key: ";
/// Which file.
pub fn save_where() -> String {
    format!("  Save it as [{}]: ", place::shown(FILE))
}

/// What the answer to "Written down?" may be.
pub const WRITTEN_DOWN_HOW: &str = "  Type y when you have written down all 14 groups, or s to save them.";
/// What is left on the ordinary screen of one that was shown on the other one.
pub const SHOWN: &str = "  The secret key was on a separate screen; nothing of it is left here.";
/// What is left of one that was typed there.
pub const TYPED: &str = "Secret key: typed on a separate screen; nothing of it is left here.";
/// Whether there shall be a new one.
pub const REPLACE: &str = "Make a new one?";

/// Before it is typed.
pub fn ask(email: &str) -> Lines {
    vec![
        format!("Type the secret key of {email}. It begins with SK1."),
        "  Dashes, spaces and case do not matter. It never leaves this computer.".to_owned(),
    ]
}

/// What a new one does to the present one.
pub fn replace(email: &str) -> Lines {
    vec![
        format!("{email} already has a secret key."),
        "  A new one replaces it. The server no longer accepts the present one:".to_owned(),
        "  on paper, in files, and on your other computers.".to_owned(),
    ]
}

/// Before a new one is shown.
pub fn show() -> Lines {
    vec![
        "Your secret key".to_owned(),
        "  With it, even a dishonest server cannot guess your password.".to_owned(),
        "  From now on you need both to open your account. If you lose the secret key,".to_owned(),
        "  only your recovery kit gets you back in.".to_owned(),
        "  Write these 14 groups down on paper. They begin with SK1.".to_owned(),
    ]
}

/// The prompt for one group.
pub fn group(group: u8) -> String {
    format!("  To check, type group {group} of the secret key: ")
}

/// The group was another one.
pub fn not_proven(group: u8) -> Lines {
    vec![format!("  That is not group {group} of the secret key. Here it is again.")]
}

/// Where it was saved.
pub fn saved(path: &str, guard: Guard) -> Lines {
    if !guard.is_closed() {
        return super::notice::saved_open(path);
    }
    vec![
        format!("  Saved; only you can read it: {path}"),
        "  Keep a copy on paper or on a USB stick. Keep it out of cloud folders.".to_owned(),
    ]
}

/// Why a text is no secret key.
pub fn slip(slip: CodeError) -> Lines {
    let line = match slip {
        CodeError::Symbol { position, found } => {
            let found = found.escape_debug();
            format!("  A secret key never has \"{found}\": check group {}, symbol {}.", position.group, position.symbol)
        }
        CodeError::Length { have, need } => format!("  A secret key has {need} symbols after SK1; you typed {have}."),
        CodeError::Check { maybe: Some(place) } => {
            format!("  One character is wrong. Check group {}, symbol {} first.", place.group, place.symbol)
        }
        CodeError::Check { maybe: None } => "  At least one character is wrong. Compare every group.".to_owned(),
        CodeError::OtherKind => "  That is a recovery code. The secret key is longer and begins with SK1.".to_owned(),
    };
    vec![line, "  Nothing was sent. Please type it again.".to_owned()]
}

/// The two do not open the account; which of them is wrong cannot be told.
pub fn not_opened() -> Lines {
    vec![
        "  The password or the secret key is wrong. It is not possible to tell which.".to_owned(),
        "  To type another secret key, stop with Ctrl-C and run this again.".to_owned(),
    ]
}

/// The end, where it is about the second secret.
pub(super) fn stopped(why: &AccountReason) -> Option<Story> {
    Some(match why {
        AccountReason::NotOpenedByBoth => Story::of("The password or the secret key is wrong.")
            .because("It is not possible to tell which.")
            .because("The server accepts only the newest one. A recovery makes a new one too.")
            .then("If you forgot or lost one of them, your recovery kit gets you back in:")
            .then("  firstkey recover")
            .then("Otherwise look for the newest secret key, then run")
            .run("firstkey verify"),
        AccountReason::NoSecretKey => Story::of("That is not a secret key.")
            .because("It begins with SK1 and has 14 groups. The recovery code is something else.")
            .then("If you have lost it, your recovery kit gets you back in:")
            .run("firstkey recover"),
        AccountReason::SecretKeysOff => Story::of("Your organisation does not use secret keys.")
            .because("An account can have one only if an organisation of yours allows it.")
            .then("If you want one, ask your administrator."),
        AccountReason::SecretKeyRequired => {
            Story::of("Your organisation requires a secret key, and this account has none yet.")
                .because("It would reject a new password alone.")
                .then("Make a secret key first. Your password stays the same:")
                .run("firstkey secret-key")
        }
        _ => return None,
    })
}

/// The end of making one.
pub(super) fn made(pin: &Pin) -> Lines {
    vec![
        format!("Done. {} at {} has a new secret key.", pin.email, pin.origin.place()),
        "Your password and the new secret key opened the account just now. From now on".to_owned(),
        "you need both. The server no longer accepts an earlier secret key.".to_owned(),
        "Your password, your keys and your recovery kit are the same as before.".to_owned(),
    ]
}

/// What is said at the end of an account without one.
pub fn advice(said: SecretKeys, pin: &Pin) -> Lines {
    match (said, pin.two_secret) {
        (_, true) | (SecretKeys::Off, _) => Lines::new(),
        (SecretKeys::Allowed, false) => {
            vec![
                "A secret key beside your password protects your account better. To make one:".to_owned(),
                "  firstkey secret-key".to_owned(),
            ]
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
    let again = if again { "That is not a secret key. " } else { "" };
    format!("{again}Secret key of {email} at {host} (SK1-...)")
}

/// What the plugin says when nobody gives it.
pub fn plugin_unanswered(email: &str, host: &str) -> String {
    format!(
        "Skipped: no secret key was given for your firstkey account {email} at {host}. To name its file, set \
         FIRSTKEY_SECRET_KEY_FILE."
    )
}
