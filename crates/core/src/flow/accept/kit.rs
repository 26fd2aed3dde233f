//! The recovery kit: shown, and proven to have been kept, before anything that changes the account is sent (I4).

use super::make::Made;
use super::{At, Expect, Next, after, commit, gave_up, secret_key};
use crate::flow::kit::{GROUPS, PROOF_TRIES, is_group};
use crate::flow::stop::{GaveUp, Why};
use crate::flow::{Answer, Done, Effect, Kit, Notice, Question, Reply};
use crate::secret::RecoveryCode;
use crate::wire::asked::SecretKeys;
use rand_core::CryptoRngCore;

/// Shows the kit; a rehearsal ends here, without one: its keys are thrown away.
pub(super) fn show(made: Made) -> Result<Next, Why> {
    if made.run.rehearsal {
        let request = made
            .completion
            .request(&made.run.terms.introduction.origin)
            .signed(made.run.claim.invite, &made.run.claim.seed);
        let pin = commit::pin_of(&made);
        return Ok(Next::Done(Done { pin, rehearsal: Some(request), repeated: false, secret_keys: SecretKeys::Off }));
    }
    ask(made, 1)
}

fn ask(made: Made, attempt: u32) -> Result<Next, Why> {
    let introduction = &made.run.terms.introduction;
    let context = made.run.terms.context;
    let kit = Kit {
        // EXPOSE: the kit shows the code to its owner; the flow keeps its own copy for the proof.
        code: RecoveryCode::from_bytes(made.code.expose()),
        origin: introduction.origin.clone(),
        email: introduction.email.clone(),
        organisation: Some(introduction.organisation.clone()),
        realm: context.realm,
        account: context.account,
        fingerprint: made.completion.bundle.identity.fingerprint(&context),
    };
    Next::effect(Effect::Ask(Question::Kit(Box::new(kit))), ExpectKept { made, attempt })
}

/// The kit was shown.
struct ExpectKept {
    made: Made,
    attempt: u32,
}

impl Expect for ExpectKept {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, Why> {
        let Self { made, attempt } = *self;
        match reply {
            Reply::Answer(Answer::Yes | Answer::KitSaved(_)) => {
                // Which group is asked for is no secret; a slight bias of 2^64 mod 7 does not matter.
                let group = u8::try_from(rng.next_u64() % GROUPS).map_err(|_| Why::OutOfStep)? + 1;
                Next::effect(Effect::Ask(Question::KitProof { group, attempt }), ExpectProof { made, group, attempt })
            }
            Reply::Answer(Answer::No) => Err(gave_up(GaveUp::Kit)),
            _ => Err(Why::OutOfStep),
        }
    }
}

/// One group was asked for.
struct ExpectProof {
    made: Made,
    group: u8,
    attempt: u32,
}

impl Expect for ExpectProof {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, Why> {
        let Reply::Answer(Answer::Secret(typed)) = reply else { return Err(Why::OutOfStep) };
        let Self { made, group, attempt } = *self;
        if is_group(&made.code, group, &typed) {
            return after(Effect::Tell(Notice::KitProven), move |_, _| secret_key::show(made, 1));
        }
        if attempt >= PROOF_TRIES {
            return Err(gave_up(GaveUp::KitProof));
        }
        after(Effect::Tell(Notice::KitNotProven { group }), move |_, _| ask(made, attempt + 1))
    }
}
