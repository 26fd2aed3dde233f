//! firstkey-estimator: how guessable a typed password is, by [zxcvbn](https://docs.rs/zxcvbn).
//!
//! [`Zxcvbn`] implements [`Estimator`] of `firstkey-core`. It answers with numbers and the kinds of
//! patterns that were found. `core::crypto::strength` decides what is weak; nothing is decided
//! here. It is a crate of its own so that the regular expressions, iterators and calendars that
//! zxcvbn needs are no part of the core.
//!
//! Promise: no file, network, environment, process or terminal, and no part of the password in an
//! answer. Must never: judge, or see a password that is only used.
//!
//! Not a function of its arguments alone. zxcvbn reads the current year once in a process, to know
//! what a recent year is. It walks hash maps in the order that the standard library's random seed
//! gives them, so for some passwords the number differs a little between two runs, and of two
//! equally good explanations either may be named. It also measures how long each estimate takes;
//! that is discarded.
//!
//! Memory: zxcvbn copies the window and the words that it found in it into strings on the heap and
//! frees them unwiped. The client has an allocator that wipes what is freed (`src/main.rs`); a
//! program that uses this crate needs one too. `tests/wiped.rs` and `tests/residue.rs` of the
//! client show both.

#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use firstkey_core::crypto::strength::{Estimate, Estimator, Pattern};
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::zxcvbn;

/// The estimator of the client. Stateless.
#[derive(Clone, Copy, Debug, Default)]
pub struct Zxcvbn;

impl Estimator for Zxcvbn {
    fn estimate(&self, window: &str, words: &[&str]) -> Estimate {
        let entropy = zxcvbn(window, words);
        Estimate {
            guesses: entropy.guesses(),
            guesses_log10: entropy.guesses_log10(),
            score: entropy.score().into(),
            patterns: entropy.sequence().iter().map(|found| pattern(&found.pattern)).collect(),
        }
    }
}

/// The kind alone: what zxcvbn keeps beside it are parts of the password.
fn pattern(found: &MatchPattern) -> Pattern {
    match found {
        MatchPattern::Dictionary(_) => Pattern::Dictionary,
        MatchPattern::Repeat(_) => Pattern::Repeat,
        MatchPattern::Sequence(_) => Pattern::Sequence,
        MatchPattern::Spatial(_) => Pattern::Spatial,
        // The only regular expression that zxcvbn has is a recent year.
        MatchPattern::Date(_) | MatchPattern::Regex(_) => Pattern::Date,
        MatchPattern::BruteForce => Pattern::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_pattern_is_found_and_nothing_but_its_kind_is_returned() {
        for (window, pattern) in [
            ("password", Pattern::Dictionary),
            ("zxqzxqzxqzxq", Pattern::Repeat),
            ("cdefghijklmn", Pattern::Sequence),
            ("nhy65tgbvfr4", Pattern::Spatial),
            ("12.03.1984", Pattern::Date),
            ("2019", Pattern::Date),
            ("\u{e6}\u{f0}\u{144}\u{fe}", Pattern::Other),
        ] {
            assert_eq!(Zxcvbn.estimate(window, &[]).patterns, [pattern], "{window}");
        }
    }

    #[test]
    fn a_given_word_is_guessed_first_and_an_empty_window_at_once() {
        assert!(Zxcvbn.estimate("vuqhomtizr", &["vuqhomtizr"]).guesses < 10);
        assert!(Zxcvbn.estimate("vuqhomtizr", &[]).guesses > 1_000_000);
        let nothing = Zxcvbn.estimate("", &[]);
        assert_eq!((nothing.guesses, nothing.score), (0, 0));
        assert!(nothing.guesses_log10.is_infinite() && nothing.patterns.is_empty());
    }
}
