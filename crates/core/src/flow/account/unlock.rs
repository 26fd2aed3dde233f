//! The account's private key for agreement, to open what was sealed for it.
//!
//! Promise: it is given out only after the bundle was verified, compared with what is remembered,
//! and the key's public half derived anew; nothing is changed on the server. Must never: keep the
//! key, or give out the one for signatures.

use super::run::{End, Run};
use super::stop::AccountStop;
use super::{Deed, Done, Known};
use crate::crypto::kek::Kek;
use crate::flow::world::World;
use crate::secret::X25519Secret;
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn unlock<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
) -> Result<(Done, X25519Secret), AccountStop> {
    let mut run = Run::new(world, rng);
    let end = run.unlock(known).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn unlock(&mut self, known: Known) -> End<(Done, X25519Secret)> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open_once(&known, &params).await?;
        // `open` has checked both key pairs against the identity already.
        let key_gen = open.bundle.identity.key_gen;
        let by_account = Kek::derive_from_account_key(&open.account_key, &open.context);
        let sealed = &open.bundle.envelopes.x25519;
        let secret = sealed.open(&by_account, &open.context, key_gen).map_err(|_| Refusal::Keys)?;
        Ok((self.remember(known, open, Deed::Verified).await?, secret))
    }
}
