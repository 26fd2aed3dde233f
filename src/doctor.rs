//! What `firstkey doctor` finds, and how bad it is: facts and judgements, without the looking and
//! without the words.
//!
//! Promise: pure; a judgement depends on its facts alone. What is bad here is what would stop
//! another command. Must never: hold a secret, or text of a server that is not
//! [`Printable`](firstkey_core::wire::text::Printable).

pub mod certificate;
pub mod folder;
pub mod machine;
pub mod network;
pub mod report;

use crate::managed::{Managed, ManagedTrouble};
use folder::{Folder, Remembered, Writing};
use machine::{Closed, Locked, Memory, Program, Stretching, Swap, Terminal};
use network::{Answer, Clock, Connection, Name, Proxy, Shown};

/// How a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth a look; commands work.
    Attention,
    /// A command would stop because of it.
    Bad,
}

impl State {
    /// Its name, for people and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Bad => "bad",
        }
    }
}

/// Where something has to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// On this computer.
    Local,
    /// On the way to the server.
    Network,
    /// At the server, or at what answers in its place.
    Server,
}

/// One finding.
#[derive(Clone, Debug)]
pub enum DoctorFinding {
    /// Which program this is, and on what it runs.
    Program(Program),
    /// The terminal, if there is one.
    Terminal(Option<Terminal>),
    /// The state folder.
    Folder(Folder),
    /// What the organisation that manages this computer has set.
    Managed(Result<Managed, ManagedTrouble>),
    /// What happened to a file that was written there, read again and removed.
    Writing(Writing),
    /// What this computer remembers.
    Remembered(Remembered),
    /// Whether what is typed stays out of the swap.
    Locked(Locked),
    /// Whether others can look into the process.
    Closed(Closed),
    /// Where memory goes when it is short.
    Swap(Swap),
    /// Memory for each profile.
    Memory(Memory),
    /// How long one stretch takes.
    Stretching(Stretching),
    /// Whether the system's random generator answers.
    Random(bool),
    /// The proxy.
    Proxy(Proxy),
    /// No server was named and none is remembered.
    NoServer,
    /// The name of a server.
    Name(Name),
    /// The way to it.
    Connection(Connection),
    /// What it showed to prove who it is.
    Shown(Shown),
    /// What answered.
    Answer(Answer),
    /// Its clock and ours.
    Clock(Clock),
}

impl DoctorFinding {
    /// A stable name, for programs.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Program(_) => "program",
            Self::Terminal(_) => "terminal",
            Self::Folder(_) => "state-folder",
            Self::Managed(_) => "managed",
            Self::Writing(_) => "state-writing",
            Self::Remembered(_) => "remembered",
            Self::Locked(_) => "locked-memory",
            Self::Closed(_) => "closed-process",
            Self::Swap(_) => "swap",
            Self::Memory(_) => "memory",
            Self::Stretching(_) => "stretching",
            Self::Random(_) => "random",
            Self::Proxy(_) => "proxy",
            Self::NoServer => "server",
            Self::Name(_) => "name",
            Self::Connection(_) => "connection",
            Self::Shown(_) => "certificate",
            Self::Answer(_) => "answer",
            Self::Clock(_) => "clock",
        }
    }

    /// How bad it is.
    pub fn state(&self) -> State {
        match self {
            // Nobody needs to have an account yet.
            Self::Program(_) | Self::NoServer | Self::Managed(Ok(_)) => State::Ok,
            Self::Terminal(None) => State::Attention,
            Self::Terminal(Some(found)) => found.state(),
            Self::Folder(found) => found.state(),
            Self::Managed(Err(_)) => State::Bad,
            Self::Writing(found) => found.state(),
            Self::Remembered(found) => found.state(),
            Self::Locked(found) => found.state(),
            Self::Closed(found) => found.state(),
            Self::Swap(found) => found.state(),
            Self::Memory(found) => found.state(),
            Self::Stretching(found) => found.state(),
            Self::Random(answers) => {
                if *answers {
                    State::Ok
                } else {
                    State::Bad
                }
            }
            Self::Proxy(found) => found.state(),
            Self::Name(found) => found.state(),
            Self::Connection(found) => found.state(),
            Self::Shown(found) => found.state(),
            Self::Answer(found) => found.state(),
            Self::Clock(found) => found.state(),
        }
    }

    /// Where it is to be mended, should it be bad.
    pub fn family(&self) -> Family {
        match self {
            Self::Program(_)
            | Self::Terminal(_)
            | Self::Folder(_)
            | Self::Managed(_)
            | Self::Writing(_)
            | Self::Remembered(_)
            | Self::Locked(_)
            | Self::Closed(_)
            | Self::Swap(_)
            | Self::Memory(_)
            | Self::Stretching(_)
            | Self::Random(_)
            | Self::Proxy(_)
            | Self::Clock(_) => Family::Local,
            Self::NoServer | Self::Name(_) | Self::Connection(_) | Self::Shown(_) => Family::Network,
            Self::Answer(found) => found.family(),
        }
    }
}

/// How many findings of each state there were, and where to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Worth a look.
    pub attention: usize,
    /// Would stop a command.
    pub bad: usize,
    /// Where the first bad one is: the list goes from this computer outwards, and is mended in that
    /// order.
    pub first_bad: Option<Family>,
}

impl Tally {
    /// Counts one more.
    pub fn count(&mut self, found: &DoctorFinding) {
        match found.state() {
            State::Ok => {}
            State::Attention => self.attention += 1,
            State::Bad => {
                self.bad += 1;
                self.first_bad.get_or_insert_with(|| found.family());
            }
        }
    }
}

#[cfg(test)]
mod tests;
