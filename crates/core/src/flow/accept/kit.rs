//! The recovery kit: shown and proven, before anything that changes the account is sent (I4).

use super::make::Made;
use super::{Next, commit, keep, secret_key};
use crate::crypto::recovery::KitNumber;
use crate::flow::stop::AcceptReason;
use crate::flow::{Accepted, Kit};
use crate::secret::RecoveryCode;
use crate::wire::asked::SecretKeys;

/// Shows the kit; a rehearsal ends here, without one: its keys are thrown away. The recovery code
/// ends with the proof.
pub(super) fn show(made: Made, code: RecoveryCode) -> Result<Next, AcceptReason> {
    if made.run.rehearsal {
        let request = made.completion.request(&made.run.terms.introduction.origin).signed(
            &made.run.terms.context.realm,
            made.run.claim.invite,
            &made.run.claim.seed,
        );
        let pin = commit::pin_of(&made);
        return Ok(Next::Done(Accepted {
            pin,
            rehearsal: Some(request),
            repeated: false,
            secret_keys: SecretKeys::Off,
        }));
    }
    let introduction = &made.run.terms.introduction;
    let context = made.run.terms.context;
    let kit = Kit {
        code,
        origin: introduction.origin.clone(),
        email: introduction.email.clone(),
        organisation: Some(introduction.organisation.clone()),
        replaces: false,
        realm: context.realm,
        account: context.account,
        fingerprint: made.completion.bundle.identity.fingerprint(&context),
        number: KitNumber::of(&made.completion.bundle.recovery_public.0),
    };
    keep::prove(made, kit, |made, _| secret_key::show(made))
}
