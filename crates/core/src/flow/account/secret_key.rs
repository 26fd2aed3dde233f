//! The second secret beside the password: asked for where an account has one, and made, shown and proven where it is to have one.
//!
//! ```text
//! opened with the present password -> does the organisation use them? -> (there is one: shall it be replaced?) -> secret key shown, and proven to have been kept
//!      -> the same password stretched anew -> logged in once more -> account/password/start -> sealed and opened again -> account/password -> receipt
//!      -> logged in with both -> the bundle compared, byte for byte -> done
//! ```
//!
//! The typed password is kept, in its own type, until it was stretched a second time: asked for again it could be typed otherwise, and a command that says nothing
//! of a new password would have set one. Promise: the present password alone, or with the present secret key, opens the account until the server has stored
//! the new lock, and password and new secret key from then on; nothing is sent before the person has the new one. Must never: send the secret key, or make a lock
//! without one for an account that has one.

use super::lock::Holder;
use super::run::{End, Run};
use super::stop::{Stop, Why};
use super::{Deed, Done, Known, World};
use crate::crypto::recovery::{CodeError, read_secret_key};
use crate::flow::kit::{PROOF_TRIES, SECRET_KEY_GROUPS, is_group_of_secret_key};
use crate::flow::stop::GaveUp;
use crate::flow::{Answer, Locks, Notice, Question, SecretSheet};
use crate::secret::SecretKey;
use crate::wire::asked::SecretKeys;
use rand_core::CryptoRngCore;

/// How often a text that is no secret key may be typed.
const TYPINGS: u32 = 10;

/// Runs it.
pub async fn change_secret_key<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
) -> Result<Done, Stop> {
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
            return Err(Why::SecretKeysOff);
        }
        let profile = open.asked.profile(params.kdf_block.profile, None);
        self.world.prepare(profile).map_err(Why::Local)?;
        if has_one {
            let Answer::Yes = self.ask(Question::ReplaceSecretKey { email: known.email.clone() })? else {
                return Err(Why::GaveUp(GaveUp::ReplaceSecretKey));
            };
        }
        let key = SecretKey::make(self.rng);
        self.prove_secret_key_kept(&known, &open.holder(), &key)?;
        let fresh = self.stretch_new(&open.context, password, profile, Some(&key)).await?;
        drop(key);
        self.replace_password_lock(known, &params, open, fresh, Deed::SecretKeyMade).await
    }

    /// The secret key of an account that has one, as typed; a slip is named and nothing is sent.
    pub(super) fn secret_key(&mut self, known: &Known) -> End<SecretKey> {
        for attempt in 1..=TYPINGS {
            let question = Question::SecretKey { email: known.email.clone(), attempt };
            let Some(typed) = self.secret(question)? else { return Err(Why::NoSecretKey) };
            let nothing = Err(CodeError::Length { have: 0, need: 54 });
            match std::str::from_utf8(&typed).map_or(nothing, read_secret_key) {
                Ok(key) => return Ok(key),
                Err(slip) => self.world.tell(&Notice::NoSecretKey(slip)),
            }
        }
        Err(Why::NoSecretKey)
    }

    /// Shows a new secret key until the person proves to have it.
    pub(super) fn prove_secret_key_kept(&mut self, known: &Known, holder: &Holder<'_>, key: &SecretKey) -> End<()> {
        for attempt in 1..=PROOF_TRIES {
            let sheet = SecretSheet {
                // EXPOSE: the sheet shows the secret key to its owner; the flow keeps its own copy for the proof.
                key: SecretKey::from_bytes(key.expose()),
                origin: known.origin.clone(),
                email: known.email.clone(),
                realm: holder.context.realm,
                account: holder.context.account,
                fingerprint: holder.bundle.identity.fingerprint(holder.context),
            };
            let (Answer::Yes | Answer::KitSaved(_)) = self.ask(Question::KeepSecretKey(Box::new(sheet)))? else {
                return Err(Why::GaveUp(GaveUp::SecretKey));
            };
            // Which group is asked for is no secret; the slight bias does not matter.
            let group = u8::try_from(self.rng.next_u64() % SECRET_KEY_GROUPS).unwrap_or_default() + 1;
            let typed = self.secret(Question::SecretKeyProof { group, attempt })?.unwrap_or_default();
            if is_group_of_secret_key(key, group, &typed) {
                self.world.tell(&Notice::KitProven);
                return Ok(());
            }
            self.world.tell(&Notice::SecretKeyNotProven { group });
        }
        Err(Why::GaveUp(GaveUp::SecretKeyProof))
    }
}
