//! Completing an account: from the pasted link to keys that were read back, opened, and kept in a
//! kit.
//!
//! ```text
//! link -> consent -> probe -> name -> password twice -> Argon2id, keys, verifier -> kit shown and proven
//!      -> probe -> code used up -> probe -> upload -> read back -> kit stored and read back -> log-in and opening -> done
//! ```
//!
//! All slow work and every question come before the code is used up, since what it is exchanged for
//! lasts 15 minutes. An account that an earlier run completed is opened instead (`resume`), so that
//! a run that was stopped anywhere can be done again. Must never: use a code up, or send keys,
//! without a probe right before; let keys that were made now take the place of a pin.

use super::super::answer;
use super::super::claims::{self, ClaimTrouble, Claims};
use super::super::door::{Call, Code, Member, Name, Organisation, Request};
use super::super::keys::PublicKey;
use super::super::kit::{Fingerprint, Kit};
use super::super::link::{Invite, Link, Ticket, Trouble};
use super::super::pin::Pin;
use super::super::probe::{NotThisEra, Route};
use super::super::says::Says;
use super::choose::Made;
use super::complete::{Person, Way, sending};
use super::login::Who;
use super::resume::Presence;
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, DialectStop, Doing, Refused};
use super::{
    DialectDeed, DialectDone, DialectNotice, DialectOptions, DialectQuestion, Digits, Infisical, LinkFacts, LinkWish,
};
use firstkey_core::crypto::strength::Context;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{GaveUp, Missing, Reach};
use firstkey_core::flow::world::World;
use firstkey_core::secret::X25519Secret;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// How many links one run may take before it must have come to something.
const LINKS: u32 = 8;
/// Seconds that a ticket must still be good for when a run begins with it.
const ENOUGH: u64 = 60;
/// How often digits from a mail may be wrong: the server forgets them after three.
const DIGIT_TRIES: u32 = 3;
/// The longest name of a person that is sent.
const LONGEST_NAME: usize = 100;

/// Runs it for the first link, which looked like one of this dialect.
pub async fn accept<W: World<Infisical>>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    options: DialectOptions,
    first: Zeroizing<Vec<u8>>,
) -> Result<DialectDone, DialectStop> {
    let mut run = DialectRun::new(world, rng, options, Doing::Accept);
    let end = run.accept(first).await;
    run.end(end)
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn accept(&mut self, first: Zeroizing<Vec<u8>>) -> End<DialectDone> {
        let mut link = self.link(first)?;
        // What the person proved in this run: their address.
        let mut proven: Option<String> = None;
        for _ in 0..LINKS {
            link = match link {
                Link::Invite(invite) => return self.by_invite(invite).await,
                Link::SignInFirst { origin, .. } => {
                    self.host(&origin)?;
                    self.other_link(LinkWish::SignIn(origin), DialectReason::SignInFirst)?
                }
                Link::Reset(_) => return Err(DialectReason::OtherKind),
                Link::Ticket(ticket) => {
                    self.host(&ticket.origin)?;
                    let claims = match claims::read(&ticket.token) {
                        Ok(claims) => claims,
                        Err(ClaimTrouble::LaterGeneration) => return Err(NotThisEra::WantsPassword.into()),
                        Err(ClaimTrouble::NotATicket) => {
                            let trouble = Trouble::Damaged("token");
                            link = self.other_link(LinkWish::Better(trouble), DialectReason::Link(trouble))?;
                            continue;
                        }
                    };
                    if ticket.completed || claims.completed {
                        return self.complete_already(ticket, claims).await;
                    }
                    if claims.organisation.is_none() {
                        return Err(DialectReason::NoOrganisation);
                    }
                    if proven.as_ref().is_some_and(|email| *email != claims.email) {
                        return Err(DialectReason::OtherAccount);
                    }
                    if claims.expires_at <= self.now.saturating_add(ENOUGH) {
                        self.other_link(LinkWish::Expired, DialectReason::SignInFirst)?
                    } else if claims.email_verified {
                        return self.by_ticket(ticket, claims, proven.is_some()).await;
                    } else {
                        self.prove_address(&ticket.origin, &claims).await?;
                        proven = Some(claims.email);
                        self.other_link(LinkWish::SignInAgain, DialectReason::SignInFirst)?
                    }
                }
            };
        }
        Err(DialectReason::SignInFirst)
    }

    fn consent(&mut self, about: LinkFacts) -> End<()> {
        let invited = about.email.clone();
        match self.ask(DialectQuestion::Consent(Box::new(about)))? {
            Answer::Yes => Ok(()),
            Answer::NotTheInvited { expected } => Err(DialectReason::NotTheInvited { expected, invited }),
            _ => Err(DialectReason::GaveUp(GaveUp::NotYou)),
        }
    }

    async fn by_invite(&mut self, invite: Invite) -> End<DialectDone> {
        let Invite { origin, email, organisation, code } = invite;
        self.host(&origin)?;
        self.consent(LinkFacts {
            origin: origin.clone(),
            account: email.clone(),
            email: email.clone(),
            organisation: Printable::from_untrusted(&organisation),
            signed_in: false,
            recovery: false,
        })?;
        self.first_probe(&origin, Route::Invite).await?;
        let known = self.pin(&origin, &email, None);
        // Nobody is asked about an account of which nothing is known here.
        let complete = match &known {
            None => false,
            Some(pin) => {
                let who = Who { origin: &origin, name: pin.name(), ticket: None };
                match self.presence(&who).await? {
                    Presence::Complete => true,
                    // It says that the account has no keys, of one that got them here.
                    Presence::Absent if pin.confirmed => return Err(Refused::Forgotten.into()),
                    Presence::Absent => false,
                    Presence::Unclear => pin.confirmed,
                }
            }
        };
        // An account that is complete needs no keys: only the membership is accepted.
        let ready = if complete { None } else { Some(self.prepare(&origin, &email, &email, &[], None).await?) };
        if self.rehearsal {
            return match ready {
                Some((person, made, _)) => {
                    let way = Way::rehearsed(&origin, Route::Invite, &organisation);
                    Ok(self.rehearsed(&person, &made, &way))
                }
                None => Ok(joined(&origin, email, known, DialectDeed::Rehearsed)),
            };
        }
        self.patient = true;
        let pin = match &ready {
            Some((person, made, kit)) => {
                let pin = sending(known.as_ref(), &origin, person, made, kit, &organisation, None);
                self.keep(&pin)?;
                Some(pin)
            }
            None => None,
        };
        self.tell(&DialectNotice::Sending);
        self.probe(&origin, Route::Invite).await?;
        let request = Request::to(&origin, Call::VerifyInvite)
            .field(Member::Email, &Name::heard(&email))
            .field(Member::OrganizationId, &Organisation::heard(&organisation))
            .field(Member::Code, &Code(&code))
            .build();
        let mut fields = match self.send(&request).await? {
            Outcome::Good(fields) => fields,
            Outcome::Says(says) => return self.without_code(&origin, known, complete, &organisation, says).await,
            Outcome::Lost(why) => return Err(DialectReason::Lost(Call::VerifyInvite, why)),
        };
        self.reach = self.reach.max(Reach::CodeUsed);
        match (answer::optional_token(&mut fields)?, ready.zip(pin)) {
            (Some(token), Some(((person, made, kit), pin))) => {
                let way = Way::Invite { token, organisation };
                self.finish(&origin, person, made, kit, way, &pin).await
            }
            (Some(_), None) => Err(Refused::Forgotten.into()),
            (None, ready) => match known {
                // What an earlier run left undone is done now.
                Some(pin) if !pin.confirmed => self.resume(&origin, pin, &organisation, None).await,
                known => {
                    if ready.is_some() {
                        self.tell(&DialectNotice::NothingMade);
                    }
                    Ok(joined(&origin, email, known, DialectDeed::Joined))
                }
            },
        }
    }

    /// The code is good for nothing. Of an account that is complete it was used by an earlier run,
    /// and what that run came to is looked up.
    async fn without_code(
        &mut self,
        origin: &Origin,
        known: Option<Pin>,
        complete: bool,
        organisation: &str,
        says: Says,
    ) -> End<DialectDone> {
        match (known, &says) {
            (Some(pin), Says::CodeGone | Says::NoInvitation) if complete => {
                self.resume(origin, pin, organisation, None).await
            }
            (Some(pin), Says::CodeGone) if !pin.confirmed => Err(DialectReason::CodeSpentHere),
            _ => Err(DialectReason::Says(Call::VerifyInvite, says)),
        }
    }

    /// A sign-in to an account that is complete: of one that this computer knows, an earlier run is
    /// brought to its end.
    async fn complete_already(&mut self, ticket: Ticket, claims: Claims) -> End<DialectDone> {
        let pin = self.pin(&ticket.origin, &claims.username, claims.user.as_deref());
        let (Some(pin), Some(organisation)) = (pin, &claims.organisation) else {
            return Err(DialectReason::AlreadyComplete);
        };
        self.consent(introduction(&ticket.origin, &claims))?;
        let origin = ticket.origin.clone();
        self.first_probe(&origin, Route::Signup).await?;
        if self.rehearsal {
            return Ok(joined(&origin, pin.identity.clone(), Some(pin), DialectDeed::Rehearsed));
        }
        self.resume(&origin, pin, &organisation.id, Some(ticket)).await
    }

    async fn by_ticket(&mut self, ticket: Ticket, claims: Claims, consented: bool) -> End<DialectDone> {
        let origin = ticket.origin.clone();
        let organisation = claims.organisation.clone().ok_or(DialectReason::NoOrganisation)?;
        if consented {
            self.probe(&origin, Route::Signup).await?;
        } else {
            self.consent(introduction(&origin, &claims))?;
            self.first_probe(&origin, Route::Signup).await?;
        }
        let known = self.pin(&origin, &claims.username, claims.user.as_deref());
        // A ticket says what was so when it was made; it can be shown again for 15 minutes.
        let who = Who { origin: &origin, name: &claims.username, ticket: Some(&ticket.token) };
        match (self.presence(&who).await?, known) {
            (Presence::Absent, Some(pin)) if pin.confirmed => Err(Refused::Forgotten.into()),
            (Presence::Complete, None) => Err(DialectReason::AlreadyComplete),
            (presence, Some(pin)) if presence == Presence::Complete || pin.confirmed => {
                if self.rehearsal {
                    return Ok(joined(&origin, pin.identity.clone(), Some(pin), DialectDeed::Rehearsed));
                }
                self.resume(&origin, pin, &organisation.id, Some(ticket)).await
            }
            (_, known) => self.complete_with(ticket, claims, organisation, known).await,
        }
    }

    async fn complete_with(
        &mut self,
        ticket: Ticket,
        claims: Claims,
        organisation: claims::Organisation,
        known: Option<Pin>,
    ) -> End<DialectDone> {
        let Ticket { origin, token, .. } = ticket;
        let name = [claims.first_name.as_str(), claims.last_name.as_str()];
        let ready = self.prepare(&origin, &claims.username, &claims.email, &name, Some(&organisation.name)).await?;
        let (person, made, kit) = ready;
        if self.rehearsal {
            let way = Way::rehearsed(&origin, Route::Signup, &organisation.name);
            return Ok(self.rehearsed(&person, &made, &way));
        }
        self.patient = true;
        let signs_in = Some(claims.user);
        let pin = sending(known.as_ref(), &origin, &person, &made, &kit, &organisation.id, signs_in);
        self.keep(&pin)?;
        self.tell(&DialectNotice::Sending);
        let way = Way::Ticket { token, organisation };
        self.finish(&origin, person, made, kit, way, &pin).await
    }

    /// Completing an account whose address is not proven would tie its keys to a user name that the
    /// proof changes later.
    async fn prove_address(&mut self, origin: &Origin, claims: &Claims) -> End<()> {
        self.consent(introduction(origin, claims))?;
        self.first_probe(origin, Route::Signup).await?;
        for attempt in 1..=DIGIT_TRIES {
            let digits = self.digits(Digits::Address)?;
            let request = Request::to(origin, Call::VerifyEmail)
                .field(Member::Username, &Name::heard(&claims.username))
                .field(Member::Code, &Code(&digits))
                .build();
            match self.send(&request).await? {
                Outcome::Good(_) => {
                    self.reach = self.reach.max(Reach::CodeUsed);
                    return Ok(());
                }
                Outcome::Says(Says::CodeWrong) if attempt < DIGIT_TRIES => self.tell(&DialectNotice::WrongDigits),
                Outcome::Says(says) => return Err(DialectReason::Says(Call::VerifyEmail, says)),
                // Whether it counted shows at the next sign-in, which is needed anyway.
                Outcome::Lost(_) => return Ok(()),
            }
        }
        Err(DialectReason::NotOpened)
    }

    /// Everything that takes time or a person.
    async fn prepare(
        &mut self,
        origin: &Origin,
        identity: &str,
        email: &str,
        name: &[&str],
        organisation: Option<&str>,
    ) -> End<(Person, Made, Kit)> {
        self.world.prepare(()).map_err(DialectReason::Local)?;
        self.tell(&DialectNotice::Plan);
        let (first, last) = match name {
            [first, last] if !first.is_empty() && !last.is_empty() => ((*first).to_owned(), (*last).to_owned()),
            _ => (self.name(DialectQuestion::FirstName)?, self.name(DialectQuestion::LastName)?),
        };
        let full = format!("{first} {last}");
        let context =
            Context { name: &full, email, organisation: organisation.unwrap_or_default(), host: origin.host() };
        let password = self.choose(&context)?;
        let secret = X25519Secret::make(self.rng);
        let made = self.make(identity, password, secret).await?;
        self.tell(&DialectNotice::KeysMade(Fingerprint::of(&PublicKey::of(&made.secret))));
        let kit = self.keep_kit(origin, identity, &made.secret)?;
        Ok((Person { identity: identity.to_owned(), first, last }, made, kit))
    }

    /// A name as it may be sent and shown.
    fn name(&mut self, question: DialectQuestion) -> End<String> {
        let Some(typed) = self.text(question)? else {
            return Err(DialectReason::Missing(Missing::Name));
        };
        let text = String::from_utf8_lossy(&typed);
        let shown = Printable::from_untrusted(text.trim());
        let name: String = shown.as_str().chars().take(LONGEST_NAME).collect();
        if name.is_empty() { Err(DialectReason::Missing(Missing::Name)) } else { Ok(name) }
    }

    fn rehearsed(&self, person: &Person, made: &Made, way: &Way) -> DialectDone {
        let origin = self.origin.clone().expect("invariant: the host was confirmed before anything was made");
        let request = way.request(&origin, person, &made.lock);
        DialectDone {
            deed: DialectDeed::Rehearsed,
            pin: None,
            origin,
            identity: person.identity.clone(),
            member: None,
            kit: None,
            rehearsal: Some(request),
        }
    }
}

fn introduction(origin: &Origin, claims: &Claims) -> LinkFacts {
    let organisation = claims.organisation.as_ref().map_or("", |organisation| organisation.name.as_str());
    LinkFacts {
        origin: origin.clone(),
        account: claims.username.clone(),
        email: claims.email.clone(),
        organisation: Printable::from_untrusted(organisation),
        signed_in: true,
        recovery: false,
    }
}

fn joined(origin: &Origin, identity: String, pin: Option<Pin>, deed: DialectDeed) -> DialectDone {
    // The server says so itself in its answer to the code; a rehearsal showed it none.
    let member = (deed == DialectDeed::Joined).then_some(true);
    let pin = pin.filter(|pin| pin.confirmed);
    DialectDone { deed, pin, origin: origin.clone(), identity, member, kit: None, rehearsal: None }
}
