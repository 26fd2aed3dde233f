//! Accounts on servers of another protocol (docs/INFISICAL.md), where this build has it: the cargo
//! feature `infisical`.
//!
//! Promise: without the feature such a server, link or account is refused, never guessed at. Must
//! never: see a password; links are set apart where they are read, and nothing else comes here.

use firstkey_core::flow::stop::{Halt, LocalTrouble};
use firstkey_core::wire::origin::Origin;

use crate::port::http::HttpServer;
use crate::port::random::SystemRng;
use crate::store::shelf::{self, StateShelf};
use crate::ui::script::Script;
use std::path::Path;

/// Whether this build speaks it.
pub(super) const IS_SPOKEN: bool = cfg!(feature = "infisical");

/// An account on such a server that this computer remembers.
pub(super) struct ForeignAccount {
    /// The server.
    pub(super) origin: Origin,
    /// The name of the account there.
    pub(super) identity: String,
    /// Another name of it, where the server has renamed it.
    pub(super) renamed: Option<String>,
}

/// The edges of one run.
#[cfg_attr(not(feature = "infisical"), allow(dead_code, reason = "there is nothing to do with them"))]
pub(super) struct Edges<'a> {
    /// Who is asked and told.
    pub(super) script: &'a mut Script,
    /// The network.
    pub(super) server: &'a mut HttpServer,
    /// The disk.
    pub(super) shelf: &'a mut StateShelf,
    /// Randomness.
    pub(super) rng: &'a mut SystemRng,
}

/// Those that this computer remembers, by what can be read; nothing is changed.
pub(super) fn known_untouched(path: &Path) -> Vec<ForeignAccount> {
    shelf::known_dialect_pins(path, ForeignAccount::read).unwrap_or_default()
}

#[cfg(feature = "infisical")]
pub(super) use spoken::{accept, accounts, links, on_account};
#[cfg(not(feature = "infisical"))]
pub(super) use unspoken::{accounts, links, on_account};

#[cfg(feature = "infisical")]
mod spoken {
    use super::super::on_account::Errand;
    use super::super::whose::Named;
    use super::{Edges, ForeignAccount, Halt, LocalTrouble};
    use crate::cli;
    use crate::exit::ExitCode;
    use crate::infisical::command::{DialectErrand, Edge, Wish};
    use crate::pasted::Dialect;
    use crate::store::shelf::StateShelf;
    use crate::ui::source::InviteSource;
    use firstkey_core::flow::account::stop::AccountReason;
    use firstkey_core::flow::checkpoint::Unreadable;
    use firstkey_infisical::pin::Pin;
    use zeroize::Zeroizing;

    impl ForeignAccount {
        /// Reads a file of the state folder.
        pub(in super::super) fn read(payload: &[u8]) -> Result<Self, Unreadable> {
            Pin::read(payload).map(|pin| Self { origin: pin.origin, identity: pin.identity, renamed: pin.renamed })
        }
    }

    /// All that this computer remembers.
    pub(in super::super) fn accounts(shelf: &StateShelf) -> Result<Vec<ForeignAccount>, LocalTrouble> {
        shelf.dialect_pins(ForeignAccount::read)
    }

    /// How links to such servers are recognised.
    pub(in super::super) fn links() -> Option<Dialect> {
        Some(crate::infisical::links())
    }

    /// Accepts what the link is for.
    pub(in super::super) async fn accept(
        edges: Edges<'_>,
        link: Zeroizing<Vec<u8>>,
        flags: &cli::Accept,
    ) -> Result<ExitCode, Halt> {
        let names = [flags.first_name.clone(), flags.last_name.clone()];
        edge(edges).accept(link, names, flags.dry_run).await
    }

    /// Does the errand, if there is such a thing in this protocol.
    pub(in super::super) async fn on_account(
        edges: Edges<'_>,
        errand: Errand,
        named: &Named,
    ) -> Result<Result<ExitCode, AccountReason>, Halt> {
        let server = named.server.as_ref().map(|server| server.as_str().to_owned());
        let sign_in = match &errand {
            Errand::Recover { sign_in_file: Some(path), .. } => Some(InviteSource::File(path.clone()).read()?),
            _ => None,
        };
        let wish = Wish { server, account: named.account.clone(), sign_in };
        match deed(errand) {
            Some(deed) => edge(edges).on_account(deed, wish).await.map(Ok),
            None => Ok(Err(AccountReason::NotThere)),
        }
    }

    fn edge(edges: Edges<'_>) -> Edge<'_> {
        Edge { script: edges.script, server: edges.server, shelf: edges.shelf, rng: edges.rng }
    }

    fn deed(errand: Errand) -> Option<DialectErrand> {
        match errand {
            Errand::LogIn { kit_file: kit } => Some(DialectErrand::Verify { typed: false, kit }),
            Errand::Verify { kit: typed, kit_file: kit } => Some(DialectErrand::Verify { typed, kit }),
            Errand::Recover { kit_file: kit, yes_for, kit_out: None, secret_key_out: None, .. } => {
                Some(DialectErrand::Recover { kit, yes_for })
            }
            Errand::Password { .. } => Some(DialectErrand::Change),
            Errand::Kit { .. } => Some(DialectErrand::Kit),
            Errand::Recover { .. } | Errand::SecretKey { .. } => None,
        }
    }
}

#[cfg(not(feature = "infisical"))]
#[allow(clippy::unused_async, reason = "the same functions as those of a build that speaks it")]
mod unspoken {
    use super::super::on_account::Errand;
    use super::super::whose::Named;
    use super::{Edges, ForeignAccount, Halt, LocalTrouble};
    use crate::exit::ExitCode;
    use crate::pasted::Dialect;
    use crate::store::shelf::StateShelf;
    use firstkey_core::flow::account::stop::AccountReason;
    use firstkey_core::flow::checkpoint::Unreadable;

    impl ForeignAccount {
        /// No file of such an account can be read.
        pub(in super::super) fn read(_: &[u8]) -> Result<Self, Unreadable> {
            Err(Unreadable)
        }
    }

    /// None is known.
    pub(in super::super) fn accounts(_: &StateShelf) -> Result<Vec<ForeignAccount>, LocalTrouble> {
        Ok(Vec::new())
    }

    /// No link is one of such a server: our own grammar refuses it.
    pub(in super::super) fn links() -> Option<Dialect> {
        None
    }

    /// What is not known here, or is of such a server, cannot be done.
    pub(in super::super) async fn on_account(
        _: Edges<'_>,
        errand: Errand,
        _: &Named,
    ) -> Result<Result<ExitCode, AccountReason>, Halt> {
        // Only what is of such a server comes here: a link, a kit, a pin, or a server that answered
        // as none of ours.
        let _ = errand;
        Ok(Err(AccountReason::NotThere))
    }
}
