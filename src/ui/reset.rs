//! The question before old keys are replaced, at the terminal.

use super::person::AtTerminal;
use super::text::reset;
use firstkey_core::flow::Answer;
use firstkey_core::flow::reset::Replacement;

/// How often something else may be typed.
const TRIES: u32 = 3;

impl AtTerminal {
    /// Says what would happen.
    pub(super) fn warn_of_reset(&mut self, about: &Replacement) {
        self.line("");
        self.say(&reset::warning(about));
        self.line("");
    }

    /// Takes the typed word for consent, and nothing less.
    pub(super) fn consent_to_reset(&mut self, about: &Replacement) -> Answer {
        self.warn_of_reset(about);
        for _ in 0..TRIES {
            let typed = match self.text(reset::AGREE) {
                Ok(typed) => typed,
                Err(end) => return end,
            };
            let typed = String::from_utf8_lossy(&typed);
            if typed.trim().is_empty() {
                return Answer::No;
            }
            if typed.trim().eq_ignore_ascii_case(reset::WORD) {
                return Answer::Yes;
            }
            self.line(reset::OTHERWISE);
        }
        Answer::No
    }
}
