//! Does the account open, and is it still the one that this computer knows?
//!
//! Promise: nothing is changed on the server. On a computer that never saw the account there is nothing to compare with; it is said so, and remembered from
//! then on.

use super::run::{End, Run};
use super::stop::{Stop, Why};
use super::{Done, Known, World};
use crate::flow::checkpoint::Pin;
use crate::flow::{Answer, Notice, Question};
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn verify<W: World>(world: &mut W, rng: &mut dyn CryptoRngCore, known: Known) -> Result<Done, Stop> {
    let mut run = Run::new(world, rng);
    let end = run.verify(known).await;
    run.end(end)
}

impl<W: World> Run<'_, W> {
    async fn verify(&mut self, known: Known) -> End<Done> {
        self.origin = Some(known.origin.clone());
        if known.pin.is_none() && known.origin.needs_host_confirmation() {
            let Answer::Yes = self.ask(Question::Host(known.origin.clone()))? else {
                return Err(Why::HostNotConfirmed);
            };
        }
        self.world.tell(&Notice::Looking { origin: known.origin.clone(), email: known.email.clone() });
        let params = self.params(&known).await?;
        let open = self.open(&known, &params).await?;
        let pin = Pin {
            origin: known.origin,
            invite: known.pin.as_ref().and_then(|pin| pin.invite),
            context: open.context,
            email: known.email,
            identity: open.bundle.identity,
            server_key: open.server_key,
        };
        self.world.keep(&pin).map_err(Why::Local)?;
        Ok(Done { pin, first_seen: known.pin.is_none() })
    }
}
