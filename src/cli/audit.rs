//! The flags of `firstkey audit`.

use super::{Accept, Hardening, Password, Unattended, Which};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `firstkey audit`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct Audit {
    /// What else to look at.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// Show what the last run sent.
    #[arg(long, required_unless_present = "dry_run", conflicts_with = "dry_run")]
    pub last: bool,
    /// Rehearse an accept with FILE, up to the upload.
    #[arg(long, requires = "offer")]
    pub dry_run: bool,
    /// The server's answer to a claim.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub offer: Option<PathBuf>,
    /// Print the exact bytes (invite token masked).
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
    /// Print one JSON object per request.
    #[arg(long)]
    pub json: bool,
    /// What else a rehearsal needs.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// What answers a rehearsal's questions in the place of a person, as for `accept`.
#[derive(Debug, Args)]
pub struct Rehearsal {
    /// Use the link in this file, not a made-up one.
    #[arg(long, value_name = "PATH", requires = "dry_run")]
    pub invite_file: Option<PathBuf>,
    /// Read a made-up password from this file.
    #[arg(long, value_name = "PATH", requires = "dry_run")]
    pub password_file: Option<PathBuf>,
    /// Agree in advance, for exactly this address.
    #[arg(long, value_name = "EMAIL", requires = "dry_run")]
    pub yes_for: Option<String>,
    /// Password hardening: 1 (64 MiB) to 4 (2 GiB).
    #[arg(long, value_name = "1..4", requires = "dry_run")]
    pub profile: Option<u64>,
    /// Never ask; name the missing flag and fail.
    #[arg(long, requires = "dry_run")]
    pub no_input: bool,
}

impl Audit {
    /// The accept that a rehearsal plays.
    pub fn as_accept(&self) -> Accept {
        let Rehearsal { invite_file, password_file, yes_for, profile, no_input } = &self.rehearsal;
        Accept {
            dry_run: true,
            unattended: Unattended { no_input: *no_input, json: self.json },
            invite_file: invite_file.clone(),
            from: Password { password_file: password_file.clone(), password_fd: None },
            yes_for: yes_for.clone(),
            hardening: Hardening { profile: *profile },
            ..Accept::default()
        }
    }
}

/// What there is beside the record.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Open what the server stores, with your kit; works offline.
    Open(AuditOpen),
    /// Explain which key opens what; works offline.
    Explain(AuditExplain),
}

/// `firstkey audit explain`.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXIT_CODES)]
pub struct AuditExplain {
    /// Which account.
    #[command(flatten)]
    pub which: Which,
    /// Take salt and settings from what the server shows.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "account"])]
    pub show: Option<PathBuf>,
    /// Print a list instead of a drawing.
    #[arg(long)]
    pub list: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

const EXPLAIN_EXIT_CODES: &str = "\
Prints a drawing if the terminal is wide enough, else a list. Sends nothing.
Exit codes: 0 done, 2 usage, 5 this computer or the file, 6 FILE does not fit";

/// `firstkey audit open`.
#[derive(Debug, Args)]
#[command(after_help = OPEN_EXIT_CODES)]
pub struct AuditOpen {
    /// The output of firstkey-server show --json; - for stdin.
    #[arg(long, value_name = "FILE")]
    pub show: PathBuf,
    /// Read the kit from a file instead of asking.
    #[arg(long, value_name = "PATH")]
    pub kit_file: Option<PathBuf>,
    /// Whether a program is at the other end.
    #[command(flatten)]
    pub unattended: Unattended,
    /// Explains why a password opens nothing here.
    #[arg(long, value_name = "PASSWORD", num_args = 0..=1, default_missing_value = "", hide = true)]
    pub password: Option<String>,
    /// The same.
    #[arg(long, value_name = "PATH", hide = true)]
    pub password_file: Option<PathBuf>,
    /// The same.
    #[arg(long, value_name = "N", hide = true)]
    #[cfg_attr(windows, arg(value_parser = super::standard_input))]
    pub password_fd: Option<u32>,
}

impl AuditOpen {
    /// Whether a password is named, and whether one stands on the command line.
    pub fn by_password(&self) -> Option<bool> {
        let typed = self.password.as_ref().map(|typed| !typed.is_empty());
        typed.or((self.password_file.is_some() || self.password_fd.is_some()).then_some(false))
    }
}

const OPEN_EXIT_CODES: &str = "\
Sends nothing and writes nothing. The account fits only if every part fits; the
password's envelope needs the server and is not tried.
Exit codes: 0 all of it fits, 2 usage, 3 you stopped, 5 this computer or the
file, 6 a part does not fit, 10 the code opens nothing, 130 Ctrl-C";
