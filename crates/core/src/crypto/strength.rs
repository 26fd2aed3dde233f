//! Judging a password that is about to be set (protocol section 3): reasons as values, never as
//! sentences.
//!
//! Promises: a password is refused when it is too short, cannot be typed everywhere, is on the
//! offline list, is made of the person's or organisation's own names, is a walk over the keyboard,
//! or is otherwise guessable in fewer than 10^8 tries (a score below 3). The judgement is made here
//! alone: nothing is looked up anywhere.
//!
//! The number of guesses comes from an [`Estimator`], which is an argument: zxcvbn, in the crate
//! `firstkey-estimator`. It counts; what is weak is decided here.
//!
//! Never: judges a password that is only used, or returns any part of it.
//!
//! Limits of what is judged. The estimator's cost grows faster than the length, and its arithmetic
//! overflows on long zigzags over the keyboard, so it never sees more than [`WINDOW`] code points
//! at once: a password is as good as its best window, of the first [`JUDGED`] code points, with
//! repetitions taken out first. That errs towards refusing.
//!
//! Residue: copies that are made here are wiped. What an estimator leaves in memory is its own
//! affair; `firstkey-estimator` says what zxcvbn leaves. A generated passphrase needs no judgement
//! and should not be given to it.

mod common;
mod context;
mod fold;
mod keyboard;

pub use context::{Context, Part, Tail};

use super::prepare::{Unsettable, check_settable};
use fold::Folded;
use zeroize::Zeroizing;

/// How many code points of a password count.
pub const JUDGED: usize = 100;
/// How many code points the estimator sees at once.
pub const WINDOW: usize = 32;
/// How far apart windows begin, so that no word is cut by all of them.
const STRIDE: usize = 16;
/// The lowest score that is good enough: 10^8 guesses.
const GOOD_SCORE: u8 = 3;

/// Estimates how many guesses a text takes, by an attacker who knows how people choose passwords.
pub trait Estimator {
    /// The estimate for `window`, at most [`WINDOW`] code points of a password. `words` are guessed
    /// first: names from the invite, longest first.
    fn estimate(&self, window: &str, words: &[&str]) -> Estimate;
}

/// What an estimator found. No part of the password is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// How many guesses it takes.
    pub guesses: u64,
    /// The decimal logarithm of that; minus infinity for an empty window.
    pub guesses_log10: f64,
    /// 0 below 10^3 guesses, 1 below 10^6, 2 below 10^8, 3 below 10^10, 4 from there on.
    pub score: u8,
    /// What the window is made of, from its beginning to its end.
    pub patterns: Vec<Pattern>,
}

/// A kind of pattern that an estimator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A word of a dictionary, or one of the words that were given.
    Dictionary,
    /// The same again.
    Repeat,
    /// Letters or digits in order.
    Sequence,
    /// Keys next to each other.
    Spatial,
    /// A date or a year.
    Date,
    /// None of these.
    Other,
}

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
    /// The decimal logarithm of the number of guesses; zxcvbn ends at 19.3.
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
    /// A character that cannot be seen.
    Invisible,
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
pub fn judge(prepared: &str, context: &Context<'_>, min_length: usize, estimator: &dyn Estimator) -> Verdict {
    let mut reasons = Vec::new();
    match check_settable(prepared, min_length) {
        Ok(()) => {}
        Err(Unsettable::Control) => reasons.push(Weakness::Control),
        Err(Unsettable::Unassigned) => reasons.push(Weakness::Unassigned),
        Err(Unsettable::Invisible) => reasons.push(Weakness::Invisible),
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

    let best = best_window(content, &names.words(), estimator);
    let mut strength = Strength { guesses_log10: best.guesses_log10.max(0.0) };
    let is_one_word = best.patterns == [Pattern::Dictionary];
    let named = names.cover(&folded);
    if common::contains(&folded) || (named.is_none() && content.len() <= WINDOW && is_one_word) {
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
    if best.score < GOOD_SCORE {
        if content.len() < text.len() {
            reasons.push(Weakness::Repeats);
        }
        for found in &best.patterns {
            let reason = match found {
                Pattern::Repeat => Weakness::Repeats,
                Pattern::Sequence => Weakness::Sequence,
                Pattern::Spatial => Weakness::Keyboard,
                Pattern::Date => Weakness::Date,
                Pattern::Dictionary | Pattern::Other => continue,
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons.push(Weakness::Guessable { score: best.score });
    }
    if reasons.is_empty() { Verdict::Good(strength) } else { Verdict::Weak { reasons, strength } }
}

/// The estimate for the window that is hardest to guess: guessing the whole is at least as hard.
fn best_window(content: &[char], words: &[&str], estimator: &dyn Estimator) -> Estimate {
    let last = content.len().saturating_sub(WINDOW).div_ceil(STRIDE) * STRIDE;
    let estimate = |start: usize| {
        let window = &content[start..content.len().min(start + WINDOW)];
        let mut text = Zeroizing::new(String::with_capacity(4 * WINDOW));
        text.extend(window);
        estimator.estimate(&text, words)
    };
    (STRIDE..=last).step_by(STRIDE).fold(estimate(0), |best, start| {
        let other = estimate(start);
        if other.guesses > best.guesses { other } else { best }
    })
}
