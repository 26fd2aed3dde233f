//! A new password for the same keys: a new salt, a new OPAQUE record, a new envelope 1; everything
//! else stays, a secret key too.
//!
//! ```text
//! opened with the present password -> new password twice -> stretch -> logged in once more -> account/password/start -> sealed and opened again
//!      -> account/password -> receipt -> logged in with the new one -> the bundle compared, byte for byte -> done
//! ```
//!
//! The second log-in is there because a person may think for longer than a session lives. Promise:
//! the old password opens the account until the server has stored the new one, and the new one from
//! then on.

use super::login::Open;
use super::run::{End, Run};
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::crypto::kdf::Profile;
use crate::flow::stop::GaveUp;
use crate::flow::world::World;
use crate::flow::{Locks, Notice};
use crate::secret::Password;
use crate::wire::asked::SecretKeys;
use crate::wire::inbound::LoginParams;
use rand_core::CryptoRngCore;

/// How often the present password may be chosen.
const SAME_TRIES: u32 = 3;

/// Runs it; `wish` raises the cost and never lowers it.
pub async fn change_password<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
    wish: Option<Profile>,
) -> Result<Done, AccountStop> {
    let mut run = Run::new(world, rng);
    run.subject = Locks::Password;
    let end = run.change_password(known, wish).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn change_password(&mut self, known: Known, wish: Option<Profile>) -> End<Done> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open(&known, &params).await?;
        if open.secret_key.is_none() && open.asked.secret_key == SecretKeys::Required {
            // A new password alone would not be stored.
            return Err(AccountReason::SecretKeyRequired);
        }
        // An organisation that was joined since may ask for more than the first one did.
        let profile = open.asked.profile(params.kdf_block.profile, wish);
        self.world.prepare(profile).map_err(AccountReason::Local)?;
        let password = self.choose_another(&known, &params, &open, profile).await?;
        let fresh = self.stretch_new(&open.context, password, profile, open.secret_key.as_ref()).await?;
        self.replace_password_lock(known, &params, open, fresh, Deed::PasswordChanged).await
    }
    /// A new password that is not the present one. That one is not kept for it: the new one is
    /// stretched as the present one was, which shows whether they log in alike.
    async fn choose_another(
        &mut self,
        known: &Known,
        params: &LoginParams,
        open: &Open,
        profile: Profile,
    ) -> End<Password> {
        for refused in 0..SAME_TRIES {
            let password = self.choose(known, profile, refused)?;
            let copy = password.copied();
            let second = open.secret_key.as_ref();
            if !open.is_opened_by(&self.stretch_by(&open.context, copy, params.kdf_block, second).await?) {
                return Ok(password);
            }
            self.world.tell(&Notice::AsBefore);
        }
        Err(AccountReason::GaveUp(GaveUp::WeakPasswords))
    }
}
