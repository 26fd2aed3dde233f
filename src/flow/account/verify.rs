//! Does the account open, and is it still the one that this computer knows?
//!
//! Promise: nothing is changed on the server. On a computer that never saw the account there is nothing to compare with; it is said so, and remembered from
//! then on.

use super::run::{End, Run};
use super::stop::Stop;
use super::{Deed, Done, Known, World};
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn verify<W: World>(world: &mut W, rng: &mut dyn CryptoRngCore, known: Known) -> Result<Done, Stop> {
    let mut run = Run::new(world, rng);
    let end = run.verify(known).await;
    run.end(end)
}

impl<W: World> Run<'_, W> {
    async fn verify(&mut self, known: Known) -> End<Done> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open(&known, &params).await?;
        self.remember(known, open, Deed::Verified)
    }
}
