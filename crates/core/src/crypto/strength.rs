//! Judging a password that is about to be set (protocol section 3): reasons as values, never as sentences.
//!
//! Promises: a password is refused when it is too short, cannot be typed everywhere, is on the offline list, is made of
//! the person's or organisation's own names, is a walk over the keyboard, or is otherwise guessable in fewer than 10^8
//! tries (zxcvbn score below 3). The judgement is made here alone: nothing is looked up anywhere.
//!
//! Never: judges a password that is only used, or returns any part of it.
//!
//! Limits of what is judged. The estimator's cost grows faster than the length, and its arithmetic overflows on long
//! zigzags over the keyboard, so it never sees more than [`WINDOW`] code points at once: a password is as good as its
//! best window, of the first [`JUDGED`] code points, with repetitions taken out first. That errs towards refusing.
//! The estimator reads the current year once, to know what a recent year is: the one impurity of this module.
//!
//! Residue: the estimator copies the password into strings of its own and does not wipe them; own copies are wiped. The
//! programs have an allocator that wipes whatever is freed (`main.rs`); who uses the library in another program needs one
//! too. A generated passphrase needs no judgement and should not be given to it.

mod common;
mod context;
mod fold;
mod keyboard;

pub use context::{Context, Part, Tail};

use super::prepare::{Unsettable, check_settable};
use fold::Folded;
use zeroize::Zeroizing;
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::{Entropy, Score, zxcvbn};

/// How many code points of a password count.
pub const JUDGED: usize = 100;
/// How many code points the estimator sees at once.
pub const WINDOW: usize = 32;
/// How far apart windows begin, so that no word is cut by all of them.
const STRIDE: usize = 16;

/// What the judgement came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// May be set.
    Good(Strength),
    /// May not be set.
    Weak {
        /// Why, the most telling reason first; never empty.
        reasons: Vec<Weakness>,
        /// How far it would get.
        strength: Strength,
    },
}

/// About how many guesses somebody needs who knows how people choose passwords.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// The decimal logarithm of the number of guesses; the estimator ends at 19.3.
    pub guesses_log10: f64,
}

impl Strength {
    /// Seconds until half of the guesses are made, if each takes `seconds_per_guess`.
    pub fn seconds(self, seconds_per_guess: f64) -> f64 {
        10_f64.powf(self.guesses_log10) * seconds_per_guess / 2.0
    }

    fn at_most(self, guesses_log10: f64) -> Self {
        Self { guesses_log10: self.guesses_log10.min(guesses_log10) }
    }
}

/// One reason to refuse a password.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weakness {
    /// A control character.
    Control,
    /// A character that Unicode does not define.
    Unassigned,
    /// Too few code points.
    TooShort {
        /// Code points it has.
        have: usize,
        /// Code points it needs.
        need: usize,
    },
    /// A well-known phrase or pattern, perhaps with small changes.
    Common,
    /// Little more than a name from the invite.
    Context {
        /// Whose name.
        part: Part,
        /// What follows it.
        tail: Tail,
    },
    /// Keys next to each other.
    Keyboard,
    /// The same again and again.
    Repeats,
    /// Letters or digits in order.
    Sequence,
    /// A date.
    Date,
    /// Guessable in fewer than 10^8 tries, for whatever reason. Comes last.
    Guessable {
        /// The estimator's score, 0 to 2.
        score: u8,
    },
}

/// Judges a prepared password that somebody wants to set.
///
/// `min_length` is in code points and can only raise the built-in minimum.
pub fn judge(prepared: &str, context: &Context<'_>, min_length: usize) -> Verdict {
    let mut reasons = Vec::new();
    match check_settable(prepared, min_length) {
        Ok(()) => {}
        Err(Unsettable::Control) => reasons.push(Weakness::Control),
        Err(Unsettable::Unassigned) => reasons.push(Weakness::Unassigned),
        Err(Unsettable::TooShort { have, need }) => reasons.push(Weakness::TooShort { have, need }),
        Err(Unsettable::Empty) => {
            let need = min_length.max(super::prepare::MIN_CODE_POINTS);
            reasons.push(Weakness::TooShort { have: 0, need });
        }
    }
    let text: Zeroizing<Vec<char>> = Zeroizing::new(prepared.chars().take(JUDGED).collect());
    let content = &text[..fold::period(&text)];
    let folded = Folded::of(prepared);
    let names = context.names();

    let best = best_window(content, &names.words());
    let mut strength = Strength { guesses_log10: best.guesses_log10().max(0.0) };
    let covered = |entropy: &Entropy| matches!(entropy.sequence(), [only] if is_word(&only.pattern));
    let named = names.cover(&folded);
    if common::contains(&folded) || (named.is_none() && content.len() <= WINDOW && covered(&best)) {
        reasons.push(Weakness::Common);
        strength = strength.at_most(4.0);
    }
    if let Some((part, tail)) = named {
        reasons.push(Weakness::Context { part, tail });
        strength = strength.at_most(6.0);
    }
    if keyboard::is_walk(&text) {
        reasons.push(Weakness::Keyboard);
        strength = strength.at_most(6.0);
    }
    if best.score() < Score::Three {
        if content.len() < text.len() {
            reasons.push(Weakness::Repeats);
        }
        for found in best.sequence() {
            let reason = match found.pattern {
                MatchPattern::Repeat(_) => Weakness::Repeats,
                MatchPattern::Sequence(_) => Weakness::Sequence,
                MatchPattern::Spatial(_) => Weakness::Keyboard,
                MatchPattern::Date(_) | MatchPattern::Regex(_) => Weakness::Date,
                MatchPattern::Dictionary(_) | MatchPattern::BruteForce => continue,
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons.push(Weakness::Guessable { score: u8::from(best.score()) });
    }
    if reasons.is_empty() { Verdict::Good(strength) } else { Verdict::Weak { reasons, strength } }
}

/// A word that the estimator knows.
fn is_word(pattern: &MatchPattern) -> bool {
    matches!(pattern, MatchPattern::Dictionary(_))
}

/// The estimate for the window that is hardest to guess: guessing the whole is at least as hard.
fn best_window(content: &[char], words: &[&str]) -> Entropy {
    let last = content.len().saturating_sub(WINDOW).div_ceil(STRIDE) * STRIDE;
    let estimate = |start: usize| {
        let window = &content[start..content.len().min(start + WINDOW)];
        let mut text = Zeroizing::new(String::with_capacity(4 * WINDOW));
        text.extend(window);
        zxcvbn(&text, words)
    };
    (STRIDE..=last).step_by(STRIDE).fold(estimate(0), |best, start| {
        let other = estimate(start);
        if other.guesses() > best.guesses() { other } else { best }
    })
}
