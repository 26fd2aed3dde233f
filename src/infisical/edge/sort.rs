//! Telling a link of this dialect from one of ours, at the one place where a link is pasted.
//!
//! Promise: our own flow never sees such a link; it ends as if the person had gone away, and the link is taken up here.

use super::super::link::looks_like_one;
use crate::drive::Person;
use crate::ui::script::Script;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::{Answer, Notice, Question};
use std::time::Duration;
use zeroize::Zeroizing;

/// A person whose links are sorted.
pub struct Sorted<'a> {
    script: &'a mut Script,
    found: Option<Zeroizing<Vec<u8>>>,
}

impl<'a> Sorted<'a> {
    /// Whoever answers.
    pub fn new(script: &'a mut Script) -> Self {
        Self { script, found: None }
    }

    /// The link of this dialect that was pasted, if one was.
    pub fn found(self) -> Option<Zeroizing<Vec<u8>>> {
        self.found
    }
}

impl Person for Sorted<'_> {
    fn ask(&mut self, question: Question) -> Answer {
        let link = matches!(question, Question::Invite { .. });
        match self.script.ask(question) {
            Answer::Text(text) if link && looks_like_one(&text) => {
                self.found = Some(text);
                Answer::Cancelled
            }
            answer => answer,
        }
    }

    fn tell(&mut self, notice: &Notice) {
        self.script.tell(notice);
    }

    fn stretching(&mut self, profile: Profile) {
        self.script.stretching(profile);
    }

    fn stretched(&mut self, profile: Profile, took: Duration) {
        self.script.stretched(profile, took);
    }
}
