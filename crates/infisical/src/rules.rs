//! Which passwords may be set on such a server: the rules of its web client and ours, both.
//!
//! Promise: what passes can be typed into the clients of the time, and is worth more than they ask:
//! the verifier that leaves lets its holder test guesses at two hashes and one power each, without
//! Argon2id, so that everything hangs on the password itself. What is typed is judged, never
//! changed: the bytes that are used are the bytes that were typed. Must never: judge a password
//! that is only used.

use firstkey_core::crypto::prepare::{PrepareError, prepare};
use firstkey_core::crypto::strength::{Context, Estimator, Strength, Verdict, Weakness, judge};
use firstkey_core::crypto::words::make_passphrase;
use rand_core::CryptoRngCore;
use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use zeroize::Zeroizing;

/// The fewest UTF-16 units.
pub const SHORTEST: usize = 14;
/// The most UTF-16 units.
pub const LONGEST: usize = 100;
/// The decimal logarithm of the fewest guesses that a typed password must take.
pub const GUESSES: f64 = 14.0;
/// Words of a passphrase that is made here: 7 x 12.92 bits and a number of two digits, 96.9 bits.
pub const WORDS: usize = 7;
/// Characters in a row that must not be the same.
const IN_A_ROW: usize = 4;

/// A rule of the web client that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebRule {
    /// Fewer than [`SHORTEST`].
    TooShort,
    /// More than [`LONGEST`].
    TooLong,
    /// No letter of an alphabet that the web client knows.
    NoLetter,
    /// No digit or sign.
    NoNumberOrSign,
    /// The same character four times in a row.
    Repeated,
    /// A line break, tab or backslash.
    Escape,
}

/// What is wrong with a typed password.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// It cannot be a password at all.
    Unusable(PrepareError),
    /// The web client would refuse it.
    Web(WebRule),
    /// We refuse it.
    Weak {
        /// Why, the most telling first.
        reasons: Vec<Weakness>,
        /// How far it would get.
        strength: Strength,
    },
    /// Nothing is wrong with it in particular, but it is within reach of whoever holds the
    /// verifier.
    WithinReach(Strength),
}

/// A password that may be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// How far it gets.
    pub strength: Strength,
    /// Whether another keyboard would write the same characters with the same bytes (NFC).
    pub same_everywhere: bool,
}

/// Judges a password as typed.
pub fn check(typed: &[u8], context: &Context<'_>, estimator: &dyn Estimator) -> Result<Fit, Unfit> {
    let prepared = prepare(typed).map_err(Unfit::Unusable)?;
    let text = std::str::from_utf8(typed).map_err(|_| Unfit::Unusable(PrepareError::NotUtf8))?;
    web(text).map_err(Unfit::Web)?;
    // Ours are about what a person sees, so they judge the normal form.
    let seen = std::str::from_utf8(&prepared).map_err(|_| Unfit::Unusable(PrepareError::NotUtf8))?;
    match judge(seen, context, 0, estimator) {
        Verdict::Weak { reasons, strength } => Err(Unfit::Weak { reasons, strength }),
        Verdict::Good(strength) if strength.guesses_log10 < GUESSES => Err(Unfit::WithinReach(strength)),
        Verdict::Good(strength) => Ok(Fit { strength, same_everywhere: is_nfc(text) }),
    }
}

/// The rules of the web client, in its order.
pub fn web(text: &str) -> Result<(), WebRule> {
    let units = text.encode_utf16().count();
    let broken = [
        (units < SHORTEST, WebRule::TooShort),
        (units > LONGEST, WebRule::TooLong),
        (!text.chars().any(is_letter), WebRule::NoLetter),
        (!text.chars().any(is_number_or_sign), WebRule::NoNumberOrSign),
        (repeats(text), WebRule::Repeated),
        (text.contains(['\n', '\r', '\t', '\\']), WebRule::Escape),
    ];
    broken.into_iter().find_map(|(broken, rule)| broken.then_some(rule)).map_or(Ok(()), Err)
}

/// The alphabets that the web client lists; plain Greek, Hangul, Devanagari and Thai are not among
/// them.
fn is_letter(c: char) -> bool {
    matches!(u32::from(c),
        0x41..=0x5a | 0x61..=0x7a | 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0xff | 0x130 | 0x11e | 0x15e
        | 0x400..=0x52f | 0x5b0..=0x6ff | 0x980..=0x9ff | 0x1f00..=0x1fff | 0x2de0..=0x2dff
        | 0x3040..=0x30ff | 0x4e00..=0x9fff | 0xa640..=0xa69f)
}

fn is_number_or_sign(c: char) -> bool {
    c.is_ascii_digit()
        || "!@#$%^&*(),.?\":{}|<>".contains(c)
        || !(matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
            || is_space(c))
}

/// White space as JavaScript has it.
fn is_space(c: char) -> bool {
    matches!(c, '\u{9}'..='\u{d}' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// Four identical UTF-16 units in a row, or four of white space.
fn repeats(text: &str) -> bool {
    let units: Zeroizing<Vec<u16>> = Zeroizing::new(text.encode_utf16().collect());
    let space = |unit: &u16| char::from_u32(u32::from(*unit)).is_some_and(is_space);
    units.windows(IN_A_ROW).any(|row| row.iter().all(|unit| *unit == row[0]) || row.iter().all(space))
}

/// A passphrase that keeps every rule: words, and a number at the end because the web client wants
/// one.
pub fn make(rng: &mut dyn CryptoRngCore) -> Zeroizing<String> {
    let mut rng = rng;
    let words = make_passphrase(&mut rng, WORDS);
    let mut made = Zeroizing::new(String::with_capacity(words.len() + 3));
    made.push_str(&words);
    made.push(' ');
    // 90 numbers; draws from 180 on are thrown away, so that each is as likely.
    let number = loop {
        let mut draw = [0];
        rng.fill_bytes(&mut draw);
        if draw[0] < 180 {
            break 10 + draw[0] % 90;
        }
    };
    made.push(char::from(b'0' + number / 10));
    made.push(char::from(b'0' + number % 10));
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_estimator::Zxcvbn;
    use firstkey_testkit::chance::Seeded;

    const NOBODY: Context<'static> =
        Context { name: "", email: "ada@example.org", organisation: "", host: "app.example.org" };

    #[test]
    fn the_rules_of_the_web_client_hold_at_their_edges() {
        for (password, expected) in [
            ("abcdefghijkl1", Err(WebRule::TooShort)),
            ("abcdefghijklm1", Ok(())),
            (&format!("{}1", "ab".repeat(49))[..], Ok(())),
            (&format!("{}1", "abc".repeat(33)), Ok(())),
            (&format!("{}12", "abc".repeat(33)), Err(WebRule::TooLong)),
            // A rocket is two units: 49 of them with a letter and a digit are exactly 100.
            (&format!("{}a1", "\u{1f680}".repeat(49)), Ok(())),
            (&format!("{}a12", "\u{1f680}".repeat(49)), Err(WebRule::TooLong)),
            ("12345678901234", Err(WebRule::NoLetter)),
            (
                "\u{3b1}\u{3b2}\u{3b3}\u{3b4}\u{3b5}\u{3b6}\u{3b7}\u{3b8}\u{3b9}\u{3ba}\u{3bb}\u{3bc}\u{3bd}1",
                Err(WebRule::NoLetter),
            ),
            ("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}xy1", Ok(())),
            ("only letters here", Err(WebRule::NoNumberOrSign)),
            ("only letters-here", Ok(())),
            ("letters and emoji \u{1f680}", Ok(())),
            ("three aaa in a row", Err(WebRule::NoNumberOrSign)),
            ("three aaa in a row 1", Ok(())),
            ("four aaaa in a row 1", Err(WebRule::Repeated)),
            ("four spaces    in a row 1", Err(WebRule::Repeated)),
            ("a back\\slash in it 1", Err(WebRule::Escape)),
            ("a tab\tin it, sadly 1", Err(WebRule::Escape)),
        ] {
            assert_eq!(web(password), expected, "{password:?}");
        }
    }

    #[test]
    fn every_password_of_the_given_accounts_passes_the_web_rules() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../tests/data/account-vectors.json")).expect("JSON");
        for account in file["vectors"].as_array().expect("vectors") {
            let password = account["password"].as_str().expect("text");
            assert_eq!(web(password), Ok(()), "{password:?}");
            assert_eq!(Some(password.encode_utf16().count() as u64), account["passwordUtf16Length"].as_u64());
        }
    }

    #[test]
    fn w01_a_typed_password_must_be_out_of_reach_of_whoever_holds_the_verifier() {
        // Good enough where Argon2id stands in the way (10^8), not here.
        assert!(matches!(
            check(b"tundra-velvet-42", &NOBODY, &Zxcvbn),
            Err(Unfit::WithinReach(_) | Unfit::Weak { .. })
        ));
        let fit = check(b"velvet tundra misprint cobra lunar eggplant 7", &NOBODY, &Zxcvbn).expect("far out of reach");
        assert!(fit.strength.guesses_log10 >= GUESSES && fit.same_everywhere);
        assert!(check(b"a password of ada@example.org 1", &NOBODY, &Zxcvbn).is_err());
        assert!(matches!(
            check(b"\xff\xfe is not text at all 1", &NOBODY, &Zxcvbn),
            Err(Unfit::Unusable(PrepareError::NotUtf8))
        ));
    }

    #[test]
    fn w15_text_that_another_keyboard_would_write_otherwise_is_noticed() {
        let composed = "velvet tundra misprint cobra l\u{fc}nar eggplant 7";
        let decomposed = "velvet tundra misprint cobra lu\u{308}nar eggplant 7";
        assert!(check(composed.as_bytes(), &NOBODY, &Zxcvbn).expect("fit").same_everywhere);
        assert!(!check(decomposed.as_bytes(), &NOBODY, &Zxcvbn).expect("fit").same_everywhere);
    }

    #[test]
    fn w01_what_is_made_here_keeps_every_rule_and_has_ninety_bits() {
        // 2^90 is below 7776^7, without the number at the end.
        let words = u32::try_from(WORDS).expect("a few");
        assert!(f64::from(words) * 7776_f64.log2() >= 90.0);
        for seed in 0..200 {
            let made = make(&mut Seeded::new(seed));
            assert_eq!(web(&made), Ok(()), "{}", *made);
            assert!(made.is_ascii() && made.split(' ').count() > WORDS);
        }
        assert_ne!(*make(&mut Seeded::new(1)), *make(&mut Seeded::new(2)));
    }
}
