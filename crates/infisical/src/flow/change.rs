//! A new password for an account that opens with the old one.
//!
//! Promise: the new lock is around the same private key; it is remembered before it leaves, logged
//! in with before anything is said, and other sessions are ended.

use super::super::door::{self, Call, Member, Request};
use super::super::pin::Pin;
use super::super::probe::Route;
use super::super::says::Says;
use super::choose::Made;
use super::login::{LogIn, SURE, Session, Who};
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, DialectStop, Doing, Refused};
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
    let mut run = DialectRun::new(world, rng, options, Doing::Change);
    let end = run.change(known).await;
    run.end(end)
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn change(&mut self, mut known: DialectAccount) -> End<DialectDone> {
        self.host(&known.origin)?;
        self.first_probe(&known.origin, Route::Invite).await?;
        let Opened { session, unlocked, ticket, name, pin } = self.open(&mut known).await?;
        let scoped = ticket.is_some();
        let token = self.any_organisation(&known.origin, pin.organisation.as_deref(), &session.token, scoped).await?;
        let context = Context { name: "", email: &name, organisation: "", host: known.origin.host() };
        let password = self.choose(&context)?;
        // EXPOSE: the same private key under the new lock.
        let secret = X25519Secret::from_bytes(session.secret.expose());
        // The name that the server knows now becomes the identity: its own clients compute with it.
        let made = self.make(&name, password, secret).await?;
        self.patient = true;
        let pin = pin.sending(&Pin::of(&known.origin, &name, made.lock.salt, &made.lock.vault));
        self.keep(&pin)?;
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
            let outcome = match self.send(&request).await {
                // What is stored decides, not what somebody in between answers.
                Err(DialectReason::Refused(refused @ Refused::Nonsense(_))) => break Some(refused.into()),
                outcome => outcome?,
            };
            match outcome {
                Outcome::Good(_) => break None,
                Outcome::Lost(why) => break Some(DialectReason::Lost(Call::ChangeLock, why)),
                // The handshake was used up before anything else: nothing was stored.
                Outcome::Says(Says::WrongProof) if attempt < SURE => {
                    self.pause(attempt).await?;
                    attempt += 1;
                }
                Outcome::Says(says @ Says::Other { .. }) => break Some(DialectReason::Says(Call::ChangeLock, says)),
                Outcome::Says(says) => {
                    self.reach = Reach::NothingChanged;
                    return Err(DialectReason::Says(Call::ChangeLock, says));
                }
            }
        };
        let opened = self.new_lock(&who, &made, lost).await?;
        let mut pin = pin.settled(&name, made.lock.salt, &made.lock.vault);
        self.keep(&pin)?;
        let member = self.look_for_membership(&known.origin, &opened.token, pin.organisation.as_deref()).await?;
        let kit = self.look_for_kit(&opened.token, &mut pin).await?;
        let wanted = pin.organisation.clone();
        let token = self.organisation_token(&known.origin, wanted.as_deref(), &opened.token, scoped).await?;
        self.end_sessions_of(&mut pin, token.as_ref()).await?;
        Ok(DialectDone {
            deed: DialectDeed::Changed,
            pin: Some(pin),
            origin: known.origin,
            identity: name,
            member,
            kit,
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

    /// A token of an organisation, which changing anything takes: of this one, else of any.
    pub(super) async fn any_organisation(
        &mut self,
        origin: &Origin,
        wanted: Option<&str>,
        token: &TokenText,
        scoped: bool,
    ) -> End<TokenText> {
        if scoped {
            // EXPOSE: the server made it and takes it back.
            return Ok(TokenText::new(zeroize::Zeroizing::new(token.expose().to_vec())));
        }
        let memberships = self.memberships(origin, token).await?;
        let chosen = memberships.iter().find(|one| Some(&*one.id) == wanted).or(memberships.first());
        let Some(chosen) = chosen else { return Err(DialectReason::Says(Call::SelectOrganisation, Says::NotAMember)) };
        let id = chosen.id.clone();
        self.select(origin, token, &id).await?.ok_or(DialectReason::Says(Call::SelectOrganisation, Says::NotAMember))
    }

    /// The same, where there may be none.
    pub(super) async fn organisation_token(
        &mut self,
        origin: &Origin,
        wanted: Option<&str>,
        token: &TokenText,
        scoped: bool,
    ) -> End<Option<TokenText>> {
        match self.any_organisation(origin, wanted, token, scoped).await {
            Err(DialectReason::Cancelled) => Err(DialectReason::Cancelled),
            end => Ok(end.ok()),
        }
    }

    /// Ends every session, since whoever had the old password may have one; this run's too. `token`
    /// is one of an organisation. Where it cannot be done now, the next run does it.
    pub(super) async fn end_sessions_of(&mut self, pin: &mut Pin, token: Option<&TokenText>) -> End<()> {
        let ended = match token {
            Some(token) => {
                let request = Request::bare(&pin.origin, Call::EndSessions).bearing(token);
                self.send(&request).await.map(|outcome| matches!(outcome, Outcome::Good(_)))
            }
            None => Ok(false),
        };
        match ended {
            Ok(true) => {
                pin.sessions = false;
                self.keep(pin)
            }
            Err(DialectReason::Cancelled) => Err(DialectReason::Cancelled),
            Ok(false) | Err(_) => {
                self.tell(&DialectNotice::SessionsLeft);
                Ok(())
            }
        }
    }
}
