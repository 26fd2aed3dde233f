//! The flags of the commands about files and the people they are for.

use super::{OldPassword, Trust, Unattended};
use clap::Args;
#[cfg(feature = "age")]
use std::path::PathBuf;

/// What a log-in needs beside a password.
#[derive(Debug, Args)]
pub struct Login {
    /// The server, if this computer knows several.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Your account, if this computer knows several.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Its password, if it is not typed.
    #[command(flatten)]
    pub password: OldPassword,
    /// Whether a program is at the other end.
    #[command(flatten)]
    pub unattended: Unattended,
    /// Whom to take for the server.
    #[command(flatten)]
    pub trust: Trust,
}

/// `firstkey people`.
#[derive(Debug, Args)]
pub struct People {
    /// Whose public key; without it, lists the people remembered here.
    #[arg(value_name = "EMAIL")]
    pub email: Option<String>,
    /// Words of their fingerprint, as they told you.
    #[arg(long, value_name = "WORDS", num_args = 1..=8, requires = "email")]
    pub fingerprint: Vec<String>,
    /// The log-in; without an EMAIL there is none.
    #[command(flatten)]
    pub login: Login,
}

/// `firstkey seal`.
#[cfg(feature = "age")]
#[derive(Debug, Args)]
pub struct Seal {
    /// What to encrypt; - or nothing is standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// For whom: an e-mail address or age1...; may repeat.
    #[arg(long, value_name = "WHOM", required = true)]
    pub to: Vec<String>,
    /// Where it goes; - or nothing is standard output.
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Replace OUT if it exists.
    #[arg(long)]
    pub force: bool,
    /// The server, if this computer knows several.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// For scripts; this command never asks.
    #[arg(long)]
    pub no_input: bool,
    /// Print one JSON object; to stderr if OUT is stdout.
    #[arg(long)]
    pub json: bool,
}

/// `firstkey open`.
#[cfg(feature = "age")]
#[derive(Debug, Args)]
pub struct Open {
    /// What to open; - or nothing is standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Where it goes; - or nothing is standard output.
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Replace OUT if it exists.
    #[arg(long)]
    pub force: bool,
    /// The log-in.
    #[command(flatten)]
    pub login: Login,
}
