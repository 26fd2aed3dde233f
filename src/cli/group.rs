//! Groups of flags that several commands have: each is written once, and flattened into them.

use super::{one_source, paper, path, profile, secret_key_file};
use crate::exit::Misuse;
use crate::ui::kit_pdf::Paper;
use crate::ui::source::PasswordSource;
use crate::ui::text::system as words;
use clap::Args;
use firstkey_core::crypto::kdf::Profile;
use std::path::PathBuf;

/// How a program talks to the command.
#[derive(Debug, Default, Args)]
pub struct Unattended {
    /// Never ask; name the missing flag and fail.
    #[arg(long)]
    pub no_input: bool,
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// Whom to take for the server.
#[derive(Debug, Default, Args)]
pub struct Trust {
    /// Trust this PEM file; its owner sees traffic
    #[arg(long, value_name = "PATH")]
    pub ca_file: Option<PathBuf>,
}

/// Where a password comes from, if not from a person.
#[derive(Debug, Default, Args)]
pub struct Password {
    /// A file that nobody else can read.
    #[arg(long, value_name = "PATH", help = words::help_file())]
    pub password_file: Option<PathBuf>,
    /// An open file descriptor; on Windows 0, standard input.
    #[arg(long, value_name = words::descriptor(), help = words::help_descriptor())]
    #[cfg_attr(windows, arg(value_parser = super::standard_input))]
    pub password_fd: Option<u32>,
}

impl Password {
    /// Where it comes from.
    pub fn source(&self) -> Result<Option<PasswordSource>, Misuse> {
        one_source(self.password_file.as_ref(), self.password_fd)
    }
}

/// How a new password is stretched.
#[derive(Debug, Default, Args)]
pub struct Hardening {
    /// Password hardening: 1 (64 MiB) to 4 (2 GiB).
    #[arg(long, value_name = "1..4")]
    pub profile: Option<u64>,
}

impl Hardening {
    /// The profile that was wished for.
    pub fn profile(&self) -> Result<Option<Profile>, Misuse> {
        profile(self.profile)
    }
}

/// Where a kit goes.
#[derive(Debug, Default, Args)]
pub struct KitOut {
    /// Save the kit to a new file, .txt or .pdf.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub kit_out: Option<PathBuf>,
    /// Paper size of a PDF: a4 or letter.
    #[arg(long, value_name = "SIZE", value_parser = paper)]
    pub paper: Option<Paper>,
}

/// Where a password comes from, if not from a person.
#[derive(Debug, Args)]
pub struct OldPassword {
    /// Where it comes from.
    #[command(flatten)]
    pub password: Password,
    /// Read the secret key from this file.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub secret_key_file: Option<PathBuf>,
}

/// Where a new password comes from, if not from a person.
#[derive(Debug, Args)]
pub struct NewPassword {
    /// A file that nobody else can read.
    #[arg(long, value_name = "PATH", help = words::help_new_file())]
    pub new_password_file: Option<PathBuf>,
    /// An open file descriptor; on Windows 0, standard input.
    #[arg(long, value_name = words::descriptor(), help = words::help_new_descriptor())]
    #[cfg_attr(windows, arg(value_parser = super::standard_input))]
    pub new_password_fd: Option<u32>,
}

impl OldPassword {
    /// The file of the secret key.
    pub fn secret_key(&self) -> Option<PathBuf> {
        secret_key_file(self.secret_key_file.as_ref())
    }

    /// Where it comes from.
    pub fn source(&self) -> Result<Option<PasswordSource>, Misuse> {
        self.password.source()
    }
}

impl NewPassword {
    /// Where it comes from.
    pub fn source(&self) -> Result<Option<PasswordSource>, Misuse> {
        one_source(self.new_password_file.as_ref(), self.new_password_fd)
    }
}
