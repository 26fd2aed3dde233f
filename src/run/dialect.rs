//! Accounts on servers of another protocol (docs/INFISICAL.md), where this build has it: the cargo
//! feature `infisical`.
//!
//! Promise: without the feature such a server, link or account is refused, never guessed at. Must
//! never: see a password; links are set apart where they are read, and nothing else comes here.

use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::origin::Origin;

use crate::port::http::HttpServer;
use crate::port::random::SystemRng;
use crate::store::shelf::StateShelf;
use crate::ui::script::Script;

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

#[cfg(feature = "infisical")]
pub(super) use spoken::{accept, accounts, is_link, on_account};
#[cfg(not(feature = "infisical"))]
pub(super) use unspoken::{accounts, is_link, on_account};

#[cfg(feature = "infisical")]
mod spoken {
    use super::super::on_account::Errand;
    use super::{Edges, ForeignAccount, LocalTrouble};
    use crate::cli;
    use crate::exit::ExitCode;
    use crate::infisical::command::{DialectErrand, Edge, Wish};
    use crate::store::shelf::StateShelf;
    use crate::ui::source::InviteSource;
    use firstkey_core::flow::account::stop::AccountReason;
    use firstkey_core::flow::checkpoint::Unreadable;
    use firstkey_infisical::link::looks_like_one;
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

    /// Whether a pasted text is a link to such a server.
    pub(in super::super) fn is_link(text: &[u8]) -> bool {
        looks_like_one(text)
    }

    /// Accepts what the link is for.
    pub(in super::super) async fn accept(
        edges: Edges<'_>,
        link: Zeroizing<Vec<u8>>,
        flags: &cli::Accept,
    ) -> Result<ExitCode, LocalTrouble> {
        let names = [flags.first_name.clone(), flags.last_name.clone()];
        edge(edges).accept(link, names, flags.dry_run).await
    }

    /// Does the errand, if there is such a thing in this protocol.
    pub(in super::super) async fn on_account(
        edges: Edges<'_>,
        errand: Errand,
        flags: &cli::Account,
        new_password: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Result<ExitCode, AccountReason>, LocalTrouble> {
        let sign_in = match &errand {
            Errand::Recover { sign_in_file: Some(path), .. } => Some(InviteSource::File(path.clone()).read()?),
            _ => None,
        };
        let wish = Wish { server: flags.server.clone(), account: flags.account.clone(), new_password, sign_in };
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
    use super::{Edges, ForeignAccount, LocalTrouble};
    use crate::cli;
    use crate::exit::ExitCode;
    use crate::store::shelf::StateShelf;
    use firstkey_core::flow::account::stop::AccountReason;
    use firstkey_core::flow::checkpoint::Unreadable;
    use zeroize::Zeroizing;

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
    pub(in super::super) fn is_link(_: &[u8]) -> bool {
        false
    }

    /// What is not known here, or is of such a server, cannot be done.
    pub(in super::super) async fn on_account(
        _: Edges<'_>,
        errand: Errand,
        flags: &cli::Account,
        _: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Result<ExitCode, AccountReason>, LocalTrouble> {
        let foreign = flags.link_file.is_some() || matches!(errand, Errand::Recover { kit_file: Some(_), .. });
        Ok(Err(if foreign { AccountReason::NotThere } else { AccountReason::NothingKnown }))
    }
}
