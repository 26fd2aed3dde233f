//! Commands on an account that exists: which account is meant, and which protocol its server
//! speaks, decides who does it.
//!
//! Promise: an account that this computer remembers is found without flags if it is the only one.
//! Must never: ask for a password before that is settled.

use super::dialect::{self, ForeignAccount};
use super::{certificates, early, state_folder};
use crate::cli::{self, PASSWORD_VARIABLE};
use crate::doctor::network::Answer;
use crate::drive::{Edges, Server as _, Shelf as _};
use crate::exit::{ExitCode, Misuse};
use crate::port::http::{HttpServer, Limits, ProxyWish};
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::ui::kit::KitFacts;
use crate::ui::kit_file::KitFile;
use crate::ui::kit_pdf::Paper;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::source::PasswordSource;
use crate::ui::term::Terminal;
use crate::ui::{signals, text};
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::recovery::read_code;
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::account::{
    Done, KitOnFile, KitWish, Known, change_kit, change_password, change_secret_key, recover, verify,
};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{AcceptStop, LocalTrouble, Reach};
use firstkey_core::flow::world::World;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use std::path::{Path, PathBuf};

/// What is to be done, in either protocol.
pub(super) enum Errand {
    /// See whether it opens; with the kit besides, typed or in a file.
    Verify { kit: bool, kit_file: Option<PathBuf> },
    /// Set a new password by the kit; the new kit may go to a file.
    Recover {
        kit_file: Option<PathBuf>,
        yes_for: Option<String>,
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
            Self::Verify { .. } | Self::Password { .. } | Self::SecretKey { .. } => None,
        }
    }

    fn paper(&self) -> Option<Paper> {
        match self {
            Self::Recover { paper, .. } | Self::Kit { paper, .. } => *paper,
            Self::Verify { .. } | Self::Password { .. } | Self::SecretKey { .. } => None,
        }
    }

    /// The address that a script consents for.
    fn consents_for(&self) -> Option<&str> {
        match self {
            Self::Recover { yes_for, .. } | Self::SecretKey { yes_for, .. } => yes_for.as_deref(),
            Self::Verify { .. } | Self::Password { .. } | Self::Kit { .. } => None,
        }
    }

    fn secret_key_out(&self) -> Option<PathBuf> {
        match self {
            Self::Recover { secret_key_out: out, .. } | Self::SecretKey { out, .. } => out.clone(),
            Self::Verify { .. } | Self::Password { .. } | Self::Kit { .. } => None,
        }
    }

    fn kit_file(&self) -> Option<&Path> {
        match self {
            Self::Recover { kit_file, .. } | Self::Verify { kit_file, .. } => kit_file.as_deref(),
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
        secret_key,
        secret_key_out: errand.secret_key_out(),
        verbose: flags.verbose > 0,
        ..flags.answers(old, yes_for, errand.kit_out(), errand.paper())
    };
    let mut script = Script::new(answers, person);
    let end = script.read_given().map_err(early).and_then(|()| prepared(flags, errand, new, state, &mut script));
    end.unwrap_or_else(|stop| script.finish(&Err(stop)))
}

#[allow(clippy::result_large_err, reason = "a stop ends the program; it is made once")]
fn prepared(
    flags: &cli::Account,
    errand: Errand,
    new: Option<PasswordSource>,
    state: Option<PathBuf>,
    script: &mut Script,
) -> Result<ExitCode, AcceptStop> {
    let mut rng = SystemRng::open().map_err(|_| early(LocalTrouble::Random))?;
    let roots = flags.trust.ca_file.as_deref().map_or(Ok(Vec::new()), certificates).map_err(early)?;
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
    let runtime = runtime.map_err(|_| early(LocalTrouble::NoThreads))?;
    let mut server = HttpServer::new(Limits::default(), roots, proxy);
    let kit = errand.kit_file().map(KitFile::open).transpose().map_err(early)?;
    let is_of_dialect = flags.link_file.is_some() || matches!(kit, Some(None));
    let kit = kit.flatten();
    if !is_of_dialect {
        let pins = shelf.pins().map_err(early)?;
        let theirs = dialect::accounts(&shelf).map_err(early)?;
        let choice = match (&kit, &errand) {
            // A kit in a file names its account.
            (Some(kit), Errand::Recover { .. }) => of_kit(kit, flags, errand.consents_for(), &pins),
            _ => choose(flags, errand.consents_for(), &pins, &theirs),
        };
        match choice {
            // Of a server that is not known here nobody is named before it has said what it speaks.
            Choice::Ours(known)
                if dialect::IS_SPOKEN
                    && known.pin.is_none()
                    && kit.is_none()
                    && runtime.block_on(speaks_otherwise(&mut server, &mut shelf, &known.origin)) => {}
            Choice::Ours(known) => {
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
            Choice::Theirs => {}
        }
    }
    let edges = dialect::Edges { script, server: &mut server, shelf: &mut shelf, rng: &mut rng };
    let end = runtime.block_on(dialect::on_account(edges, errand, flags, new)).map_err(early)?;
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

/// What a flow needs of a kit in a file.
fn on_file(kit: &KitFacts) -> Option<KitOnFile> {
    let code = read_code(&kit.code).ok()?;
    Some(KitOnFile { code, account: kit.account, realm: kit.realm })
}

/// The account that a kit names; by its ids, where this computer remembers it, since servers and
/// people change their names. Whatever the flags say besides has to be true of it.
fn of_kit(kit: &KitFacts, flags: &cli::Account, consents_for: Option<&str>, pins: &[Pin]) -> Choice {
    let context = AccountContext { realm: kit.realm, account: kit.account };
    let known = match pins.iter().find(|pin| pin.context == context) {
        Some(pin) => Known { origin: pin.origin.clone(), email: pin.email.clone(), pin: Some(pin.clone()) },
        None => Known { origin: kit.origin.clone(), email: kit.email.clone(), pin: None },
    };
    let Ok(server) = flags.server.as_deref().map(Origin::read).transpose() else {
        return Choice::Refused(AccountReason::NoSuchServer);
    };
    let mut named = flags.account.as_deref().into_iter().chain(consents_for);
    let is_meant = named.all(|named| named.trim().eq_ignore_ascii_case(&known.email));
    if !is_meant || server.is_some_and(|server| server != known.origin) {
        return Choice::Refused(AccountReason::OtherKit);
    }
    Choice::Ours(Box::new(known))
}

fn refused(why: AccountReason) -> AccountStop {
    AccountStop { why, origin: None, reach: Reach::NothingChanged, subject: Locks::Password }
}

/// Whose account is meant.
pub(super) enum Choice {
    /// One on a server of our own protocol.
    Ours(Box<Known>),
    /// One on a server of the other dialect, or none that is known.
    Theirs,
    /// None that can be found.
    Refused(AccountReason),
}

pub(super) fn choose(
    flags: &cli::Account,
    consents_for: Option<&str>,
    ours: &[Pin],
    theirs: &[ForeignAccount],
) -> Choice {
    let Ok(origin) = flags.server.as_deref().map(Origin::read).transpose() else {
        return Choice::Refused(AccountReason::NoSuchServer);
    };
    let at_server = |at: &Origin| origin.as_ref().is_none_or(|origin| origin == at);
    let is_named = |name: &str| flags.account.as_ref().is_none_or(|named| named.trim().eq_ignore_ascii_case(name));
    let is_meant = |name: &str| consents_for.is_none_or(|named| named.trim().eq_ignore_ascii_case(name));
    let ours: Vec<_> =
        ours.iter().filter(|pin| at_server(&pin.origin) && is_named(&pin.email) && is_meant(&pin.email)).collect();
    let theirs: Vec<_> = theirs
        .iter()
        .filter(|pin| {
            at_server(&pin.origin) && (is_named(&pin.identity) || pin.renamed.as_deref().is_some_and(is_named))
        })
        .collect();
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
            Choice::Refused(AccountReason::Several(ours.chain(theirs).collect()))
        }
    }
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
