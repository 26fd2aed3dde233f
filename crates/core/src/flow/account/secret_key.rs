//! The second secret beside the password: asked for where an account has one, and made, shown and
//! proven where it is to have one.
//!
//! ```text
//! opened with the present password -> does the organisation use them? -> (there is one: shall it be replaced?) -> secret key shown, and proven to have been kept
//!      -> the same password stretched anew -> logged in once more -> account/password/start -> sealed and opened again -> account/password -> receipt
//!      -> logged in with both -> the bundle compared, byte for byte -> done
//! ```
//!
//! The typed password is kept, in its own type, until it was stretched a second time: asked for
//! again it could be typed otherwise, and a command that says nothing of a new password would have
//! set one. Promise: the present password alone, or with the present secret key, opens the account
//! until the server has stored the new lock, and password and new secret key from then on; nothing
//! is sent before the person has the new one. Must never: send the secret key, or make a lock
//! without one for an account that has one.

use super::lock::Holder;
use super::run::{End, Run};
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::flow::stop::GaveUp;
use crate::flow::typed::{TYPINGS, typed_secret_key};
use crate::flow::world::World;
use crate::flow::{Answer, Locks, Notice, Question, SecretSheet};
use crate::secret::SecretKey;
use crate::wire::asked::SecretKeys;
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn change_secret_key<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
) -> Result<Done, AccountStop> {
    let mut run = Run::new(world, rng);
    run.subject = Locks::SecretKey;
    let end = run.change_secret_key(known).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn change_secret_key(&mut self, known: Known) -> End<Done> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let (open, password) = self.open_keeping(&known, &params).await?;
        let has_one = params.kdf_block.two_secret;
        if !has_one && open.asked.secret_key == SecretKeys::Off {
            return Err(AccountReason::SecretKeysOff);
        }
        let profile = open.asked.profile(params.kdf_block.profile, None);
        self.world.prepare(profile).map_err(AccountReason::Local)?;
        if has_one {
            let Answer::Yes = self.ask(Question::ReplaceSecretKey { email: known.email.clone() })? else {
                return Err(AccountReason::GaveUp(GaveUp::ReplaceSecretKey));
            };
        }
        let key = SecretKey::make(self.rng);
        let key = self.prove_secret_key_kept(&known, &open.holder(), key)?;
        let fresh = self.stretch_new(&open.context, password, profile, Some(&key)).await?;
        drop(key);
        self.replace_password_lock(known, &params, open, fresh, Deed::SecretKeyMade).await
    }

    /// The secret key of an account that has one, as typed; a slip is named and nothing is sent.
    pub(super) fn secret_key(&mut self, known: &Known) -> End<SecretKey> {
        for attempt in 1..=TYPINGS {
            let question = Question::SecretKey { email: known.email.clone(), attempt };
            let Some(typed) = self.secret(question)? else { return Err(AccountReason::NoSecretKey) };
            match typed_secret_key(&typed) {
                Ok(key) => return Ok(key),
                Err(slip) => self.world.tell(&Notice::NoSecretKey(slip)),
            }
        }
        Err(AccountReason::NoSecretKey)
    }

    /// Shows a new secret key until the person proves to have it.
    pub(super) fn prove_secret_key_kept(
        &mut self,
        known: &Known,
        holder: &Holder<'_>,
        key: SecretKey,
    ) -> End<SecretKey> {
        let sheet = self.prove_kept(SecretSheet {
            key,
            origin: known.origin.clone(),
            email: known.email.clone(),
            realm: holder.context.realm,
            account: holder.context.account,
            fingerprint: holder.bundle.identity.fingerprint(holder.context),
        })?;
        Ok(sheet.key)
    }
}
