//! What can happen next, and how a schedule spells it.

use super::hand::Deed;
use std::fmt;

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The person runs `accept` and pastes the link of the newest letter.
    Start(u8),
    /// The same with an older letter whose link was not refused for good.
    Older(u8),
    /// The person runs `accept --resume`.
    Resume(u8),
    /// The server takes the request in; the answer arrives.
    Answer(u8),
    /// The same, and a second copy of the request stays under way.
    Twice(u8),
    /// The request is lost; the connection breaks.
    Lost(u8),
    /// The connection breaks; the request is still under way.
    Late(u8),
    /// Nothing for a minute, and the request is lost: the run ends.
    Dumb(u8),
    /// Nothing for a minute; the request is still under way.
    DumbLate(u8),
    /// The client crashes; the request is lost.
    Crash(u8),
    /// The client crashes; the request is still under way.
    CrashLate(u8),
    /// The last answer arrives and the client crashes between the pin and the removal of the
    /// checkpoint.
    CrashHalf(u8),
    /// The last answer arrives and the client crashes before it says so.
    CrashDone(u8),
    /// The server dies after so many transactions of the request; the connection breaks.
    Kill(u8, u8),
    /// A request that was under way arrives; nobody waits for its answer.
    Arrive(u8),
    /// Somebody else does something.
    Deed(Deed),
}

impl Event {
    /// Whether it is trouble; the search counts these.
    pub(super) fn is_trouble(self) -> bool {
        !matches!(self, Self::Start(_) | Self::Older(_) | Self::Resume(_) | Self::Answer(_) | Self::Arrive(_))
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(client) => write!(f, "{client}:start"),
            Self::Older(client) => write!(f, "{client}:older"),
            Self::Resume(client) => write!(f, "{client}:resume"),
            Self::Answer(client) => write!(f, "{client}:answer"),
            Self::Twice(client) => write!(f, "{client}:twice"),
            Self::Lost(client) => write!(f, "{client}:lost"),
            Self::Late(client) => write!(f, "{client}:late"),
            Self::Dumb(client) => write!(f, "{client}:dumb"),
            Self::DumbLate(client) => write!(f, "{client}:dumb-late"),
            Self::Crash(client) => write!(f, "{client}:crash"),
            Self::CrashLate(client) => write!(f, "{client}:crash-late"),
            Self::CrashHalf(client) => write!(f, "{client}:crash-half"),
            Self::CrashDone(client) => write!(f, "{client}:crash-done"),
            Self::Kill(client, transactions) => write!(f, "{client}:kill-{transactions}"),
            Self::Arrive(at) => write!(f, "arrive-{at}"),
            Self::Deed(deed) => write!(f, "{deed}"),
        }
    }
}
