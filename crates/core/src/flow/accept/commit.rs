//! The upload: saved first, then sent, and sent again with identical bytes until the server says
//! what became of it (I4, I5).

use super::claim::{self, Claim, Sent};
use super::make::Made;
use super::saved::Saved;
use super::{At, Expect, Next, after, invite_problem, passes, readback};
use crate::crypto::context::KeyGen;
use crate::flow::checkpoint::{Checkpoint, Membership, NotTaken, Pin};
use crate::flow::held::Held;
use crate::flow::retry::Retry;
use crate::flow::stop::{AcceptReason, NoAnswer, Reach};
use crate::flow::{Answer, Effect, Notice, Question, Reply};
use crate::secret::SecretKey;
use crate::wire::completion::Completion;
use crate::wire::inbound::{self, Problem, ProblemName};
use crate::wire::link::InviteLink;
use crate::wire::outbound::Outbound;
use crate::wire::refusal::Refusal;
use crate::wire::text::Printable;
use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;

/// How often a stale signature may be renewed in one run.
const RENEWALS: u32 = 3;

/// What will be remembered of the account.
pub(super) fn pin_of(made: &Made) -> Pin {
    let introduction = &made.run.terms.introduction;
    Pin {
        origin: introduction.origin.clone(),
        invite: Some(introduction.invite),
        context: made.run.terms.context,
        email: introduction.email.clone(),
        identity: made.completion.bundle.identity,
        server_key: made.server_key,
        memberships: vec![Membership { organisation: introduction.organisation.clone(), invite: introduction.invite }],
        two_secret: made.completion.bundle.kdf_block.two_secret,
        held: Some(Held::of(&made.completion.bundle, &made.run.terms.context)),
    }
}

/// Signs the upload and saves it.
pub(super) fn save(made: Made) -> Result<Next, AcceptReason> {
    let Made { run, completion, secret_key, server_key } = made;
    let introduction = run.terms.introduction;
    let realm = &run.terms.context.realm;
    let request = completion.request(&introduction.origin).signed(realm, run.claim.invite, &run.claim.seed);
    let checkpoint = Checkpoint {
        invite: introduction.invite,
        context: run.terms.context,
        email: introduction.email,
        organisation: introduction.organisation.as_str().to_owned(),
        server_key,
        request,
        refused: None,
    };
    after(Effect::Save(checkpoint.clone()), move |_, at| {
        at.reach = at.reach.max(Reach::Saved);
        let notice = Notice::Sending { bytes: checkpoint.request.body().len() };
        after(Effect::Tell(notice), move |_, _| {
            send(Upload { checkpoint, completion, secret_key, renewals: 0, saved: Saved::default() })
        })
    })
}

/// Takes up a saved upload; `saved` is what may be tried after it.
pub(super) fn resume(checkpoint: Checkpoint, saved: Saved, at: &mut At) -> Result<Next, AcceptReason> {
    at.origin = Some(checkpoint.request.origin().clone());
    at.invite = Some(checkpoint.invite);
    // Whether the earlier run's upload arrived is not known until the server says so.
    at.reach = Reach::SavedBefore;
    // The shelf gave it whole; reading it again cannot fail.
    let completion = Completion::read(checkpoint.request.body())?;
    let notice = Notice::Resuming {
        email: checkpoint.email.clone(),
        bytes: checkpoint.request.body().len(),
        digest: checkpoint.request.digest(),
    };
    after(Effect::Tell(notice), move |_, at| {
        if let Some(managed) = &at.managed {
            managed.admits(checkpoint.request.origin())?;
            managed.is(&checkpoint.context.realm)?;
        }
        send(Upload { checkpoint, completion, secret_key: None, renewals: 0, saved })
    })
}

/// An upload on its way.
pub(super) struct Upload {
    pub(super) checkpoint: Checkpoint,
    pub(super) completion: Completion,
    /// For the read-back, if the account has one and this run made it.
    pub(super) secret_key: Option<SecretKey>,
    renewals: u32,
    /// What may be tried if this one is refused for good.
    saved: Saved,
}

impl Upload {
    /// The server does not take it. It stays, and so does what was said of it.
    fn refused(mut self, why: AcceptReason, at: &mut At) -> Result<Next, AcceptReason> {
        let AcceptReason::Invite(problem) = &why else { return Err(why) };
        match NotTaken::of(&problem.name) {
            Some(not_taken) if self.checkpoint.refused != Some(not_taken) => {
                self.checkpoint.refused = Some(not_taken);
                Next::effect(Effect::Save(self.checkpoint.clone()), ExpectMarked { upload: self, why })
            }
            _ => self.saved.go_on(why, &self.checkpoint.email, at),
        }
    }

    /// Its signature is stale: somebody claimed the invite since. The link is asked for again.
    fn stale(mut self, problem: Problem) -> Result<Next, AcceptReason> {
        let ask = move |upload: Upload| {
            let expect = ExpectLinkAgain { upload, problem };
            Next::effect(Effect::Ask(Question::InviteAgain), expect)
        };
        if self.checkpoint.refused == Some(NotTaken::ClaimStale) {
            return ask(self);
        }
        self.checkpoint.refused = Some(NotTaken::ClaimStale);
        after(Effect::Save(self.checkpoint.clone()), move |_, _| ask(self))
    }
}

/// That it was not taken is being remembered.
struct ExpectMarked {
    upload: Upload,
    why: AcceptReason,
}

impl Expect for ExpectMarked {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        let Reply::Saved = reply else { return Err(AcceptReason::OutOfStep) };
        let Self { upload, why } = *self;
        upload.saved.go_on(why, &upload.checkpoint.email, at)
    }

    /// A full disk must not hide what the server said.
    fn in_spite_of_trouble(&self) -> Option<AcceptReason> {
        Some(self.why.clone())
    }
}

fn send(upload: Upload) -> Result<Next, AcceptReason> {
    let request = upload.checkpoint.request.clone();
    Next::effect(Effect::Send(request), ExpectReceipt { upload, retry: Retry::default() })
}

/// The upload was sent.
struct ExpectReceipt {
    upload: Upload,
    retry: Retry,
}

impl Expect for ExpectReceipt {
    fn handle(mut self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        // Where there was no connection, no byte of it has left.
        if !matches!(&reply, Reply::Unreachable(why) if !why.may_have_arrived()) {
            at.reach = at.reach.max(Reach::Unknown);
        }
        let (silence, retry_after) = match reply {
            Reply::Unreachable(why) => (why, None),
            Reply::Received(response) => match response.read(inbound::read_receipt)? {
                Ok(receipt) => return received(self.upload, receipt, at),
                Err(problem) if passes(&problem.name) => (NoAnswer::Busy, problem.retry_after),
                Err(problem) if problem.name == ProblemName::ClaimStale && self.upload.renewals < RENEWALS => {
                    return self.upload.stale(problem);
                }
                Err(problem) => return self.upload.refused(invite_problem(problem), at),
            },
            _ => return Err(AcceptReason::OutOfStep),
        };
        match self.retry.next(retry_after) {
            None => Err(AcceptReason::Paused(silence)),
            Some(_) if silence.lasts() => Err(AcceptReason::Paused(silence)),
            Some(delay) => {
                let state = *self;
                claim::again(delay, state.upload.checkpoint.request.clone(), state)
            }
        }
    }

    fn on_its_way(&self) -> Reach {
        Reach::Unknown
    }
}

/// The receipt must be the digest of the exact body.
fn received(upload: Upload, receipt: [u8; 32], at: &mut At) -> Result<Next, AcceptReason> {
    let digest = upload.checkpoint.request.digest();
    if !bool::from(digest.ct_eq(&receipt)) {
        return Err(Refusal::Receipt.into());
    }
    at.reach = Reach::Stored;
    let notice = Notice::Stored { bytes: upload.checkpoint.request.body().len(), digest };
    after(Effect::Tell(notice), move |_, _| {
        after(Effect::Tell(Notice::ProvingPassword), move |_, _| readback::ask(upload, 1))
    })
}

/// The saved signature is stale: somebody claimed the invite since. The link is asked for, and the
/// same body signed anew.
struct ExpectLinkAgain {
    upload: Upload,
    problem: Problem,
}

impl Expect for ExpectLinkAgain {
    /// A script learns that another computer took over, not that a link is missing.
    fn unanswered(&self) -> Option<AcceptReason> {
        Some(invite_problem(self.problem.clone()))
    }

    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        let read = match reply {
            Reply::Answer(Answer::Text(text)) => InviteLink::read(&text),
            Reply::Answer(Answer::NoLink(trouble)) => Err(trouble),
            _ => return Err(AcceptReason::OutOfStep),
        };
        let link = read.map_err(AcceptReason::Link)?;
        let Upload { checkpoint, .. } = &self.upload;
        if link.invite_id() != checkpoint.invite || link.origin() != checkpoint.request.origin() {
            return Err(AcceptReason::OtherInvite);
        }
        let (claim, request) = claim::request(&link, at.managed.as_ref(), rng)?;
        let expect = ExpectRenewal { upload: self.upload, claim, request: request.clone(), retry: Retry::default() };
        Next::effect(Effect::Send(request), expect)
    }
}

/// The new claim was sent.
struct ExpectRenewal {
    upload: Upload,
    claim: Claim,
    request: Outbound,
    retry: Retry,
}

impl Expect for ExpectRenewal {
    fn handle(mut self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason> {
        let heard = claim::hear_the_realm(reply, &self.claim, &self.request, &mut self.retry, at, inbound::read_offer);
        let heard = match heard {
            Ok(heard) => heard,
            Err(why) => return self.upload.refused(why, at),
        };
        match heard {
            Sent::Again(wait) => {
                let state = *self;
                claim::again(wait, state.request.clone(), state)
            }
            Sent::Heard((offer, _)) => {
                let Self { mut upload, claim, .. } = *self;
                let context = upload.checkpoint.context;
                if offer.realm != context.realm || offer.account != context.account {
                    return Err(Refusal::OtherAccount.into());
                }
                // The saved keys are of one generation; an offer for another is not the one that
                // was agreed to.
                let offered = offer.reset.map_or(KeyGen::FIRST, |reset| reset.key_gen);
                if offered != upload.completion.bundle.identity.key_gen {
                    return Err(Refusal::KeyGeneration.into());
                }
                upload.checkpoint.request = upload.checkpoint.request.signed(&context.realm, claim.invite, &claim.seed);
                upload.checkpoint.refused = None;
                upload.renewals += 1;
                after(Effect::Save(upload.checkpoint.clone()), move |_, _| send(upload))
            }
        }
    }
}

/// The pin of a finished upload.
pub(super) fn pin(upload: &Upload) -> Pin {
    let checkpoint = &upload.checkpoint;
    Pin {
        origin: checkpoint.request.origin().clone(),
        invite: Some(checkpoint.invite),
        context: checkpoint.context,
        email: checkpoint.email.clone(),
        identity: upload.completion.bundle.identity,
        server_key: checkpoint.server_key,
        memberships: vec![Membership {
            organisation: Printable::from_untrusted(&checkpoint.organisation),
            invite: checkpoint.invite,
        }],
        two_secret: upload.completion.bundle.kdf_block.two_secret,
        held: Some(Held::of(&upload.completion.bundle, &checkpoint.context)),
    }
}
