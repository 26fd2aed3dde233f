//! The recovery code on paper: vectors, what people type, which mistakes are caught (P9).

use firstkey_core::crypto::recovery::{CodeError, Place, read_code, read_secret_key, write_code, write_secret_key};
use proptest::prelude::*;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn counting<const N: usize>(from: u8) -> [u8; N] {
    core::array::from_fn(|i| from + u8::try_from(i).expect("below 32"))
}

/// The refusal of a text, if it is refused; codes have no `Debug`.
fn trouble(text: &str) -> Option<CodeError> {
    read_code(text).err()
}

fn opens(text: &str, code: &[u8; 16]) -> bool {
    read_code(text).is_ok_and(|read| read.expose() == code)
}

/// The text of a code without dashes.
fn symbols(code: &[u8; 16]) -> Vec<u8> {
    write_code(code).bytes().filter(|b| *b != b'-').collect()
}

fn text(symbols: &[u8]) -> String {
    symbols.iter().copied().map(char::from).collect()
}

#[test]
fn the_protocol_vectors_are_met() {
    for (from, written) in [
        (0x00, "000G-40R4-0M30-E209-185G-R38E-1WXV"),
        (0x10, "208H-44RM-2MB1-E60S-38DH-R78Y-3WY6"),
        (0x20, "40GJ-48S4-4MK2-EA19-58NJ-RB9E-5WFG"),
    ] {
        assert_eq!(*write_code(&counting(from)), written);
        assert!(opens(written, &counting(from)));
    }
}

#[test]
fn a_code_reads_as_people_type_it() {
    for typed in [
        "000G-40R4-0M30-E209-185G-R38E-1WXV",
        "000g40r40m30e209185gr38e1wxv",
        "  oOOg 4or4 om3o e2o9 i85G r38e Lwxv \n",
        "ooog\u{2013}40r4\u{2212}0m30_e209--185g-r38e-1wxv",
    ] {
        assert!(opens(typed, &counting(0)), "{typed:?}");
    }
}

#[test]
fn a_character_that_no_code_has_is_named_with_its_place() {
    for (typed, found, group, symbol) in [
        ("000G-40R4-0M30-E2U9-185G-R38E-1WXV", 'U', 4, 3),
        ("000G-40R4-0M30-E2u9-185G-R38E-1WXV", 'u', 4, 3),
        ("!00G-40R4-0M30-E209-185G-R38E-1WXV", '!', 1, 1),
        ("000G-40R4-0M30-E209-185G-R38E-1WX\u{443}", '\u{443}', 7, 4),
        ("000G-40R4-0M30-E209-185G-R38E-1WXV-?", '?', 8, 1),
    ] {
        let position = Place { group, symbol };
        assert_eq!(trouble(typed), Some(CodeError::Symbol { position, found }));
    }
}

#[test]
fn a_missing_or_an_extra_group_is_counted() {
    for (typed, have) in [
        ("", 0),
        ("000G", 4),
        ("000G-40R4-0M30-E209-185G-R38E", 24),
        ("000G-40R4-0M30-E209-185G-R38E-1WX", 27),
        ("000G-40R4-0M30-E209-185G-R38E-1WXV-1", 29),
    ] {
        assert_eq!(trouble(typed), Some(CodeError::Length { have, need: 28 }));
    }
}

#[test]
fn unused_bits_must_be_zero() {
    // W is 11100; X, Y and Z carry the same 128 bits with an unused bit set.
    for last in ["X", "Y", "Z"] {
        let typed = format!("000G-40R4-0M30-E209-185G-R38E-1{last}XV");
        assert!(matches!(trouble(&typed), Some(CodeError::Check { .. })));
    }
}

#[test]
fn a_likely_slip_is_pointed_at() {
    let place = |group, symbol| CodeError::Check { maybe: Some(Place { group, symbol }) };
    // 5 read as S in group 5; neighbours swapped in group 4, and across groups 2 and 3.
    assert_eq!(trouble("000G-40R4-0M30-E209-18SG-R38E-1WXV"), Some(place(5, 3)));
    assert_eq!(trouble("000G-40R4-0M30-2E09-185G-R38E-1WXV"), Some(place(4, 2)));
    assert_eq!(trouble("000G-40R0-4M30-E209-185G-R38E-1WXV"), Some(place(3, 1)));
}

#[test]
fn a_secret_key_shows_what_it_is() {
    let key = write_secret_key(&counting(0));
    assert!(key.starts_with("SK1-000G-40R4-0M30-E209-185G-R38E-1W8"), "{}", *key);
    assert_eq!((key.len(), key.matches('-').count()), (71, 14));
    let opens = |typed: &str| read_secret_key(typed).is_ok_and(|read| *read.expose() == counting(0));
    assert!(opens(&key));
    assert!(opens(&key.to_lowercase().replace("sk1-", "skl ")));
    assert!(opens(key.trim_start_matches("SK1-")));
    assert_eq!(trouble(&key), Some(CodeError::OtherKind));
    assert_eq!(read_secret_key(&write_code(&counting(0))).err(), Some(CodeError::OtherKind));
    let short = CodeError::Length { have: 4, need: 54 };
    assert_eq!(read_secret_key("SK1-000G").err(), Some(short));
    let position = Place { group: 1, symbol: 2 };
    let odd = CodeError::Symbol { position, found: 'U' };
    assert_eq!(read_secret_key(&key.replace("SK1-00", "SK1-0U")).err(), Some(odd));
    // Nothing is taken off that is no prefix.
    let bare = key.trim_start_matches("SK1-");
    let short = CodeError::Length { have: 53, need: 54 };
    assert_eq!(read_secret_key(&bare[..bare.len() - 1]).err(), Some(short));
    assert_eq!(trouble(&format!("{bare}000")), Some(CodeError::Length { have: 57, need: 28 }));
}

#[test]
fn a_code_may_happen_to_start_like_a_secret_key() {
    // The bits of "SK1" at the front: 11001 10011 00001 0.
    let (mut code, mut key) = (counting::<16>(0), counting::<32>(0));
    (code[0], code[1]) = (0b1100_1100, 0b1100_0010);
    (key[0], key[1]) = (code[0], code[1]);
    let (code_text, key_text) = (write_code(&code), write_secret_key(&key));
    assert!(code_text.starts_with("SK1") && key_text.starts_with("SK1-SK1"));
    assert!(opens(&code_text, &code));
    for typed in [key_text.as_str(), key_text.trim_start_matches("SK1-")] {
        assert!(read_secret_key(typed).is_ok_and(|read| *read.expose() == key));
    }
}

/// How many wrong texts of a sample pass the check, and how many there were.
fn missed(codes: u8, wrong: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> (usize, usize) {
    let (mut missed, mut tried) = (0, 0);
    for seed in 0..codes {
        let code = core::array::from_fn(|i| seed.wrapping_mul(89) ^ u8::try_from(i * 53 % 251).expect("below 251"));
        for typed in wrong(&symbols(&code)) {
            tried += 1;
            missed += usize::from(read_code(&text(&typed)).is_ok());
        }
    }
    (missed, tried)
}

#[test]
fn about_one_in_a_thousand_single_substitutions_is_missed_and_no_more() {
    let (missed, tried) = missed(8, |right| {
        let mut all = Vec::new();
        for at in 0..right.len() {
            for symbol in ALPHABET.iter().filter(|s| **s != right[at]) {
                let mut wrong = right.to_vec();
                wrong[at] = *symbol;
                all.push(wrong);
            }
        }
        all
    });
    // 1/1,024 of them would be 7. Three times that is far outside chance.
    assert_eq!(tried, 8 * 28 * 31);
    assert!(missed <= 21, "{missed} of {tried}");
}

#[test]
fn about_one_in_a_thousand_adjacent_swaps_is_missed_and_no_more() {
    let (missed, tried) = missed(40, |right| {
        (1..right.len())
            .filter(|at| right[*at] != right[at - 1])
            .map(|at| {
                let mut wrong = right.to_vec();
                wrong.swap(at - 1, at);
                wrong
            })
            .collect()
    });
    assert!(tried > 900 && missed <= 6, "{missed} of {tried}");
}

proptest! {
    #[test]
    fn every_code_reads_back(code in any::<[u8; 16]>()) {
        prop_assert!(opens(&write_code(&code), &code));
    }

    #[test]
    fn every_secret_key_reads_back(key in any::<[u8; 32]>()) {
        prop_assert!(read_secret_key(&write_secret_key(&key)).is_ok_and(|read| *read.expose() == key));
    }

    #[test]
    fn a_changed_check_symbol_is_always_caught(code in any::<[u8; 16]>(), at in 26..28_usize, by in 1..32_usize) {
        let mut wrong = symbols(&code);
        let value = ALPHABET.iter().position(|s| *s == wrong[at]).expect("a symbol");
        wrong[at] = ALPHABET[(value + by) % 32];
        let caught = matches!(trouble(&text(&wrong)), Some(CodeError::Check { .. }));
        prop_assert!(caught);
    }

    #[test]
    fn any_text_is_read_or_refused(typed in "[0-9A-TV-Za-z -]{0,60}|.{0,60}") {
        if let Ok(code) = read_code(&typed) {
            prop_assert!(opens(&write_code(code.expose()), code.expose()));
        }
    }
}
