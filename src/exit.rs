//! The exit codes: what a script can act on without reading a sentence.
//!
//! Promise: every end of the program has exactly one of these, by exhaustive match. Must never: change the meaning of a number.

use crate::flow::stop::{Stop, Why};
use crate::wire::refusal::Blame;

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
pub(crate) mod every_stop;

#[cfg(test)]
mod tests {
    use super::every_stop::{self, accept_stop, account_stop, infisical_stop};
    use super::ExitCode;
    use crate::flow::{Locks, account::stop as account, stop as accept};
    use crate::infisical::flow as infisical;
    use crate::ui::text;
    use std::fmt::Debug;

    fn assert_rows<T: Debug>(rows: Vec<(T, &'static str, u8)>, ending: impl Fn(&T) -> (&'static str, ExitCode)) {
        for (stop, code, exit) in rows {
            let (found, number) = ending(&stop);
            assert_eq!((found, number.number()), (code, exit), "{stop:?}");
        }
    }

    #[test]
    fn every_stop_has_its_code_and_its_exit_code() {
        for reach in [accept::Reach::NothingSent, accept::Reach::NothingChanged, accept::Reach::Unknown, accept::Reach::Stored] {
            assert_rows(every_stop::accepts(), |why| {
                let stop = accept_stop(why.clone(), reach);
                (text::stop::code(&stop), ExitCode::from(&stop))
            });
        }
        for reach in [account::Reach::Unchanged, account::Reach::Unknown, account::Reach::Stored] {
            for subject in [Locks::None, Locks::Password, Locks::Kit, Locks::Both, Locks::SecretKey] {
                assert_rows(every_stop::accounts(), |why| {
                    let (_, code, exit) = text::account::story(&account_stop(why.clone(), reach, subject));
                    (code, exit)
                });
            }
        }
        for reach in [infisical::Reach::NothingSent, infisical::Reach::CodeUsed, infisical::Reach::Unknown, infisical::Reach::Stored] {
            assert_rows(every_stop::infisicals(), |why| {
                let (_, code, exit) = text::infisical::stop::story(&infisical_stop(why.clone(), reach));
                (code, exit)
            });
        }
        assert_rows(every_stop::forgets(), |why| {
            let (_, code, exit) = text::forget::story(why);
            (code, exit)
        });
        assert_rows(every_stop::offlines(), |trouble| {
            let (_, code, exit) = text::offline::story(trouble, "show.json");
            (code, exit)
        });
        assert_rows(every_stop::files(), |trouble| {
            let (_, code, exit) = text::share::file(trouble);
            (code, exit)
        });
        assert_rows(every_stop::families(), |family| {
            let exit = match family {
                crate::doctor::Family::Local => ExitCode::Local,
                crate::doctor::Family::Network => ExitCode::TryLater,
                crate::doctor::Family::Server => ExitCode::Server,
            };
            (text::doctor::stopped(*family).1, exit)
        });
        assert_rows(every_stop::misuses(), |misuse| (text::usage::misuse_code(*misuse), ExitCode::Usage));
    }

    #[test]
    fn numbers_are_distinct_and_rising() {
        let numbers = ExitCode::ALL.map(ExitCode::number);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    }
}
