//! A new password by emergency kit and mailbox.
//!
//! ```text
//! kit -> mail asked for -> link from it -> consent -> new password twice -> Argon2id -> probe -> code used up
//!      -> sealed key fetched and opened -> probe -> upload -> log-in and opening -> other sessions ended
//! ```
//!
//! Promise: the private key stays the same one, checked against the kit and the pin; all slow work
//! comes before the code is used up. Must never: send the kit's secret.

use super::super::answer;
use super::super::door::{self, Call, Code, Member, Name, Request};
use super::super::keys::{PublicKey, Salt};
use super::super::kit::{Kit, KitSecret};
use super::super::link::{Link, Reset};
use super::super::pin::Pin;
use super::super::probe::Route;
use super::login::Who;
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, DialectStop, Refused};
use super::verify::DialectAccount;
use super::{DialectDeed, DialectDone, DialectNotice, DialectOptions, DialectQuestion, Infisical, LinkFacts, LinkWish};
use firstkey_core::crypto::strength::Context;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{GaveUp, Missing, Reach};
use firstkey_core::flow::world::World;
use firstkey_core::secret::{TokenText, X25519Secret};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// How often the secret may be typed.
const SECRET_TRIES: u32 = 3;

/// What is at hand.
pub struct Recovery {
    /// The link from the mail, if it is there already.
    pub link: Option<Zeroizing<Vec<u8>>>,
    /// The page of the kit, if it is in a file.
    pub kit: Option<Kit>,
    /// The account, where no link names it yet.
    pub account: Option<(Origin, String)>,
}

/// Runs it.
pub async fn recover<W: World<Infisical>>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    options: DialectOptions,
    with: Recovery,
) -> Result<DialectDone, DialectStop> {
    let mut run = DialectRun::new(world, rng, options);
    let end = run.recover(with).await;
    run.end(end)
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn recover(&mut self, with: Recovery) -> End<DialectDone> {
        let Recovery { link, kit, account } = with;
        let link = match link {
            Some(text) => self.link(text)?,
            None => {
                self.ask_for_mail(kit.as_ref().map(|kit| (kit.origin.clone(), kit.identity.clone())).or(account))
                    .await?
            }
        };
        let Link::Reset(Reset { origin, email, code }) = link else { return Err(DialectReason::OtherKind) };
        if kit.as_ref().is_some_and(|kit| kit.origin != origin || kit.identity != email) {
            return Err(DialectReason::OtherAccount);
        }
        self.host(&origin)?;
        let about = LinkFacts {
            origin: origin.clone(),
            account: email.clone(),
            email: email.clone(),
            organisation: Printable::from_untrusted(""),
            signed_in: false,
            recovery: true,
        };
        match self.ask(DialectQuestion::Consent(Box::new(about)))? {
            Answer::Yes => {}
            Answer::NotTheInvited { expected } => {
                return Err(DialectReason::NotTheInvited { expected, invited: email });
            }
            _ => return Err(DialectReason::GaveUp(GaveUp::NotYou)),
        }
        self.first_probe(&origin, Route::Invite).await?;
        self.world.prepare(()).map_err(DialectReason::Local)?;
        let mut secret = match &kit {
            Some(kit) => kit.secret.copy(),
            None => self.kit_secret(1)?,
        };
        let context = Context { name: "", email: &email, organisation: "", host: origin.host() };
        let password = self.choose(&context)?;
        let salt = Salt::make(self.rng);
        let unlocked = self.unlock(&email, password, salt).await?;

        self.probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::VerifyReset)
            .field(Member::Email, &Name(&email))
            .field(Member::Code, &Code(&code))
            .build();
        let token = answer::token(&mut self.good(&request).await?)?;
        self.reach = self.reach.max(Reach::CodeUsed);
        let key = self.private_key(&origin, &token, &mut secret, kit.as_ref()).await?;
        let expected = kit.as_ref().map(|kit| kit.public_key).or(self.pin(&origin, &email).map(|pin| pin.public_key));
        if expected.is_some_and(|expected| expected != PublicKey::of(&key)) {
            return Err(Refused::OtherKey.into());
        }
        let made = self.lock(unlocked, key)?;
        self.probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::ResetLock)
            .sealed(door::PROTECTED, &made.lock.vault.protected_key)
            .sealed(door::PRIVATE, &made.lock.vault.private_key)
            .field(Member::Salt, &made.lock.salt)
            .field(Member::Verifier, &made.lock.verifier)
            .build()
            .bearing(&token);
        let lost = match self.send(&request).await? {
            Outcome::Good(_) => None,
            Outcome::Lost(why) => Some(DialectReason::Lost(Call::ResetLock, why)),
            Outcome::Says(says) => {
                self.reach = Reach::CodeUsed;
                return Err(DialectReason::Says(Call::ResetLock, says));
            }
        };
        let organisation = self.pin(&origin, &email).and_then(|pin| pin.organisation.clone());
        let pin = Pin { organisation, ..Pin::of(&origin, &email, made.lock.salt, &made.lock.vault) };
        let who = Who { origin: &origin, name: &email, ticket: None };
        let session = self.new_lock(&who, &made, lost).await?;
        let pin = Pin { confirmed: true, ..pin };
        self.keep(&pin)?;
        self.end_old_sessions(&session.token, &pin).await;
        Ok(DialectDone {
            deed: DialectDeed::Recovered,
            pin: Some(pin),
            origin,
            identity: email,
            member: true,
            kit: true,
            rehearsal: None,
        })
    }

    /// Asks the server to send the mail; whether it does it never says.
    async fn ask_for_mail(&mut self, account: Option<(Origin, String)>) -> End<Link> {
        let (origin, email) = account.ok_or(DialectReason::NothingKnown)?;
        self.host(&origin)?;
        self.first_probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::AskReset).field(Member::Email, &Name(&email)).build();
        self.good(&request).await?;
        self.tell(&DialectNotice::ResetAsked(origin.clone()));
        self.other_link(LinkWish::Reset(origin), DialectReason::Missing(Missing::Invite))
    }

    fn kit_secret(&mut self, first: u32) -> End<KitSecret> {
        for attempt in first..=SECRET_TRIES {
            let Some(typed) = self.text(DialectQuestion::KitSecret { attempt })? else { break };
            match KitSecret::read(&typed) {
                Some(secret) => return Ok(secret),
                None => self.tell(&DialectNotice::WrongKitSecret),
            }
        }
        Err(DialectReason::NotOpened)
    }

    /// The private key from what the server keeps, or else from the kit's own copy.
    async fn private_key(
        &mut self,
        origin: &Origin,
        token: &TokenText,
        secret: &mut KitSecret,
        kit: Option<&Kit>,
    ) -> End<X25519Secret> {
        let request = Request::bare(origin, Call::FetchKit).bearing(token);
        let stored = match self.send(&request).await? {
            Outcome::Good(fields) => Some(answer::kit(fields)?),
            // The kit's own copy does without the server's.
            Outcome::Says(_) if kit.is_some() => None,
            Outcome::Says(says) => return Err(DialectReason::Says(Call::FetchKit, says)),
            Outcome::Lost(why) => return Err(DialectReason::Unreachable(why)),
        };
        for attempt in 1.. {
            let opened = stored.as_ref().and_then(|stored| stored.private(&secret.key()).ok());
            let fits = |key: &X25519Secret| kit.is_none_or(|kit| PublicKey::of(key) == kit.public_key);
            if let Some(key) = opened.filter(fits) {
                return Ok(key);
            }
            if let Some(kit) = kit {
                self.tell(&DialectNotice::OwnCopy);
                return kit.sealed.private(&kit.secret.key()).map_err(|_| Refused::Keys.into());
            }
            self.tell(&DialectNotice::WrongKitSecret);
            if attempt >= SECRET_TRIES {
                break;
            }
            *secret = self.kit_secret(attempt + 1)?;
        }
        Err(DialectReason::NotOpened)
    }

    /// Sessions from before stay good on these servers unless they are ended.
    async fn end_old_sessions(&mut self, token: &TokenText, pin: &Pin) {
        let known = DialectAccount {
            origin: pin.origin.clone(),
            identity: pin.identity.clone(),
            pin: Some(pin.clone()),
            ticket: None,
        };
        match self.any_organisation(&known, token, false).await {
            Ok(token) => self.end_sessions(&pin.origin, &token).await,
            Err(_) => self.tell(&DialectNotice::SessionsLeft),
        }
    }
}
