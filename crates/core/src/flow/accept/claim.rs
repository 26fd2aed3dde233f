//! Showing the invite to its server, and hearing the offer.

use super::terms::{self, Terms};
use super::{At, Expect, Joining, Next, Options, after, choose, invite_problem, passes};
use crate::crypto::context::InviteId;
use crate::crypto::realm_key::{LinkBinding, RealmKey};
use crate::flow::managed::ManagedRealm;
use crate::flow::retry::Retry;
use crate::flow::stop::{AcceptReason, GaveUp, NoAnswer, Reach};
use crate::flow::{Answer, Effect, Notice, Question, Reply};
use crate::secret::Ed25519Seed;
use crate::wire::disclose::ClaimKey;
use crate::wire::inbound::{self, Mode, Offer};
use crate::wire::link::InviteLink;
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;
use std::time::Duration;

/// The ephemeral Ed25519 key of this run, whose signature the following calls carry.
pub(super) struct Claim {
    pub(super) invite: InviteId,
    pub(super) seed: Ed25519Seed,
    /// Whose answers count, if the link or the managed computer says it.
    pub(super) binding: Option<LinkBinding>,
}

impl Claim {
    /// The key of the realm that answered, if the answer is signed. The link's word, where it has
    /// one, decides whose it must be: an answer by another, or by nobody, is not used at all.
    fn signer(&self, response: &inbound::Response, request: &Outbound) -> Result<Option<RealmKey>, Refusal> {
        let key = response.signer(&request.answer_to(&self.invite.0))?;
        match self.binding {
            Some(binding) if key.map(|key| key.binding()) != Some(binding) => Err(Refusal::NotTheRealm),
            _ => Ok(key),
        }
    }

    /// What a server calls its key by.
    pub(super) fn digest(&self) -> [u8; 32] {
        ClaimKey::of(&self.seed).digest()
    }
}

/// A fresh claim key and the request that shows it with the token.
///
/// # Errors
/// The link is not one of the realm that is pinned on this computer.
pub(super) fn request(
    link: &InviteLink,
    managed: Option<&ManagedRealm>,
    rng: &mut dyn CryptoRngCore,
) -> Result<(Claim, Outbound), Refusal> {
    managed.map_or(Ok(()), |managed| managed.may_have_sent(link))?;
    let binding = managed.and_then(|managed| managed.binding).or(link.binding());
    let claim = Claim { invite: link.invite_id(), seed: Ed25519Seed::make(rng), binding };
    let public = ClaimKey::of(&claim.seed);
    let request = Outbound::post(link.origin(), Endpoint::Claim)
        .field("invite_id", &link.invite_id())
        .field("token", link.token())
        .field("claim_key", &public)
        .build();
    Ok((claim, request))
}

/// Names the host, then claims.
pub(super) fn send(
    options: Options,
    link: InviteLink,
    rng: &mut dyn CryptoRngCore,
    at: &mut At,
) -> Result<Next, AcceptReason> {
    let (claim, request) = request(&link, at.managed.as_ref(), rng)?;
    after(Effect::Tell(Notice::Contacting(link.origin().clone())), move |_, _| {
        Next::effect(Effect::Send(request.clone()), ExpectOffer { options, claim, request, retry: Retry::default() })
    })
}

/// What became of a request that may be repeated freely.
pub(super) enum Sent<T> {
    Heard(T),
    /// No answer; the same bytes again after this long.
    Again(Duration),
}

/// Handles silence and passing problems of a request that changes nothing: wait and repeat the same
/// bytes, or give up.
pub(super) fn silence(
    retry: &mut Retry,
    why: NoAnswer,
    retry_after: Option<u32>,
    at: &mut At,
) -> Result<Duration, AcceptReason> {
    if why.may_have_arrived() {
        at.reach = at.reach.max(Reach::NothingChanged);
    }
    match retry.next(retry_after) {
        Some(delay) if !why.lasts() => Ok(delay),
        _ => Err(AcceptReason::Unreachable(why)),
    }
}

/// The claim was sent.
struct ExpectOffer {
    options: Options,
    claim: Claim,
    request: Outbound,
    retry: Retry,
}

impl Expect for ExpectOffer {
    fn handle(mut self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        match hear_the_realm(reply, &self.claim, &self.request, &mut self.retry, at, inbound::read_offer)? {
            Sent::Heard((offer, key)) => offered(self.options, self.claim, offer, key, at),
            Sent::Again(wait) => {
                let state = *self;
                again(wait, state.request.clone(), state)
            }
        }
    }

    fn on_its_way(&self) -> Reach {
        Reach::NothingChanged
    }
}

/// Reads the answer to a request that changes nothing, and finds who signed it: what comes out of a
/// link that names the realm's key was said by that realm.
pub(super) fn hear_the_realm<T>(
    reply: Reply,
    claim: &Claim,
    request: &Outbound,
    retry: &mut Retry,
    at: &mut At,
    parse: impl FnOnce(inbound::Fields) -> Result<T, Refusal>,
) -> Result<Sent<(T, Option<RealmKey>)>, AcceptReason> {
    match reply {
        Reply::Received(response) => {
            at.reach = at.reach.max(Reach::NothingChanged);
            match response.read(parse)? {
                Ok(heard) => Ok(Sent::Heard((heard, claim.signer(&response, request)?))),
                Err(problem) if passes(&problem.name) => {
                    silence(retry, NoAnswer::Busy, problem.retry_after, at).map(Sent::Again)
                }
                Err(problem) => Err(invite_problem(problem)),
            }
        }
        Reply::Unreachable(why) => silence(retry, why, None, at).map(Sent::Again),
        _ => Err(AcceptReason::OutOfStep),
    }
}

/// Says that there was no answer, waits, sends the same bytes again.
pub(super) fn again(delay: Duration, request: Outbound, state: impl Expect + 'static) -> Result<Next, AcceptReason> {
    let notice = Notice::Retrying { origin: request.origin().clone(), delay };
    after(Effect::Tell(notice), move |_, _| {
        after(Effect::Wait(delay), move |_, _| Next::effect(Effect::Send(request), state))
    })
}

/// The offer is judged before anything is asked.
fn offered(
    options: Options,
    claim: Claim,
    offer: Offer,
    realm_key: Option<RealmKey>,
    at: &mut At,
) -> Result<Next, AcceptReason> {
    let origin = at.origin.clone().ok_or(AcceptReason::OutOfStep)?;
    at.managed.as_ref().map_or(Ok(()), |managed| managed.is(&offer.realm))?;
    let unknown = offer.policy.unknown.clone();
    let terms = terms::accept(&options, origin, &claim, offer, realm_key)?;
    if terms.mode == Mode::Join {
        let Terms { introduction, context, secret_keys, .. } = terms;
        return Ok(Next::Join(Joining { introduction, context, secret_keys, claim }));
    }
    let question = Effect::Ask(Question::Consent(Box::new(terms.introduction.clone())));
    let expect = ExpectConsent { options, claim, terms };
    if unknown.is_empty() {
        Next::effect(question, expect)
    } else {
        after(Effect::Tell(Notice::UnknownPolicy(unknown)), move |_, _| Next::effect(question, expect))
    }
}

/// "Is this you?"
struct ExpectConsent {
    options: Options,
    claim: Claim,
    terms: Terms,
}

impl Expect for ExpectConsent {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Self { options, claim, terms } = *self;
        match reply {
            Reply::Answer(Answer::Yes) => {
                let run =
                    choose::Enrolment { rehearsal: options.rehearsal, estimator: options.estimator, claim, terms };
                match run.terms.replacement.clone() {
                    None => begin(run),
                    Some(about) => {
                        Next::effect(Effect::Ask(Question::Reset(Box::new(about))), ExpectConsentToReset(run))
                    }
                }
            }
            Reply::Answer(Answer::No) => Err(GaveUp::no_to_invite(&terms.introduction.earlier).into()),
            Reply::Answer(Answer::NotTheInvited { expected }) => {
                Err(AcceptReason::NotTheInvited { expected, invited: terms.introduction.email })
            }
            _ => Err(AcceptReason::OutOfStep),
        }
    }
}

/// Old keys would be replaced: said and agreed to before a password is asked for.
struct ExpectConsentToReset(choose::Enrolment);

impl Expect for ExpectConsentToReset {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        match reply {
            Reply::Answer(Answer::Yes) => begin(self.0),
            Reply::Answer(Answer::No) => Err(GaveUp::Reset.into()),
            _ => Err(AcceptReason::OutOfStep),
        }
    }
}

/// Everything is agreed to.
fn begin(run: choose::Enrolment) -> Result<Next, AcceptReason> {
    after(Effect::Prepare(run.terms.profile), move |_, _| {
        after(Effect::Tell(Notice::Plan), move |_, _| choose::ask(run, 1, 1))
    })
}
