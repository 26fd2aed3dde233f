//! The offline list of phrases and patterns that people take for long passwords.

use super::fold::Folded;

/// One entry a line; lines that start with `#` are comments.
const LIST: &str = include_str!("../../../data/common_passwords.txt");
/// How many letters beside an entry do not make another password of it.
const FEW_LETTERS: usize = 3;
/// How many digits and signs beside an entry do not make another password of it.
const FEW_OTHERS: usize = 8;

/// Whether the text is an entry of the list, perhaps several times and with little around it.
pub(super) fn contains(text: &Folded) -> bool {
    entries().any(|entry| is_nearly(text, &Folded::of(entry).shapes))
}

fn entries() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn is_nearly(text: &Folded, entry: &[char]) -> bool {
    if entry.is_empty() {
        return false;
    }
    let (mut at, mut found, mut letters, mut others) = (0, false, 0, 0);
    while at < text.shapes.len() {
        if text.shapes[at..].starts_with(entry) {
            found = true;
            at += entry.len();
        } else {
            letters += usize::from(text.letters[at]);
            others += usize::from(!text.letters[at]);
            at += 1;
        }
    }
    found && letters <= FEW_LETTERS && others <= FEW_OTHERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_long_and_there_once() {
        let mut seen = std::collections::BTreeSet::new();
        for entry in entries() {
            let shapes = Folded::of(entry).shapes;
            assert!(shapes.len() >= 8, "too short to be the better part of a password: {entry}");
            assert!(entry.is_ascii() && entry.trim() == entry, "{entry}");
            assert!(seen.insert(shapes.iter().collect::<String>()), "twice: {entry}");
        }
        assert!(seen.len() >= 300, "{}", seen.len());
    }

    #[test]
    fn little_around_an_entry_makes_no_difference_and_much_does() {
        for (text, common) in [
            ("correct horse battery staple", true),
            ("CorrectHorseBatteryStaple!", true),
            ("correct horse battery staple 20240108", true),
            ("correct horse battery staple 202401085", false),
            ("xx c0rrect-h0rse-b4ttery-st4ple 2024", true),
            ("correcthorsebatterystaplecorrecthorsebatterystaple", true),
            ("               correct horse battery staple", true),
            ("correct horse battery staple under the tarpaulin", false),
            ("correct horse", false),
            ("", false),
        ] {
            assert_eq!(contains(&Folded::of(text)), common, "{text}");
        }
    }
}
