//! The command line: flags to calls, outcomes to text and exit codes.
//!
//! Exit codes: 0 done, 1 it could not be done (the sentence on standard error says why), 2 the
//! command was not understood. Each group of commands has a file of its own; `say` is the only one
//! that writes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

mod audit;
mod backup;
mod check;
mod init;
mod invite;
mod mail;
mod org;
mod person;
mod reset;
mod say;
mod scim_token;
mod serve;
mod show;

use crate::config::{Config, ConfigError, holds_password};
use crate::demo::{self, DemoOptions};
use crate::outlet::{self, err, out};
use crate::realm::Realm;
use crate::secret_file::private_line;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The account server of firstkey: takes people in by SCIM, sends invitations, stores ciphertext.
#[derive(Parser)]
#[command(name = "firstkey-server", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// All commands and flags, for completions and manual pages.
pub fn commands() -> clap::Command {
    Cli::command()
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// The folder that holds the server's database and key.
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    data: Option<PathBuf>,
    /// A configuration file; flags override it.
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The database, if it is not a file in the folder: postgres://..., without a password.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A file with that address, and the password if there is one; only its owner may read it.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    database_file: Option<PathBuf>,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

impl Common {
    /// What the file says, if one is given, with the flags over it.
    fn config(&self) -> Result<Config, ConfigError> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        config.database()?;
        config.data = self.data.clone().or(config.data);
        if self.database.as_deref().is_some_and(holds_password) {
            return Err(ConfigError::Value(
                "`--database` holds a password, and every user of this computer can read command lines. Write the address into a file that only its owner can read, and name it with --database-file FILE."
                    .to_owned(),
            ));
        }
        let from_file = self.database_file.as_deref().map(private_line).transpose()?;
        let given = from_file.map(|line| line.as_str().to_owned()).or_else(|| self.database.clone());
        config.database = given.or(config.database);
        Ok(config)
    }

    /// Opens the deployment.
    async fn realm(&self) -> Result<Realm, Box<dyn Error>> {
        open(&self.config()?).await
    }
}

/// The folder of a configuration.
fn folder(config: &Config) -> Result<&Path, ConfigError> {
    config
        .data
        .as_deref()
        .ok_or(ConfigError::Missing("where the server's folder is: --data DIR, or `data` in the file"))
}

async fn open(config: &Config) -> Result<Realm, Box<dyn Error>> {
    Ok(Realm::open_with(folder(config)?, config.database.as_deref()).await?)
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole flow in this terminal: server, identity provider, mail and client.
    Demo {
        /// Use made-up answers instead of asking you.
        #[arg(long)]
        unattended: bool,
        /// Use this binary of the client.
        #[arg(long, value_name = "PATH")]
        client: Option<PathBuf>,
    },
    /// Create a new server in an empty folder.
    Init(init::Init),
    /// Manage organisations.
    #[command(subcommand)]
    Org(org::Org),
    /// Manage the tokens of identity providers.
    #[command(subcommand)]
    ScimToken(scim_token::ScimToken),
    /// Run the server.
    Serve(serve::Serve),
    /// Check configuration, files, database, mail server and certificate; serves nobody, sends no
    /// letter.
    Check(check::Check),
    /// Manage invitations.
    #[command(subcommand)]
    Invite(invite::Invite),
    /// Manage people.
    #[command(subcommand)]
    Person(person::Person),
    /// See what became of letters.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Read and verify the audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Back up the database, or the key, to a new file.
    Backup(backup::Backup),
    /// Restore a server from a backup, into an empty folder.
    Restore(backup::Restore),
    /// Show everything that is stored for an account.
    Show(show::Show),
}

type Outcome = Result<(), Box<dyn Error>>;

/// Reads the command line, does it, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, with exit code 0.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let text = error.render().to_string();
            let text = text.trim_end_matches('\n');
            if error.use_stderr() {
                err!("{text}")
            } else {
                out!("{text}")
            }
            return if code == 0 { ended(Ok(())) } else { ExitCode::from(code) };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            err!("The program cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    ended(runtime.block_on(run(cli.command)))
}

fn ended(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => match outlet::lost() {
            None => ExitCode::SUCCESS,
            Some(sentence) => {
                err!("{sentence}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            err!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Demo { unattended, client } => demo::run(DemoOptions { unattended, client }).await,
        Command::Init(init) => init::run(init).await,
        Command::Org(org) => org::run(org).await,
        Command::ScimToken(token) => scim_token::run(token).await,
        Command::Serve(serve) => serve::run(serve).await,
        Command::Check(check) => check::run(check).await,
        Command::Invite(invite) => invite::run(invite).await,
        Command::Person(person) => person::run(person).await,
        Command::Mail(mail) => mail::run(mail).await,
        Command::Audit(audit) => audit::run(audit).await,
        Command::Backup(backup) => backup::back_up(backup).await,
        Command::Restore(restore) => backup::restore(restore).await,
        Command::Show(show) => show::run(show).await,
    }
}
