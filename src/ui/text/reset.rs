//! What is said before old keys are replaced.

use super::{Lines, fingerprint_rows};
use crate::ui::date;
use firstkey_core::flow::reset::Replacement;

/// What has to be typed.
pub const WORD: &str = "replace";
/// The prompt. Enter alone is no consent.
pub const AGREE: &str = "To replace your keys, type the word replace (Enter alone stops): ";
/// After something else was typed.
pub const OTHERWISE: &str = "  That is not the word.";

/// What it is, who started it, what it costs, and when to stop.
pub fn warning(about: &Replacement) -> Lines {
    let mut lines = vec![
        "CAREFUL: this link does not make an account. It replaces the keys of".to_owned(),
        format!("  {} at {}", about.email, about.origin.place()),
        "The server's administrator started this reset on".to_owned(),
        format!("  {}.", date::plain(about.started_at)),
        "Everything that was encrypted to your old keys stays unreadable for good, for".to_owned(),
        "you and for everyone else. The server no longer accepts your old password and".to_owned(),
        "kit. Only they, with an old copy of the server's data, could still open it.".to_owned(),
    ];
    if let Some(known) = &about.known {
        lines.push("This computer remembers your keys. These would be replaced:".to_owned());
        lines.extend(fingerprint_rows(known).map(|row| format!("    {row}")));
    }
    lines.extend([
        "If you have your password or your recovery kit, do NOT continue. Stop here".to_owned(),
        "and log in once. That cancels the reset:".to_owned(),
        "  firstkey verify".to_owned(),
        "If you did not ask for this reset, do NOT continue either. Call at once:".to_owned(),
    ]);
    let whom = about
        .contact
        .as_ref()
        .map_or_else(|| format!("the administrator at {}", about.organisation), ToString::to_string);
    lines.push(format!("  {whom}"));
    lines
}

#[cfg(test)]
mod tests {
    use super::warning;
    use firstkey_core::crypto::context::KeyGen;
    use firstkey_core::flow::reset::Replacement;
    use firstkey_core::wire::origin::Origin;
    use firstkey_core::wire::text::Printable;

    #[test]
    fn the_warning_fits_and_says_what_is_lost_who_began_it_and_when_to_stop() {
        let mut about = Replacement {
            origin: Origin::read("https://keys.example.org").expect("an origin"),
            organisation: Printable::from_untrusted("Example Corp"),
            email: "ada@example.org".to_owned(),
            contact: Some(Printable::from_untrusted("it@example.org")),
            key_gen: KeyGen(2),
            started_at: 1_795_798_800,
            known: None,
        };
        for whom in ["it@example.org", "the administrator at Example Corp"] {
            let lines = warning(&about);
            let text = lines.join("\n");
            assert!(lines.iter().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
            for said in ["replaces the keys", "Fri 27 Nov 2026, 17:00 UTC", "stays unreadable", "do NOT continue", whom]
            {
                assert!(text.contains(said), "{said:?} is not in\n{text}");
            }
            about.contact = None;
        }
    }
}
