//! `firstkey forget`: what this computer remembers, removed.
//!
//! Promise: nothing is sent; nothing is removed before it was listed and agreed to. Must never:
//! decide what goes; that is [`firstkey_core::flow::forget`].

use super::dialect::ForeignAccount;
use super::state_folder;
use crate::cli;
use crate::exit::ExitCode;
use crate::store::forget::{Contents, Entry, Leaving};
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::signals;
use crate::ui::term::Terminal;
use firstkey_core::flow::forget::{ForgetReason, Plan, What, Wish, agreed_in_advance, plan};
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::origin::Origin;
use std::path::PathBuf;

/// Does it.
pub(super) fn forget(flags: &cli::Forget, state: Option<PathBuf>) -> ExitCode {
    let _ = signals::install();
    let person = if flags.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let mut script = Script::new(Answers { json: flags.json, ..Answers::default() }, person);
    let end = attempt(flags, state, &mut script);
    script.finish_forget(&end)
}

fn local(trouble: LocalTrouble) -> ForgetReason {
    ForgetReason::Local { trouble, removed: 0 }
}

fn attempt(
    flags: &cli::Forget,
    state: Option<PathBuf>,
    script: &mut Script,
) -> Result<(Plan, Vec<String>), ForgetReason> {
    let server = flags.which.server.as_deref().map(Origin::read).transpose().map_err(|_| ForgetReason::NoSuchServer)?;
    let wish = Wish { server, account: flags.which.account.clone(), all: flags.all };
    let folder = Leaving::open(&state_folder(state).map_err(local)?).map_err(local)?;
    let Some(folder) = folder else { return Err(ForgetReason::NothingKnown { unreadable: 0 }) };
    let entries = folder.entries(ForeignAccount::read).map_err(local)?;
    let held: Vec<_> = entries.iter().map(held).collect();
    let plan = plan(&held, &wish)?;
    let goes: Vec<_> = plan.goes.iter().map(|at| &entries[*at]).collect();
    let paths: Vec<_> = goes.iter().map(|entry| entry.path.display().to_string()).collect();
    if !agreed_in_advance(&plan, flags.yes_for.as_deref(), flags.unfinished, script.has_person())? {
        script.agree_to_forget(&plan, &paths)?;
    }
    for (removed, entry) in goes.into_iter().enumerate() {
        folder.remove(entry).map_err(|trouble| ForgetReason::Local { trouble, removed })?;
    }
    Ok((plan, paths))
}

fn held(entry: &Entry<ForeignAccount>) -> What {
    match &entry.contents {
        Contents::Pin(pin) => What::Pin(pin.origin.clone(), pin.email.clone()),
        Contents::Peer(peer) => What::Colleague(peer.origin.clone()),
        Contents::DialectPin(pin) => What::Pin(pin.origin.clone(), pin.identity.clone()),
        Contents::Checkpoint(saved) if saved.refused.is_some() => {
            What::NotTaken(saved.request.origin().clone(), saved.email.clone())
        }
        Contents::Checkpoint(saved) => What::Unfinished(saved.request.origin().clone(), saved.email.clone()),
        Contents::Record(record) => What::Record(record.requests.iter().map(|sent| sent.url.clone()).collect()),
        Contents::Defaults(own) => What::Defaults(own.server.clone(), own.email.clone()),
        Contents::Tried(tried) => What::Tried(tried.origin.clone()),
        Contents::Damaged(_) => What::Damaged,
    }
}
