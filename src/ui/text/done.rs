//! The good end.

use super::{Lines, fingerprint_rows, login, secret_key};
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::asked::SecretKeys;

/// The account is ready.
pub fn done(pin: &Pin, repeated: bool, said: SecretKeys) -> Lines {
    let first = if repeated {
        "Done. You completed this account earlier, on this computer."
    } else {
        "Done. Your account is ready."
    };
    let [upper, lower] = fingerprint_rows(&pin.fingerprint());
    let mut lines = vec![
        first.to_owned(),
        format!("  {} at {}", pin.email, pin.origin.place()),
        "  Your key's fingerprint:".to_owned(),
        format!("    {upper}"),
        format!("    {lower}"),
        "Colleagues can now encrypt to you, and only you can read it.".to_owned(),
        "Keep the recovery kit: it is the only way back if you forget your password.".to_owned(),
        "To use your account on another computer, run there".to_owned(),
        format!("  {}", login::COMMAND),
        "Compare the fingerprint with your administrator by phone or in person.".to_owned(),
        "To see it again, run".to_owned(),
        "  firstkey status".to_owned(),
        "To see everything that was sent, run".to_owned(),
        "  firstkey audit --last".to_owned(),
    ];
    if pin.identity.key_gen > KeyGen::FIRST {
        lines.insert(2, "  with new keys. Data encrypted to the old keys stays unreadable.".to_owned());
    }
    lines.extend(secret_key::advice(said, pin));
    lines
}

/// A rehearsal ended; the table of what would have been sent follows.
pub fn rehearsed() -> Lines {
    vec![
        String::new(),
        "This was a rehearsal: no account was made. Your invite still works.".to_owned(),
        "The request below was built, not sent, and thrown away.".to_owned(),
    ]
}

/// The end of a rehearsal without a server.
pub fn played() -> Lines {
    vec![
        String::new(),
        "This was an offline rehearsal: nothing was sent and no account was made.".to_owned(),
        "The requests below were built, not sent, and thrown away:".to_owned(),
    ]
}
