//! Commands on an account that exists: which account is meant, and which protocol its server
//! speaks, decides who does it.
//!
//! Promise: what a run needs is opened before anybody is asked for a password. Must never: ask for
//! one before it is settled whose account is meant ([`super::whose`]).

use super::dialect;
use super::state_folder;
use super::way;
use super::whose::{self, Choice, Named, Remembered};
use crate::cli::{self, PASSWORD_VARIABLE};
use crate::doctor::network::Answer;
use crate::drive::{Edges, Person, Server, Shelf as _};
use crate::exit::{ExitCode, Misuse};
use crate::managed::Managed;
use crate::port::http::HttpServer;
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::ui::kit::KitFacts;
use crate::ui::kit_file::KitFile;
use crate::ui::kit_pdf::Paper;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::signals;
use crate::ui::source::PasswordSource;
use crate::ui::term::Terminal;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::recovery::read_code;
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::account::{
    Done, KitOnFile, KitWish, Known, change_kit, change_password, change_secret_key, log_in, recover, verify,
};
use firstkey_core::flow::stop::{Halt, LocalTrouble, Reach};
use firstkey_core::flow::world::World;
use firstkey_core::wire::link::InviteLink;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_core::wire::refusal::Refusal;
use firstkey_core::wire::text::Printable;
use std::path::{Path, PathBuf};

/// What is to be done, in either protocol.
pub(super) enum Errand {
    /// See whether it opens, and remember it; the kit's file names it.
    LogIn { kit_file: Option<PathBuf> },
    /// See whether it opens; with the kit besides, typed or in a file.
    Verify { kit: bool, kit_file: Option<PathBuf> },
    /// Set a new password by the kit; the new kit may go to a file.
    Recover {
        kit_file: Option<PathBuf>,
        yes_for: Option<String>,
        #[cfg_attr(not(feature = "infisical"), allow(dead_code, reason = "only that dialect signs in"))]
        sign_in_file: Option<PathBuf>,
        kit_out: Option<PathBuf>,
        secret_key_out: Option<PathBuf>,
        paper: Option<Paper>,
        profile: Option<Profile>,
    },
    /// Set a new password by the old one, at this cost or more.
    Password { profile: Option<Profile> },
    /// Make a new kit.
    Kit { kit_out: Option<PathBuf>, paper: Option<Paper> },
    /// Make a new secret key; it may go to a file.
    SecretKey { out: Option<PathBuf>, yes_for: Option<String> },
}

impl Errand {
    fn kit_out(&self) -> Option<PathBuf> {
        match self {
            Self::Recover { kit_out, .. } | Self::Kit { kit_out, .. } => kit_out.clone(),
            Self::LogIn { .. } | Self::Verify { .. } | Self::Password { .. } | Self::SecretKey { .. } => None,
        }
    }

    fn paper(&self) -> Option<Paper> {
        match self {
            Self::Recover { paper, .. } | Self::Kit { paper, .. } => *paper,
            Self::LogIn { .. } | Self::Verify { .. } | Self::Password { .. } | Self::SecretKey { .. } => None,
        }
    }

    /// The address that a script consents for.
    fn consents_for(&self) -> Option<&str> {
        match self {
            Self::Recover { yes_for, .. } | Self::SecretKey { yes_for, .. } => yes_for.as_deref(),
            Self::LogIn { .. } | Self::Verify { .. } | Self::Password { .. } | Self::Kit { .. } => None,
        }
    }

    fn secret_key_out(&self) -> Option<PathBuf> {
        match self {
            Self::Recover { secret_key_out: out, .. } | Self::SecretKey { out, .. } => out.clone(),
            Self::LogIn { .. } | Self::Verify { .. } | Self::Password { .. } | Self::Kit { .. } => None,
        }
    }

    fn kit_file(&self) -> Option<&Path> {
        match self {
            Self::LogIn { kit_file } | Self::Recover { kit_file, .. } | Self::Verify { kit_file, .. } => {
                kit_file.as_deref()
            }
            Self::Kit { .. } | Self::Password { .. } | Self::SecretKey { .. } => None,
        }
    }
}

/// Does `errand`; `old` and `new` say where its passwords come from, `secret_key` which file holds
/// the second secret.
pub(super) fn on_account(
    flags: &cli::Account,
    errand: Errand,
    old: Result<Option<PasswordSource>, Misuse>,
    new: Result<Option<PasswordSource>, Misuse>,
    state: Option<PathBuf>,
    managed: &Managed,
    secret_key: Option<PathBuf>,
) -> ExitCode {
    let _ = signals::install();
    let person = if flags.unattended.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let variable = std::env::var_os(PASSWORD_VARIABLE).is_some().then_some(Misuse::PasswordVariable);
    let sources = variable.map_or(Ok(()), Err).and_then(|()| Ok((old?, new?)));
    let (old, new) = match sources {
        Ok(good) => good,
        Err(misuse) => {
            let answers = Answers { json: flags.unattended.json, ..Answers::default() };
            return Script::new(answers, person).misused(misuse);
        }
    };
    let yes_for = errand.consents_for().map(str::to_owned);
    let answers = Answers {
        new_password: new,
        secret_key,
        secret_key_out: errand.secret_key_out(),
        verbose: flags.verbose > 0,
        ..flags.answers(old, yes_for, errand.kit_out(), errand.paper())
    };
    let mut script = Script::new(answers, person);
    let end = script.read_given().and_then(|()| prepared(flags, errand, state, managed, &mut script));
    end.unwrap_or_else(|halt| script.finish_early(halt))
}

fn prepared(
    flags: &cli::Account,
    errand: Errand,
    state: Option<PathBuf>,
    managed: &Managed,
    script: &mut Script,
) -> Result<ExitCode, Halt> {
    let mut rng = SystemRng::open().map_err(|_| LocalTrouble::Random)?;
    let roots = way::authorities(flags.trust.ca_file.as_deref(), managed)?;
    let mut shelf = StateShelf::open(&state_folder(state)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| LocalTrouble::NoThreads)?;
    let mut server = way::server(roots, managed);
    let kit = errand.kit_file().map(KitFile::open).transpose()?;
    let mut named = match Named::of(flags) {
        Ok(named) => named,
        Err(why) => return Ok(script.finish_on_account(&Err(refused(why)))),
    };
    let is_of_dialect = is_link_of_dialect(flags, script, &mut named) || matches!(kit, Some(None));
    let kit = kit.flatten();
    if !is_of_dialect {
        let pins = shelf.pins()?;
        let theirs = dialect::accounts(&shelf)?;
        let defaults = managed.beside(&shelf.defaults()?);
        let known = Remembered { ours: &pins, theirs: &theirs, defaults: &defaults };
        let choice = match (&kit, &errand) {
            // A kit in a file names its account.
            (Some(kit), Errand::Recover { .. } | Errand::LogIn { .. }) => {
                whose::of_kit(kit, &named, errand.consents_for(), &pins)
            }
            (Some(kit), Errand::Verify { .. }) if matches!(whose::choose(&named, None, &known), Choice::Nothing) => {
                whose::of_kit(kit, &named, None, &pins)
            }
            (None, Errand::LogIn { .. }) => whose::choose_to_log_in(script, &mut named, &known),
            _ => whose::choose_or_ask(script, &mut named, errand.consents_for(), &known),
        };
        // Only an errand that is about a kit takes one that was pasted.
        let pasted = script.take_kit();
        let kit =
            kit.or(pasted.filter(|_| matches!(errand, Errand::Recover { .. } | Errand::Verify { kit: true, .. })));
        match choice {
            Choice::Ours(known) if !is_allowed(managed, &known.origin) => {
                return Ok(script.finish_on_account(&Err(refused_at(known.origin.clone()))));
            }
            // Of a server that is not known here nobody is named before it has said what it speaks.
            Choice::Ours(known)
                if dialect::IS_SPOKEN
                    && known.pin.is_none()
                    && kit.is_none()
                    && runtime.block_on(speaks_otherwise(&mut server, &mut shelf, &known.origin)) => {}
            Choice::Ours(known) => {
                if let Some(path) = errand.kit_out() {
                    KitFile::check_letters(&path, &known.email, known.organisation().map(Printable::as_str))?;
                }
                script.reached(server.route(&known.origin));
                let mut edges = Edges {
                    person: &mut *script,
                    server: &mut server,
                    shelf: &mut shelf,
                    stretch: &mut ThisMachine,
                    stopped: || async {
                        signals::wait().await;
                    },
                };
                let end = runtime.block_on(ours(&mut edges, &mut rng, *known, &errand, kit));
                runtime.shutdown_background();
                return Ok(script.finish_on_account(&end));
            }
            Choice::Refused(why) => return Ok(script.finish_on_account(&Err(refused(why)))),
            // What is asked until it is settled is none of these.
            Choice::Nothing | Choice::Several(_) => {
                return Ok(script.finish_on_account(&Err(refused(AccountReason::NothingKnown))));
            }
            Choice::Theirs => {}
        }
    }
    if managed.realm.is_some() {
        return Ok(script.finish_on_account(&Err(refused(AccountReason::Refused(Refusal::NotManagedServer)))));
    }
    let edges = dialect::Edges { script, server: &mut server, shelf: &mut shelf, rng: &mut rng };
    let end = runtime.block_on(dialect::on_account(edges, errand, &named))?;
    let exit = match end {
        Ok(exit) => exit,
        Err(why) => return Ok(script.finish_on_account(&Err(refused(why)))),
    };
    runtime.shutdown_background();
    Ok(exit)
}

/// Does it on a server of our own protocol.
async fn ours<W: World>(
    world: &mut W,
    rng: &mut SystemRng,
    known: Known,
    errand: &Errand,
    kit: Option<KitFacts>,
) -> Result<Done, AccountStop> {
    let kit = kit.as_ref().and_then(on_file);
    match errand {
        Errand::LogIn { .. } => log_in(world, rng, known).await,
        Errand::Verify { kit: typed, .. } => {
            let wish = kit.map(KitWish::OnFile).or(typed.then_some(KitWish::Typed));
            verify(world, rng, known, wish).await
        }
        Errand::Recover { profile, .. } => recover(world, rng, known, kit, *profile).await,
        Errand::Password { profile } => change_password(world, rng, known, *profile).await,
        Errand::Kit { .. } => change_kit(world, rng, known).await,
        Errand::SecretKey { .. } => change_secret_key(world, rng, known).await,
    }
}

/// Whether the link of a flag is one of a server of the other dialect; an invite names its server.
fn is_link_of_dialect(flags: &cli::Account, script: &Script, named: &mut Named) -> bool {
    let invite = script.given_link().and_then(|link| InviteLink::read(&link).ok());
    let is_ours = invite.is_some();
    named.server = named.server.take().or(invite.map(|invite| invite.origin().clone()));
    flags.link_file.is_some() && !is_ours
}

/// What a flow needs of a kit in a file.
fn on_file(kit: &KitFacts) -> Option<KitOnFile> {
    let code = read_code(&kit.code).ok()?;
    Some(KitOnFile { code, account: kit.account, realm: kit.realm })
}

/// Whether this computer may use that server at all; asked before anything is sent there.
fn is_allowed(managed: &Managed, origin: &Origin) -> bool {
    managed.realm.as_ref().is_none_or(|realm| realm.admits(origin).is_ok())
}

fn refused_at(origin: Origin) -> AccountStop {
    AccountStop { origin: Some(origin), ..refused(AccountReason::Refused(Refusal::NotManagedServer)) }
}

fn refused(why: AccountReason) -> AccountStop {
    AccountStop { why, origin: None, reach: Reach::NothingChanged, subject: Locks::Password }
}

/// Whether a server that this computer does not know answers a log-out without a session as one of
/// another kind. The request says nothing about anybody and changes nothing.
async fn speaks_otherwise(server: &mut HttpServer, shelf: &mut StateShelf, origin: &Origin) -> bool {
    let request = Outbound::bare(origin, Endpoint::Logout);
    shelf.record(&request);
    let answer = tokio::select! {
        biased;
        answer = server.send(&request) => answer.ok(),
        _ = signals::wait() => None,
    };
    // Without an answer the command itself finds out why.
    answer.is_some_and(|answer| matches!(Answer::of(&answer), Answer::WebPage | Answer::Strange(_)))
}
