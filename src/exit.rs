//! Stable codes and exit codes: what a script acts on without reading a sentence.
//!
//! The only place that decides them. Each file below turns the stops of one family into an
//! [`Ending`], by exhaustive match; `ui/text` has the sentences and decides nothing, so a second
//! language cannot change a code.
//!
//! Promise: every stop has exactly one ending. Must never: hold a sentence, or change the meaning
//! of a number.

mod accept;
mod account;
mod doctor;
mod files;
mod forget;
#[cfg(feature = "infisical")]
mod infisical;
mod offline;
mod shared;
mod usage;

pub use files::FileTrouble;
pub use shared::problem;
pub use usage::Misuse;

use crate::doctor::Family;
use crate::managed::ManagedTrouble;
use firstkey_core::flow::{account::stop as of_account, forget as of_forget, offline as of_offline, stop as of_accept};
#[cfg(feature = "infisical")]
use firstkey_infisical::flow as of_infisical;

/// A stop of any family: what a program ends badly with.
#[derive(Clone, Copy, Debug)]
pub enum Stopped<'a> {
    /// `firstkey accept`, and what fails before any flow begins.
    Accept(&'a of_accept::AcceptStop),
    /// A command on an account that exists.
    Account(&'a of_account::AccountStop),
    /// A flow with a server of the other dialect.
    #[cfg(feature = "infisical")]
    Infisical(&'a of_infisical::DialectStop),
    /// `firstkey forget`.
    Forget(&'a of_forget::ForgetReason),
    /// `firstkey audit open`, with the name of the file for the sentence.
    Offline(&'a of_offline::Trouble, &'a str),
    /// `firstkey seal` and `firstkey open`.
    Files(&'a FileTrouble),
    /// `firstkey doctor`: the family of the first bad finding.
    Doctor(Family),
    /// A command line that is refused before anything begins.
    Usage(Misuse),
    /// A managed configuration that is not used.
    Managed(&'a ManagedTrouble),
}

impl Stopped<'_> {
    /// What a script is told.
    pub fn ending(self) -> Ending {
        match self {
            Self::Accept(stop) => accept::ending(stop),
            Self::Account(stop) => account::ending(stop),
            #[cfg(feature = "infisical")]
            Self::Infisical(stop) => infisical::ending(stop),
            Self::Forget(why) => forget::ending(why),
            Self::Offline(trouble, _) => offline::ending(trouble),
            Self::Files(trouble) => files::ending(trouble),
            Self::Doctor(family) => doctor::ending(family),
            Self::Usage(misuse) => usage::ending(misuse),
            Self::Managed(_) => Ending::new("managed-config", ExitCode::Local),
        }
    }
}

/// What a script is told of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The stable code, in kebab case (docs/EXIT-CODES.md).
    pub code: &'static str,
    /// The exit code.
    pub exit: ExitCode,
}

impl Ending {
    const fn new(code: &'static str, exit: ExitCode) -> Self {
        Self { code, exit }
    }
}

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

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}

#[cfg(test)]
pub(crate) mod every_stop;

#[cfg(test)]
mod tests;
