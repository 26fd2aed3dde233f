//! `firstkey people`: a colleague's public key, looked up and remembered, or those that are
//! remembered.
//!
//! Promise: a key is remembered only when the flow gave it out. What a log-in needs is gathered
//! here for the commands on files as well.

use super::way;
use super::whose::{Choice, Named, Remembered, choose_or_ask};
use super::{known, state_folder};
use crate::cli::PASSWORD_VARIABLE;
use crate::cli::share::{Login, People};
use crate::drive::Edges;
use crate::exit::{ExitCode, Misuse};
use crate::managed::Managed;
use crate::port::http::HttpServer;
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::{self, StateShelf};
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Outputs, Script};
use crate::ui::share_event::ShareEvent;
use crate::ui::term::Terminal;
use crate::ui::{signals, text};
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::account::{Known, find};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{Halt, LocalTrouble, Reach};
use firstkey_core::wire::directory::Words;
use std::path::{Path, PathBuf};

/// `firstkey people`.
pub(super) fn people(flags: &People, state: Option<PathBuf>, managed: &Managed) -> ExitCode {
    let Some(email) = &flags.email else { return remembered(flags.login.unattended.json, state) };
    let mut script = match script(&flags.login, Outputs::of_process()) {
        Ok(script) => script,
        Err(exit) => return exit,
    };
    let end =
        state_folder(state).map_err(Halt::from).and_then(|path| look_up(flags, email, &path, managed, &mut script));
    end.unwrap_or_else(|halt| script.finish_early(halt))
}

fn look_up(flags: &People, email: &str, path: &Path, managed: &Managed, script: &mut Script) -> Result<ExitCode, Halt> {
    let mut tools = LoginTools::open(&flags.login, path, managed)?;
    let known = match tools.known(&flags.login, script)? {
        Ok(known) => known,
        Err(stop) => return Ok(script.finish_on_account(&Err(stop))),
    };
    let words = match words(&flags.fingerprint) {
        Ok(words) => words,
        Err(why) => return Ok(script.finish_on_account(&Err(stop_of(why)))),
    };
    let peers = tools.shelf.peers()?;
    let LoginTools { rng, shelf, server, runtime, .. } = &mut tools;
    let mut edges = Edges {
        person: &mut *script,
        server,
        shelf,
        stretch: &mut ThisMachine,
        stopped: || async {
            signals::wait().await;
        },
    };
    let end = runtime.block_on(find(&mut edges, rng, known, email, &peers, words.as_ref()));
    let exit = match end {
        Ok(found) => {
            // The own account is remembered better already.
            if found.peer.context != found.own.pin.context {
                tools.shelf.keep_peer(&found.peer, &found.instead_of)?;
            }
            script.result(&text::share::found(&found));
            script.last_line(&ShareEvent::of_found(&found).line());
            ExitCode::Done
        }
        Err(stop) => script.finish_on_account(&Err(stop)),
    };
    tools.runtime.shutdown_background();
    Ok(exit)
}

/// Words that were typed, if there are any.
fn words(typed: &[String]) -> Result<Option<Words>, AccountReason> {
    if typed.is_empty() {
        return Ok(None);
    }
    Words::read_typed(&typed.join(" ")).map(Some).ok_or(AccountReason::OtherFingerprint)
}

fn remembered(json: bool, state: Option<PathBuf>) -> ExitCode {
    match state_folder(state).and_then(|path| shelf::known_peers(&path)) {
        Ok(peers) if json => {
            known::show(&peers.iter().map(|peer| ShareEvent::of_peer(peer).line()).collect::<String>())
        }
        Ok(peers) => known::show(&(text::share::people(&peers).join("\n") + "\n")),
        Err(trouble) => return known::failed(json, trouble),
    }
    ExitCode::Done
}

/// Whoever is asked and told, with the password that a flag gives.
pub(super) fn script(login: &Login, outputs: Outputs) -> Result<Script, ExitCode> {
    let _ = signals::install();
    let person = if login.unattended.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let variable = std::env::var_os(PASSWORD_VARIABLE).is_some().then_some(Misuse::PasswordVariable);
    let password = match variable.map_or(Ok(()), Err).and_then(|()| login.password.source()) {
        Ok(password) => password,
        Err(misuse) => {
            let answers = Answers { json: login.unattended.json, ..Answers::default() };
            return Err(Script::with_outputs(answers, person, outputs).misused(misuse));
        }
    };
    let secret_key = login.password.secret_key();
    let answers = Answers { password, secret_key, json: login.unattended.json, resume: true, ..Answers::default() };
    let mut script = Script::with_outputs(answers, person, outputs);
    match script.read_given() {
        Ok(()) => Ok(script),
        Err(trouble) => Err(script.finish_early(trouble)),
    }
}

/// What a log-in works with.
pub(super) struct LoginTools {
    pub(super) rng: SystemRng,
    pub(super) shelf: StateShelf,
    pub(super) server: HttpServer,
    managed: Managed,
    pub(super) runtime: tokio::runtime::Runtime,
}

impl LoginTools {
    pub(super) fn open(login: &Login, path: &Path, managed: &Managed) -> Result<Self, Halt> {
        let rng = SystemRng::open().map_err(|_| LocalTrouble::Random)?;
        let roots = way::authorities(login.trust.ca_file.as_deref(), managed)?;
        let shelf = StateShelf::open(path)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| LocalTrouble::NoThreads)?;
        Ok(Self { rng, shelf, server: way::server(roots, managed), managed: managed.clone(), runtime })
    }

    /// Whose account: one that is remembered here, one that the flags name in full, or one that the
    /// person names.
    pub(super) fn known(&self, login: &Login, script: &mut Script) -> Result<Result<Known, AccountStop>, Halt> {
        let pins: Vec<Pin> = self.shelf.pins()?;
        let mut named = match Named::read(login.server.as_deref(), login.account.as_deref()) {
            Ok(named) => named,
            Err(why) => return Ok(Err(stop_of(why))),
        };
        let defaults = self.managed.beside(&self.shelf.defaults()?);
        // Accounts of the other dialect have no such command.
        let known = Remembered { ours: &pins, theirs: &[], defaults: &defaults };
        Ok(match choose_or_ask(script, &mut named, None, &known) {
            Choice::Ours(known) => Ok(*known),
            Choice::Refused(why) => Err(stop_of(why)),
            Choice::Theirs | Choice::Nothing | Choice::Several(_) => Err(stop_of(AccountReason::NothingKnown)),
        })
    }
}

pub(super) fn stop_of(why: AccountReason) -> AccountStop {
    AccountStop { why, origin: None, reach: Reach::NothingChanged, subject: Locks::None }
}
