//! The commands for servers of this dialect: the edges put together, a flow driven to its end.

use super::world::{DialectWorld, links, read_kit};
use crate::exit::ExitCode;
use crate::port::http::HttpServer;
use crate::store::shelf::StateShelf;
use crate::ui::script::Script;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, Missing, Reach};
use firstkey_core::wire::origin::Origin;
use firstkey_infisical::claims;
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{
    DialectAccount, DialectOptions, DialectReason, DialectStop, KitCheck, Recovery, SoFar, change, recover, renew_kit,
    verify,
};
use firstkey_infisical::link::{Link, Ticket};
use firstkey_infisical::pin::Pin;
use rand_core::CryptoRngCore;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// What is to be done to an account that exists.
pub enum DialectErrand {
    /// See whether it opens; a kit too, typed or in a file.
    Verify {
        /// Whether the kit's secret is to be typed.
        typed: bool,
        /// The kit's file.
        kit: Option<PathBuf>,
    },
    /// Set a new password by kit.
    Recover {
        /// The kit's file.
        kit: Option<PathBuf>,
        /// The consent.
        yes_for: Option<String>,
    },
    /// Set a new password by the old one.
    Change,
    /// Make a new kit.
    Kit,
}

/// What the flags say about it.
pub struct Wish {
    /// The server.
    pub server: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The address of the page after a sign-in, beside another link.
    pub sign_in: Option<Zeroizing<Vec<u8>>>,
}

/// The edges of one run.
pub struct Edge<'a> {
    /// Who is asked and told.
    pub script: &'a mut Script,
    /// The network.
    pub server: &'a mut HttpServer,
    /// The disk.
    pub shelf: &'a mut StateShelf,
    /// Randomness.
    pub rng: &'a mut dyn CryptoRngCore,
}

impl Edge<'_> {
    /// Accepts what a link of this dialect is for.
    pub async fn accept(
        &mut self,
        link: Zeroizing<Vec<u8>>,
        names: [Option<String>; 2],
        rehearsal: bool,
    ) -> Result<ExitCode, Halt> {
        let options = DialectOptions { rehearsal, ..self.options()? };
        let mut world = DialectWorld::new(self.script, self.server, self.shelf);
        world.names = names;
        let end = accept(&mut world, self.rng, options, link).await;
        Ok(world.finish(&end))
    }

    /// Does `deed` to the account that the flags, the link or the memory of this machine name.
    pub async fn on_account(&mut self, deed: DialectErrand, wish: Wish) -> Result<ExitCode, Halt> {
        let options = self.options()?;
        let link = match self.script.given_link() {
            Some(text) => match self.script.chosen(&text, Some(links())) {
                Ok((link, _)) => Some(link),
                // What is wrong with it, the reader of these links says.
                Err(Answer::NoLink(_)) => Some(text),
                Err(_) => return Ok(self.refuse(DialectReason::Cancelled)),
            },
            None => None,
        };
        let kit = match &deed {
            DialectErrand::Recover { kit: Some(path), .. } | DialectErrand::Verify { kit: Some(path), .. } => {
                Some(read_kit(path)?)
            }
            _ => None,
        };
        let mut named = match named(&wish, &options.pins) {
            Ok(named) => named,
            Err(why) => return Ok(self.refuse(why)),
        };
        let mut world = DialectWorld::new(self.script, self.server, self.shelf);
        world.two_passwords = true;
        world.sign_in = wish.sign_in;
        if let DialectErrand::Recover { .. } = deed {
            let account = named.map(|known| (known.origin, known.identity));
            let end = recover(&mut world, self.rng, options, Recovery { link, kit, account }).await;
            return Ok(world.finish(&end));
        }
        if let Some(text) = link {
            match Link::read(&text) {
                Ok(Link::Ticket(ticket)) => named = of_ticket(named, ticket, &options.pins),
                Ok(_) => return Ok(self.refuse(DialectReason::OtherKind)),
                Err(trouble) => return Ok(self.refuse(DialectReason::Link(trouble))),
            }
        }
        let Some(known) = named else { return Ok(self.refuse(DialectReason::NothingKnown)) };
        let end = match deed {
            DialectErrand::Verify { typed, .. } => {
                let check = match kit {
                    Some(kit) => KitCheck::OnFile(Box::new(kit)),
                    None if typed => KitCheck::Typed,
                    None => KitCheck::Stored,
                };
                verify(&mut world, self.rng, options, known, check).await
            }
            DialectErrand::Kit => renew_kit(&mut world, self.rng, options, known).await,
            _ => change(&mut world, self.rng, options, known).await,
        };
        Ok(world.finish(&end))
    }

    fn refuse(&mut self, why: DialectReason) -> ExitCode {
        let stop = DialectStop { why, reach: Reach::NothingSent, origin: None, subject: SoFar::default() };
        DialectWorld::new(self.script, self.server, self.shelf).finish(&Err(stop))
    }

    fn options(&self) -> Result<DialectOptions, Halt> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Ok(DialectOptions { pins: self.shelf.dialect_pins(Pin::read)?, now, rehearsal: false })
    }
}

/// The account that the flags name, or the only one that is remembered.
fn named(wish: &Wish, pins: &[Pin]) -> Result<Option<DialectAccount>, DialectReason> {
    let origin = wish.server.as_deref().map(Origin::read).transpose();
    let origin = origin.map_err(|trouble| DialectReason::Link(firstkey_infisical::link::Trouble::Address(trouble)))?;
    let fits = |pin: &&Pin| {
        origin.as_ref().is_none_or(|origin| pin.origin == *origin)
            && wish.account.as_ref().is_none_or(|name| pin.goes_by(name.trim()))
    };
    let mut fitting = pins.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(pin), None) => Ok(Some(DialectAccount {
            origin: pin.origin.clone(),
            identity: pin.identity.clone(),
            pin: Some(pin.clone()),
            ticket: None,
        })),
        (Some(_), Some(_)) => Err(DialectReason::Missing(Missing::Account)),
        (None, _) => match (origin, &wish.account) {
            (Some(origin), Some(name)) => {
                Ok(Some(DialectAccount { origin, identity: name.trim().to_owned(), pin: None, ticket: None }))
            }
            _ => Ok(None),
        },
    }
}

/// The account that just signed in, unless one was named.
fn of_ticket(named: Option<DialectAccount>, ticket: Ticket, pins: &[Pin]) -> Option<DialectAccount> {
    if let Some(known) = named {
        return Some(DialectAccount { ticket: Some(ticket), ..known });
    }
    let claims = claims::read(&ticket.token).ok()?;
    let here = || pins.iter().filter(|pin| pin.origin == ticket.origin);
    // A server may have renamed the account; its id stays.
    let pin = here().find(|pin| pin.goes_by(&claims.username));
    let pin = pin.or_else(|| here().find(|pin| pin.user.is_some() && pin.user == claims.user)).cloned();
    let identity = pin.as_ref().map_or(claims.username, |pin| pin.identity.clone());
    Some(DialectAccount { origin: ticket.origin.clone(), identity, pin, ticket: Some(ticket) })
}
