//! `firstkey sessions`: where an account is logged in.
//!
//! Promise: which account is meant is settled before a password is asked for. Must never: end a
//! session that was not asked for; that is [`firstkey_core::flow::account`].

use super::state_folder;
use super::way;
use super::whose::{Choice, Named, Remembered, choose_or_ask};
use crate::cli::{self, PASSWORD_VARIABLE};
use crate::drive::Edges;
use crate::exit::{ExitCode, Misuse};
use crate::managed::Managed;
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::signals;
use crate::ui::term::Terminal;
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::sessions;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::stop::{Halt, LocalTrouble, Reach};
use std::path::PathBuf;

/// Does it.
pub(super) fn on_sessions(flags: &cli::Sessions, state: Option<PathBuf>, managed: &Managed) -> ExitCode {
    let _ = signals::install();
    let person = if flags.account.unattended.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let variable = std::env::var_os(PASSWORD_VARIABLE).is_some().then_some(Misuse::PasswordVariable);
    let password = match variable.map_or(Ok(()), Err).and_then(|()| flags.old.source()) {
        Ok(password) => password,
        Err(misuse) => {
            let answers = Answers { json: flags.account.unattended.json, ..Answers::default() };
            return Script::new(answers, person).misused(misuse);
        }
    };
    let answers = flags.account.answers(password, None, None, None);
    let mut script = Script::new(
        Answers { secret_key: flags.old.secret_key(), verbose: flags.account.verbose > 0, ..answers },
        person,
    );
    let end = script.read_given().and_then(|()| prepared(flags, state, managed, &mut script));
    end.unwrap_or_else(|halt| script.finish_early(halt))
}

fn prepared(
    flags: &cli::Sessions,
    state: Option<PathBuf>,
    managed: &Managed,
    script: &mut Script,
) -> Result<ExitCode, Halt> {
    let mut rng = SystemRng::open().map_err(|_| LocalTrouble::Random)?;
    let roots = way::authorities(flags.account.trust.ca_file.as_deref(), managed)?;
    let mut shelf = StateShelf::open(&state_folder(state)?)?;
    let pins = shelf.pins()?;
    let theirs = super::dialect::accounts(&shelf)?;
    let defaults = managed.beside(&shelf.defaults()?);
    let mut named = match Named::of(&flags.account) {
        Ok(named) => named,
        Err(why) => return Ok(refuse(script, why)),
    };
    let known = Remembered { ours: &pins, theirs: &theirs, defaults: &defaults };
    let known = match choose_or_ask(script, &mut named, None, &known) {
        Choice::Ours(known) => *known,
        Choice::Theirs => return Ok(refuse(script, AccountReason::NotThere)),
        Choice::Nothing | Choice::Several(_) => return Ok(refuse(script, AccountReason::NothingKnown)),
        Choice::Refused(why) => return Ok(refuse(script, why)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| LocalTrouble::NoThreads)?;
    let mut server = way::server(roots, managed);
    let mut edges = Edges {
        person: &mut *script,
        server: &mut server,
        shelf: &mut shelf,
        stretch: &mut ThisMachine,
        stopped: || async {
            signals::wait().await;
        },
    };
    let end = runtime.block_on(sessions(&mut edges, &mut rng, known, flags.ending()));
    // A stretch that was stopped by Ctrl-C is not waited for; the kernel takes its memory back with
    // the process.
    runtime.shutdown_background();
    Ok(script.finish_sessions(end))
}

fn refuse(script: &mut Script, why: AccountReason) -> ExitCode {
    script.finish_on_account(&Err(AccountStop {
        why,
        origin: None,
        reach: Reach::NothingChanged,
        subject: Locks::Password,
    }))
}
