//! Questions whose answers are not secret.
//!
//! The form of a question and of a complaint is [`dialoguer`]'s ([`Theme`], [`InputValidator`]);
//! the typing is ours, for reasons found in the sources of `dialoguer` 0.12 and of `console` 0.16,
//! which reads the keys for it:
//!
//! - `console` reads every key from standard input (or from its own `/dev/tty`), also for a
//!   `Term::read_write_pair`: the reader of the pair is never asked. So no reader of ours can stop
//!   a question when a signal comes. A signal that arrives between two of its waits is noticed at
//!   the next key only.
//! - It turns raw mode on and off around each key. What is typed or pasted in between is echoed
//!   twice, Ctrl-Z is taken away, and a stop from outside leaves the terminal raw.
//! - `Confirm` hides the cursor and shows it again only after an answer: after Ctrl-C it stays
//!   hidden. It takes one key and leaves the rest of "yes" to the next question, or redraws the
//!   line at every key.
//! - `Input` moves up and wipes what was typed. `TERM=dumb` and screen readers get control
//!   sequences.
//!
//! Here a person types a line, sees it, can correct it, and ends it with Enter. Nothing is redrawn.

use std::fmt;
use std::io;

use dialoguer::InputValidator;
use dialoguer::theme::{SimpleTheme, Theme};
use zeroize::{Zeroize, Zeroizing};

use super::term::{ReadTrouble, Summary, Terminal};
use super::text::question;

/// Longest answer in bytes. The longest useful one is an invite link or a path.
const LONGEST_ANSWER: usize = 4000;
/// Longest paste in bytes: a mail with its head and both of its forms, or a kit to print.
const LONGEST_PASTE: usize = crate::pasted::MAX_BYTES;

/// Asks until the answer is yes or no. An empty line means `default`, which the question shows as a
/// capital letter. What was typed before the question was there is no answer to it: a link is often
/// copied with its line end and followed by one Enter more, which must not be a consent.
pub fn yes_no(terminal: &mut Terminal, question: &str, default: Option<bool>) -> Result<bool, ReadTrouble> {
    let prompt = rendered(|text| SimpleTheme.format_confirm_prompt(text, question, default))?;
    loop {
        terminal.forget_typed_ahead();
        let answer = line(terminal, &prompt)?;
        match read_yes_no(&answer).or(default.filter(|_| answer.trim().is_empty())) {
            Some(yes) => return Ok(yes),
            None => complain(terminal, question::YES_OR_NO)?,
        }
    }
}

/// Asks for one line; `prompt` is shown as it is. Control characters are left to whoever parses the
/// answer.
pub fn line(terminal: &mut Terminal, prompt: &str) -> Result<String, ReadTrouble> {
    as_text(terminal.read_line(prompt, LONGEST_ANSWER)?)
}

/// Asks for a text that may be a paste of several lines.
pub fn paste(terminal: &mut Terminal, prompt: &str) -> Result<String, ReadTrouble> {
    as_text(terminal.read_text(
        prompt,
        LONGEST_PASTE,
        Summary { of_lines: question::lines_pasted, hides: |_| false },
    )?)
}

fn as_text(mut typed: Zeroizing<Vec<u8>>) -> Result<String, ReadTrouble> {
    String::from_utf8(std::mem::take(&mut *typed)).map_err(|error| {
        error.into_bytes().zeroize();
        ReadTrouble::NotUtf8
    })
}

/// Asks for one line until `validator` is content; what it says otherwise is shown.
pub fn line_that<V>(terminal: &mut Terminal, prompt: &str, mut validator: V) -> Result<String, ReadTrouble>
where
    V: InputValidator<String>,
    V::Err: fmt::Display,
{
    loop {
        let mut answer = line(terminal, prompt)?;
        match validator.validate(&answer) {
            Ok(()) => return Ok(answer),
            Err(complaint) => complain(terminal, &complaint.to_string())?,
        }
        answer.zeroize();
    }
}

fn read_yes_no(answer: &str) -> Option<bool> {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

fn complain(terminal: &Terminal, complaint: &str) -> Result<(), ReadTrouble> {
    let mut text = rendered(|text| SimpleTheme.format_error(text, complaint))?;
    text.push('\n');
    Ok(terminal.write(&text)?)
}

fn rendered(format: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) -> Result<String, ReadTrouble> {
    let mut text = String::new();
    format(&mut text).map_err(io::Error::other)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::read_yes_no;

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        for yes in ["y", "Y", "yes", " Yes "] {
            assert_eq!(read_yes_no(yes), Some(true), "{yes}");
        }
        for no in ["n", "NO"] {
            assert_eq!(read_yes_no(no), Some(false), "{no}");
        }
        for unclear in ["", "maybe", "any", "yn", "\u{1b}[A"] {
            assert_eq!(read_yes_no(unclear), None, "{unclear}");
        }
    }
}
