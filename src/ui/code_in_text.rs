//! A code in a text that holds more than the code: a whole kit as it was saved, printed or shown,
//! or a mail to oneself around it.
//!
//! Promise: nothing is put together that does not stand there group behind group; a text without
//! such a row stays what it is, and what is wrong with it is said by the reader of codes. Must
//! never: mend a code, or choose between two.

use firstkey_core::crypto::recovery::{read_code, read_secret_key};
use zeroize::Zeroizing;

/// Most rows of groups that are looked at.
const MOST_ROWS: usize = 64;

/// Which code is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeKind {
    /// Of a recovery kit: 7 groups of 4.
    Recovery,
    /// A secret key: `SK1`, 13 groups of 4 and one of 2.
    SecretKey,
}

impl CodeKind {
    fn groups(self) -> usize {
        match self {
            Self::Recovery => 7,
            Self::SecretKey => 14,
        }
    }

    /// Symbols of that group, which counts from 0.
    fn symbols(self, group: usize) -> usize {
        if self == Self::SecretKey && group == 13 { 2 } else { 4 }
    }

    fn is_good(self, text: &str) -> bool {
        match self {
            Self::Recovery => read_code(text).is_ok(),
            Self::SecretKey => read_secret_key(text).is_ok(),
        }
    }
}

/// Whether several good codes stand in `text`, so that it is not known which one is meant.
pub(super) fn are_several(text: &str, kind: CodeKind) -> bool {
    let words = words(text);
    let rows = different((0..words.len()).filter_map(|start| row(&words[start..], kind)));
    rows.iter().filter(|row| kind.is_good(row)).count() > 1
}

/// The code in `text`: the one that is good, or else the one row of groups that might have been
/// meant, for its reader to say what is wrong with it. Without such a row, the text with its lines
/// put together.
pub(super) fn code_in(text: &str, kind: CodeKind) -> Zeroizing<String> {
    let spelled = different(text.split_whitespace().filter_map(|word| whole(word, kind)));
    let words = words(text);
    let rows = different((0..words.len()).filter_map(|start| row(&words[start..], kind)));
    let good: Vec<_> = rows.iter().filter(|row| kind.is_good(row)).collect();
    let chosen = match (good.as_slice(), spelled.as_slice(), rows.as_slice()) {
        ([first, rest @ ..], _, _) => rest.iter().all(|other| is_same(first, other)).then_some(*first),
        ([], [only], _) | ([], [], [only]) => Some(only),
        _ => None,
    };
    if let Some(row) = chosen {
        return row.clone();
    }
    let mut line = Zeroizing::new(String::with_capacity(text.len()));
    line.extend(text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
    line
}

/// Each once, in their order, and no more of them than a text about one code has: looking at each
/// takes time.
fn different(rows: impl Iterator<Item = Zeroizing<String>>) -> Vec<Zeroizing<String>> {
    let mut different = Vec::<Zeroizing<String>>::new();
    for row in rows {
        if different.len() < MOST_ROWS && !different.iter().any(|other| is_same(other, &row)) {
            different.push(row);
        }
    }
    different
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// A code that is written as one word, with dashes, and nothing else in it.
fn whole(word: &str, kind: CodeKind) -> Option<Zeroizing<String>> {
    let groups = words(word);
    let groups = match (kind, groups.as_slice()) {
        (CodeKind::SecretKey, [first, rest @ ..]) if first.eq_ignore_ascii_case("SK1") => rest,
        (_, all) => all,
    };
    row(groups, kind).filter(|_| groups.len() == kind.groups())
}

/// The groups at the start of `words`, with or without their numbers before them.
fn row(words: &[&str], kind: CodeKind) -> Option<Zeroizing<String>> {
    let mut row = Zeroizing::new(String::with_capacity(kind.groups() * 5));
    let mut rest = words.iter();
    let mut next = rest.next()?;
    for group in 0..kind.groups() {
        let is_group = |word: &str| word.chars().count() == kind.symbols(group);
        // Its number, as it stands on the screen.
        let after = rest.as_slice().first();
        if next.parse() == Ok(group + 1) && after.is_some_and(|word| is_group(word)) {
            next = rest.next()?;
        }
        if !is_group(next) {
            return None;
        }
        if group > 0 {
            row.push('-');
        }
        row.push_str(next);
        if group + 1 < kind.groups() {
            next = rest.next()?;
        }
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{self, tests::MADE};
    use super::super::secret_key;
    use super::*;
    use firstkey_core::crypto::recovery::{write_code, write_secret_key};
    use firstkey_core::flow::Kit;
    use firstkey_core::secret::RecoveryCode;
    use proptest::prelude::*;

    fn recovery(text: &str) -> String {
        code_in(text, CodeKind::Recovery).to_string()
    }

    #[test]
    fn two_kits_are_several_and_one_that_stands_there_twice_is_not() {
        let one = kit::tests::kit(2);
        let other = Kit { code: RecoveryCode::from_bytes(&[0x33; 16]), ..kit::tests::kit(2) };
        let [page, newer] = [&one, &other].map(|kit| kit::for_file(kit, MADE));
        for text in [format!("{}\n{}", *page, *newer), format!("{}\n{}", *newer, *kit::for_screen(&one, MADE, 40))] {
            assert!(are_several(&text, CodeKind::Recovery), "{text}");
        }
        for text in [page.to_string(), format!("{}\n{}", *page, *page), "my diary".to_owned()] {
            assert!(!are_several(&text, CodeKind::Recovery), "{text}");
        }
    }

    #[test]
    fn the_code_is_found_in_a_kit_of_every_form() {
        let kit = kit::tests::kit(2);
        let code = write_code(kit.code.expose());
        let page = kit::for_file(&kit, MADE);
        assert_eq!(recovery(&page), *code);
        assert_eq!(recovery(&page.replace('\n', "\r\n")), *code);
        assert_eq!(recovery(&page.lines().map(|line| format!("> {line}\n")).collect::<String>()), *code, "quoted");
        for width in [40, 80] {
            assert_eq!(recovery(&kit::for_screen(&kit, MADE, width)), *code, "{width} columns");
        }
        assert_eq!(recovery(&code), *code);
        assert_eq!(recovery(&code.replace('-', "\n")), *code, "a group a line");
        let numbered: String = code.split('-').zip(1..).map(|(group, at)| format!("{at}. {group}\n")).collect();
        assert_eq!(recovery(&numbered), *code);
    }

    #[test]
    fn the_secret_key_is_found_on_its_sheet() {
        let sheet = secret_key::tests::sheet();
        let key = write_secret_key(sheet.key.expose());
        for width in [40, 80] {
            let shown = secret_key::for_screen(&sheet, width);
            let found = code_in(&shown, CodeKind::SecretKey);
            assert_eq!(format!("SK1-{}", *found), *key, "{width} columns");
        }
        let found = code_in(&secret_key::for_file(&sheet), CodeKind::SecretKey);
        assert!(read_secret_key(&found).is_ok_and(|read| write_secret_key(read.expose()) == key));
    }

    #[test]
    fn of_two_codes_none_is_chosen_and_a_wrong_one_is_left_as_it_is() {
        let (one, other) = (write_code(&[1; 16]), write_code(&[2; 16]));
        let both = format!("{}\n{}\n", *one, *other);
        assert!(read_code(&recovery(&both)).is_err());
        assert_eq!(recovery(&format!("{}\n{}", *one, one.to_lowercase())), *one, "the same one twice");
        let last = one.chars().last().expect("a symbol");
        let wrong = format!("{}{}", &one[..one.len() - 1], if last == '7' { '3' } else { '7' });
        assert_eq!(recovery(&format!("recovery-code: {wrong}\nkeep it\n")), wrong, "its reader names the place");
        assert_eq!(recovery("my diary\nis dull"), "my diary is dull");
    }

    proptest! {
        #[test]
        fn a_code_is_never_changed_and_nothing_else_becomes_one(code in any::<[u8; 16]>(), before in ".{0,40}", after in ".{0,40}") {
            let code = write_code(&code);
            let found = recovery(&format!("{before}\n\n{}\n\n{after}", *code));
            let groups = |text: &str| text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            if let Ok(read) = read_code(&found) {
                let found = groups(&write_code(read.expose()));
                prop_assert_eq!(found, groups(&code));
            }
        }
    }
}
