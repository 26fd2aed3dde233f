//! What is said along the way.

use super::{Lines, code, fingerprint_rows, grouped, problem, secret_key, short_digest, strength, usual_time};
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::{Locks, Notice};
use crate::ui::text::memory;
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
/// The beginning of the line that is open while the account is read back.
pub const CHECKING: &str = "  Checking ...";
/// What is left on the ordinary screen of a kit that was shown on the other one.
pub const KIT_SHOWN: &str = "  The recovery kit was shown on a screen of its own and is gone from this one.";
/// What is left of a code that was typed there.
pub const CODE_TYPED: &str = "Recovery code: typed on a screen of its own, and gone from this one.";
/// When a group is read from the file instead of typed.
pub const KIT_READ_BACK: &str = "  The file was read again to check it.";

/// The beginning of the line that is open while Argon2id runs.
pub fn stretching(profile: Profile) -> String {
    let size = memory(u64::from(profile.params().m_kib));
    format!("  Stretching the password (Argon2id, {size}, {}) ...", usual_time(profile))
}

/// Its end.
pub fn stretched(took: Duration) -> String {
    format!(" done in {:.1} s", took.as_secs_f64())
}

/// Where the kit was saved.
pub fn kit_saved(path: &str) -> Lines {
    vec![
        format!("  Saved for you alone in {path}"),
        "  Print it or put it on a USB stick; keep it out of cloud folders.".to_owned(),
    ]
}

/// What became of the kit file of an earlier try.
pub fn kit_moved(path: &str) -> Lines {
    vec![
        "  The kit file of an earlier try was there; that kit opens nothing.".to_owned(),
        format!("  It was moved aside to {path}"),
    ]
}

fn keys_made(fingerprint: &Fingerprint) -> Lines {
    let [upper, lower] = fingerprint_rows(fingerprint);
    vec![
        "  Making a key pair ... done".to_owned(),
        "  Locking the private key with your password ... done".to_owned(),
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
                "The server also sent rules that this version does not know or apply:".to_owned(),
                format!("  {}", names.join(", ")),
            ]
        }
        Notice::Plan => vec![
            "You will choose a password, then write down a recovery kit. About 3 minutes.".to_owned(),
            "Your password and your private key never leave this computer.".to_owned(),
        ],
        Notice::Unusable(error) => indented(strength::unusable(*error)),
        Notice::Weak { reasons, strength, profile } => indented(strength::weak(reasons, *strength, *profile)),
        Notice::Strong(strength, profile) => indented(strength::strong(*strength, *profile)),
        Notice::TypingsDiffer { attempt, of } => {
            vec![format!("  The two typings differ. Please type both again. (try {attempt} of {of})")]
        }
        Notice::TypingsMatch => one("  They match."),
        Notice::KeysMade(fingerprint) => keys_made(fingerprint),
        Notice::KitProven => one("  Right."),
        Notice::KitNotProven { group } => {
            vec![format!("  That is not group {group} of the kit. Look again; here it is once more.")]
        }
        Notice::Changing { bytes, what } => {
            let what = match what {
                Locks::Password | Locks::SecretKey => "1 sealed key, an OPAQUE record, settings",
                Locks::Kit => "1 sealed key, a public key",
                Locks::Both => "2 sealed keys, an OPAQUE record",
                Locks::None => "your consent",
            };
            vec![
                format!("  Sending 1 request, {} bytes: {what}.", grouped(*bytes)),
                "  See every byte with: firstkey audit --last".to_owned(),
            ]
        }
        Notice::NoCode(slip) => code::slip(*slip),
        Notice::NoSecretKey(slip) => secret_key::slip(*slip),
        Notice::SecretKeyNotProven { group } => secret_key::not_proven(*group),
        Notice::NotOpenedByBoth { .. } => secret_key::not_opened(),
        Notice::CodeOpened => one("  The code opens the account."),
        Notice::CodeOpenedNothing => vec![
            "  That code does not open this account. Is it the newest kit, and of this".to_owned(),
            "  account? A kit dies when a newer one is made.".to_owned(),
        ],
        Notice::Sending { bytes } => vec![
            format!("  Sending 1 request, {} bytes: public keys, 4 sealed keys,", grouped(*bytes)),
            "  an OPAQUE record, settings. See every byte with: firstkey audit --last".to_owned(),
        ],
        Notice::Resuming { email, bytes, digest } => vec![
            format!("Picking up the invite for {email}. No password needed for this step."),
            format!("  Sending the saved request again, {} bytes, sha256 {}", grouped(*bytes), short_digest(digest)),
        ],
        Notice::PassedOver { email, why } => vec![
            format!("  {email}: cannot be finished; {}.", problem::ended(why)),
            "  It stays saved. An older one is saved too and is tried now; its password is".to_owned(),
            "  the one that you chose for it then.".to_owned(),
        ],
        Notice::Retrying { origin, delay } => {
            vec![format!("  No answer from {}. Trying again in {} s ...", origin.host(), delay.as_secs())]
        }
        Notice::Stored { .. } => one("  Stored ... confirmed by the server"),
        Notice::ProvingPassword => one("Type your password once more, to be sure that it opens your account."),
        Notice::NotOpened { .. } => {
            vec!["  That password does not open this account. (Caps Lock? Keyboard layout?)".to_owned()]
        }
        Notice::Checking | Notice::Opened => Vec::new(),
    }
}

fn indented(lines: Lines) -> Lines {
    lines.into_iter().map(|line| format!("  {line}")).collect()
}
