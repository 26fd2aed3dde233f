//! What is said along the way.

use super::{Lines, code, fingerprint_rows, problem, rolled_back, secret_key, strength, usual_time};
use crate::store::fresh::Guard;
use crate::ui::text::memory;
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::{Locks, Notice};
use firstkey_core::wire::text::Printable;
use std::time::Duration;

/// Step 2, before the stretching.
pub const MAKE_KEYS: &str = "Step 2 of 4  Make your keys";
/// Step 4, before the upload.
pub const SEND: &str = "Step 4 of 4  Send to the server";
/// The end of a line that waited for something to be done.
pub const CHECKED: &str = " yes";
/// The end of a line that waited for a password to be right.
pub const NOT_CHECKED: &str = " no";
/// The end of the line of an upload.
pub const STORED: &str = " stored";
/// The beginning of the line that is open while the account is read back.
pub const CHECKING: &str = "  Checking that your account opens ...";
/// What is left on the ordinary screen of a kit that was shown on the other one.
pub const KIT_SHOWN: &str = "  The recovery kit was on a separate screen; nothing of it is left here.";
/// What is left of a passphrase that was made.
pub const MADE_SHOWN: &str = "  The new password was on a separate screen; nothing of it is left here.";
/// What is left of a code that was typed there.
pub const CODE_TYPED: &str = "Recovery code: typed on a separate screen; nothing of it is left here.";
/// When a group is read from the file instead of typed.
pub const KIT_READ_BACK: &str = "  Checked by reading the file again.";

/// The beginning of the line that is open while Argon2id runs; with `-v` it says so.
pub fn stretching(profile: Profile, verbose: bool) -> String {
    if !verbose {
        return "  Securing your password ...".to_owned();
    }
    let size = memory(u64::from(profile.params().m_kib));
    format!("  Securing your password (Argon2id, {size}, {}) ...", usual_time(profile))
}

/// Its end.
pub fn stretched(took: Duration) -> String {
    format!(" done ({:.1} s)", took.as_secs_f64())
}

/// Where the kit was saved.
pub fn kit_saved(path: &str, guard: Guard) -> Lines {
    if !guard.is_closed() {
        return saved_open(path);
    }
    vec![
        format!("  Saved; only you can read it: {path}"),
        "  Print it or copy it to a USB stick. Keep it out of cloud folders.".to_owned(),
    ]
}

/// On a disk that keeps no owners.
pub fn saved_open(path: &str) -> Lines {
    vec![
        format!("  Saved: {path}"),
        "  This disk does not keep who may read a file (a USB stick, a Windows disk).".to_owned(),
        "  Everybody who can use the disk can read it. Keep the disk in a safe place.".to_owned(),
    ]
}

/// What became of a kit file of the same account: until the run has done what it is for, that may
/// be the kit that opens the account.
pub fn kit_moved(path: &str) -> Lines {
    vec![
        "  There was a kit file of this account already. Keep it until this is done.".to_owned(),
        format!("  It is now called {path}"),
    ]
}

fn keys_made(fingerprint: &Fingerprint) -> Lines {
    let [upper, lower] = fingerprint_rows(fingerprint);
    vec![
        "  Making your keys ... done".to_owned(),
        "  Encrypting your private keys with your password ... done".to_owned(),
        "  Your key's fingerprint:".to_owned(),
        format!("    {upper}"),
        format!("    {lower}"),
    ]
}

/// The lines of a notice. Empty where the form of it is another than lines: see [`CHECKING`].
pub fn notice(notice: &Notice) -> Lines {
    let one = |line: &str| vec![line.to_owned()];
    match notice {
        Notice::Contacting(origin) => vec![format!("Asking {} about this invite ...", origin.host())],
        Notice::Looking { origin, email } => vec![format!("Asking {} about {email} ...", origin.host())],
        Notice::UnknownPolicy(members) => {
            let names: Vec<_> = members.iter().map(Printable::as_str).collect();
            vec![
                "The server also sent rules that this version does not know and ignores:".to_owned(),
                format!("  {}", names.join(", ")),
            ]
        }
        Notice::Plan => vec![
            "You will choose a password, then write down a recovery kit. About 3 minutes.".to_owned(),
            "Your password never leaves this computer; your private keys only encrypted.".to_owned(),
        ],
        Notice::Unusable(error) => indented(strength::unusable(*error)),
        Notice::Weak { reasons, strength, profile } => indented(strength::weak(reasons, *strength, *profile)),
        Notice::Strong(strength, profile) => indented(strength::strong(*strength, *profile)),
        Notice::TypingsDiffer { attempt, of } => {
            vec![format!("  The two passwords differ. Please type both again. (try {attempt} of {of})")]
        }
        Notice::TypingsMatch => one("  They match."),
        Notice::AsBefore => one("  That is your present password. Choose a different one."),
        Notice::KeysMade(fingerprint) => keys_made(fingerprint),
        Notice::KitProven => one("  Right."),
        Notice::KitNotProven { group } => {
            vec![format!("  That is not group {group} of the kit. Here is the kit again.")]
        }
        Notice::Changing { what, .. } => one(match what {
            Locks::Password => "  Sending your keys, encrypted with the new password ...",
            Locks::SecretKey => "  Sending your keys, encrypted with your password and the new secret key ...",
            Locks::Kit => "  Sending your keys, encrypted with the new recovery kit ...",
            Locks::Both => "  Sending your keys, encrypted with the new password and the new kit ...",
            Locks::None => "  Sending your consent ...",
        }),
        Notice::NoCode(slip) => code::slip(*slip),
        Notice::NoSecretKey(slip) => secret_key::slip(*slip),
        Notice::SecretKeyNotProven { group } => secret_key::not_proven(*group),
        Notice::NotOpenedByBoth { .. } => secret_key::not_opened(),
        Notice::CodeOpened => one("  The code opens the account."),
        Notice::CodeOpenedNothing => vec![
            "  That code does not open this account. Is it from your newest kit?".to_owned(),
            "  The server accepts only the newest one.".to_owned(),
        ],
        Notice::Sending { .. } => one("  Sending your public keys and encrypted private keys ..."),
        Notice::Resuming { email, .. } => vec![
            format!("Resuming the invite for {email}. This step needs no password."),
            "  Sending the saved request again ...".to_owned(),
        ],
        Notice::PassedOver { email, why } => vec![
            format!("  {email}: this request cannot be finished; {}.", problem::ended(why)),
            "  It stays saved. An older request is tried now. Its password is the one that".to_owned(),
            "  you chose then.".to_owned(),
        ],
        Notice::Retrying { origin, delay } => {
            vec![format!("  No answer from {}. Trying again in {} s ...", origin.host(), delay.as_secs())]
        }
        Notice::Stored { .. } => one("  Stored."),
        Notice::ProvingPassword => one("Type your password once more, to check that it opens your account."),
        Notice::NotOpened { .. } => {
            vec!["  That password does not open this account. (Caps Lock? Keyboard layout?)".to_owned()]
        }
        Notice::ChangedSince { parts, signed } => indented(rolled_back::changed_since(parts, *signed)),
        Notice::NoStatement => one("  The server did not take the signature over your account. No harm is done."),
        Notice::Checking | Notice::Opened => Vec::new(),
    }
}

/// What `-v` adds to a notice: how it was computed, and in whose words.
pub fn more(notice: &Notice) -> Lines {
    match notice {
        Notice::Unusable(error) => indented(strength::unusable_because(*error)),
        Notice::Weak { strength, profile, .. } | Notice::Strong(strength, profile) => {
            indented(strength::basis(*strength, *profile))
        }
        _ => Lines::new(),
    }
}

fn indented(lines: Lines) -> Lines {
    lines.into_iter().map(|line| format!("  {line}")).collect()
}
