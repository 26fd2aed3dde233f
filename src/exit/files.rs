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
    /// It was one, and something on its way took it for text.
    ChangedAsText(String),
    /// It is one in base64.
    InBase64(String),
    /// It is one of another version of the format.
    NewerAge(String),
    /// It is a file of sops.
    Sops(String),
    /// It is the text form of one.
    Armored(String),
    /// It has the text form of one in it, and other text before it.
    ArmoredInText(String),
    /// It is the text form of one, in UTF-16.
    ArmoredInUtf16(String),
    /// Its header is longer than this program reads.
    HeaderTooLong(String),
    /// It is sealed with a passphrase.
    Passphrase(String),
    /// It is sealed for keys of other kinds alone, which no account has.
    OtherKinds(String),
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
    /// A post-quantum recipient of age.
    PostQuantumKey(String),
    /// A recipient of age whose key is in hardware.
    TagKey(String),
    /// A recipient that a plugin of age is for.
    PluginKey {
        /// How it begins.
        key: String,
        /// The plugin's name, without `age-plugin-`.
        plugin: String,
    },
    /// A public key of SSH.
    SshKey,
    /// A private key, which is not repeated.
    SecretKeyGiven,
    /// A line of an identity file.
    IdentityGiven,
    /// More recipients than this program would read again.
    TooManyKeys,
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
        FileTrouble::NotAge(_)
        | FileTrouble::ChangedAsText(_)
        | FileTrouble::InBase64(_)
        | FileTrouble::NewerAge(_)
        | FileTrouble::Sops(_) => ("not-age", ExitCode::Local),
        FileTrouble::Armored(_) | FileTrouble::ArmoredInText(_) | FileTrouble::ArmoredInUtf16(_) => {
            ("armored", ExitCode::Local)
        }
        FileTrouble::HeaderTooLong(_) => ("header-too-long", ExitCode::Local),
        FileTrouble::Passphrase(_) => ("passphrase", ExitCode::Local),
        FileTrouble::OtherKinds(_) | FileTrouble::NotForYou { .. } => ("not-for-you", ExitCode::Local),
        FileTrouble::Damaged { .. } => ("file-damaged", ExitCode::Refused),
        FileTrouble::NoOutput => ("missing-output", ExitCode::Usage),
        FileTrouble::NoInput => ("missing-file", ExitCode::Usage),
        FileTrouble::StdinTwice => ("stdin-twice", ExitCode::Usage),
        FileTrouble::NotPinned(_) => ("person-not-remembered", ExitCode::Usage),
        FileTrouble::NotARecipient(_) => ("not-a-recipient", ExitCode::Usage),
        FileTrouble::PostQuantumKey(_)
        | FileTrouble::TagKey(_)
        | FileTrouble::PluginKey { .. }
        | FileTrouble::SshKey
        | FileTrouble::IdentityGiven => ("other-kind-of-key", ExitCode::Usage),
        FileTrouble::SecretKeyGiven => ("secret-key-given", ExitCode::Usage),
        FileTrouble::TooManyKeys => ("too-many-keys", ExitCode::Usage),
        FileTrouble::SeveralPeople { .. } => ("several-people", ExitCode::Usage),
        FileTrouble::Cancelled => ("cancelled", ExitCode::Cancelled),
    };
    Ending::new(code, exit)
}
