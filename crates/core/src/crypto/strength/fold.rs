//! One shape for the many ways of writing the same word: case, accents, spaces, signs, and digits
//! for letters.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// A text by the shapes of its letters and digits; wiped when dropped.
pub(super) struct Folded {
    /// What is compared.
    pub(super) shapes: Zeroizing<Vec<char>>,
    /// Which of them were typed as letters.
    pub(super) letters: Zeroizing<Vec<bool>>,
    /// Which of them were typed as digits, and as which.
    pub(super) digits: Zeroizing<Vec<Option<char>>>,
}

impl Folded {
    /// Folds a text.
    pub(super) fn of(text: &str) -> Self {
        // No character decomposes to more than six times its bytes; growing would leave a copy
        // behind.
        let room = 6 * text.len();
        let mut folded = Self {
            shapes: Zeroizing::new(Vec::with_capacity(room)),
            letters: Zeroizing::new(Vec::with_capacity(room)),
            digits: Zeroizing::new(Vec::with_capacity(room)),
        };
        for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
            if let Some(shape) = shape(c) {
                folded.shapes.push(shape);
                folded.letters.push(c.is_alphabetic());
                folded.digits.push(c.is_ascii_digit().then_some(c));
            }
        }
        folded
    }
}

/// The letter that a character stands for; `None` for spaces and punctuation. `i`, `l` and `1` are
/// one shape.
fn shape(c: char) -> Option<char> {
    match c {
        '4' | '@' => Some('a'),
        '8' => Some('b'),
        '3' => Some('e'),
        '9' => Some('g'),
        '1' | '!' | '|' | 'l' => Some('i'),
        '0' => Some('o'),
        '5' | '$' => Some('s'),
        '7' | '+' => Some('t'),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    }
}

/// The length of the shortest piece that the whole text repeats, the last time perhaps not to its
/// end, if what is repeated is a third of the text or more; the length of the text otherwise.
pub(super) fn period(text: &[char]) -> usize {
    (1..=text.len() * 2 / 3)
        .find(|&period| text[period..].iter().zip(text).all(|(one, other)| one == other))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> String {
        Folded::of(text).shapes.iter().collect()
    }

    #[test]
    fn the_same_word_has_one_shape() {
        for written in ["Password", "p@$$w0rd", "P a-s_s.w,o r d", "PASSWORD", "pässwörd", "ｐａｓｓｗｏｒｄ"]
        {
            assert_eq!(shapes(written), "password", "{written}");
        }
        assert_eq!(shapes("hello"), shapes("he11o"));
    }

    #[test]
    fn digits_and_signs_have_the_shape_of_the_letter_that_they_stand_for() {
        assert_eq!(shapes("4@ 8 3 9 1!|lL 0 5$ 7+"), "aabegiiiiiosstt");
    }

    #[test]
    fn nothing_grows_so_no_copy_of_a_password_is_left_behind() {
        // The first becomes eighteen letters of its three bytes.
        for text in ["\u{fdfa}\u{fdfa}\u{fdfa}", "correct horse battery staple", ""] {
            let Folded { shapes, letters, digits } = Folded::of(text);
            assert_eq!([shapes.capacity(), letters.capacity(), digits.capacity()], [6 * text.len(); 3]);
        }
    }

    #[test]
    fn a_period_is_found_with_and_without_a_rest() {
        for (text, length) in
            [("", 0), ("a", 1), ("aaaa", 1), ("abab", 2), ("ababa", 2), ("abcabd", 6), ("ab ab", 3), ("abca", 4)]
        {
            assert_eq!(period(&text.chars().collect::<Vec<_>>()), length, "{text}");
        }
    }
}
