//! `firstkey seal` and `firstkey open`.

use super::{Ending, ExitCode};
use firstkey_core::flow::stop::StorageTrouble;

/// Why a file was not sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileTrouble {
    /// It cannot be read.
    Input {
        /// What is wrong.
        trouble: StorageTrouble,
        /// Where.
        path: String,
    },
    /// It cannot be written.
    Output {
        /// What is wrong.
        trouble: StorageTrouble,
        /// Where.
        path: String,
    },
    /// It is no file of age.
    NotAge(String),
    /// It is the text form of one.
    Armored(String),
    /// It is sealed with a passphrase.
    Passphrase(String),
    /// It is sealed for others.
    NotForYou {
        /// The file.
        path: String,
        /// The account that was tried.
        email: String,
    },
    /// It was altered or cut off.
    Damaged {
        /// The file.
        path: String,
        /// Whether its beginning went to standard output.
        begun: bool,
    },
    /// Standard output is a terminal, and nothing was named.
    NoOutput,
    /// Standard input is a terminal, and nothing was named.
    NoInput,
    /// Standard input is to give two things.
    StdinTwice,
    /// Nobody of that address is remembered here.
    NotPinned(String),
    /// Neither an address nor a recipient of age.
    NotARecipient(String),
    /// People of several servers have that address.
    SeveralPeople {
        /// The address.
        email: String,
        /// The servers.
        servers: Vec<String>,
    },
    /// Ctrl-C, a signal.
    Cancelled,
}

pub(super) fn ending(trouble: &FileTrouble) -> Ending {
    let (code, exit) = match trouble {
        FileTrouble::Input { .. } => ("input", ExitCode::Local),
        FileTrouble::Output { trouble: StorageTrouble::Exists, .. } => ("output-exists", ExitCode::Local),
        FileTrouble::Output { .. } => ("output", ExitCode::Local),
        FileTrouble::NotAge(_) => ("not-age", ExitCode::Local),
        FileTrouble::Armored(_) => ("armored", ExitCode::Local),
        FileTrouble::Passphrase(_) => ("passphrase", ExitCode::Local),
        FileTrouble::NotForYou { .. } => ("not-for-you", ExitCode::Local),
        FileTrouble::Damaged { .. } => ("file-damaged", ExitCode::Refused),
        FileTrouble::NoOutput => ("missing-output", ExitCode::Usage),
        FileTrouble::NoInput => ("missing-file", ExitCode::Usage),
        FileTrouble::StdinTwice => ("stdin-twice", ExitCode::Usage),
        FileTrouble::NotPinned(_) => ("person-not-remembered", ExitCode::Usage),
        FileTrouble::NotARecipient(_) => ("not-a-recipient", ExitCode::Usage),
        FileTrouble::SeveralPeople { .. } => ("several-people", ExitCode::Usage),
        FileTrouble::Cancelled => ("cancelled", ExitCode::Cancelled),
    };
    Ending::new(code, exit)
}
