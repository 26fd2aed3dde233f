//! Command lines that are refused before anything begins.

use super::{Ending, ExitCode};

/// A command line that is refused before anything begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// `--password`, which would put the password in the process list and the shell history.
    PasswordFlag,
    /// `FIRSTKEY_PASSWORD`, which every child process would inherit.
    PasswordVariable,
    /// Two sources for the password.
    TwoPasswords,
    /// Standard input is to give two things.
    StdinTwice,
    /// `--profile` with another number than 1 to 4.
    NoSuchProfile,
}

pub(super) fn ending(misuse: Misuse) -> Ending {
    let code = match misuse {
        Misuse::PasswordFlag => "password-flag",
        Misuse::PasswordVariable => "password-variable",
        Misuse::TwoPasswords => "two-passwords",
        Misuse::StdinTwice => "stdin-twice",
        Misuse::NoSuchProfile => "no-such-profile",
    };
    Ending::new(code, ExitCode::Usage)
}
