//! A new password by emergency kit and mailbox.
//!
//! ```text
//! kit -> mail asked for -> link from it -> consent -> probe -> new password twice -> Argon2id -> sign-in, where the account needs one
//!      -> probe -> code used up -> sealed key fetched and opened -> probe -> upload -> log-in and opening -> other sessions ended
//! ```
//!
//! Promise: the private key stays the same one, checked against the kit and the pin; all slow work,
//! and the sign-in without which the account could not be opened afterwards, come before the code
//! is used up; the new lock is remembered before it leaves. Must never: send the kit's secret.

use super::super::answer;
use super::super::claims::{self, ClaimTrouble};
use super::super::door::{self, Call, Code, Member, Name, Request};
use super::super::keys::{PublicKey, Salt};
use super::super::kit::{Kit, KitSecret};
use super::super::link::{Link, Reset};
use super::super::pin::Pin;
use super::super::probe::{NotThisEra, Route};
use super::super::says::Says;
use super::choose::Made;
use super::login::{Session, Who};
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, DialectStop, Doing, Refused};
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
/// How many sign-ins it may take to see the account open.
const SIGN_INS: u32 = 3;

/// A sign-in to the account whose password is set.
struct SignedIn {
    token: TokenText,
    user: Option<String>,
}

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
    let mut run = DialectRun::new(world, rng, options, Doing::Recover);
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
        let before = self.pin(&origin, &email, None);
        // A server may have renamed the account since the kit was made: its pin then has both
        // names.
        let of_this = |kit: &Kit| {
            let same = |pin: &Pin| pin.confirmed && pin.public_key == kit.public_key && pin.goes_by(&kit.identity);
            kit.origin == origin && (kit.identity == email || before.as_ref().is_some_and(same))
        };
        if kit.as_ref().is_some_and(|kit| !of_this(kit)) {
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
        // Found out while the code is good: who signs in at their company cannot open the account
        // without that.
        let signs_in = match self.salt(&Who { origin: &origin, name: &email, ticket: None }).await? {
            Ok(_) => false,
            Err(Says::SignInFirst) => true,
            Err(says @ Says::NoAccount) => return Err(DialectReason::Says(Call::Login1, says)),
            Err(_) => before.as_ref().is_some_and(|pin| pin.signs_in),
        };
        self.world.prepare(()).map_err(DialectReason::Local)?;
        let mut secret = match &kit {
            Some(kit) => kit.secret.copy(),
            None => self.kit_secret(1)?,
        };
        let context = Context { name: "", email: &email, organisation: "", host: origin.host() };
        let password = self.choose(&context)?;
        let salt = Salt::make(self.rng);
        let unlocked = self.unlock(&email, password, salt).await?;
        let mut signed_in =
            if signs_in { Some(self.sign_in_as(&origin, &email, LinkWish::SignIn(origin.clone()))?) } else { None };
        let user = signed_in.as_ref().and_then(|one| one.user.clone());
        let before = before.or_else(|| self.pin(&origin, &email, user.as_deref()));

        self.patient = true;
        self.probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::VerifyReset)
            .field(Member::Email, &Name::heard(&email))
            .field(Member::Code, &Code(&code))
            .build();
        let token = answer::token(&mut self.good(&request).await?)?;
        self.reach = self.reach.max(Reach::CodeUsed);
        let (key, stored) = self.private_key(&origin, &token, &mut secret, kit.as_ref()).await?;
        let pinned = before.as_ref().filter(|pin| pin.confirmed).map(|pin| pin.public_key);
        let expected = kit.as_ref().map(|kit| kit.public_key).into_iter().chain(pinned);
        if expected.into_iter().any(|expected| expected != PublicKey::of(&key)) {
            return Err(Refused::OtherKey.into());
        }
        let made = self.lock(unlocked, key)?;
        let fresh = Pin { signs_in, user, ..Pin::of(&origin, &email, made.lock.salt, &made.lock.vault) };
        let pin = before.as_ref().map_or(fresh.clone(), |before| before.sending(&fresh));
        self.keep(&pin)?;
        self.probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::ResetLock)
            .sealed(door::PROTECTED, &made.lock.vault.protected_key)
            .sealed(door::PRIVATE, &made.lock.vault.private_key)
            .field(Member::Salt, &made.lock.salt)
            .field(Member::Verifier, &made.lock.verifier)
            .build()
            .bearing(&token);
        let lost = match self.send(&request).await {
            // What is stored decides, not what somebody in between answers.
            Err(DialectReason::Refused(refused @ Refused::Nonsense(_))) => Some(refused.into()),
            Err(why) => return Err(why),
            Ok(Outcome::Good(_)) => None,
            Ok(Outcome::Lost(why)) => Some(DialectReason::Lost(Call::ResetLock, why)),
            Ok(Outcome::Says(says @ Says::Other { .. })) => Some(DialectReason::Says(Call::ResetLock, says)),
            Ok(Outcome::Says(says)) => {
                self.reach = Reach::CodeUsed;
                return Err(DialectReason::Says(Call::ResetLock, says));
            }
        };
        let session = self.see_it_open(&origin, &email, &mut signed_in, &made, lost).await?;
        let mut pin = Pin { signs_in, sessions: true, ..pin.settled(&email, salt, &made.lock.vault) };
        self.keep(&pin)?;
        let scoped = signed_in.is_some();
        let member = self.look_for_membership(&origin, &session.token, pin.organisation.as_deref()).await?;
        let wanted = pin.organisation.clone();
        let token = self.organisation_token(&origin, wanted.as_deref(), &session.token, scoped).await?;
        let kit = match kit {
            // The server has lost its copy, or has another: it gets this one back.
            Some(kit) if !stored => self.give_back(&mut pin, &made, &kit, token.as_ref()).await?,
            _ => stored,
        };
        self.end_sessions_of(&mut pin, token.as_ref()).await?;
        Ok(DialectDone {
            deed: DialectDeed::Recovered,
            pin: Some(pin),
            origin,
            identity: email,
            member,
            kit: Some(kit),
            rehearsal: None,
        })
    }

    /// Opens the account with its new lock; where the sign-in's time is over, after another one.
    async fn see_it_open(
        &mut self,
        origin: &Origin,
        email: &str,
        signed_in: &mut Option<SignedIn>,
        made: &Made,
        lost: Option<DialectReason>,
    ) -> End<Box<Session>> {
        for _ in 0..SIGN_INS {
            let ticket = signed_in.as_ref().map(|one| &one.token);
            let who = Who { origin, name: email, ticket };
            let wish = match self.new_lock(&who, made, lost.clone()).await {
                Err(DialectReason::Says(Call::Login1, Says::TokenExpired)) => LinkWish::Expired,
                Err(DialectReason::Says(Call::Login1, Says::SignInFirst)) => LinkWish::SignIn(origin.clone()),
                end => return end,
            };
            match self.sign_in_as(origin, email, wish) {
                Ok(again) => *signed_in = Some(again),
                Err(DialectReason::Cancelled) => return Err(DialectReason::Cancelled),
                Err(_) => break,
            }
        }
        Err(lost.unwrap_or(DialectReason::NotSeenOpen))
    }

    /// A sign-in to this account.
    fn sign_in_as(&mut self, origin: &Origin, email: &str, wish: LinkWish) -> End<SignedIn> {
        let ticket = self.signed_in(origin, wish)?;
        match claims::read(&ticket.token) {
            Ok(claims) if claims.username == email => Ok(SignedIn { token: ticket.token, user: claims.user }),
            Ok(_) => Err(DialectReason::OtherAccount),
            Err(ClaimTrouble::LaterGeneration) => Err(NotThisEra::WantsPassword.into()),
            Err(ClaimTrouble::NotATicket) => Err(DialectReason::OtherKind),
        }
    }

    /// Stores a kit with the server again.
    async fn give_back(&mut self, pin: &mut Pin, made: &Made, kit: &Kit, token: Option<&TokenText>) -> End<bool> {
        let Some(token) = token else {
            self.tell(&DialectNotice::KitNotStored);
            return Ok(false);
        };
        match self.store_kit(pin, &made.unlocked, kit, token).await {
            Err(DialectReason::Cancelled) => Err(DialectReason::Cancelled),
            // The password is set, and the page has its own copy.
            end => Ok(end.unwrap_or(false)),
        }
    }

    /// Asks the server to send the mail; whether it does it never says.
    async fn ask_for_mail(&mut self, account: Option<(Origin, String)>) -> End<Link> {
        let (origin, email) = account.ok_or(DialectReason::NothingKnown)?;
        self.host(&origin)?;
        self.first_probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::AskReset).field(Member::Email, &Name::heard(&email)).build();
        self.good(&request).await?;
        self.tell(&DialectNotice::ResetAsked(origin.clone()));
        self.other_link(LinkWish::Reset(origin), DialectReason::Missing(Missing::Invite))
    }

    /// The secret of a kit, asked for until it is one.
    pub(super) fn kit_secret(&mut self, first: u32) -> End<KitSecret> {
        for attempt in first..=SECRET_TRIES {
            let Some(typed) = self.text(DialectQuestion::KitSecret { attempt })? else { break };
            match KitSecret::read(&typed) {
                Some(secret) => return Ok(secret),
                None => self.tell(&DialectNotice::WrongKitSecret),
            }
        }
        Err(DialectReason::NotOpened)
    }

    /// The private key from what the server keeps, or else from the kit's own copy; whether it was
    /// the server's.
    async fn private_key(
        &mut self,
        origin: &Origin,
        token: &TokenText,
        secret: &mut KitSecret,
        kit: Option<&Kit>,
    ) -> End<(X25519Secret, bool)> {
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
                return Ok((key, true));
            }
            if let Some(kit) = kit {
                self.tell(&DialectNotice::OwnCopy);
                let own = kit.sealed.private(&kit.secret.key());
                return own.map(|key| (key, false)).map_err(|_| Refused::Keys.into());
            }
            self.tell(&DialectNotice::WrongKitSecret);
            if attempt >= SECRET_TRIES {
                break;
            }
            *secret = self.kit_secret(attempt + 1)?;
        }
        Err(DialectReason::NotOpened)
    }
}
