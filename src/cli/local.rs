//! The flags of `firstkey sessions` and `firstkey forget`.

use super::{Account, EXIT_CODES, OldPassword, Which};
use clap::{Args, ValueEnum};
use firstkey_core::crypto::context::SessionId;
use firstkey_core::flow::account::Ending;

/// `firstkey sessions`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Sessions {
    /// End the session with this id (see the list).
    #[arg(long, value_name = "ID", value_parser = session, conflicts_with = "end_others")]
    pub end: Option<SessionId>,
    /// End all sessions but this one.
    #[arg(long)]
    pub end_others: bool,
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Its password.
    #[command(flatten)]
    pub old: OldPassword,
}

impl Sessions {
    /// What is to end.
    pub fn ending(&self) -> Ending {
        match (self.end, self.end_others) {
            (Some(which), _) => Ending::One(which),
            (None, true) => Ending::Others,
            (None, false) => Ending::Nothing,
        }
    }
}

fn session(text: &str) -> Result<SessionId, &'static str> {
    SessionId::read(text).ok_or("an id looks like 01234567-89ab-cdef-0123-456789abcdef")
}

/// `firstkey names`, which the completions of shells call.
#[derive(Debug, Args)]
pub struct Names {
    /// Of what.
    #[arg(value_name = "WHAT")]
    pub of: NamesOf,
}

/// What a shell may offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NamesOf {
    /// Accounts that this computer remembers.
    Accounts,
    /// Their servers.
    Servers,
    /// Accounts, and colleagues whose keys are remembered.
    People,
}

/// `firstkey forget`.
#[derive(Debug, Args)]
#[command(after_help = FORGET_EXIT_CODES)]
pub struct Forget {
    /// Which account.
    #[command(flatten)]
    pub which: Which,
    /// Remove everything, of every account.
    #[arg(long, conflicts_with_all = ["server", "account"])]
    pub all: bool,
    /// Also remove an upload whose outcome is not known.
    #[arg(long)]
    pub unfinished: bool,
    /// Agree in advance: the account's address, or "all".
    #[arg(long, value_name = "EMAIL")]
    pub yes_for: Option<String>,
    /// Never ask; name the missing flag and fail.
    #[arg(long)]
    pub no_input: bool,
    /// Print one JSON object: the paths that were removed.
    #[arg(long)]
    pub json: bool,
}

const FORGET_EXIT_CODES: &str = "\
Sends nothing: the account on the server stays the same.
Exit codes: 0 done, 2 usage, 3 you stopped, 5 this computer cannot, 130 Ctrl-C";
