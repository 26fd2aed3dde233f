//! One run: questions asked, requests sent and, where that does nothing twice, sent again.

use super::lock::Holder;
use super::login::Open;
use super::stop::{AccountReason, AccountStop, Change};
use super::{Deed, Done, Known};
use crate::crypto::context::AccountContext;
use crate::crypto::realm_key::RealmKey;
use crate::crypto::recovery::KitNumber;
use crate::flow::checkpoint::Pin;
use crate::flow::held::{Held, Sight};
use crate::flow::keep::{self, Keepsake};
use crate::flow::retry::Retry;
use crate::flow::stop::{GaveUp, Halt, NoAnswer, Reach, Stop};
use crate::flow::world::{Firstkey, World};
use crate::flow::{Answer, Locks, Notice, Question};
use crate::secret::SessionToken;
use crate::wire::bundle::Bundle;
use crate::wire::inbound::{Fields, ProblemName, Response};
use crate::wire::origin::Origin;
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// A result of a step.
pub(super) type End<T> = Result<T, AccountReason>;

/// What the server said.
pub(super) enum Heard<T> {
    /// What was asked for.
    Answer(T),
    /// The proof of the password or the code does not hold; whether the request had been sent
    /// before.
    NotProven { repeated: bool },
}

impl<T> Heard<T> {
    fn map<U>(self, of: impl FnOnce(T) -> U) -> Heard<U> {
        match self {
            Self::Answer(answer) => Heard::Answer(of(answer)),
            Self::NotProven { repeated } => Heard::NotProven { repeated },
        }
    }
}

/// A run.
pub(super) struct Run<'a, W> {
    pub(super) world: &'a mut W,
    pub(super) rng: &'a mut dyn CryptoRngCore,
    pub(super) origin: Option<Origin>,
    pub(super) reach: Reach,
    pub(super) subject: Locks,
    /// Whether a byte of the last request may have left, by any of its attempts.
    left: bool,
    /// Sessions that nobody needs any more.
    spent: Vec<SessionToken>,
    /// The account's locks as the server showed them last in this run.
    seen: Option<Held>,
    /// The locks that this run has sent.
    sent: Option<Held>,
}

impl<'a, W: World> Run<'a, W> {
    pub(super) fn new(world: &'a mut W, rng: &'a mut dyn CryptoRngCore) -> Self {
        Self {
            world,
            rng,
            origin: None,
            reach: Reach::NothingChanged,
            subject: Locks::Password,
            left: false,
            spent: Vec::new(),
            seen: None,
            sent: None,
        }
    }

    /// Notes that a session will not be used again.
    pub(super) fn spend(&mut self, session: SessionToken) {
        self.spent.push(session);
    }

    /// The end of the whole flow. After a good one the sessions that it used are ended: each once,
    /// whatever comes of it, since they end by themselves in ten minutes and the outcome is settled
    /// already. After a bad one nothing more is sent.
    pub(super) async fn end<T>(mut self, end: End<T>) -> Result<T, AccountStop> {
        if let (Ok(_), Some(origin)) = (&end, &self.origin) {
            let request = Outbound::bare(origin, Endpoint::Logout);
            for session in std::mem::take(&mut self.spent) {
                if self.world.send(&request, Some(&session)).await.is_err() {
                    break;
                }
            }
        }
        end.map_err(|why| Stop { reach: self.reach, subject: self.subject, why, origin: self.origin })
    }

    /// Names the server before anything is sent to it; one whose name may look like another has to
    /// be confirmed, unless it is remembered.
    pub(super) fn greet(&mut self, known: &Known) -> End<()> {
        self.origin = Some(known.origin.clone());
        self.world.managed().map_or(Ok(()), |managed| managed.admits(&known.origin))?;
        if known.pin.is_none() && known.origin.needs_host_confirmation() {
            let Answer::Yes = self.ask(Question::Host(known.origin.clone()))? else {
                return Err(AccountReason::GaveUp(GaveUp::Host));
            };
        }
        self.world.tell(&Notice::Looking { origin: known.origin.clone(), email: known.email.clone() });
        Ok(())
    }

    /// Holds the locks that a server shows, verified, against those that it showed before in this
    /// run, and before that against the remembered ones. What this run has sent needs no word.
    pub(super) fn hold(&mut self, known: &Known, context: &AccountContext, bundle: &Bundle) -> End<()> {
        let now = Held::of(bundle, context);
        if self.sent.as_ref() != Some(&now) {
            let before = self.seen.as_ref().or_else(|| known.pin.as_ref().and_then(|pin| pin.held.as_ref()));
            let sight = now.after(before).map_err(|how| AccountReason::Changed(Change::RolledBack(how)))?;
            match sight {
                Sight::First | Sight::Same => {}
                Sight::Later(parts) => self.world.tell(&Notice::ChangedSince { parts, signed: true }),
                Sight::Unsigned(parts) => self.world.tell(&Notice::ChangedSince { parts, signed: false }),
            }
        }
        self.seen = Some(now);
        Ok(())
    }

    /// From now on the server may show this, without a word.
    pub(super) fn expect(&mut self, held: Held) {
        self.sent = Some(held);
    }

    /// Remembers the account as it was opened.
    pub(super) async fn remember(&mut self, known: Known, mut open: Open, deed: Deed) -> End<Done> {
        self.state_first(&known, &mut open).await;
        let done = self.opened(&known, open, deed);
        self.world.keep(&done.pin).map_err(AccountReason::Local)?;
        Ok(done)
    }

    /// What there is to remember of an account that was opened.
    pub(super) fn opened(&mut self, known: &Known, open: Open, deed: Deed) -> Done {
        let pin = Pin {
            origin: known.origin.clone(),
            invite: known.pin.as_ref().and_then(|pin| pin.invite),
            context: open.context,
            email: known.email.clone(),
            identity: open.bundle.identity,
            server_key: open.server_key,
            memberships: known.pin.as_ref().map_or_else(Vec::new, |pin| pin.memberships.clone()),
            two_secret: open.bundle.kdf_block.two_secret,
            held: Some(Held::of(&open.bundle, &open.context)),
        };
        let secret_keys = open.asked.secret_key;
        let kit = KitNumber::of(&open.bundle.recovery_public.0);
        self.spend(open.session);
        Done { deed, pin, first_seen: known.pin.is_none(), kit, secret_keys }
    }

    /// Asks.
    pub(super) fn ask(&mut self, question: Question) -> End<Answer> {
        Ok(self.world.ask(question).or_halt()?)
    }

    /// Asks for a secret; `None` where a script has no other.
    pub(super) fn secret(&mut self, question: Question) -> End<Option<Zeroizing<Vec<u8>>>> {
        match self.ask(question)? {
            Answer::Secret(typed) => Ok(Some(typed)),
            _ => Ok(None),
        }
    }

    /// Shows a keepsake until the person proves to have it; gives it back.
    pub(super) fn prove_kept<K: Keepsake<Protocol = Firstkey>>(&mut self, keepsake: K) -> End<K> {
        keep::prove(self.world, self.rng, keepsake)
    }

    /// Sends; after silence the same bytes again. Only for requests that may be repeated freely.
    pub(super) async fn send<T>(
        &mut self,
        request: &Outbound,
        parse: fn(Fields) -> Result<T, Refusal>,
    ) -> End<Heard<T>> {
        Ok(self.send_as(None, request, parse).await?.map(|(answer, _)| answer))
    }

    /// The same in a session, where the same bytes are answered alike.
    pub(super) async fn send_in<T>(
        &mut self,
        session: &SessionToken,
        request: &Outbound,
        parse: fn(Fields) -> Result<T, Refusal>,
    ) -> End<Heard<T>> {
        Ok(self.send_as(Some(session), request, parse).await?.map(|(answer, _)| answer))
    }

    /// The same where it matters who answers: with the key of the account's realm that signed, if
    /// one did. An account whose statement names that key takes no other answer, nor does a
    /// computer on which it is pinned.
    pub(super) async fn send_to_the_realm<T>(
        &mut self,
        holder: &Holder<'_>,
        request: &Outbound,
        parse: fn(Fields) -> Result<T, Refusal>,
    ) -> End<Heard<(T, Option<RealmKey>)>> {
        let heard = self.send_as(Some(holder.session), request, parse).await?;
        let Heard::Answer((answer, response)) = heard else { return Ok(heard.map(|(answer, _)| (answer, None))) };
        let key = response.signer(&request.answer_to(&holder.context.account.0))?;
        let digests = holder.bundle.statement.as_ref().map(|statement| &statement.digests);
        let named = digests.filter(|digests| digests.names_a_realm_key());
        if named.is_some_and(|digests| !key.is_some_and(|key| digests.names(&key))) {
            return Err(Refusal::NotTheRealm.into());
        }
        let pinned = self.world.managed().and_then(|managed| managed.binding);
        if pinned.is_some() && key.map(|key| key.binding()) != pinned {
            return Err(Refusal::NotTheRealm.into());
        }
        Ok(Heard::Answer((answer, key)))
    }

    /// Sends a change, as [`Self::send_in`] does. What was stored is not known until the answer
    /// says so; where no attempt had a connection, nothing of it was sent.
    pub(super) async fn send_change<T>(
        &mut self,
        session: &SessionToken,
        request: &Outbound,
        parse: fn(Fields) -> Result<T, Refusal>,
    ) -> End<Heard<T>> {
        let before = self.reach;
        let heard = self.send_as(Some(session), request, parse).await;
        self.reach = if self.left { Reach::Unknown } else { before };
        Ok(heard?.map(|(answer, _)| answer))
    }

    async fn send_as<T>(
        &mut self,
        session: Option<&SessionToken>,
        request: &Outbound,
        parse: fn(Fields) -> Result<T, Refusal>,
    ) -> End<Heard<(T, Response)>> {
        let mut retry = Retry::default();
        self.left = false;
        self.world.managed().map_or(Ok(()), |managed| managed.admits(request.origin()))?;
        loop {
            let sent = self.world.send(request, session).await;
            self.left |= match &sent {
                Ok(_) => true,
                Err(Halt::Silent(why)) => why.may_have_arrived(),
                Err(_) => self.world.may_have_left(),
            };
            let (why, after) = match sent {
                Ok(response) => match response.read(parse)? {
                    Ok(answer) => return Ok(Heard::Answer((answer, response))),
                    Err(problem) => match problem.name {
                        ProblemName::LoginFailed | ProblemName::RecoveryFailed => {
                            return Ok(Heard::NotProven { repeated: retry.repeated() });
                        }
                        ProblemName::Unavailable => (NoAnswer::Busy, problem.retry_after),
                        // Too many tries at an account: trying on makes it worse.
                        _ => return Err(AccountReason::Problem(problem)),
                    },
                },
                Err(Halt::Silent(why)) => (why, None),
                Err(halt) => return Err(halt.into()),
            };
            let Some(delay) = retry.next(after).filter(|_| !why.lasts()) else {
                return Err(AccountReason::Unreachable(why));
            };
            self.world.tell(&Notice::Retrying { origin: request.origin().clone(), delay });
            self.world.wait(delay).await?;
        }
    }
}
