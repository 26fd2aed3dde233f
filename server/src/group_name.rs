//! How names of groups are compared: one rule for finding and for uniqueness, so that a provider
//! that looks first and finds nobody can create.
//!
//! Promises: two names are the same if and only if their keys are equal; blanks at the ends, the
//! number of blanks inside, case, and the composition of letters (Unicode normalisation form C) do
//! not count. Look-alikes are different names.

use unicode_normalization::UnicodeNormalization;

/// The key of a group's name. That of a key is the key itself.
pub(crate) fn key(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    // The small sigma at the end of a word is the same letter.
    let lower = |c: char| if c == '\u{3C2}' { '\u{3C3}'.to_lowercase() } else { c.to_lowercase() };
    // Twice, because what lower case takes apart can compose to a letter that has one again.
    words.join(" ").nfc().flat_map(lower).nfc().flat_map(lower).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::key;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn the_same_name_in_another_form_has_the_same_key_and_another_name_has_another() {
        for (one, other) in [
            ("Engineering", " engineering\u{a0}"),
            ("R&D  Team", "r&d team"),
            ("Caf\u{e9}", "CAFE\u{301}"),
            ("\u{212b}ngstr\u{f6}m", "a\u{30a}ngstro\u{308}m"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c2}"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [("R2", "R\u{b2}"), ("team", "te am"), ("ope", "\u{43e}\u{440}\u{435}"), ("", "x")] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_key_is_its_own_key_in_whatever_blanks_case_and_composition_it_came() {
        let marks = ["", "\u{301}", "\u{307}", "\u{308}\u{301}", "\u{327}", "\u{345}"];
        for c in (0..=0x2_FFFF).filter_map(char::from_u32) {
            // Most of them is what no mark combines with.
            for mark in &marks[..if u32::from(c) < 0x2000 { marks.len() } else { 1 }] {
                let name = format!("a{c}{mark}b");
                let once = key(&name);
                assert_eq!(key(&once), once, "{name:?}");
                assert_eq!(key(&format!(" {name}\u{2003}")), once, "{name:?}");
                let apart: String = name.nfd().collect();
                assert_eq!(key(&apart), once, "{name:?}");
            }
        }
    }
}
