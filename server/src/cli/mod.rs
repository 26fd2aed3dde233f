//! The command line: flags to calls, outcomes to text and exit codes.
//!
//! Exit codes: 0 done, 1 it could not be done (the sentence on standard error says why), 2 the command was not understood. Each group of commands has a
//! file of its own; `say` is the only one that writes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

mod init;
mod invite;
mod org;
mod say;
mod scim_token;
mod serve;
mod show;

use crate::demo::{self, DemoOptions};
use clap::{Args, Parser, Subcommand};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// The account server of firstkey: SCIM in, invitations out, ciphertext stored.
#[derive(Parser)]
#[command(name = "firstkey-server", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// The folder that holds the server's database and key.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole story in this terminal: a server, an identity provider, a letter, and the client.
    Demo {
        /// Made-up answers instead of yours.
        #[arg(long)]
        unattended: bool,
        /// The client's binary.
        #[arg(long, value_name = "PATH")]
        client: Option<PathBuf>,
    },
    /// Make a new server in an empty folder.
    Init(init::Init),
    /// Organisations.
    #[command(subcommand)]
    Org(org::Org),
    /// Tokens for identity providers.
    #[command(subcommand)]
    ScimToken(scim_token::ScimToken),
    /// Run the server.
    Serve(serve::Serve),
    /// Invitations.
    #[command(subcommand)]
    Invite(invite::Invite),
    /// Show everything that is stored on an account.
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
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("The program cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
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
        Command::Invite(invite) => invite::run(invite).await,
        Command::Show(show) => show::run(show).await,
    }
}
