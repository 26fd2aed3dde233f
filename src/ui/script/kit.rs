//! The recovery kit of a run without a person at it, and what a run that ends badly leaves behind.
//!
//! Promise: where a kit cannot go is said before keys are made; an end that changed nothing says
//! that the kit it made opens nothing. Must never: show a kit.

use super::{Event, Script};
use crate::exit::Stopped;
use crate::store::fresh::Guard;
use crate::ui::kit_file::KitFile;
use crate::ui::text::{self, Story, notice};
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::stop::{AcceptReason, GaveUp, LocalTrouble, Missing, Reach, StorageTrouble};
use firstkey_core::flow::{Answer, Introduction, Kit, Question};
use std::path::Path;

impl Script {
    /// Names the place of the kit, if it is missing.
    #[cfg(feature = "infisical")]
    #[allow(clippy::result_large_err, reason = "a stop ends the program; it is made once")]
    pub(crate) fn needs_kit_now(&self) -> Result<(), firstkey_core::flow::stop::AcceptStop> {
        if self.person.is_some() || self.answers.kit_out.is_some() || self.answers.rehearsal {
            return Ok(());
        }
        let why = AcceptReason::Missing(Missing::Kit);
        Err(firstkey_core::flow::stop::AcceptStop { why, reach: Reach::NothingSent, origin: None, subject: None })
    }

    /// Remembers whose uploads of earlier runs are not finished: an end mentions them.
    pub(crate) fn note_unfinished(&mut self, emails: Vec<String>) {
        self.unfinished = emails;
    }

    /// Adds what a run that changed nothing leaves behind: a kit that opens nothing, and uploads of
    /// earlier runs.
    pub(super) fn with_what_is_left(&self, mut story: Story, stopped: Stopped<'_>) -> Story {
        let (reach, says_so) = match stopped {
            Stopped::Accept(stop) => (stop.reach, matches!(stop.why, AcceptReason::GaveUp(GaveUp::KitProof))),
            Stopped::Account(stop) => (stop.reach, matches!(stop.why, AccountReason::GaveUp(GaveUp::KitProof))),
            _ => return story,
        };
        // What is saved can still be sent, and opens with its kit then.
        if reach >= Reach::Saved {
            return story;
        }
        if let Some(file) = self.kit_made.as_ref().filter(|_| !says_so) {
            story.next.insert(0, text::stop::unused_kit(file.as_deref()));
        }
        if !self.unfinished.is_empty() {
            story.next.splice(0..0, text::stop::unfinished(&self.unfinished));
        }
        story
    }

    /// Whether a kit for this account can go where it is to go, before any key is made.
    pub(super) fn check_kit_letters(&self, about: &Introduction) -> Result<(), LocalTrouble> {
        let Some(path) = &self.answers.kit_out else { return Ok(()) };
        KitFile::check_letters(path, &about.email, Some(about.organisation.as_str()))
    }

    pub(super) fn keep_kit(&mut self, kit: Box<Kit>) -> Answer {
        let Some(path) = self.answers.kit_out.clone() else {
            if self.person.is_some() {
                self.kit_made.get_or_insert(None);
            }
            let answer = self.ask_person(Question::Kit(kit), Missing::Kit);
            if let Answer::KitSaved(path) = &answer {
                self.kit_made = Some(Some(path.clone()));
                let mode = Guard::at(Path::new(path)).shown();
                self.event(&Event::Kit { path, mode });
            }
            return answer;
        };
        if let Some(kept) = &self.kit {
            // It was read again and was not what was written: showing it once more would not help.
            return Answer::Trouble(LocalTrouble::KitFile { trouble: StorageTrouble::Damaged, path: kept.path() });
        }
        match KitFile::save(&path, &kit, self.answers.paper) {
            Ok(kept) => {
                if let Some(moved) = kept.moved() {
                    let lines = notice::kit_moved(&moved);
                    match &mut self.person {
                        Some(person) => person.say(&lines),
                        None => self.log(&lines),
                    }
                }
                let path = kept.path();
                self.kit_made = Some(Some(path.clone()));
                let guard = kept.guard();
                let lines = notice::kit_saved(&path, guard);
                match &mut self.person {
                    // Who may read it is said even where a program listens: nobody else says it.
                    None if !guard.is_closed() => self.log(&lines),
                    _ => self.say(&lines),
                }
                self.event(&Event::Kit { path: &path, mode: guard.shown() });
                self.kit = Some(kept);
                Answer::KitSaved(path)
            }
            Err(trouble) => Answer::Trouble(trouble),
        }
    }
}
