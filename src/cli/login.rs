//! The flags of `firstkey login`.

use super::{Account, EXIT_CODES, OldPassword, path};
use clap::Args;
use std::path::PathBuf;

/// `firstkey login`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct LogIn {
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Its password.
    #[command(flatten)]
    pub old: OldPassword,
    /// Read server and e-mail from a recovery kit.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub kit_file: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  firstkey login
  firstkey login --server accounts.example.org --account ada@example.org

Opens an account that you have already, on a computer that does not know it.
Without flags, the program asks for the server and your e-mail address.";
