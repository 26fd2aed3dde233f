//! Does the account open, and is it still the one that was completed?
//!
//! Promise: nothing is changed. What the server returns is opened with the password and compared
//! with what was pinned here.

use super::super::claims;
use super::super::door::Call;
use super::super::keys::Salt;
use super::super::keys::Unlocked;
use super::super::kit::Fingerprint;
use super::super::link::{Link, Ticket};
use super::super::pin::Pin;
use super::super::probe::Route;
use super::super::says::Says;
use super::login::{LogIn, Session, TYPED, Who};
use super::run::{DialectRun, End};
use super::stop::{DialectReason, DialectStop, Refused};
use super::{DialectDeed, DialectDone, DialectNotice, DialectOptions, DialectQuestion, Infisical, LinkWish};
use firstkey_core::flow::world::World;
use firstkey_core::secret::{Password, TokenText};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use rand_core::CryptoRngCore;

/// How often the password may be typed.
const PASSWORD_TRIES: u32 = 3;

/// The account that a command is about.
pub struct DialectAccount {
    /// The server.
    pub origin: Origin,
    /// The identity that its password is computed with.
    pub identity: String,
    /// What is remembered of it, if it was completed here.
    pub pin: Option<Pin>,
    /// A sign-in that just came back, for accounts that need one.
    pub ticket: Option<Ticket>,
}

/// Runs it.
pub async fn verify<W: World<Infisical>>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    options: DialectOptions,
    known: DialectAccount,
) -> Result<DialectDone, DialectStop> {
    let mut run = DialectRun::new(world, rng, options);
    let end = run.verify(known).await;
    run.end(end)
}

/// An account that was opened with a typed password.
pub(super) struct Opened {
    pub(super) session: Box<Session>,
    pub(super) unlocked: Unlocked,
    pub(super) ticket: Option<TokenText>,
    /// What the server calls it now.
    pub(super) name: String,
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn verify(&mut self, mut known: DialectAccount) -> End<DialectDone> {
        self.host(&known.origin)?;
        self.first_probe(&known.origin, Route::Invite).await?;
        let opened = self.open(&mut known).await?;
        self.tell(&DialectNotice::KeysMade(Fingerprint::of(&opened.session.vault.public_key)));
        let memberships = self.memberships(&known.origin, &opened.session.token).await?;
        let organisation = known.pin.as_ref().and_then(|pin| pin.organisation.clone());
        let member =
            organisation.as_ref().map_or(!memberships.is_empty(), |id| memberships.iter().any(|one| one.id == *id));
        if let (false, Some(id)) = (member, &organisation) {
            self.tell(&DialectNotice::NotAMember(Printable::from_untrusted(id)));
        }
        let fresh = Pin::of(&known.origin, &known.identity, opened.unlocked.salt, &opened.session.vault);
        let pin = Pin { confirmed: true, organisation, signs_in: opened.ticket.is_some(), ..fresh };
        self.keep(&pin)?;
        self.log_out(&known.origin, &opened.session).await;
        Ok(DialectDone {
            deed: DialectDeed::Verified,
            pin: Some(pin),
            origin: known.origin,
            identity: known.identity,
            member,
            kit: false,
            rehearsal: None,
        })
    }

    /// Asks for the password until it opens the account, and compares it with the pin.
    pub(super) async fn open(&mut self, known: &mut DialectAccount) -> End<Opened> {
        self.world.prepare(()).map_err(DialectReason::Local)?;
        let mut name = known.identity.clone();
        let mut ticket = known.ticket.take();
        if ticket.is_none() && known.pin.as_ref().is_some_and(|pin| pin.signs_in) {
            ticket = Some(self.signed_in(&known.origin)?);
        }
        let mut token = None;
        if let Some(ticket) = ticket {
            name = self.name_of(&ticket, known)?;
            token = Some(ticket.token);
        }
        let salt = self.known_salt(known, &mut name, &mut token).await?;
        for attempt in 1..=PASSWORD_TRIES {
            let Some(typed) = self.text(DialectQuestion::Password { attempt })? else { break };
            let unlocked = self.unlock(&known.identity, Password::as_typed(typed), salt).await?;
            let who = Who { origin: &known.origin, name: &name, ticket: token.as_ref() };
            match self.log_in(&who, &unlocked, TYPED).await? {
                LogIn::Open(session) => {
                    Self::compare(known.pin.as_ref(), &session)?;
                    return Ok(Opened { session, unlocked, ticket: token, name });
                }
                LogIn::Refused => self.tell(&DialectNotice::NotOpened),
                LogIn::Says(says) => return Err(DialectReason::Says(Call::Login1, says)),
            }
        }
        Err(DialectReason::NotOpened)
    }

    /// The salt that the password is stretched with: the pinned one, else the server's word for it.
    async fn known_salt(
        &mut self,
        known: &DialectAccount,
        name: &mut String,
        token: &mut Option<TokenText>,
    ) -> End<Salt> {
        if let Some(pin) = &known.pin {
            return Ok(pin.salt);
        }
        for _ in 0..2 {
            let who = Who { origin: &known.origin, name, ticket: token.as_ref() };
            match self.salt(&who).await? {
                Ok(salt) => return Ok(salt),
                Err(Says::SignInFirst) if token.is_none() => {
                    let ticket = self.signed_in(&known.origin)?;
                    *name = self.name_of(&ticket, known)?;
                    *token = Some(ticket.token);
                }
                Err(says) => return Err(DialectReason::Says(Call::Login1, says)),
            }
        }
        Err(DialectReason::SignInFirst)
    }

    /// A ticket of a sign-in at this server.
    fn signed_in(&mut self, origin: &Origin) -> End<Ticket> {
        let wish = LinkWish::SignIn(origin.clone());
        match self.other_link(wish, DialectReason::SignInFirst)? {
            Link::Ticket(ticket) if ticket.origin == *origin => Ok(ticket),
            Link::Ticket(_) => Err(DialectReason::OtherAccount),
            _ => Err(DialectReason::OtherKind),
        }
    }

    /// What the server calls the account now. A server may rename it; the password stays computed
    /// with the old name.
    fn name_of(&mut self, ticket: &Ticket, known: &DialectAccount) -> End<String> {
        let claims = match claims::read(&ticket.token) {
            Ok(claims) => claims,
            Err(claims::ClaimTrouble::LaterGeneration) => {
                return Err(super::super::probe::NotThisEra::WantsPassword.into());
            }
            Err(claims::ClaimTrouble::NotATicket) => return Err(DialectReason::OtherKind),
        };
        if claims.username != known.identity {
            self.tell(&DialectNotice::Renamed(Printable::from_untrusted(&claims.username)));
        }
        Ok(claims.username)
    }

    /// Whether what opened is what was pinned.
    fn compare(pin: Option<&Pin>, session: &Session) -> End<()> {
        let Some(pin) = pin else { return Ok(()) };
        if pin.public_key != session.vault.public_key {
            return Err(Refused::OtherKey.into());
        }
        if pin.vault != session.vault.digest() {
            return Err(Refused::OtherVault.into());
        }
        Ok(())
    }
}
