//! The flags of `firstkey doctor`.

use super::Trust;
use clap::Args;

/// `firstkey doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXIT_CODES)]
pub struct Doctor {
    /// Check this server, not those remembered here.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// Print one block for a ticket, without names.
    #[arg(long, conflicts_with = "json")]
    pub report: bool,
    /// Whom to take for the server.
    #[command(flatten)]
    pub trust: Trust,
}

const DOCTOR_EXIT_CODES: &str = "\
Asks for no password and changes nothing. A server is sent \"log out\" without a
session: nothing about you.
Exit codes: 0 nothing is bad, 2 usage, 5 this computer cannot, 7 no account
server answers, 75 the server cannot be reached or proven, 130 Ctrl-C";
