//! The upload, and finding out what became of it.
//!
//! Promise: one payload in a run; a lost answer, and a server that says "complete already", are
//! both resolved by logging in with the keys in hand: if they open what is stored, it is ours. Must
//! never: send another payload, or believe a message.

use super::super::answer;
use super::super::claims::{self, Organisation as Org};
use super::super::door::{self, Call, Member, Name, Organisation, PersonName, Request, Ticket};
use super::super::keys::Lock;
use super::super::kit::Kit;
use super::super::link::Link;
use super::super::pin::Pin;
use super::super::probe::{NotThisEra, Route};
use super::super::says::Says;
use super::choose::Made;
use super::login::{LogIn, SURE, Who};
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, Refused};
use super::{DialectDone, DialectNotice, Infisical, LinkWish};
use firstkey_core::flow::stop::Reach;
use firstkey_core::flow::world::World;
use firstkey_core::secret::TokenText;
use firstkey_core::wire::origin::Origin;
use zeroize::Zeroizing;

/// How often the upload may be sent in all: again only after a log-in showed that nothing is
/// stored, or with a fresh ticket.
const SENDS: u32 = 3;

/// Who completes.
pub(super) struct Person {
    pub(super) identity: String,
    pub(super) first: String,
    pub(super) last: String,
}

/// How the completion is authorised.
pub(super) enum Way {
    /// By what an invite's code was exchanged for.
    Invite { token: TokenText, organisation: String },
    /// By a sign-in's ticket.
    Ticket { token: TokenText, organisation: Org },
}

/// What is kept of an account before its keys leave, with what was known of it.
#[allow(clippy::option_option, reason = "not looked up yet; looked up, and the account signs in or not")]
pub(super) fn sending(
    before: Option<&Pin>,
    origin: &Origin,
    person: &Person,
    made: &Made,
    kit: &Kit,
    organisation: &str,
    signs_in: Option<Option<String>>,
) -> Pin {
    let fresh = Pin {
        signs_in: signs_in.is_some(),
        user: signs_in.flatten(),
        organisation: Some(organisation.to_owned()),
        kit: Some(kit.digest()),
        ..Pin::of(origin, &person.identity, made.lock.salt, &made.lock.vault)
    };
    before.map_or(fresh.clone(), |before| before.sending(&fresh))
}

impl Way {
    /// One that authorises nothing, to show what would be sent.
    pub(super) fn rehearsed(_: &Origin, route: Route, organisation: &str) -> Self {
        let token = TokenText::new(Zeroizing::new(b"rehearsal".to_vec()));
        match route {
            Route::Invite => Self::Invite { token, organisation: organisation.to_owned() },
            Route::Signup => {
                let organisation = Org { id: String::new(), name: organisation.to_owned() };
                Self::Ticket { token, organisation }
            }
        }
    }

    pub(super) fn route(&self) -> Route {
        match self {
            Self::Invite { .. } => Route::Invite,
            Self::Ticket { .. } => Route::Signup,
        }
    }

    pub(super) fn ticket(&self) -> Option<&TokenText> {
        match self {
            Self::Invite { .. } => None,
            Self::Ticket { token, .. } => Some(token),
        }
    }

    /// The organisation's id.
    pub(super) fn organisation(&self) -> &str {
        match self {
            Self::Invite { organisation, .. } => organisation,
            Self::Ticket { organisation, .. } => &organisation.id,
        }
    }

    /// The upload.
    pub(super) fn request(&self, origin: &Origin, person: &Person, lock: &Lock) -> Request {
        let call = match self {
            Self::Invite { .. } => Call::CompleteInvite,
            Self::Ticket { .. } => Call::CompleteSignup,
        };
        let request = Request::to(origin, call)
            .field(Member::Email, &Name::heard(&person.identity))
            .field(Member::FirstName, &PersonName::heard(&person.first))
            .field(Member::LastName, &PersonName::heard(&person.last))
            .sealed(door::PROTECTED, &lock.vault.protected_key)
            .field(Member::PublicKey, &lock.vault.public_key)
            .sealed(door::PRIVATE, &lock.vault.private_key)
            .field(Member::Salt, &lock.salt)
            .field(Member::Verifier, &lock.verifier);
        match self {
            Self::Invite { token, .. } => request.build().bearing(token),
            Self::Ticket { token, organisation } => request
                .field(Member::OrganizationName, &Organisation::heard(&organisation.name))
                .field(Member::ProviderAuthToken, &Ticket(token))
                .build(),
        }
    }
}

/// What the upload came to.
enum Uploaded {
    /// Stored; this token reads it back. Whether it is one of the organisation.
    Stored { token: TokenText, scoped: bool },
    /// Surely not stored.
    NotStored(DialectReason),
    /// The ticket's time is over.
    TicketOver,
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    /// Uploads, proves, and says what is done. `pin` has the lock among those that were sent.
    pub(super) async fn finish(
        &mut self,
        origin: &Origin,
        person: Person,
        made: Made,
        kit: Kit,
        mut way: Way,
        pin: &Pin,
    ) -> End<DialectDone> {
        let mut last = DialectReason::SomebodyElse;
        for _ in 0..SENDS {
            self.probe(origin, way.route()).await?;
            match self.upload(origin, &person, &made, &way).await? {
                Uploaded::Stored { token, scoped } => {
                    self.reach = Reach::Stored;
                    self.tell(&DialectNotice::Stored);
                    return self.prove(origin, &person, made, kit, &way, token, scoped, pin).await;
                }
                Uploaded::NotStored(why) => last = why,
                Uploaded::TicketOver => {
                    way = self.renewed(origin, &person, way)?;
                    last = DialectReason::SignInFirst;
                }
            }
        }
        Err(last)
    }

    async fn upload(&mut self, origin: &Origin, person: &Person, made: &Made, way: &Way) -> End<Uploaded> {
        let before = self.reach;
        let request = way.request(origin, person, &made.lock);
        let call = request.call();
        let outcome = match self.send(&request).await {
            // An answer that is none: something stands in between, or the server lies. What is
            // stored decides.
            Err(DialectReason::Refused(refused @ Refused::Nonsense(_))) => {
                return self.resolve(origin, person, made, way, DialectReason::Refused(refused)).await;
            }
            outcome => outcome?,
        };
        match outcome {
            Outcome::Good(mut fields) => match answer::token(&mut fields) {
                Ok(token) => Ok(Uploaded::Stored { token, scoped: way.ticket().is_some() }),
                Err(nonsense) => self.resolve(origin, person, made, way, nonsense.into()).await,
            },
            Outcome::Says(Says::TokenExpired) if way.ticket().is_some() => {
                self.reach = before;
                Ok(Uploaded::TicketOver)
            }
            Outcome::Says(says @ (Says::CompletedOrUnknown | Says::Other { .. })) => {
                self.resolve(origin, person, made, way, DialectReason::Says(call, says)).await
            }
            // Every other refusal comes before anything is stored, or takes all of it back.
            Outcome::Says(says) => {
                self.reach = before.max(Reach::NothingChanged);
                Err(DialectReason::Says(call, says))
            }
            Outcome::Lost(why) => self.resolve(origin, person, made, way, DialectReason::Lost(call, why)).await,
        }
    }

    /// Logs in with the keys in hand. `otherwise` is what is said where that tells nothing.
    async fn resolve(
        &mut self,
        origin: &Origin,
        person: &Person,
        made: &Made,
        way: &Way,
        otherwise: DialectReason,
    ) -> End<Uploaded> {
        self.tell(&DialectNotice::FindingOut);
        let lost = matches!(otherwise, DialectReason::Lost(..) | DialectReason::Refused(_));
        let who = Who { origin, name: &person.identity, ticket: way.ticket() };
        match self.log_in(&who, &made.unlocked, SURE).await {
            Ok(LogIn::Open(session)) if session.vault == made.lock.vault => {
                Ok(Uploaded::Stored { token: session.token, scoped: way.ticket().is_some() })
            }
            Ok(LogIn::Open(_) | LogIn::Refused) | Err(DialectReason::Refused(Refused::OtherSalt | Refused::Keys)) => {
                Err(DialectReason::SomebodyElse)
            }
            // No complete account of that name: it was not stored.
            Ok(LogIn::Says(Says::NoAccount)) if lost => Ok(Uploaded::NotStored(otherwise)),
            Ok(LogIn::Says(_))
            | Err(
                DialectReason::Unreachable(_) | DialectReason::Refused(_) | DialectReason::Era(NotThisEra::Later(_)),
            ) => Err(otherwise),
            Err(why) => Err(why),
        }
    }

    /// A fresh ticket for the same account; the keys stay.
    fn renewed(&mut self, origin: &Origin, person: &Person, way: Way) -> End<Way> {
        let Link::Ticket(ticket) = self.other_link(LinkWish::Expired, DialectReason::SignInFirst)? else {
            return Err(DialectReason::OtherKind);
        };
        let Ok(claims) = claims::read(&ticket.token) else { return Err(DialectReason::OtherKind) };
        let same = ticket.origin == *origin
            && claims.username == person.identity
            && claims.email_verified
            && claims.organisation.as_ref().is_some_and(|organisation| organisation.id == way.organisation());
        match claims.organisation {
            Some(organisation) if same => Ok(Way::Ticket { token: ticket.token, organisation }),
            _ => Err(DialectReason::OtherAccount),
        }
    }
}
