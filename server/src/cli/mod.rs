//! The command line: flags to calls, outcomes to text and exit codes.
//!
//! Exit codes: 0 done, 1 it could not be done (the sentence on standard error says why), 2 the
//! command was not understood. Each group of commands has a file of its own; `say` is the only one
//! that writes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

mod audit;
mod backup;
mod brake;
mod by_hand;
mod check;
mod common;
mod csv;
mod erase;
mod init;
mod invite;
mod key;
mod mail;
mod org;
mod org_named;
mod person;
mod release;
mod report;
mod reset;
mod say;
mod scim_log;
mod scim_token;
mod serve;
mod show;

use crate::acting;
use crate::demo::{self, DemoOptions};
use crate::outlet::{self, err, out};
use clap::{CommandFactory as _, Parser, Subcommand};
use common::{Common, Outcome, folder, open};
use std::path::PathBuf;
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
    /// Find out what identity providers asked, what was done, and why not.
    #[command(subcommand)]
    ScimLog(scim_log::ScimLog),
    /// Take back, or let be, that very many people left at once.
    #[command(subcommand)]
    Brake(brake::Brake),
    /// Run the server.
    Serve(serve::Serve),
    /// Check configuration, files, database, mail server and certificate; serves nobody, sends no
    /// letter.
    Check(check::Check),
    /// Rotate the server's key, and see who is left on an old one.
    #[command(subcommand)]
    Key(key::Key),
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
    // A server acts for itself, and tells who asked it to.
    let outcome = match cli.command {
        command @ (Command::Serve(_) | Command::Demo { .. }) => runtime.block_on(run(command)),
        command => runtime.block_on(acting::on_behalf(reset::who(), run(command))),
    };
    ended(outcome)
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
        Command::ScimLog(log) => scim_log::run(log).await,
        Command::Brake(brake) => brake::run(brake).await,
        Command::Serve(serve) => serve::run(serve).await,
        Command::Check(check) => check::run(check).await,
        Command::Key(key) => key::run(key).await,
        Command::Invite(invite) => invite::run(invite).await,
        Command::Person(person) => person::run(person).await,
        Command::Mail(mail) => mail::run(mail).await,
        Command::Audit(audit) => audit::run(audit).await,
        Command::Backup(backup) => backup::back_up(backup).await,
        Command::Restore(restore) => backup::restore(restore).await,
        Command::Show(show) => show::run(show).await,
    }
}
