//! What a script brings with it: answers given in advance, and where its words go.
//!
//! Promise: values alone; nothing is read or written here. Must never: hold a password or a key,
//! only where one comes from.

use crate::ui::kit_pdf::Paper;
use crate::ui::outlet::Stream;
use crate::ui::source::{InviteSource, PasswordSource};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// What the command line answers in advance.
#[derive(Default)]
pub struct Answers {
    /// The link.
    pub invite: Option<InviteSource>,
    /// The password.
    pub password: Option<PasswordSource>,
    /// The one that takes its place, where a command needs both.
    pub new_password: Option<PasswordSource>,
    /// Whose account it is.
    pub yes_for: Option<String>,
    /// Whose keys may be replaced.
    pub accept_reset: Option<String>,
    /// Where the kit goes.
    pub kit_out: Option<PathBuf>,
    /// The file of the secret key.
    pub secret_key: Option<PathBuf>,
    /// Where a new secret key goes.
    pub secret_key_out: Option<PathBuf>,
    /// What it is printed on.
    pub paper: Paper,
    /// Whether standard output is JSON, one object a line.
    pub json: bool,
    /// Whether a saved upload is taken up: no link, consent or kit is needed.
    pub resume: bool,
    /// Whether nothing is uploaded: no kit is made.
    pub rehearsal: bool,
    /// Whether algorithms and settings are named.
    pub verbose: bool,
}

/// Where words go that are not for the terminal.
pub struct Outputs {
    /// Results.
    pub out: Box<dyn Write>,
    /// Progress and errors.
    pub err: Box<dyn Write>,
    /// Whether results are read by a program: standard output is no terminal.
    pub piped: bool,
}

impl Outputs {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self { piped: !std::io::stdout().is_terminal(), out: Box::new(Stream::Out), err: Box::new(Stream::Err) }
    }
}
