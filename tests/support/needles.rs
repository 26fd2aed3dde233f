//! Secrets to look for: those of the hostile server, so that both look for the same forms.

pub use firstkey_evil::needles::{Needles, assert_finds_what_is_planted};
