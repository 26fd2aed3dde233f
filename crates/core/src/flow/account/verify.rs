//! Opening the account, and nothing else: the proof that it is still the one that was completed
//! here, and that the kit is its kit.

use super::recover::KitOnFile;
use super::run::{End, Run};
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::crypto::context::AccountContext;
use crate::crypto::kek::{Kek, derive_recovery_seed};
use crate::crypto::recovery::KitNumber;
use crate::flow::world::World;
use crate::wire::disclose::RecoveryPublic;
use rand_core::CryptoRngCore;

/// Which kit is to be proven, besides.
pub enum KitWish {
    /// The one whose code the person types.
    Typed,
    /// One in a file.
    OnFile(KitOnFile),
}

/// Runs it.
pub async fn verify<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
    kit: Option<KitWish>,
) -> Result<Done, AccountStop> {
    let mut run = Run::new(world, rng);
    let end = run.verify(known, kit).await;
    run.end(end).await
}

/// Opens the account on a computer that is to know it: the same proof, another deed.
pub async fn log_in<W: World>(world: &mut W, rng: &mut dyn CryptoRngCore, known: Known) -> Result<Done, AccountStop> {
    let done = verify(world, rng, known, None).await?;
    Ok(Done { deed: Deed::LoggedIn, ..done })
}

impl<W: World> Run<'_, W> {
    async fn verify(&mut self, known: Known, kit: Option<KitWish>) -> End<Done> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open_once(&known, &params).await?;
        let Some(kit) = kit else { return self.remember(known, open, Deed::Verified).await };
        let code = match kit {
            KitWish::Typed => self.code(&known)?,
            KitWish::OnFile(kit) if (AccountContext { realm: kit.realm, account: kit.account }) != open.context => {
                return Err(AccountReason::OtherKit);
            }
            KitWish::OnFile(kit) => kit.code,
        };
        // What the server holds: the key that checks the code's signatures, and the envelope that
        // the code opens.
        let public = RecoveryPublic::of(&derive_recovery_seed(&code, &open.context));
        let [this, newest] = [&public, &open.bundle.recovery_public].map(|public| KitNumber::of(&public.0));
        let by_recovery = Kek::derive_from_recovery_code(&code, &open.context);
        let envelope = &open.bundle.envelopes.by_recovery;
        let inside = envelope.open(&by_recovery, &open.context, open.bundle.identity.key_gen);
        if public != open.bundle.recovery_public {
            return Err(AccountReason::NotTheNewestKit { this, newest });
        }
        if !inside.is_ok_and(|key| key.matches(&open.account_key)) {
            return Err(AccountReason::CodeOpensNothing);
        }
        self.remember(known, open, Deed::KitVerified).await
    }
}
