//! How userNames are compared: UsernameCaseMapped of RFC 8265, with a wider fall-back for names
//! that people really have.
//!
//! Promises: two names are the same person's if and only if their keys are equal; a name with
//! characters that nobody sees has no key. The fall-back is for what the profile forbids though it
//! harms nobody: `שלום@example.com` (the profile's rule on directions), letters newer than its
//! tables, symbols. Names that look alike but are other letters stay different.

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;

/// Longest userName, in bytes.
const LONGEST: usize = 512;

/// The key of a userName; none if it cannot be one.
pub(crate) fn key(name: &str) -> Option<String> {
    let blank = |c: char| c == ' ';
    if name.is_empty() || name.len() > LONGEST || name.starts_with(blank) || name.ends_with(blank) {
        return None;
    }
    // RFC 8265 section 3: a name may have several parts with spaces between them.
    let parts: Option<Vec<String>> = name.split(' ').filter(|part| !part.is_empty()).map(part_key).collect();
    parts.map(|parts| parts.join(" "))
}

fn part_key(part: &str) -> Option<String> {
    if part.chars().any(is_hidden) {
        return None;
    }
    if let Ok(key) = UsernameCaseMapped::enforce(part) {
        return Some(key.into_owned());
    }
    let key: String = part.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    (!key.is_empty() && !key.chars().any(|c| c.is_whitespace() || is_hidden(c))).then_some(key)
}

/// Controls, blanks other than the space, and characters without a shape of their own.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn the_same_name_in_another_form_has_the_same_key() {
        for (one, other) in [
            ("ada@example.com", "ADA@EXAMPLE.COM"),
            ("victim@example.com", "\u{ff56}\u{ff49}\u{ff43}\u{ff54}\u{ff49}\u{ff4d}@example.com"),
            ("andr\u{e9}", "Andre\u{301}"),
            ("Ada  Lovelace", "ada lovelace"),
            ("\u{5e9}\u{5dc}\u{5d5}\u{5dd}@example.com", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}@EXAMPLE.com"),
            ("\u{1f511}key", "\u{1f511}KEY"),
        ] {
            assert!(key(one).is_some(), "{one}");
            assert_eq!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn letters_that_only_look_alike_are_different() {
        assert_ne!(key("victim@example.com"), key("vi\u{441}tim@example.com"));
        assert_ne!(key("ada@example.com"), key("\u{e1}da@example.com"));
    }

    #[test]
    fn a_name_with_what_nobody_sees_has_no_key() {
        for bad in [
            "",
            " ",
            "  ",
            " a",
            "a ",
            "a\u{0}b",
            "a\tb",
            "a\nb",
            "ada\u{200b}",
            "a\u{200d}b",
            "a\u{202e}b",
            "a\u{feff}",
            "a\u{a0}b",
            "a\u{2003}b",
            "a\u{e0041}",
            "a\u{ad}b",
            "a\u{fe0f}",
            // A joiner that the profile allows between these letters.
            "\u{915}\u{94d}\u{200d}\u{937}",
        ] {
            assert_eq!(key(bad), None, "{bad:?}");
        }
        assert_eq!(key(&"a".repeat(513)), None);
    }
}
