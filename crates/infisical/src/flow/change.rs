//! A new password for an account that opens with the old one.
//!
//! Promise: the new lock is around the same private key; it is logged in with before anything is
//! said, and other sessions are ended.

use super::super::door::{self, Call, Member, Request};
use super::super::pin::Pin;
use super::super::probe::Route;
use super::super::says::Says;
use super::choose::Made;
use super::login::{LogIn, SURE, Session, Who};
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, DialectStop, Refused};
use super::verify::{DialectAccount, Opened};
use super::{DialectDeed, DialectDone, DialectNotice, DialectOptions, Infisical};
use firstkey_core::crypto::strength::Context;
use firstkey_core::flow::stop::Reach;
use firstkey_core::flow::world::World;
use firstkey_core::secret::{TokenText, X25519Secret};
use firstkey_core::wire::origin::Origin;
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn change<W: World<Infisical>>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    options: DialectOptions,
    known: DialectAccount,
) -> Result<DialectDone, DialectStop> {
    let mut run = DialectRun::new(world, rng, options);
    let end = run.change(known).await;
    run.end(end)
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn change(&mut self, mut known: DialectAccount) -> End<DialectDone> {
        self.host(&known.origin)?;
        self.first_probe(&known.origin, Route::Invite).await?;
        let opened = self.open(&mut known).await?;
        let Opened { session, unlocked, ticket, name } = opened;
        let token = self.any_organisation(&known, &session.token, ticket.is_some()).await?;
        let context = Context { name: "", email: &known.identity, organisation: "", host: known.origin.host() };
        let password = self.choose(&context)?;
        // EXPOSE: the same private key under the new lock.
        let secret = X25519Secret::from_bytes(session.secret.expose());
        // The name that the server knows now becomes the identity: its own clients compute with it.
        let made = self.make(&name, password, secret).await?;
        let fresh = Pin::of(&known.origin, &name, made.lock.salt, &made.lock.vault);
        let pin = Pin {
            organisation: known.pin.as_ref().and_then(|pin| pin.organisation.clone()),
            signs_in: ticket.is_some(),
            ..fresh
        };
        self.probe(&known.origin, Route::Invite).await?;
        let who = Who { origin: &known.origin, name: &name, ticket: ticket.as_ref() };
        let mut attempt = 1;
        let lost = loop {
            let proof = match self.proof(&known.origin, &unlocked, &token).await? {
                Ok(proof) => proof.proof,
                Err(says) => return Err(DialectReason::Says(Call::KitSrp, says)),
            };
            let request = Request::to(&known.origin, Call::ChangeLock)
                .field(Member::ClientProof, &proof)
                .sealed(door::PROTECTED, &made.lock.vault.protected_key)
                .sealed(door::PRIVATE, &made.lock.vault.private_key)
                .field(Member::Salt, &made.lock.salt)
                .field(Member::Verifier, &made.lock.verifier)
                .build()
                .bearing(&token);
            match self.send(&request).await? {
                Outcome::Good(_) => break None,
                Outcome::Lost(why) => break Some(DialectReason::Lost(Call::ChangeLock, why)),
                // The handshake was used up before anything else: nothing was stored.
                Outcome::Says(Says::WrongProof) if attempt < SURE => {
                    self.pause(attempt).await?;
                    attempt += 1;
                }
                Outcome::Says(says) => {
                    self.reach = Reach::NothingChanged;
                    return Err(DialectReason::Says(Call::ChangeLock, says));
                }
            }
        };
        self.new_lock(&who, &made, lost).await?;
        let pin = Pin { confirmed: true, ..pin };
        self.keep(&pin)?;
        // All of them, so the ones of this run too: a log-out before would end the right to do
        // this.
        self.end_sessions(&known.origin, &token).await;
        Ok(DialectDone {
            deed: DialectDeed::Changed,
            pin: Some(pin),
            origin: known.origin,
            identity: name,
            member: true,
            kit: false,
            rehearsal: None,
        })
    }

    /// Opens the account with its new lock. `lost` is what is said if the answer to the upload was
    /// lost and nothing is stored.
    pub(super) async fn new_lock(
        &mut self,
        who: &Who<'_>,
        made: &Made,
        lost: Option<DialectReason>,
    ) -> End<Box<Session>> {
        if lost.is_some() {
            self.tell(&DialectNotice::FindingOut);
        } else {
            self.reach = Reach::Stored;
        }
        let session = match self.log_in(who, &made.unlocked, SURE).await {
            Ok(LogIn::Open(session)) => session,
            Ok(LogIn::Refused) => return Err(lost.unwrap_or(DialectReason::NotOpened)),
            Ok(LogIn::Says(says)) => return Err(lost.unwrap_or(DialectReason::Says(Call::Login1, says))),
            Err(DialectReason::Refused(Refused::OtherSalt)) => return Err(lost.unwrap_or(DialectReason::SomebodyElse)),
            Err(why) => return Err(why),
        };
        self.reach = Reach::Stored;
        if session.vault != made.lock.vault || !session.secret.matches(&made.secret) {
            return Err(Refused::Differs("encrypted keys").into());
        }
        self.tell(&DialectNotice::ReadBack);
        Ok(session)
    }

    /// A token of an organisation, which changing anything takes.
    pub(super) async fn any_organisation(
        &mut self,
        known: &DialectAccount,
        token: &TokenText,
        scoped: bool,
    ) -> End<TokenText> {
        if scoped {
            // EXPOSE: the server made it and takes it back.
            return Ok(TokenText::new(zeroize::Zeroizing::new(token.expose().to_vec())));
        }
        let memberships = self.memberships(&known.origin, token).await?;
        let wanted = known.pin.as_ref().and_then(|pin| pin.organisation.as_ref());
        let chosen = memberships.iter().find(|one| Some(&one.id) == wanted).or(memberships.first());
        let Some(chosen) = chosen else { return Err(DialectReason::Says(Call::SelectOrganisation, Says::NotAMember)) };
        let id = chosen.id.clone();
        self.select(&known.origin, token, &id)
            .await?
            .ok_or(DialectReason::Says(Call::SelectOrganisation, Says::NotAMember))
    }

    /// Ends every session, since whoever had the old password may have one.
    pub(super) async fn end_sessions(&mut self, origin: &Origin, token: &TokenText) {
        let request = Request::bare(origin, Call::EndSessions).bearing(token);
        if !matches!(self.send(&request).await, Ok(Outcome::Good(_))) {
            self.tell(&DialectNotice::SessionsLeft);
        }
    }
}
