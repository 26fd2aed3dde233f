//! Does the account open, and is it still the one that was completed?
//!
//! ```text
//! probe -> the salt that the account has now -> password -> Argon2id -> log-in -> opened -> compared -> pin settled
//! ```
//!
//! The pinned public key decides. Keys that open with the password to another public key, or that
//! were replaced before, are refused. The same private key under a lock that is not known here was
//! put there by somebody who has both the key and the password: the pin is renewed. A lock that was
//! sent from here, by a run that was broken off, is found the same way, and what that run left
//! undone is done.
//!
//! Promise: of the account's keys nothing is changed; no pin is renewed without that proof. Must
//! never: take the server's salt for proof of anything.

use super::super::claims;
use super::super::door::Call;
use super::super::keys::Salt;
use super::super::keys::Unlocked;
use super::super::keys::{PublicKey, Vault};
use super::super::kit::{Fingerprint, Kit, KitSecret};
use super::super::link::{Link, Ticket};
use super::super::pin::{Broken, Continuity, Pin, Whose};
use super::super::probe::Route;
use super::super::says::Says;
use super::login::{LogIn, Session, TYPED, Who};
use super::look::StoredKit;
use super::run::{DialectRun, End};
use super::stop::{DialectReason, DialectStop, Doing, Refused};
use super::{DialectDeed, DialectDone, DialectNotice, DialectOptions, DialectQuestion, Infisical, LinkWish};
use firstkey_core::flow::world::World;
use firstkey_core::secret::{TokenText, TypedPassword};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use rand_core::CryptoRngCore;

/// How often the password may be typed.
const PASSWORD_TRIES: u32 = 3;
/// How many sign-ins one run may take.
const TICKETS: u32 = 3;

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

/// Which emergency kit is to be checked along with the account.
pub enum KitCheck {
    /// Whether one is stored, and the one that was made here.
    Stored,
    /// One whose secret is typed.
    Typed,
    /// One in a file.
    OnFile(Box<Kit>),
}

/// Runs it.
pub async fn verify<W: World<Infisical>>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    options: DialectOptions,
    known: DialectAccount,
    check: KitCheck,
) -> Result<DialectDone, DialectStop> {
    let mut run = DialectRun::new(world, rng, options, Doing::Verify);
    let end = run.verify(known, check).await;
    run.end(end)
}

/// An account that was opened with a typed password.
pub(super) struct Opened {
    pub(super) session: Box<Session>,
    pub(super) unlocked: Unlocked,
    pub(super) ticket: Option<TokenText>,
    /// What the server calls it now.
    pub(super) name: String,
    /// Its pin, settled and kept.
    pub(super) pin: Pin,
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn verify(&mut self, mut known: DialectAccount, check: KitCheck) -> End<DialectDone> {
        if let KitCheck::OnFile(kit) = &check
            && (kit.origin != known.origin || !known.goes_by(&kit.identity))
        {
            return Err(DialectReason::OtherAccount);
        }
        self.host(&known.origin)?;
        self.first_probe(&known.origin, Route::Invite).await?;
        let Opened { session, ticket, mut pin, .. } = self.open(&mut known).await?;
        self.tell(&DialectNotice::KeysMade(Fingerprint::of(&session.vault.public_key)));
        let member = self.look_for_membership(&known.origin, &session.token, pin.organisation.as_deref()).await?;
        let kit = match check {
            KitCheck::Stored => self.look_for_kit(&session.token, &mut pin).await?,
            KitCheck::Typed => Some(self.check_kit(&known.origin, &session, None).await?),
            KitCheck::OnFile(kit) => Some(self.check_kit(&known.origin, &session, Some(&kit)).await?),
        };
        if pin.sessions {
            let wanted = pin.organisation.clone();
            let scoped = ticket.is_some();
            let token = self.organisation_token(&known.origin, wanted.as_deref(), &session.token, scoped).await?;
            self.end_sessions_of(&mut pin, token.as_ref()).await?;
        }
        self.log_out(&known.origin, &session).await;
        Ok(DialectDone {
            deed: DialectDeed::Verified,
            identity: pin.identity.clone(),
            pin: Some(pin),
            origin: known.origin,
            member,
            kit,
            rehearsal: None,
        })
    }

    /// Whether the server's copy of a kit opens to this account's key. A kit in a file has a copy
    /// of its own, so that it counts without the server's.
    async fn check_kit(&mut self, origin: &Origin, session: &Session, on_file: Option<&Kit>) -> End<bool> {
        let public_key = session.vault.public_key;
        if on_file.is_some_and(|kit| kit.public_key != public_key) {
            return Err(Refused::OtherKey.into());
        }
        let StoredKit::One(stored) = self.stored_kit(origin, &session.token).await? else {
            self.tell(&DialectNotice::NoKitStored);
            return Ok(false);
        };
        let opens =
            |secret: &KitSecret| stored.private(&secret.key()).is_ok_and(|key| PublicKey::of(&key) == public_key);
        if let Some(kit) = on_file {
            let same = opens(&kit.secret);
            self.tell(if same { &DialectNotice::KitOpens } else { &DialectNotice::OtherKitStored });
            return Ok(true);
        }
        let mut attempt = 1;
        loop {
            let secret = self.kit_secret(attempt)?;
            if opens(&secret) {
                self.tell(&DialectNotice::KitOpens);
                return Ok(true);
            }
            self.tell(&DialectNotice::WrongKitSecret);
            attempt += 1;
        }
    }

    /// Asks for the password until it opens the account, compares that with the pin, and settles
    /// the pin.
    pub(super) async fn open(&mut self, known: &mut DialectAccount) -> End<Opened> {
        self.world.prepare(()).map_err(DialectReason::Local)?;
        let mut name = known.pin.as_ref().map_or(&*known.identity, Pin::name).to_owned();
        let mut ticket = known.ticket.take();
        if ticket.is_none() && known.pin.as_ref().is_some_and(|pin| pin.signs_in) {
            ticket = Some(self.signed_in(&known.origin, LinkWish::SignIn(known.origin.clone()))?);
        }
        let mut token = None;
        if let Some(ticket) = ticket {
            name = self.name_of(&ticket, known)?;
            token = Some(ticket.token);
        }
        let salt = self.present_salt(known, &mut name, &mut token).await?;
        let whose = known.pin.as_ref().map_or(Whose::Unknown, |pin| pin.whose(salt));
        let confirmed = known.pin.as_ref().is_some_and(|pin| pin.confirmed);
        match whose {
            Whose::Unknown if confirmed => self.tell(&DialectNotice::LockChanged),
            Whose::Sent if confirmed => self.tell(&DialectNotice::ChangeArrived),
            Whose::Pinned if known.pin.as_ref().is_some_and(|pin| !pin.sent.is_empty()) => {
                self.tell(&DialectNotice::ChangeNotArrived);
            }
            _ => {}
        }
        let identities = match &known.pin {
            Some(pin) => pin.identities(salt, &name),
            None => vec![known.identity.clone()],
        };
        for attempt in 1..=PASSWORD_TRIES {
            let Some(typed) = self.text(DialectQuestion::Password { attempt })? else { break };
            for (identity, unlocked) in self.unlock_as(&identities, TypedPassword::as_typed(typed), salt).await? {
                let session = match self.log_in_again(known, &name, &mut token, &unlocked).await? {
                    LogIn::Open(session) => session,
                    LogIn::Refused => continue,
                    LogIn::Says(says) => return Err(DialectReason::Says(Call::Login1, says)),
                };
                let pin = self.settle(known, &identity, &name, token.is_some(), salt, &session.vault)?;
                return Ok(Opened { session, unlocked, ticket: token, name, pin });
            }
            self.tell(&DialectNotice::NotOpened);
        }
        // Neither the lock nor the password is what this computer knows. Which of the two is wrong
        // it cannot see.
        if confirmed && whose == Whose::Unknown {
            Err(Refused::OtherSalt.into())
        } else {
            Err(DialectReason::NotOpened)
        }
    }

    /// Logs in; where the ticket's time is over, with another one.
    async fn log_in_again(
        &mut self,
        known: &DialectAccount,
        name: &str,
        token: &mut Option<TokenText>,
        unlocked: &Unlocked,
    ) -> End<LogIn> {
        for _ in 0..TICKETS {
            let who = Who { origin: &known.origin, name, ticket: token.as_ref() };
            match self.log_in(&who, unlocked, TYPED).await? {
                LogIn::Says(Says::TokenExpired) if token.is_some() => {
                    let ticket = self.signed_in(&known.origin, LinkWish::Expired)?;
                    if self.name_of(&ticket, known)? != name {
                        return Err(DialectReason::OtherAccount);
                    }
                    *token = Some(ticket.token);
                }
                end => return Ok(end),
            }
        }
        Ok(LogIn::Says(Says::TokenExpired))
    }

    /// Judges what opened, and keeps the pin of it. Whatever does not go on from the pin ends the
    /// run, and the pin stays.
    fn settle(
        &mut self,
        known: &mut DialectAccount,
        identity: &str,
        name: &str,
        signs_in: bool,
        salt: Salt,
        vault: &Vault,
    ) -> End<Pin> {
        let before = known.pin.clone().unwrap_or_else(|| Pin::of(&known.origin, identity, salt, vault));
        match before.judge(vault) {
            Err(Broken::OtherKey) => return Err(Refused::OtherKey.into()),
            Err(Broken::RolledBack) => return Err(Refused::OtherVault.into()),
            Ok(Continuity::Elsewhere) => self.tell(&DialectNotice::Renewed),
            Ok(Continuity::NotMadeHere) => self.tell(&DialectNotice::NotMadeHere),
            Ok(Continuity::Same | Continuity::Sent) => {}
        }
        let renamed = (name != identity).then(|| name.to_owned());
        let pin = Pin { signs_in, renamed, ..before.settled(identity, salt, vault) };
        self.keep(&pin)?;
        known.pin = Some(pin.clone());
        identity.clone_into(&mut known.identity);
        Ok(pin)
    }

    /// The salt that the account has now; asks for a sign-in where the server wants one first.
    async fn present_salt(
        &mut self,
        known: &DialectAccount,
        name: &mut String,
        token: &mut Option<TokenText>,
    ) -> End<Salt> {
        for _ in 0..TICKETS {
            let who = Who { origin: &known.origin, name, ticket: token.as_ref() };
            let wish = match self.salt(&who).await? {
                Ok(salt) => return Ok(salt),
                Err(Says::SignInFirst) if token.is_none() => LinkWish::SignIn(known.origin.clone()),
                Err(Says::TokenExpired) if token.is_some() => LinkWish::Expired,
                Err(says) => return Err(DialectReason::Says(Call::Login1, says)),
            };
            let ticket = self.signed_in(&known.origin, wish)?;
            *name = self.name_of(&ticket, known)?;
            *token = Some(ticket.token);
        }
        Err(DialectReason::SignInFirst)
    }

    /// A ticket of a sign-in at this server.
    pub(super) fn signed_in(&mut self, origin: &Origin, wish: LinkWish) -> End<Ticket> {
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
        if !known.goes_by(&claims.username) {
            self.tell(&DialectNotice::Renamed(Printable::from_untrusted(&claims.username)));
        }
        Ok(claims.username)
    }
}

impl DialectAccount {
    /// Whether it goes, or went, by this name.
    fn goes_by(&self, name: &str) -> bool {
        self.identity == name || self.pin.as_ref().is_some_and(|pin| pin.goes_by(name))
    }
}
