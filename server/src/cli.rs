//! The command line: flags to calls, outcomes to text and exit codes.
//!
//! Exit codes: 0 done, 1 it could not be done (the sentence on standard error says why), 2 the command was not understood.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

use crate::demo::{self, DemoOptions};
use crate::mail::MailOut;
use crate::realm::{INVITE_TTL, NewOrganisation, Realm};
use crate::serve::{ServeError, ServeOptions, serve};
use crate::show::Shown;
use clap::{Args, Parser, Subcommand};
use firstkey::crypto::context::OrgId;
use serde_json::{Value, json};
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

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
    Init {
        /// What people's clients talk to, such as https://accounts.example.org.
        #[arg(long, value_name = "URL")]
        origin: String,
        /// Whom people may ask; shown in invitations.
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Organisations.
    Org {
        #[command(subcommand)]
        command: OrgCommand,
    },
    /// Tokens for identity providers.
    ScimToken {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Run the server.
    Serve {
        /// Where to listen: an address of this machine; port 0 takes a free one.
        #[arg(long, value_name = "ADDR")]
        listen: SocketAddr,
        /// Write letters into this folder, one .eml file each.
        #[arg(long, value_name = "DIR", conflicts_with = "smtp", required_unless_present = "smtp")]
        mail_dir: Option<PathBuf>,
        /// Send letters by this mail server, such as smtps://mail.example.org or smtp://user@mail.example.org:587?tls=required.
        #[arg(long, value_name = "URL")]
        smtp: Option<String>,
        /// The mail server's password, in a file.
        #[arg(long, value_name = "PATH", requires = "smtp")]
        smtp_password_file: Option<PathBuf>,
        /// Certificates (PEM) that the mail server's own must come from, instead of those that the machine trusts.
        #[arg(long, value_name = "PATH", requires = "smtp")]
        smtp_ca_file: Option<PathBuf>,
        /// The address that letters come from.
        #[arg(long, value_name = "EMAIL")]
        mail_from: Option<String>,
        /// How long an invitation lives.
        #[arg(long, value_name = "SECONDS", default_value_t = INVITE_TTL, value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
        invite_ttl: i64,
        #[command(flatten)]
        common: Common,
    },
    /// Invitations.
    Invite {
        #[command(subcommand)]
        command: InviteCommand,
    },
    /// Show everything that is stored on an account.
    Show {
        /// The person's address.
        email: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Subcommand)]
enum OrgCommand {
    /// Add an organisation.
    Add {
        /// Its name, shown to its people.
        name: String,
        /// Whom its people may ask.
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
        /// The least Argon2id profile.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
        min_profile: Option<u8>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token; it is shown once.
    Add {
        /// The organisation's id.
        #[arg(long, value_name = "ID", value_parser = org_id)]
        org: OrgId,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Subcommand)]
enum InviteCommand {
    /// Withdraw a person's invitation and send a new one.
    Resend {
        /// The person's address.
        email: String,
        #[command(flatten)]
        common: Common,
    },
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
        Command::Demo { unattended, client } => demo::run(DemoOptions { unattended, client }).await?,
        Command::Init { origin, contact, common } => {
            let realm = Realm::init(&common.data, &origin, contact.as_deref()).await?;
            let answer = json!({"realm_id": realm.id().to_string(), "origin": realm.origin().as_str()});
            say(&common, &answer);
        }
        Command::Org { command: OrgCommand::Add { name, contact, min_profile, common } } => {
            let realm = Realm::open(&common.data).await?;
            let org = realm.add_organisation(NewOrganisation { name, contact, min_profile }).await?;
            say(&common, &json!({"org_id": org.to_string()}));
        }
        Command::ScimToken { command: TokenCommand::Add { org, common } } => {
            let realm = Realm::open(&common.data).await?;
            let token = realm.add_scim_token(org).await?;
            say(&common, &json!({"token": token.as_str()}));
            if !common.json {
                eprintln!("Give it to the identity provider now; it cannot be shown again.");
            }
        }
        Command::Serve { listen, mail_dir, smtp, smtp_password_file, smtp_ca_file, mail_from, invite_ttl, common } => {
            let mail = mail_out(mail_dir, smtp, smtp_password_file.as_deref(), smtp_ca_file)?;
            let options = ServeOptions { mail_from, invite_ttl, ..ServeOptions::new(mail) };
            run_server(&common, listen, options).await?;
        }
        Command::Invite { command: InviteCommand::Resend { email, common } } => {
            let realm = Realm::open(&common.data).await?;
            let expires_at = realm.resend_invite(&email).await?;
            say(&common, &json!({"email": email, "expires_at": expires_at}));
        }
        Command::Show { email, common } => {
            let realm = Realm::open(&common.data).await?;
            show(&common, &realm.show(&email).await?)?;
        }
    }
    Ok(())
}

async fn run_server(common: &Common, listen: SocketAddr, options: ServeOptions) -> Outcome {
    if !listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(listen).into());
    }
    let realm = Realm::open(&common.data).await?;
    options.check(realm.origin())?;
    let shutdown = stop_signal()?;
    let listener = TcpListener::bind(listen).await.map_err(ServeError::Listen)?;
    let address = listener.local_addr()?;
    if common.json {
        println!("{}", json!({"event": "listening", "addr": address.to_string()}));
    } else {
        println!("Listening on http://{address} for {}", realm.origin());
    }
    Ok(serve(realm, listener, options, shutdown).await?)
}

/// Done at the first SIGINT or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn mail_out(
    folder: Option<PathBuf>,
    smtp: Option<String>,
    password: Option<&Path>,
    ca_file: Option<PathBuf>,
) -> Result<MailOut, Box<dyn Error>> {
    match (folder, smtp) {
        (Some(folder), _) => Ok(MailOut::Folder(folder)),
        (None, Some(url)) => {
            let read = |path: &Path| {
                let text = std::fs::read_to_string(path).map(Zeroizing::new);
                let text =
                    text.map_err(|error| format!("The password file {} cannot be read: {error}", path.display()))?;
                Ok::<_, String>(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            };
            Ok(MailOut::Smtp { url, password: password.map(read).transpose()?, ca_file })
        }
        (None, None) => Err("Say where letters go: --mail-dir or --smtp.".into()),
    }
}

fn org_id(text: &str) -> Result<OrgId, &'static str> {
    uuid::Uuid::try_parse(text).map(|id| OrgId(*id.as_bytes())).map_err(|_| "an organisation's id is a UUID")
}

/// One JSON object, or one line per member.
fn say(common: &Common, answer: &Value) {
    if common.json {
        println!("{answer}");
        return;
    }
    for (key, value) in answer.as_object().into_iter().flatten() {
        println!("{key:<16} {}", plain(value));
    }
}

fn show(common: &Common, account: &Shown) -> Outcome {
    let answer = serde_json::to_value(account)?;
    if common.json {
        println!("{answer}");
        return Ok(());
    }
    for (key, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) => {
                for (name, value) in inner {
                    println!("{:<16} {}", format!("{key}.{name}"), plain(value));
                }
            }
            value => println!("{key:<16} {}", plain(value)),
        }
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.chars().map(|c| if c.is_control() { '?' } else { c }).collect(),
        other => other.to_string(),
    }
}
