//! The questions about a secret key, at a terminal and in a script.
//!
//! Promise: a new one goes to a screen that forgets it, where there is one, or to the file that a
//! flag names; one that exists is typed there, or read from the file that a flag or the variable
//! names. Must never: take the key itself from a flag or a variable.

use super::{SecretKeyFile, for_screen, read};
use crate::store::fresh::Guard;
use crate::ui::code_in_text::{CodeKind, code_in};
use crate::ui::person::{AtTerminal, Kept, ended};
use crate::ui::place;
use crate::ui::script::{Event, Script};
use crate::ui::text::{local, secret_key as words};
use firstkey_core::flow::stop::{LocalTrouble, Missing, StorageTrouble};
use firstkey_core::flow::{Answer, Question, SecretSheet};
use std::path::Path;

impl AtTerminal {
    /// Typed where it can be seen, on a screen that forgets it where there is one.
    pub(in crate::ui) fn type_secret_key(&mut self, email: &str) -> Answer {
        self.typed_elsewhere(&words::ask(email), words::PROMPT, words::TYPED, |typed| {
            Ok(code_in(typed, CodeKind::SecretKey))
        })
    }

    /// Shall there be a new one? Enter alone is no consent.
    pub(in crate::ui) fn consent_to_new_secret_key(&mut self, email: &str) -> Answer {
        self.say(&words::replace(email));
        self.yes_no(words::REPLACE, None)
    }

    /// Shows it until the person says what they did with it.
    pub(in crate::ui) fn show_secret_key(&mut self, sheet: &SecretSheet) -> Answer {
        let lines = words::show();
        self.line("");
        self.say(&lines);
        loop {
            let key = |width| for_screen(sheet, width);
            match self.keep(&key, &lines, words::WRITTEN_DOWN_HOW, words::SHOWN) {
                Ok(Kept::WrittenDown) => return Answer::Yes,
                Ok(Kept::ToBeSaved) => {}
                Err(trouble) => return ended(&trouble),
            }
            let typed = match self.text(&words::save_where()) {
                Ok(typed) => String::from_utf8_lossy(&typed).trim().to_owned(),
                Err(end) => return end,
            };
            let path = place::named(&typed, words::FILE);
            match SecretKeyFile::save(&path, sheet) {
                Ok(file) => {
                    let path = path.display().to_string();
                    self.say(&words::saved(&path, file.guard()));
                    self.keep_secret_key_file(file);
                    return Answer::KitSaved(path);
                }
                // The name was no good: the key is shown again, since whoever saves it may as well
                // write it down.
                Err(trouble) => {
                    let story = local::trouble(&trouble);
                    let lines = [story.headline].into_iter().chain(story.reasons);
                    self.complain(lines.map(|line| format!("  {line}")).collect());
                }
            }
        }
    }

    /// One group, typed back, or the file read again.
    pub(in crate::ui) fn prove_secret_key(&mut self, group: u8) -> Answer {
        match self.secret_key_file().map(|file| file.group(group)) {
            Some(Ok(read)) => {
                self.line(crate::ui::text::notice::KIT_READ_BACK);
                Answer::Secret(read)
            }
            Some(Err(trouble)) => Answer::Trouble(trouble),
            None => self.text(&words::group(group)).map_or_else(|end| end, Answer::Secret),
        }
    }
}

impl Script {
    /// From the file that a flag or the variable names.
    pub(in crate::ui) fn secret_key(&mut self, question: Question, attempt: u32) -> Answer {
        match &self.answers().secret_key {
            Some(path) if attempt == 1 => read(path).map_or_else(Answer::Trouble, Answer::Secret),
            // A file has one; the same again would be the same again.
            Some(_) => Answer::No,
            None => self.ask_person(question, Missing::SecretKey),
        }
    }

    /// To the file that a flag names.
    pub(in crate::ui) fn keep_secret_key(&mut self, sheet: Box<SecretSheet>) -> Answer {
        let Some(path) = self.answers().secret_key_out.clone() else {
            let answer = self.ask_person(Question::KeepSecretKey(sheet), Missing::SecretKeyOut);
            if let Answer::KitSaved(path) = &answer {
                let mode = Guard::at(Path::new(path)).shown();
                self.event_line(&Event::SecretKey { path, mode }.line());
            }
            return answer;
        };
        if self.secret_key_file().is_some() {
            // It was read again and was not what was written: showing it once more would not help.
            let path = path.display().to_string();
            return Answer::Trouble(LocalTrouble::SecretKeyFile { trouble: StorageTrouble::Damaged, path });
        }
        match SecretKeyFile::save(&path, &sheet) {
            Ok(file) => {
                let path = file.path();
                self.say(&words::saved(&path, file.guard()));
                self.event_line(&Event::SecretKey { path: &path, mode: file.guard().shown() }.line());
                self.keep_secret_key_file(file);
                Answer::KitSaved(path)
            }
            Err(trouble) => Answer::Trouble(trouble),
        }
    }

    /// One group of what was written there.
    pub(in crate::ui) fn prove_secret_key(&mut self, question: Question, group: u8) -> Answer {
        match self.secret_key_file().map(|file| file.group(group)) {
            Some(read) => read.map_or_else(Answer::Trouble, Answer::Secret),
            None => self.ask_person(question, Missing::SecretKeyOut),
        }
    }

    /// `--yes-for`, where it names the account.
    pub(in crate::ui) fn consent_to_new_secret_key(&mut self, email: String) -> Answer {
        match &self.answers().yes_for {
            Some(named) if named.trim().eq_ignore_ascii_case(&email) => {
                self.say(&words::replace(&email));
                Answer::Yes
            }
            Some(_) => Answer::No,
            None => self.ask_person(Question::ReplaceSecretKey { email }, Missing::ReplaceSecretKey),
        }
    }
}
