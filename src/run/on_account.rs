//! Commands on an account that exists: which account is meant, and which protocol its server speaks, decides who does it.
//!
//! Promise: an account that this computer remembers is found without flags if it is the only one. Must never: ask for a password before that is settled.

use super::{certificates, early, state_folder};
use crate::cli::{self, PASSWORD_VARIABLE};
use crate::drive::Edges;
use crate::exit::ExitCode;
use crate::flow::account::stop::{Reach, Stop as AccountStop, Why as AccountWhy};
use crate::flow::account::{Known, change_password, verify};
use crate::flow::checkpoint::Pin;
use crate::flow::stop::Stop;
use crate::infisical::edge::command::{Deed, Edge as DialectEdge, Wish};
use crate::infisical::pin::Pin as DialectPin;
use crate::port::http::{HttpServer, Limits, ProxyWish};
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::source::PasswordSource;
use crate::ui::term::Terminal;
use crate::ui::text::usage::Misuse;
use crate::ui::{signals, text};
use crate::wire::origin::Origin;
use crate::wire::refusal::{Blame, Refusal};
use std::path::PathBuf;

/// Does `deed`; `old` and `new` say where its passwords come from.
pub(super) fn on_account(
    flags: &cli::Account,
    deed: Deed,
    old: Result<Option<PasswordSource>, Misuse>,
    new: Result<Option<PasswordSource>, Misuse>,
    state: Option<PathBuf>,
) -> ExitCode {
    let _ = signals::install();
    let person = if flags.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let variable = std::env::var_os(PASSWORD_VARIABLE).is_some().then_some(Misuse::PasswordVariable);
    let sources = variable.map_or(Ok(()), Err).and_then(|()| Ok((old?, new?)));
    let (old, new) = match sources {
        Ok(good) => good,
        Err(misuse) => {
            let answers = Answers { json: flags.json, ..Answers::default() };
            return Script::new(answers, person).misused(misuse);
        }
    };
    let yes_for = if let Deed::Recover { yes_for, .. } = &deed { yes_for.clone() } else { None };
    let mut script = Script::new(flags.answers(old, yes_for), person);
    let end = script.read_given().map_err(early).and_then(|()| prepared(flags, deed, new, state, &mut script));
    end.unwrap_or_else(|stop| script.finish(&Err(stop)))
}

#[allow(clippy::result_large_err, reason = "a stop ends the program; it is made once")]
fn prepared(
    flags: &cli::Account,
    deed: Deed,
    new: Option<PasswordSource>,
    state: Option<PathBuf>,
    script: &mut Script,
) -> Result<ExitCode, Stop> {
    let mut rng = SystemRng::open().map_err(|_| early(crate::flow::stop::LocalTrouble::Random))?;
    let roots = flags.ca_file.as_deref().map_or(Ok(Vec::new()), certificates).map_err(early)?;
    let mut shelf = StateShelf::open(&state_folder(state).map_err(early)?).map_err(early)?;
    let new = new.map(|source| source.read()).transpose().map_err(early)?;
    if let Some(new) = &new {
        script.give_new_password(new).map_err(early)?;
    }
    let proxy = ProxyWish::from_lookup(|name| std::env::var(name).ok());
    if let Some(proxy) = &proxy {
        script.remark(&text::start::proxy(proxy.shown()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| early(crate::flow::stop::LocalTrouble::NoThreads))?;
    let mut server = HttpServer::new(Limits::default(), roots, proxy);
    if matches!(deed, Deed::Verify | Deed::Change { .. }) && flags.link_file.is_none() {
        let pins = shelf.pins().map_err(early)?;
        let theirs = shelf.dialect_pins(DialectPin::read).map_err(early)?;
        match choose(flags, &pins, &theirs) {
            Choice::Ours(known) => {
                let is_guess = known.pin.is_none();
                let mut edges = Edges {
                    person: &mut *script,
                    server: &mut server,
                    shelf: &mut shelf,
                    stretch: &mut ThisMachine,
                    stopped: || async {
                        signals::wait().await;
                    },
                };
                let end = match &deed {
                    Deed::Change { profile } => {
                        runtime.block_on(change_password(&mut edges, &mut rng, *known, *profile))
                    }
                    _ => runtime.block_on(verify(&mut edges, &mut rng, *known)),
                };
                if !(is_guess && end.as_ref().is_err_and(speaks_otherwise)) {
                    runtime.shutdown_background();
                    return Ok(script.finish_on_account(&end));
                }
            }
            Choice::Refused(why) => {
                return Ok(script.finish_on_account(&Err(AccountStop { why, origin: None, reach: Reach::Unchanged })));
            }
            Choice::Theirs => {}
        }
    }
    let wish = Wish { server: flags.server.clone(), account: flags.account.clone(), new_password: new };
    let mut edge = DialectEdge { script, server: &mut server, shelf: &mut shelf, rng: &mut rng };
    let exit = runtime.block_on(edge.on_account(deed, wish)).map_err(early)?;
    runtime.shutdown_background();
    Ok(exit)
}

/// Whose account is meant.
enum Choice {
    /// One on a server of our own protocol.
    Ours(Box<Known>),
    /// One on a server of the other dialect, or none that is known.
    Theirs,
    /// None that can be found.
    Refused(AccountWhy),
}

fn choose(flags: &cli::Account, ours: &[Pin], theirs: &[DialectPin]) -> Choice {
    let Ok(origin) = flags.server.as_deref().map(Origin::read).transpose() else {
        return Choice::Refused(AccountWhy::NoSuchServer);
    };
    let at_server = |at: &Origin| origin.as_ref().is_none_or(|origin| origin == at);
    let is_named = |name: &str| flags.account.as_ref().is_none_or(|named| named.trim().eq_ignore_ascii_case(name));
    let ours: Vec<_> = ours.iter().filter(|pin| at_server(&pin.origin) && is_named(&pin.email)).collect();
    let theirs: Vec<_> = theirs.iter().filter(|pin| at_server(&pin.origin) && is_named(&pin.identity)).collect();
    match (ours.as_slice(), theirs.as_slice(), origin, &flags.account) {
        ([pin], [], ..) => Choice::Ours(Box::new(Known {
            origin: pin.origin.clone(),
            email: pin.email.clone(),
            pin: Some((*pin).clone()),
        })),
        ([], [], Some(origin), Some(email)) => {
            Choice::Ours(Box::new(Known { origin, email: email.trim().to_owned(), pin: None }))
        }
        ([], ..) => Choice::Theirs,
        _ => {
            let ours = ours.iter().map(|pin| format!("{} at {}", pin.email, pin.origin));
            let theirs = theirs.iter().map(|pin| format!("{} at {}", pin.identity, pin.origin));
            Choice::Refused(AccountWhy::Several(ours.chain(theirs).collect()))
        }
    }
}

/// Whether a server that this computer does not know answered as one of another kind, before anything secret was asked for.
fn speaks_otherwise(stop: &AccountStop) -> bool {
    match &stop.why {
        AccountWhy::Refused(Refusal::Redirect) => true,
        AccountWhy::Refused(refusal) => refusal.blame() == Blame::Nonsense,
        _ => false,
    }
}
