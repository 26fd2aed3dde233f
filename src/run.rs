//! The commands: flags and edges put together, a flow driven to its end, a number for the shell.
//!
//! Promise: the process is closed before anything secret exists in it; what can fail on this
//! machine is checked before the first question. Must never: decide what is acceptable; that is
//! `flow`.

mod audit;
mod config;
mod dialect;
mod doctor;
#[cfg(feature = "age")]
mod files;
mod forget;
mod instead;
mod known;
mod names;
mod on_account;
#[cfg(feature = "age")]
mod plugin;
mod rehearsal;
mod sessions;
mod share;
mod trust;
mod way;
mod whose;

use crate::cli::{self, Cli, Command, PASSWORD_VARIABLE};
use crate::drive::{self, Edges};
use crate::exit::ExitCode;
use crate::managed::Managed;
use crate::port::harden::{Hardened, harden};
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::store::{self, Place};
use crate::ui::outlet::{self, Stream};
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::term::{self, Terminal};
use crate::ui::{signals, text};
use clap::Parser;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::accept::{Accept, Options};
use firstkey_core::flow::account::join;
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, Halt, LocalTrouble, Reach, StorageTrouble};
#[cfg(feature = "infisical")]
use firstkey_core::wire::refusal::Refusal;
use firstkey_core::wire::text::harmless;
use firstkey_estimator::Zxcvbn;
use instead::Instead;
use on_account::{Errand, on_account};
#[cfg(feature = "age")]
pub use plugin::plugin;
use std::path::PathBuf;

/// The program: reads the command line, does it, gives the exit code.
pub fn main() -> ExitCode {
    term::install_panic_restore();
    let hardened = harden();
    outlet::settle(match Cli::try_parse() {
        Ok(cli) => command(cli, hardened),
        // Help and version are errors to clap.
        Err(error) => {
            let (stream, code) =
                if error.use_stderr() { (Stream::Err, ExitCode::Usage) } else { (Stream::Out, ExitCode::Done) };
            outlet::print(stream, harmless(&error.render().to_string()).as_bytes());
            code
        }
    })
}

fn command(cli: Cli, hardened: Hardened) -> ExitCode {
    let managed = match &cli.command {
        // What only shows and forgets needs none; `doctor` looks at it itself.
        Command::Status(_)
        | Command::Recipient(_)
        | Command::Audit(_)
        | Command::Forget(_)
        | Command::Doctor(_)
        | Command::Names(_) => Managed::default(),
        #[cfg(feature = "age")]
        Command::Seal(_) => Managed::default(),
        command => match store::managed::load() {
            Ok(managed) => managed,
            Err(trouble) => return known::not_managed(command.is_json(), &trouble),
        },
    };
    let managed = &managed;
    match cli.command {
        Command::Accept(flags) => {
            accept(&flags, cli.state_dir, managed, hardened.no_core_dumps && hardened.not_traceable)
        }
        Command::Login(flags) => {
            let errand = Errand::LogIn { kit_file: flags.kit_file.clone() };
            by_password(&flags.account, errand, &flags.old, cli.state_dir, managed)
        }
        Command::Verify(flags) if !flags.fingerprint.is_empty() => {
            known::fingerprint(&flags.account, &flags.fingerprint, cli.state_dir)
        }
        Command::Verify(flags) => {
            let errand = Errand::Verify { kit: flags.kit, kit_file: flags.kit_file.clone() };
            by_password(&flags.account, errand, &flags.old, cli.state_dir, managed)
        }
        Command::Recover(flags) => {
            let (kit_file, yes_for) = (flags.kit_file.clone(), flags.yes_for.clone());
            let wish = flags.hardening.profile();
            let profile = wish.as_ref().ok().copied().flatten();
            let (kit_out, paper) = (flags.kit_out.clone(), flags.paper);
            let secret_key_out = flags.secret_key_out.clone();
            let sign_in_file = flags.sign_in_file.clone();
            let errand = Errand::Recover { kit_file, yes_for, sign_in_file, kit_out, secret_key_out, paper, profile };
            let new = wish.and_then(|_| flags.new.source());
            on_account(&flags.account, errand, Ok(None), new, cli.state_dir, managed, None)
        }
        Command::Password(flags) => {
            let profile = flags.hardening.profile();
            let errand = Errand::Password { profile: profile.as_ref().ok().copied().flatten() };
            let new = profile.and_then(|_| flags.new.source());
            on_account(&flags.account, errand, flags.old.source(), new, cli.state_dir, managed, flags.old.secret_key())
        }
        Command::Kit(flags) => {
            let errand = Errand::Kit { kit_out: flags.keep.kit_out.clone(), paper: flags.keep.paper };
            by_password(&flags.account, errand, &flags.old, cli.state_dir, managed)
        }
        Command::SecretKey(flags) => {
            let errand = Errand::SecretKey { out: flags.out.clone(), yes_for: flags.yes_for.clone() };
            by_password(&flags.account, errand, &flags.old, cli.state_dir, managed)
        }
        Command::Status(flags) => known::status(&flags, cli.state_dir),
        Command::Config(flags) => config::config(&flags, cli.state_dir, managed),
        Command::Recipient(flags) => known::recipient(&flags, cli.state_dir),
        Command::People(flags) => share::people(&flags, cli.state_dir, managed),
        #[cfg(feature = "age")]
        Command::Seal(flags) => files::seal(&flags, cli.state_dir),
        #[cfg(feature = "age")]
        Command::Open(flags) => files::open(&flags, cli.state_dir, managed),
        Command::Audit(flags) => audit::audit(&flags, cli.state_dir),
        Command::Doctor(flags) => doctor::doctor(&flags, cli.state_dir, hardened),
        Command::Sessions(flags) => sessions::on_sessions(&flags, cli.state_dir, managed),
        Command::Forget(flags) => forget::forget(&flags, cli.state_dir),
        Command::Names(flags) => names::names(&flags, cli.state_dir),
    }
}

/// An errand that the present password opens, and that sets none.
fn by_password(
    account: &cli::Account,
    errand: Errand,
    old: &cli::OldPassword,
    state: Option<PathBuf>,
    managed: &Managed,
) -> ExitCode {
    on_account(account, errand, old.source(), Ok(None), state, managed, old.secret_key())
}

/// A link of a server of another kind, where one realm alone is allowed.
#[cfg(feature = "infisical")]
fn refused_here() -> AcceptStop {
    let why = AcceptReason::Refused(Refusal::NotManagedServer);
    AcceptStop { why, reach: Reach::NothingSent, origin: None, subject: None }
}

/// A stop before the flow began.
fn early(halt: impl Into<Halt>) -> AcceptStop {
    AcceptStop { why: AcceptReason::from(halt.into()), reach: Reach::NothingSent, origin: None, subject: None }
}

fn accept(flags: &cli::Accept, state: Option<PathBuf>, managed: &Managed, closed: bool) -> ExitCode {
    // Without handlers Ctrl-C still ends the program, only less politely.
    let _ = signals::install();
    let person = if flags.unattended.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let misuse = flags
        .answers(std::env::var_os(PASSWORD_VARIABLE).is_some())
        .and_then(|answers| Ok((answers, flags.hardening.profile()?)));
    let (answers, profile) = match misuse {
        Ok(good) => good,
        Err(misuse) => {
            let answers = Answers { json: flags.unattended.json, ..Answers::default() };
            return Script::new(answers, person).misused(misuse);
        }
    };
    let mut script = Script::new(answers, person);
    script.take_links_of(dialect::links());
    let end = script.prepare().and_then(|()| accept_prepared(flags, profile, state, managed, closed, &mut script));
    end.unwrap_or_else(|stop| script.finish(&Err(stop)))
}

#[allow(clippy::result_large_err, reason = "a stop ends the program; it is made once")]
fn accept_prepared(
    flags: &cli::Accept,
    profile: Option<Profile>,
    state: Option<PathBuf>,
    managed: &Managed,
    closed: bool,
    script: &mut Script,
) -> Result<ExitCode, AcceptStop> {
    let mut rng = SystemRng::open().map_err(|_| early(LocalTrouble::Random))?;
    let roots = way::authorities(flags.trust.ca_file.as_deref(), managed).map_err(early)?;
    let path = state_folder(state).map_err(early)?;
    let mut shelf = StateShelf::open(&path).map_err(early)?;
    let options = Options {
        estimator: &Zxcvbn,
        profile,
        rehearsal: flags.dry_run,
        resume: flags.resume,
        pins: shelf.pins().map_err(early)?,
        checkpoints: shelf.checkpoints().map_err(early)?,
        tried: shelf.tried().map_err(early)?,
        managed: managed.realm.clone(),
    };
    let unfinished =
        options.checkpoints.iter().filter(|saved| saved.refused.is_none() && !saved.is_outdated(&options.pins));
    script.note_unfinished(unfinished.map(|saved| saved.email.clone()).collect());
    if flags.verbose > 0 {
        script.remark(&text::start::verbose(&path.display().to_string(), closed));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| early(LocalTrouble::NoThreads))?;
    let mut server = way::server(roots, managed);
    let stopped = || async {
        signals::wait().await;
    };
    let stretch = &mut ThisMachine;
    let edges = Edges { person: &mut *script, server: &mut server, shelf: &mut shelf, stretch, stopped };
    let mut flow = Accept::new(options);
    let end = runtime.block_on(drive::run(&mut flow, edges, &mut rng));
    if let Some(joining) = flow.take_joining().filter(|_| !flags.dry_run) {
        let pins = shelf.pins().map_err(early)?;
        let stretch = &mut ThisMachine;
        let mut edges = Edges { person: &mut *script, server: &mut server, shelf: &mut shelf, stretch, stopped };
        let end = runtime.block_on(join(&mut edges, &mut rng, &joining, &pins));
        runtime.shutdown_background();
        return Ok(script.finish_on_account(&end));
    }
    #[cfg(feature = "infisical")]
    if let Some(link) = script.take_foreign_link() {
        if managed.realm.is_some() {
            return Err(refused_here());
        }
        // There the kit comes after a code of the mail was used up.
        script.needs_kit_now()?;
        let edges = dialect::Edges { script, server: &mut server, shelf: &mut shelf, rng: &mut rng };
        let end = runtime.block_on(dialect::accept(edges, link, flags)).map_err(early);
        runtime.shutdown_background();
        return end;
    }
    if let Err(stop) = &end {
        let (server, shelf, rng, runtime) = (&mut server, &mut shelf, &mut rng, &runtime);
        let instead = Instead { script: &mut *script, server, shelf, rng, runtime };
        if let Some(exit) = instead.offer(stop) {
            return exit;
        }
    }
    let exit = script.finish(&end);
    // A stretch that was stopped by Ctrl-C is not waited for; the kernel takes its memory back with
    // the process.
    runtime.shutdown_background();
    Ok(exit)
}

/// The folder that `--state-dir` names, or the system's place for state.
fn state_folder(named: Option<PathBuf>) -> Result<PathBuf, LocalTrouble> {
    let homeless = || LocalTrouble::State { trouble: StorageTrouble::Missing, path: "the home folder".to_owned() };
    named.or_else(Place::usual).ok_or_else(homeless)
}
