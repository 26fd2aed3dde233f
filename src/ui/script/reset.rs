//! The consent to a reset, by a flag of its own.

use super::{Event, Script};
use crate::ui::{date, text};
use firstkey_core::flow::reset::Replacement;
use firstkey_core::flow::stop::Missing;
use firstkey_core::flow::{Answer, Question};

impl Script {
    /// `--accept-reset` for exactly this address, or a person. Another address is no consent at
    /// all.
    pub(super) fn consent_to_reset(&mut self, about: Box<Replacement>) -> Answer {
        self.event(&Event::Reset {
            user: &about.email,
            server: about.origin.host(),
            key_gen: about.key_gen.0,
            started: date::rfc3339(about.started_at),
        });
        match &self.answers.accept_reset {
            Some(named) if named.eq_ignore_ascii_case(&about.email) => {
                match &mut self.person {
                    Some(person) => person.warn_of_reset(&about),
                    None => self.say(&text::reset::warning(&about)),
                }
                Answer::Yes
            }
            Some(_) => Answer::Missing(Missing::Reset),
            None => self.ask_person(Question::Reset(about), Missing::Reset),
        }
    }
}
