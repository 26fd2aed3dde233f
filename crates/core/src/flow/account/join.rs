//! One more organisation for an account that exists: accepted with the invite and with the
//! password; no key is made or changed.
//!
//! ```text
//! claimed invite -> both organisations shown -> consent -> login/params, compared with invite and pin -> password -> login -> opened
//!      -> invites/join, signed by the claim and in the session -> pin -> done
//! ```
//!
//! Promise: nothing is accepted before the person consented and the account opened; an invite for
//! another account than the one that opened is refused. Must never: make keys, or send a password
//! to whoever made the invite.

use super::run::{End, Heard, Run};
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::crypto::context::AccountContext;
use crate::flow::accept::Joining;
use crate::flow::checkpoint::{Membership, Pin};
use crate::flow::stop::{GaveUp, Reach};
use crate::flow::world::World;
use crate::flow::{Answer, Locks, Question};
use crate::wire::inbound;
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;

/// Runs it; `pins` are the accounts that this computer remembers.
pub async fn join<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    joining: &Joining,
    pins: &[Pin],
) -> Result<Done, AccountStop> {
    let mut run = Run::new(world, rng);
    run.subject = Locks::None;
    let end = run.join(joining, pins).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn join(&mut self, joining: &Joining, pins: &[Pin]) -> End<Done> {
        let about = &joining.introduction;
        self.origin = Some(about.origin.clone());
        let pin = pins.iter().find(|pin| pin.context == joining.context).cloned();
        let members_of =
            pin.iter().flat_map(|pin| &pin.memberships).map(|joined| joined.organisation.clone()).collect();
        match self.ask(Question::Join { about: Box::new(about.clone()), members_of })? {
            Answer::Yes => {}
            Answer::NotTheInvited { expected } => {
                return Err(AccountReason::NotTheInvited { expected, invited: about.email.clone() });
            }
            _ => return Err(AccountReason::GaveUp(GaveUp::no_to_invite(&about.earlier))),
        }
        let known = Known { origin: about.origin.clone(), email: about.email.clone(), pin };
        let params = self.params(&known).await?;
        if (AccountContext { realm: params.realm, account: params.account }) != joining.context {
            return Err(Refusal::OtherAccount.into());
        }
        let open = self.open_once(&known, &params).await?;
        let joined = self.send_change(&open.session, &joining.request(), inbound::read_joined).await;
        let Heard::Answer((org, _)) = joined.inspect_err(|why| {
            // What the server refuses, it has not done.
            if matches!(why, AccountReason::Problem(_)) {
                self.reach = Reach::NothingChanged;
            }
        })?
        else {
            return Err(Refusal::Opaque.into());
        };
        if org != about.org {
            return Err(Refusal::OtherAccount.into());
        }
        self.reach = Reach::Stored;
        let membership = Membership { organisation: about.organisation.clone(), invite: about.invite };
        let mut done = self.opened(&known, open, Deed::Joined);
        done.pin.memberships.push(membership);
        done.secret_keys = done.secret_keys.max(joining.secret_keys);
        self.world.keep(&done.pin).map_err(AccountReason::Local)?;
        Ok(done)
    }
}
