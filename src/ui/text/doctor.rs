//! What `firstkey doctor` says: what was found, and what to do where it is not as it should be.

mod machine;
mod network;

use super::local::{self, storage};
use super::{Lines, Story, system};
use crate::doctor::folder::{Folder, Remembered, Step, Writing};
use crate::doctor::{DoctorFinding, Family, State, Tally};
use crate::managed::{Managed, ManagedKey, ManagedTrouble, path};
use crate::system::System;
use firstkey_core::flow::stop::StorageTrouble;

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What was looked at.
    pub title: &'static str,
    /// What was found.
    pub found: Lines,
    /// What to do; empty where all is well.
    pub next: Lines,
    /// The command that does it.
    pub command: Option<String>,
}

impl Words {
    fn of(title: &'static str, found: impl Into<String>) -> Self {
        Self { title, found: vec![found.into()], next: Vec::new(), command: None }
    }

    fn and(mut self, found: impl Into<String>) -> Self {
        self.found.push(found.into());
        self
    }

    fn then(mut self, next: impl Into<String>) -> Self {
        self.next.push(next.into());
        self
    }

    fn run(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    fn told(title: &'static str, story: Story) -> Self {
        let mut words = Self::of(title, story.headline);
        words.found.extend(story.reasons);
        words.next = story.next;
        words.command = story.command;
        words
    }

    /// As people read it: the judgement first, so that a screen reader says it first.
    pub fn for_people(&self, state: State) -> Lines {
        let mut lines = vec![format!("{}: {}", self.title, state.name())];
        lines.extend(self.found.iter().map(|line| format!("  {line}")));
        if let Some((first, others)) = self.next.split_first() {
            lines.push(format!("  To do: {first}"));
            lines.extend(others.iter().map(|line| format!("  {line}")));
        }
        let commands = self.command.iter().flat_map(|command| command.lines());
        lines.extend(commands.map(|command| format!("    {command}")));
        lines
    }

    /// What was found as one paragraph, and what to do as another, for JSON.
    pub fn in_two(&self) -> (String, String) {
        let commands = self.command.as_deref().map(|command| command.replace('\n', ", then "));
        let todo: Vec<_> = self.next.iter().map(String::as_str).chain(commands.as_deref()).collect();
        (self.found.join(" "), todo.join(" "))
    }
}

/// The words for a finding.
pub fn words(found: &DoctorFinding) -> Words {
    match found {
        DoctorFinding::Program(program) => machine::program(program),
        DoctorFinding::Terminal(terminal) => machine::terminal(terminal.as_ref()),
        DoctorFinding::Folder(found) => folder(found),
        DoctorFinding::Managed(found) => managed(found),
        DoctorFinding::Writing(found) => writing(*found),
        DoctorFinding::Remembered(found) => remembered(found),
        DoctorFinding::Locked(found) => machine::locked(*found),
        DoctorFinding::Closed(found) => machine::closed(*found),
        DoctorFinding::Swap(found) => machine::swap(*found),
        DoctorFinding::Memory(found) => machine::memory_of_profiles(found),
        DoctorFinding::Stretching(found) => machine::stretching(found),
        DoctorFinding::Random(answers) => machine::random(*answers),
        DoctorFinding::Proxy(proxy) => network::proxy(proxy),
        DoctorFinding::NoServer => network::no_server(),
        DoctorFinding::Name(name) => network::name(name),
        DoctorFinding::Connection(connection) => network::connection(*connection),
        DoctorFinding::Shown(shown) => network::shown(shown),
        DoctorFinding::Answer(answer) => network::answer(*answer),
        DoctorFinding::Clock(clock) => network::clock(*clock),
    }
}

/// Said before the first packet leaves.
pub fn asking(host: &str) -> Lines {
    vec![
        String::new(),
        format!("Asking {host}. It is sent \"log out\" without a session:"),
        "nothing about you or this computer.".to_owned(),
        String::new(),
    ]
}

/// How it ended, in a sentence and what to do.
pub fn end(tally: &Tally) -> Lines {
    let of = |count: usize, what: &str| match count {
        1 => format!("1 line {what}"),
        some => format!("{some} lines {what}"),
    };
    let mut lines = vec![String::new()];
    match (tally.bad, tally.attention) {
        (0, 0) => lines.push("Everything is fine.".to_owned()),
        (0, some) => {
            lines.push(format!("Nothing is bad. {} attention.", of(some, if some == 1 { "says" } else { "say" })))
        }
        (some, _) => {
            lines.push(format!("{} bad. Fix the first one,", of(some, if some == 1 { "says" } else { "say" })));
            lines.push("then run the same command again.".to_owned());
        }
    }
    lines.push("This text has no secrets. You can send it to the person who helps you.".to_owned());
    lines
}

/// A block for a ticket.
pub fn report(lines: impl Iterator<Item = String>) -> Lines {
    let mut block = vec!["----- firstkey doctor -----".to_owned()];
    block.extend(lines);
    block.extend([
        "----- end -----".to_owned(),
        String::new(),
        "Copy from line to line. Names of servers, folders and people are left out;".to_owned(),
        "read it once before you send it to somebody you do not know.".to_owned(),
    ]);
    block
}

/// The end that is bad.
pub fn stopped(family: Family) -> Story {
    match family {
        Family::Local => Story::of("Something on this computer would stop firstkey."),
        Family::Network => Story::of("The server cannot be reached from here now."),
        Family::Server => Story::of("Something other than an account server answered."),
    }
}

const FOLDER: &str = "State folder";

fn folder(found: &Folder) -> Words {
    match found {
        Folder::Homeless => Words::of(FOLDER, "This user has no home folder to keep it in.")
            .then("Name a folder of your own with --state-dir DIR."),
        Folder::Absent { path, can_be_made: true, .. } => {
            Words::of(FOLDER, path).and("It does not exist yet. The first command creates it.")
        }
        Folder::Absent { path, above, .. } => Words::of(FOLDER, path)
            .and("It does not exist, and cannot be created in")
            .and(above)
            .then("Give yourself write permission there, or use --state-dir DIR."),
        Folder::Refused { path, trouble, mode } => {
            let mode = mode.filter(|_| System::here() != System::Windows);
            let mode = mode.map(|mode| format!(" (mode {mode:04o})")).unwrap_or_default();
            let words = Words::of(FOLDER, path).and(format!("It is not used: {}{mode}.", storage(*trouble)));
            match trouble {
                StorageTrouble::TooOpen => words.then("Make it yours alone:").run(system::own_folder(path)),
                _ => words.then(local::state_step(*trouble)),
            }
        }
        Folder::There { path, files, refused, free_kib } => {
            let free = free_kib.map(|kib| format!(", {} free", super::memory(kib))).unwrap_or_default();
            let count = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            let mut words = Words::of(FOLDER, path).and(format!("Only you can read it: {count}{free}."));
            for (name, trouble) in refused {
                words = words.and(format!("{name} is not used: {}.", storage(*trouble)));
            }
            if let Some((name, trouble)) = refused.first() {
                words = match trouble {
                    StorageTrouble::TooOpen => {
                        words.then("Make it yours alone:").run(system::own_file(&in_folder(path, name)))
                    }
                    _ => words.then("Move that file aside. Do not delete it before you know what it is."),
                };
            }
            if Folder::is_short_of_space(*free_kib) { words.then("Free some space on that disk.") } else { words }
        }
    }
}

fn in_folder(path: &str, name: &str) -> String {
    let between = if System::here() == System::Windows { '\\' } else { '/' };
    format!("{path}{between}{name}")
}

fn managed(found: &Result<Managed, ManagedTrouble>) -> Words {
    const TITLE: &str = "Managed settings";
    let managed = match found {
        Ok(managed) if managed.is_empty() => return Words::of(TITLE, "None: your own settings hold."),
        Ok(managed) => managed,
        Err(trouble) => return Words::told(TITLE, super::managed::trouble(trouble)),
    };
    let set: Vec<_> = ManagedKey::ALL.into_iter().filter(|key| managed.has(*key)).map(ManagedKey::name).collect();
    let words = Words::of(TITLE, format!("Your organisation has set {}", set.join(", "))).and(format!("in {}", path()));
    match &managed.realm {
        Some(realm) => words.and(format!("Only {} may be used here.", realm.origin)),
        None => words,
    }
}

fn writing(found: Writing) -> Words {
    const TITLE: &str = "Writing there";
    let (step, trouble) = match found {
        Writing::Done => return Words::of(TITLE, "A test file was written, synced, renamed, read and removed."),
        Writing::Failed { step, trouble } => (step, trouble),
    };
    let what = match step {
        Step::Write => "written",
        Step::Sync => "synced",
        Step::Rename => "renamed",
        Step::Read => "read again",
        Step::Remove => "removed",
    };
    Words::of(TITLE, format!("A test file could not be {what}: {}.", storage(trouble))).then(local::state_step(trouble))
}

fn remembered(found: &Remembered) -> Words {
    const TITLE: &str = "Accounts known here";
    match found {
        Remembered::Counted { accounts, unfinished } => {
            let words = Words::of(
                TITLE,
                match accounts {
                    0 => "No account yet.".to_owned(),
                    1 => "1 account.".to_owned(),
                    some => format!("{some} accounts."),
                },
            );
            match unfinished {
                0 => words,
                _ => words.and("One upload is not finished.").then("To finish it, run").run("firstkey accept --resume"),
            }
        }
        Remembered::Unusable(trouble) => Words::told(TITLE, local::trouble(trouble)),
    }
}

#[cfg(test)]
pub(super) mod every_word;
