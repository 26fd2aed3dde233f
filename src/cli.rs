//! The command line.
//!
//! Promise: flags become typed options; nothing else happens here. Must never: hold a secret flag,
//! or decide anything.

mod audit;
mod config;
mod doctor;
mod group;
mod local;
mod login;
pub mod share;

pub use audit::{Audit, AuditCommand, AuditExplain, AuditOpen};
pub use config::{Config, ConfigCommand, ConfigKey, ConfigSet};
pub use doctor::Doctor;
pub use group::{Hardening, KitOut, NewPassword, OldPassword, Password, Trust, Unattended};
pub use local::{Forget, Names, NamesOf, Sessions};
pub use login::LogIn;

use crate::exit::Misuse;
use crate::ui::kit_pdf::Paper;
use crate::ui::place;
use crate::ui::script::Answers;
use crate::ui::secret_key::VARIABLE;
use crate::ui::source::{InviteSource, PasswordSource};
use crate::ui::text::system as words;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand};
use firstkey_core::crypto::kdf::Profile;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable that people try; set, it is refused with an explanation.
pub const PASSWORD_VARIABLE: &str = "FIRSTKEY_PASSWORD";

const EXAMPLES: &str = "\
Examples:
  firstkey accept                 finish the account you were invited to
  firstkey login                  use an account that you have already
Your password never leaves this computer. No telemetry.";

/// The help of the whole program, which has to fit on a screen; with a line for what only a build
/// with `age` has.
macro_rules! page {
    ($files:literal) => {
        concat!(
            "\
{before-help}{about}

{usage-heading} firstkey [--state-dir DIR] COMMAND

  accept     Accept an invite: choose a password, make keys, keep a kit
  login      Open an account that you have, on another computer
  verify     Check that your account opens and has not been replaced
  password   Change your password
  recover    Set a new password with your recovery kit (also: firstkey forgot)
  kit, secret-key  Make a new recovery kit; make a second secret
  sessions   List where you are logged in, and end sessions
  forget     Remove what this computer remembers (also: firstkey logout)
  status, config  List the accounts that this computer knows; set your defaults
  recipient  Print your public key for age, so that others can encrypt to you
  people     Look up a colleague's public key and remember it
",
            $files,
            "\x20 audit, doctor  Show what was sent, and why; find out why something fails

Flags and exit codes of a command: firstkey COMMAND --help"
        )
    };
}

#[cfg(feature = "age")]
const PAGE: &str = page!("  seal, open Encrypt a file for people; open a file encrypted for you\n");
#[cfg(not(feature = "age"))]
const PAGE: &str = page!("");

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 bug, 2 usage, 3 you stopped, 4 invite not usable, 5 this
computer cannot, 6 refused for security, 7 server error, 10 wrong password,
75 try again later, 130 Ctrl-C";

/// Finish the account that your company made for you, with keys that only you have.
#[derive(Debug, Parser)]
#[command(name = "firstkey", version, before_help = EXAMPLES, help_template = PAGE, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Keep state in this folder.
    #[arg(long, value_name = "DIR", global = true)]
    pub state_dir: Option<PathBuf>,
    /// Accepted for scripts; output never has colour.
    #[arg(long, global = true, hide = true)]
    pub no_color: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Accept an invite: choose a password, make keys, keep a recovery kit.
    Accept(Accept),
    /// Open an account that you have already, on another computer.
    Login(LogIn),
    /// Check that your account opens and has not been replaced.
    Verify(Verify),
    /// Set a new password with your recovery kit.
    #[command(visible_alias = "forgot")]
    Recover(Recover),
    /// Change your password.
    Password(ChangePassword),
    /// Make a new recovery kit; the server no longer accepts the old one.
    Kit(ChangeKit),
    /// Make a secret key: a second secret beside your password.
    SecretKey(ChangeSecretKey),
    /// List the accounts that this computer remembers; works offline.
    Status(Status),
    /// List and set your own defaults: server and e-mail address.
    Config(Config),
    /// Print your public key for age, so that others can encrypt to you.
    Recipient(Recipient),
    /// Look up a colleague's public key and remember it.
    People(share::People),
    /// Encrypt a file for people.
    #[cfg(feature = "age")]
    Seal(share::Seal),
    /// Open a file that was encrypted for you.
    #[cfg(feature = "age")]
    Open(share::Open),
    /// Show everything that was sent, and why.
    Audit(Audit),
    /// Find out why something does not work here; needs no password.
    Doctor(Doctor),
    /// List where you are logged in, and end sessions.
    Sessions(Sessions),
    /// Remove what this computer remembers of an account.
    #[command(visible_alias = "logout")]
    Forget(Forget),
    /// List names for the completions of shells.
    #[command(hide = true)]
    Names(Names),
}

impl Command {
    /// Whether a program reads what is printed.
    pub fn is_json(&self) -> bool {
        match self {
            Self::Accept(flags) => flags.unattended.json,
            Self::Login(flags) => flags.account.unattended.json,
            Self::Verify(flags) => flags.account.unattended.json,
            Self::Recover(flags) => flags.account.unattended.json,
            Self::Password(flags) => flags.account.unattended.json,
            Self::Kit(flags) => flags.account.unattended.json,
            Self::SecretKey(flags) => flags.account.unattended.json,
            Self::Sessions(flags) => flags.account.unattended.json,
            Self::People(flags) => flags.login.unattended.json,
            #[cfg(feature = "age")]
            Self::Seal(flags) => flags.json,
            #[cfg(feature = "age")]
            Self::Open(flags) => flags.login.unattended.json,
            Self::Status(flags) => flags.json,
            Self::Config(flags) => flags.json,
            Self::Recipient(flags) => flags.json,
            Self::Doctor(flags) => flags.json,
            Self::Forget(flags) => flags.json,
            Self::Audit(_) | Self::Names(_) => false,
        }
    }
}

/// What the commands on an account that exists have in common.
#[derive(Debug, Args)]
pub struct Account {
    /// The server, if this computer knows several.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The account, if this computer knows several.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Read the link from a file, or - for stdin.
    #[arg(long, value_name = "PATH")]
    pub link_file: Option<PathBuf>,
    /// Whether a program is at the other end.
    #[command(flatten)]
    pub unattended: Unattended,
    /// Whom to take for the server.
    #[command(flatten)]
    pub trust: Trust,
    /// Say more, such as algorithms; never secrets.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

/// `firstkey verify`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Verify {
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Its password.
    #[command(flatten)]
    pub old: OldPassword,
    /// Compare with the remembered key (no password).
    #[arg(long, value_name = "WORDS", num_args = 1..=8)]
    pub fingerprint: Vec<String>,
    /// Check the kit too; asks for its code.
    #[arg(long)]
    pub kit: bool,
    /// Check the kit in this file too.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub kit_file: Option<PathBuf>,
}

/// `firstkey kit`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ChangeKit {
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Its password.
    #[command(flatten)]
    pub old: OldPassword,
    /// Where the kit goes.
    #[command(flatten)]
    pub keep: KitOut,
}

/// `firstkey secret-key`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ChangeSecretKey {
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Its password, and its present secret key.
    #[command(flatten)]
    pub old: OldPassword,
    /// Save the new one to a new file.
    #[arg(long, alias = "secret-key-out", value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Agree in advance to replace an earlier one.
    #[arg(long, value_name = "EMAIL")]
    pub yes_for: Option<String>,
}

/// `firstkey status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// Which account is meant, where this computer remembers several.
#[derive(Debug, Args)]
pub struct Which {
    /// The server.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The account.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// `firstkey recipient`.
#[derive(Debug, Args)]
pub struct Recipient {
    /// Which account.
    #[command(flatten)]
    pub which: Which,
    /// Print an identity file for age and rage (no secret).
    #[cfg(feature = "age")]
    #[arg(long)]
    pub identity: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `firstkey recover`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Recover {
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Read the kit from a file instead of asking.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub kit_file: Option<PathBuf>,
    /// Read the sign-in page's address from a file.
    #[arg(long, value_name = "PATH")]
    pub sign_in_file: Option<PathBuf>,
    /// Agree in advance, for exactly this address.
    #[arg(long, value_name = "EMAIL")]
    pub yes_for: Option<String>,
    /// Its new password.
    #[command(flatten)]
    pub new: NewPassword,
    /// How it is stretched.
    #[command(flatten)]
    pub hardening: Hardening,
    /// Save a new secret key to a new file.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub secret_key_out: Option<PathBuf>,
    /// Save the new kit to a new file, .txt or .pdf.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub kit_out: Option<PathBuf>,
    /// Paper size of a PDF: a4 or letter.
    #[arg(long, value_name = "SIZE", value_parser = paper)]
    pub paper: Option<Paper>,
}

/// `firstkey password`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ChangePassword {
    /// Which account.
    #[command(flatten)]
    pub account: Account,
    /// Its password.
    #[command(flatten)]
    pub old: OldPassword,
    /// Its new password.
    #[command(flatten)]
    pub new: NewPassword,
    /// How it is stretched.
    #[command(flatten)]
    pub hardening: Hardening,
}

/// The one source that a pair of flags names.
fn one_source(file: Option<&PathBuf>, descriptor: Option<u32>) -> Result<Option<PasswordSource>, Misuse> {
    match (file, descriptor) {
        (Some(_), Some(_)) => Err(Misuse::TwoPasswords),
        (Some(path), None) => Ok(Some(PasswordSource::File(path.clone()))),
        (None, Some(number)) => Ok(Some(PasswordSource::Descriptor(number))),
        (None, None) => Ok(None),
    }
}

impl Account {
    /// What these flags answer.
    pub fn answers(
        &self,
        password: Option<PasswordSource>,
        yes_for: Option<String>,
        kit_out: Option<PathBuf>,
        paper: Option<Paper>,
    ) -> Answers {
        let invite = match &self.link_file {
            Some(path) if path == Path::new("-") => Some(InviteSource::Stdin),
            Some(path) => Some(InviteSource::File(path.clone())),
            None => None,
        };
        Answers {
            invite,
            password,
            yes_for,
            kit_out,
            paper: paper.unwrap_or_default(),
            json: self.unattended.json,
            ..Answers::default()
        }
    }
}

/// `firstkey accept`.
#[derive(Debug, Default, Args)]
#[command(before_help = words::accept_examples(), after_help = EXIT_CODES)]
pub struct Accept {
    /// The invite link (safer: paste it when asked).
    #[arg(value_name = "LINK", conflicts_with = "invite_file")]
    pub link: Option<String>,
    /// Read the link from a file, or - for stdin.
    #[arg(long, value_name = "PATH")]
    pub invite_file: Option<PathBuf>,
    /// Where it comes from.
    #[command(flatten)]
    pub from: Password,
    /// Agree in advance, for exactly this address.
    #[arg(long, value_name = "EMAIL")]
    pub yes_for: Option<String>,
    /// Agree in advance to replace your keys.
    #[arg(long, value_name = "EMAIL")]
    pub accept_reset: Option<String>,
    /// Your first name, for servers that ask for it.
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,
    /// Your last name, for servers that ask for it.
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,
    /// Where the kit goes.
    #[command(flatten)]
    pub keep: KitOut,
    /// Save a required secret key to a new file.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub secret_key_out: Option<PathBuf>,
    /// Read the secret key that a saved upload needs.
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub secret_key_file: Option<PathBuf>,
    /// Whether a program is at the other end.
    #[command(flatten)]
    pub unattended: Unattended,
    /// Send a saved upload again and finish.
    #[arg(long, conflicts_with = "dry_run")]
    pub resume: bool,
    /// Do all but the upload; show what would be sent.
    #[arg(long)]
    pub dry_run: bool,
    /// How it is stretched.
    #[command(flatten)]
    pub hardening: Hardening,
    /// Whom to take for the server.
    #[command(flatten)]
    pub trust: Trust,
    /// Say more, such as algorithms; never secrets.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Explains why there is no such flag.
    #[arg(long, value_name = "PASSWORD", num_args = 0..=1, default_missing_value = "", hide = true)]
    pub password: Option<String>,
}

impl Accept {
    /// What the flags answer. `password_variable` says whether [`PASSWORD_VARIABLE`] is set.
    pub fn answers(&self, password_variable: bool) -> Result<Answers, Misuse> {
        if self.password.is_some() {
            return Err(Misuse::PasswordFlag);
        }
        if password_variable {
            return Err(Misuse::PasswordVariable);
        }
        let password = self.from.source()?;
        let invite = match (&self.link, &self.invite_file) {
            (Some(link), _) => Some(InviteSource::Argument(Zeroizing::new(link.as_bytes().to_vec()))),
            (None, Some(path)) if path == Path::new("-") => Some(InviteSource::Stdin),
            (None, Some(path)) => Some(InviteSource::File(path.clone())),
            (None, None) => None,
        };
        if matches!(invite, Some(InviteSource::Stdin)) && password == Some(PasswordSource::Descriptor(0)) {
            return Err(Misuse::StdinTwice);
        }
        Ok(Answers {
            invite,
            password,
            new_password: None,
            yes_for: self.yes_for.clone(),
            accept_reset: self.accept_reset.clone(),
            kit_out: self.keep.kit_out.clone(),
            secret_key: secret_key_file(self.secret_key_file.as_ref()),
            secret_key_out: self.secret_key_out.clone(),
            paper: self.keep.paper.unwrap_or_default(),
            json: self.unattended.json,
            resume: self.resume,
            rehearsal: self.dry_run,
            verbose: self.verbose > 0,
        })
    }
}

/// The file of the secret key: as a flag names it, else as the variable does. Both hold a path,
/// never the key.
pub fn secret_key_file(named: Option<&PathBuf>) -> Option<PathBuf> {
    let variable = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.cloned().or_else(variable)
}

/// A path in which `~` is the person's home: a shell leaves it as it is in `--kit-out=~/kit.txt`.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(place::expanded)
}

fn paper(name: &str) -> Result<Paper, String> {
    Paper::from_name(name).ok_or_else(|| "a4 or letter".to_owned())
}

/// Programs of Windows get no numbered descriptors but this one.
#[cfg(windows)]
fn standard_input(number: &str) -> Result<u32, String> {
    if number == "0" { Ok(0) } else { Err("0 for standard input; otherwise use a file".to_owned()) }
}

fn profile(id: Option<u64>) -> Result<Option<Profile>, Misuse> {
    id.map(|id| Profile::from_id(id).ok_or(Misuse::NoSuchProfile)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn accept(flags: &[&str]) -> Accept {
        let all = ["firstkey", "accept"].iter().chain(flags);
        match Cli::try_parse_from(all).expect("good flags").command {
            Command::Accept(accept) => accept,
            _ => panic!("accept was asked for"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_password_in_a_flag_or_variable_is_refused_and_never_kept() {
        for flags in [&["--password"][..], &["--password", "hunter2"], &["--password=hunter2"]] {
            assert_eq!(accept(flags).answers(false).err(), Some(Misuse::PasswordFlag));
        }
        assert_eq!(accept(&[]).answers(true).err(), Some(Misuse::PasswordVariable));
    }

    #[test]
    fn one_source_answers_one_question() {
        assert_eq!(
            accept(&["--password-file", "p", "--password-fd", "3"]).answers(false).err(),
            Some(Misuse::TwoPasswords)
        );
        assert_eq!(
            accept(&["--invite-file", "-", "--password-fd", "0"]).answers(false).err(),
            Some(Misuse::StdinTwice)
        );
        assert!(Cli::try_parse_from(["firstkey", "accept", "LINK", "--invite-file", "x"]).is_err());
    }

    #[test]
    fn only_the_four_profiles_can_be_wished_for() {
        assert_eq!(accept(&[]).hardening.profile(), Ok(None));
        assert_eq!(accept(&["--profile", "3"]).hardening.profile(), Ok(Some(Profile::Three)));
        for bad in ["0", "5", "99"] {
            assert_eq!(accept(&["--profile", bad]).hardening.profile(), Err(Misuse::NoSuchProfile));
        }
    }

    #[test]
    fn help_begins_with_examples_fits_a_screen_and_says_that_there_is_no_telemetry() {
        let mut command = Cli::command();
        command.build();
        let main = command.clone().render_help().to_string();
        let accept = command.find_subcommand_mut("accept").expect("the command").clone().render_help().to_string();
        for help in [main, accept] {
            assert!(help.trim_start().starts_with("Examples:"), "{help}");
            assert!(help.contains("No telemetry."), "{help}");
            assert!(help.lines().count() <= 48, "{help}");
        }
    }

    #[test]
    fn the_page_of_help_lists_every_command() {
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let names = PAGE.lines().filter_map(|line| line.strip_prefix("  ")?.get(..15));
            let is_listed = names.flat_map(|names| names.split([' ', ','])).any(|name| name == command.get_name());
            assert!(is_listed, "{} is not in\n{PAGE}", command.get_name());
        }
    }
}
