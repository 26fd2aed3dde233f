//! The exit codes: what a script can act on without reading a sentence.
//!
//! Promise: every end of the program has exactly one of these, by exhaustive match. Must never: change the meaning of a number.

use firstkey_core::flow::stop::{AcceptReason as Why, AcceptStop as Stop};
use firstkey_core::wire::refusal::Blame;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: done.
    Done,
    /// 1: a bug; worth a report.
    Unexpected,
    /// 2: wrong usage, or something that nobody was there to say.
    Usage,
    /// 3: the person chose not to go on, or ran out of tries.
    GaveUp,
    /// 4: the invite cannot be used.
    Invite,
    /// 5: this computer cannot: memory, terminal, disk, files.
    Local,
    /// 6: refused for security.
    Refused,
    /// 7: the server answered nonsense or an error.
    Server,
    /// 10: the password does not open the account.
    NotOpened,
    /// 75: try again later; nothing is lost (`EX_TEMPFAIL` of sysexits).
    TryLater,
    /// 130: stopped by Ctrl-C or a signal.
    Cancelled,
}

impl ExitCode {
    /// All of them, in rising order.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::GaveUp,
        Self::Invite,
        Self::Local,
        Self::Refused,
        Self::Server,
        Self::NotOpened,
        Self::TryLater,
        Self::Cancelled,
    ];

    /// The number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::GaveUp => 3,
            Self::Invite => 4,
            Self::Local => 5,
            Self::Refused => 6,
            Self::Server => 7,
            Self::NotOpened => 10,
            Self::TryLater => 75,
            Self::Cancelled => 130,
        }
    }
}

impl From<&Stop> for ExitCode {
    fn from(stop: &Stop) -> Self {
        match &stop.why {
            Why::Cancelled => Self::Cancelled,
            Why::GaveUp(_) => Self::GaveUp,
            Why::Missing(_) | Why::NotTheInvited { .. } => Self::Usage,
            Why::Link(_)
            | Why::Invite(_)
            | Why::JoinsOnly
            | Why::OtherInvite
            | Why::NothingSaved => Self::Invite,
            Why::Local(_) => Self::Local,
            Why::Refused(refusal) => match refusal.blame() {
                Blame::Security => Self::Refused,
                Blame::Nonsense => Self::Server,
            },
            Why::ServerProblem(_) => Self::Server,
            Why::Unreachable(_) | Why::Paused(_) => Self::TryLater,
            Why::NotOpened => Self::NotOpened,
            Why::OutOfStep => Self::Unexpected,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn numbers_are_distinct_and_rising() {
        let numbers = ExitCode::ALL.map(ExitCode::number);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    }
}
