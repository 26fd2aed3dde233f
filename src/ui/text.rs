//! EVERY sentence of the program.
//!
//! Each enum of the flow becomes text by an exhaustive match here, so the compiler reports a case
//! without words, and a second language is a second set of these functions. Codes and exit codes
//! are decided elsewhere: [`crate::exit`].
//!
//! Promise: own words are ASCII, one line each of at most 78 columns for ordinary names; a command
//! to copy is a line of its own. Sentences say what happened, whether anything was sent or changed,
//! and what to do next. Text of a server comes in as `Printable` only (I9). Must never: hold a
//! secret, or print anything itself.

pub mod account;
mod audit;
mod code;
pub mod config;
pub mod doctor;
pub mod done;
pub mod explain;
pub mod forget;
#[cfg(feature = "infisical")]
pub mod infisical;
pub mod link;
pub mod local;
pub mod login;
pub mod managed;
pub mod notice;
pub mod offline;
pub mod problem;
pub mod question;
pub mod refusal;
pub mod reset;
mod rolled_back;
pub mod secret_key;
pub mod sessions;
pub mod share;
pub mod start;
pub mod stop;
pub mod strength;
pub mod system;
pub mod usage;

use crate::exit::Stopped;
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::crypto::kdf::{KdfParams, Profile};
use firstkey_core::flow::stop::AcceptStop;
use std::fmt::Write as _;

/// Lines of text, without line ends.
pub type Lines = Vec<String>;

/// What is said when something ended badly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// What happened, in one sentence.
    pub headline: String,
    /// Why, and what it means.
    pub reasons: Lines,
    /// Whether anything was sent or changed.
    pub changed: Option<String>,
    /// What to do next.
    pub next: Lines,
    /// The command that does it; several in their order, on a line each.
    pub command: Option<String>,
}

impl Story {
    /// A story that begins with `headline`.
    pub(crate) fn of(headline: impl Into<String>) -> Self {
        Self { headline: headline.into(), ..Self::default() }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    pub(crate) fn then(mut self, step: impl Into<String>) -> Self {
        self.next.push(step.into());
        self
    }

    pub(crate) fn run(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// As a person reads it: reasons indented, the command alone.
    pub fn for_people(&self) -> String {
        let mut text = String::new();
        let mut line = |indent: &str, line: &str| {
            let _ = writeln!(text, "{indent}{line}");
        };
        line("", &self.headline);
        self.reasons.iter().for_each(|reason| line("  ", reason));
        self.changed.iter().for_each(|changed| line("", changed));
        self.next.iter().for_each(|step| line("", step));
        self.commands().for_each(|command| line("  ", command));
        text
    }

    /// As a log of a script shows it: the headline as an error, everything else as hints.
    pub fn for_logs(&self) -> String {
        let mut text = format!("firstkey: error: {}\n", self.headline);
        let said = |lines: &mut dyn Iterator<Item = &String>| lines.cloned().collect::<Vec<_>>();
        let mut hints = said(&mut self.reasons.iter().chain(&self.next));
        hints.extend(self.commands().map(str::to_owned));
        hints.extend(self.changed.clone());
        for hint in hints {
            let _ = writeln!(text, "firstkey: hint: {}", hint.trim_start());
        }
        text
    }

    /// As one paragraph, for JSON.
    pub fn in_one(&self) -> String {
        let lines = [&self.headline].into_iter().chain(&self.reasons).chain(&self.changed).chain(&self.next);
        let commands = self.commands().collect::<Vec<_>>().join(", then ");
        let words = lines.map(String::as_str).chain([commands.as_str()]).flat_map(str::split_whitespace);
        words.collect::<Vec<_>>().join(" ")
    }

    fn commands(&self) -> impl Iterator<Item = &str> {
        self.command.iter().flat_map(|command| command.lines())
    }
}

/// What a language says of a stop.
pub type Words = fn(Stopped<'_>) -> Story;

/// What is said of a stop of any family.
pub fn story(stopped: Stopped<'_>) -> Story {
    match stopped {
        Stopped::Accept(stop) => stop::story(stop),
        Stopped::Account(stop) => account::story(stop),
        #[cfg(feature = "infisical")]
        Stopped::Infisical(stop) => infisical::stop::story(stop),
        Stopped::Forget(why) => forget::story(why),
        Stopped::Offline(trouble, file) => offline::story(trouble, file),
        Stopped::Files(trouble) => share::file(trouble),
        Stopped::Doctor(family) => doctor::stopped(family),
        Stopped::Usage(misuse) => usage::misuse(misuse),
        Stopped::Managed(trouble) => managed::trouble(trouble),
    }
}

/// The host of a stop, or words in its place.
fn host(stop: &AcceptStop) -> &str {
    stop.origin.as_ref().map_or("the server", |origin| origin.place())
}

/// `1,207`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The words in two rows, so that they are read aloud and compared four at a time whatever the
/// width.
pub(super) fn fingerprint_rows(fingerprint: &Fingerprint) -> [String; 2] {
    let words = fingerprint.to_string();
    let words: Vec<_> = words.split(' ').collect();
    let (upper, lower) = words.split_at(words.len() / 2);
    [upper.join(" "), lower.join(" ")]
}

/// `256 MiB`.
pub fn memory(kib: u64) -> String {
    const MIB: u64 = 1024;
    const GIB: u64 = 1024 * MIB;
    match kib {
        _ if kib >= GIB && kib.is_multiple_of(GIB) => format!("{} GiB", kib / GIB),
        _ if kib >= MIB => format!("{} MiB", kib / MIB),
        _ => format!("{kib} KiB"),
    }
}

/// `Argon2id  256 MiB, 3 passes`.
fn argon2(params: KdfParams) -> String {
    let passes = if params.t == 1 { "pass" } else { "passes" };
    let lanes = if params.p == 1 { "lane" } else { "lanes" };
    format!("Argon2id  {}, {} {passes}, {} {lanes}", memory(u64::from(params.m_kib)), params.t, params.p)
}

/// How long a profile takes on an ordinary computer of today.
fn usual_time(profile: Profile) -> &'static str {
    match profile {
        Profile::One => "under a second",
        Profile::Two => "about 1 second",
        Profile::Three | Profile::Four => "a few seconds",
    }
}

#[cfg(test)]
mod every_word;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_read_well() {
        assert_eq!([0, 7, 999, 1_000, 1_234_567].map(grouped), ["0", "7", "999", "1,000", "1,234,567"]);
        assert_eq!([8, 19_456, 65_536, 2_097_152].map(memory), ["8 KiB", "19 MiB", "64 MiB", "2 GiB"]);
    }

    #[test]
    fn a_log_names_the_program_on_every_line() {
        let story = Story::of("it failed").because("so").then("do this").run("firstkey accept");
        let log = story.for_logs();
        assert_eq!(log.lines().next(), Some("firstkey: error: it failed"));
        assert!(log.lines().skip(1).all(|line| line.starts_with("firstkey: hint: ")), "{log}");
    }
}
