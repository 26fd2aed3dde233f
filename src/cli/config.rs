//! The flags of `firstkey config`.

use clap::{Args, Subcommand, ValueEnum};
use firstkey_core::wire::named;
use firstkey_core::wire::origin::Origin;

/// `firstkey config`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct Config {
    /// What to do; without it, all defaults are listed.
    #[command(subcommand)]
    pub what: Option<ConfigCommand>,
    /// Print one JSON object.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What is done to the defaults.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// List all defaults.
    List,
    /// Print one.
    Get {
        /// Which.
        key: ConfigKey,
    },
    /// Set one.
    #[command(subcommand)]
    Set(ConfigSet),
    /// Remove one.
    Unset {
        /// Which.
        key: ConfigKey,
    },
}

/// A default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigKey {
    /// The server.
    Server,
    /// The e-mail address of the account.
    Email,
}

/// A default and what it is to be.
#[derive(Debug, Subcommand)]
pub enum ConfigSet {
    /// The server, as in the invitation: accounts.example.org
    Server {
        /// Its address.
        #[arg(value_name = "URL", value_parser = server)]
        server: Origin,
    },
    /// The e-mail address of the account.
    Email {
        /// The address.
        #[arg(value_name = "EMAIL", value_parser = email)]
        email: String,
    },
}

fn server(text: &str) -> Result<Origin, &'static str> {
    named::read_server(text).map_err(|_| "a server looks like https://accounts.example.org")
}

fn email(text: &str) -> Result<String, &'static str> {
    named::read_email(text).ok_or("an address looks like ada@example.org")
}

const EXAMPLES: &str = "\
Examples:
  firstkey config
  firstkey config set server accounts.example.org
  firstkey config set email ada@example.org

Your own defaults for the questions which server and which e-mail address.
Flags, and accounts that this computer knows, come first. No secret is kept.";

const EXIT_CODES: &str = "\
Sends nothing. A value that is not set prints an empty line.
Exit codes: 0 done, 2 usage, 5 this computer cannot";
