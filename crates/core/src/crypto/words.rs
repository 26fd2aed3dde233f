//! The word list and the two things made from it: fingerprint phrases and generated passphrases.
//!
//! Promises: a word is found by its number without reading the list at run time (the table of
//! offsets is made by the compiler); generated passphrases are uniform over the list; the order of
//! the list is part of the protocol.
//!
//! Never: touches a source of randomness of its own. The list is the EFF large list, see
//! `data/README.md`.

use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

/// How many words the list has: 6 to the power of 5, so 12.92 bits for each word.
pub const LIST_LENGTH: usize = 7776;

/// How many words a fingerprint phrase has: 103.4 bits (protocol section 7).
pub const PHRASE_WORDS: usize = 8;

/// How many words a generated passphrase has unless more are asked for: 77.5 bits (protocol section
/// 3).
pub const PASSPHRASE_WORDS: usize = 6;

/// Bytes of the longest word of the list.
const LONGEST: usize = 9;

/// One word a line, ASCII, in byte order.
const LIST: &str = include_str!("../../data/eff_large_wordlist.txt");

/// Where each word starts; the last entry is where a next word would start.
static STARTS: [u16; LIST_LENGTH + 1] = starts();

const fn starts() -> [u16; LIST_LENGTH + 1] {
    let text = LIST.as_bytes();
    assert!(text.len() <= u16::MAX as usize, "offsets fit into 16 bits");
    let mut starts = [0; LIST_LENGTH + 1];
    let mut found = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'\n' {
            found += 1;
            // Fits: the assertion above.
            #[allow(clippy::cast_possible_truncation)]
            {
                starts[found] = (at + 1) as u16;
            }
        }
        at += 1;
    }
    assert!(found == LIST_LENGTH, "one word a line, each line ended");
    starts
}

/// The word with this number; numbers count from 0 and wrap at the end of the list.
fn word(number: usize) -> &'static str {
    let number = number % LIST_LENGTH;
    let (start, next) = (STARTS[number], STARTS[number + 1]);
    &LIST[usize::from(start)..usize::from(next) - 1]
}

/// The number of a word in lower case, or `None` if it is not on the list.
fn number_of(wanted: &str) -> Option<usize> {
    let (mut low, mut high) = (0, LIST_LENGTH);
    while low < high {
        let middle = usize::midpoint(low, high);
        match word(middle).cmp(wanted) {
            core::cmp::Ordering::Equal => return Some(middle),
            core::cmp::Ordering::Less => low = middle + 1,
            core::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

/// The phrase of a fingerprint (protocol section 7): the digest as one big-endian integer, divided
/// by 7,776 again and again; each remainder is the number of a word, the first remainder the first
/// word.
pub fn phrase_from_digest(digest: &[u8; 32]) -> [&'static str; PHRASE_WORDS] {
    let mut quotient = *digest;
    core::array::from_fn(|_| {
        let mut remainder = 0_usize;
        for byte in &mut quotient {
            let dividend = (remainder << 8) | usize::from(*byte);
            // Fits: the remainder is below the divisor, so the dividend is below 256 divisors.
            #[allow(clippy::cast_possible_truncation)]
            {
                *byte = (dividend / LIST_LENGTH) as u8;
            }
            remainder = dividend % LIST_LENGTH;
        }
        word(remainder)
    })
}

/// Reads a fingerprint phrase as a person types it: either case, any white space around and between
/// the words. `None` unless it is exactly eight words of the list.
pub fn read_phrase(text: &str) -> Option<[&'static str; PHRASE_WORDS]> {
    let mut typed = text.split_whitespace();
    let mut phrase = [""; PHRASE_WORDS];
    for place in &mut phrase {
        *place = word(number_of(&typed.next()?.to_ascii_lowercase())?);
    }
    typed.next().is_none().then_some(phrase)
}

/// Reads a fingerprint phrase with whatever stands between its words on paper: white space, commas,
/// dashes.
///
/// Four words of the list have a dash of their own, `yo-yo` is one of them. What stands before that
/// dash is no word by itself, so a piece that is none is looked up together with the next. `None`
/// unless it is exactly eight words of the list.
pub fn read_typed_phrase(text: &str) -> Option<[&'static str; PHRASE_WORDS]> {
    let typed = text.to_ascii_lowercase();
    let mut pieces = typed.split(|c: char| c.is_whitespace() || c == ',' || c == '-').filter(|piece| !piece.is_empty());
    let mut phrase = [""; PHRASE_WORDS];
    for place in &mut phrase {
        let piece = pieces.next()?;
        let number = match number_of(piece) {
            Some(number) => number,
            None => number_of(&format!("{piece}-{}", pieces.next()?))?,
        };
        *place = word(number);
    }
    pieces.next().is_none().then_some(phrase)
}

/// Makes a passphrase of `words` random words with single spaces between them.
///
/// Every word is equally likely: 16-bit draws at or above the largest multiple of 7,776 are thrown
/// away.
pub fn make_passphrase<R>(rng: &mut R, words: usize) -> Zeroizing<String>
where
    R: RngCore + CryptoRng + ?Sized,
{
    // Large enough from the start: growing would leave a copy behind.
    let mut phrase = Zeroizing::new(String::with_capacity(words * (LONGEST + 1)));
    for drawn in 0..words {
        if drawn > 0 {
            phrase.push(' ');
        }
        phrase.push_str(word(draw(rng)));
    }
    phrase
}

/// A uniform number below [`LIST_LENGTH`].
fn draw<R: RngCore + CryptoRng + ?Sized>(rng: &mut R) -> usize {
    const CEILING: usize = (1 << 16) / LIST_LENGTH * LIST_LENGTH;
    let mut bytes = [0; 2];
    let number = loop {
        rng.fill_bytes(&mut bytes);
        let number = usize::from(u16::from_be_bytes(bytes));
        if number < CEILING {
            break number % LIST_LENGTH;
        }
    };
    bytes.zeroize();
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_core::{Error, RngCore};

    /// Gives out the bytes it was made with, again and again.
    struct Tape(Vec<u8>, usize);

    impl RngCore for Tape {
        fn next_u32(&mut self) -> u32 {
            rand_core::impls::next_u32_via_fill(self)
        }
        fn next_u64(&mut self) -> u64 {
            rand_core::impls::next_u64_via_fill(self)
        }
        fn fill_bytes(&mut self, into: &mut [u8]) {
            for byte in into {
                *byte = self.0[self.1 % self.0.len()];
                self.1 += 1;
            }
        }
        fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(into);
            Ok(())
        }
    }
    impl CryptoRng for Tape {}

    fn digest(hex: &str) -> [u8; 32] {
        core::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex"))
    }

    #[test]
    fn the_list_is_complete_sorted_and_unique() {
        let words: Vec<_> = (0..LIST_LENGTH).map(word).collect();
        assert_eq!(words, LIST.lines().collect::<Vec<_>>());
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(words.iter().map(|w| w.len()).max(), Some(LONGEST));
        assert!(words.iter().all(|w| w.len() >= 3));
        assert_eq!((words[0], words[7775]), ("abacus", "zoom"));
    }

    #[test]
    fn every_word_is_found_by_its_number_and_its_text() {
        for number in 0..LIST_LENGTH {
            assert_eq!(number_of(word(number)), Some(number));
        }
        for absent in ["", "aaa", "abacu", "abacuss", "zzz", "Abacus"] {
            assert_eq!(number_of(absent), None);
        }
    }

    #[test]
    fn phrases_equal_the_protocol_vectors() {
        for (fingerprint, phrase) in [
            (
                "c91010ed168c92c9eff84a5ef33919f4eb5802da7557d0527b58404103ad8e22",
                "persuaded trusting breeder appeasing devious regime antitrust upgrade",
            ),
            (
                "f1152d048dd4e57e0029ed693f3c09a21f9ab45e1e6af6c989a6620959e9d490",
                "deflector salary nursery molehill itinerary recoup unproven unsolved",
            ),
            (
                "ce6f6f7363c5b2a8e475cf73f76d1cbbe5835f8377280c88263929f89071800e",
                "unrefined hacker symptom wand cesspool primal unbitten moneywise",
            ),
        ] {
            assert_eq!(phrase_from_digest(&digest(fingerprint)).join(" "), phrase);
        }
        assert_eq!(phrase_from_digest(&[0; 32]), ["abacus"; 8]);
    }

    #[test]
    fn a_phrase_is_read_in_any_case_and_spacing_but_only_whole() {
        let phrase = phrase_from_digest(&[7; 32]);
        let typed = format!("  {}\n", phrase.join("  ").to_uppercase());
        assert_eq!(read_phrase(&typed), Some(phrase));
        assert_eq!(read_phrase(&phrase[..7].join(" ")), None);
        assert_eq!(read_phrase(&format!("{} abacus", phrase.join(" "))), None);
        assert_eq!(read_phrase("a b c d e f g h"), None);
    }

    #[test]
    fn a_typed_phrase_may_have_dashes_and_commas_between_its_words_and_within_them() {
        let phrase = ["yo-yo", "drop-down", "down", "t-shirt", "shirt", "felt-tip", "abacus", "zoom"];
        for typed in
            [phrase.join(" "), phrase.join("-"), phrase.join(", ").to_uppercase(), phrase.join(" ").replace('-', " ")]
        {
            assert_eq!(read_typed_phrase(&typed), Some(phrase), "{typed}");
        }
        for wrong in
            [&phrase[..7].join(" "), &format!("{} down", phrase.join(" ")), &phrase.join(" ").replace("yo-yo", "yo")]
        {
            assert_eq!(read_typed_phrase(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_stands_before_the_dash_of_a_word_is_no_word() {
        let dashed: Vec<_> = LIST.lines().filter_map(|word| word.split_once('-')).collect();
        assert_eq!(dashed.len(), 4);
        assert!(dashed.iter().all(|(before, _)| number_of(before).is_none()), "{dashed:?}");
    }

    #[test]
    fn draws_that_would_favour_early_words_are_thrown_away() {
        // 62,208 = 8 * 7,776 is the first refused draw; 62,207 is the last word.
        let mut tape = Tape(vec![0xf3, 0x00, 0xff, 0xff, 0xf2, 0xff], 0);
        assert_eq!(draw(&mut tape), LIST_LENGTH - 1);
        assert_eq!(tape.1, 6);
    }

    #[test]
    fn a_passphrase_never_grows_its_buffer() {
        let longest = (0..LIST_LENGTH).find(|&n| word(n).len() == LONGEST).expect("checked above");
        let bytes = u16::try_from(longest).expect("below 7,776").to_be_bytes();
        let phrase = make_passphrase(&mut Tape(bytes.to_vec(), 0), PASSPHRASE_WORDS);
        assert_eq!(phrase.len(), 6 * LONGEST + 5);
        assert!(phrase.len() <= PASSPHRASE_WORDS * (LONGEST + 1));
    }

    proptest! {
        #[test]
        fn passphrases_are_words_of_the_list(seed in prop::collection::vec(0..0xf0_u8, 2..64), words in 1..12_usize) {
            let phrase = make_passphrase(&mut Tape(seed, 0), words);
            prop_assert_eq!(phrase.split(' ').count(), words);
            prop_assert!(phrase.split(' ').all(|w| number_of(w).is_some()));
        }

        #[test]
        fn a_phrase_reads_back(bytes in any::<[u8; 32]>()) {
            let phrase = phrase_from_digest(&bytes);
            prop_assert_eq!(read_phrase(&phrase.join(" ")), Some(phrase));
            prop_assert_eq!(read_typed_phrase(&phrase.join("-")), Some(phrase));
        }
    }
}
