//! New locks for the same keys: one that a new password opens, one that a new recovery code opens.
//!
//! Promise: the account key is sealed anew and opened again before anything of it is sent; a
//! recovery code was written down and proven before its lock leaves. Must never: change a key pair,
//! or keep a secret that its caller does not need.

use super::Known;
use super::run::{End, Heard, Run};
use super::statement;
use super::stop::{AccountReason, Change};
use crate::crypto::context::AccountContext;
use crate::crypto::envelope::{AccountKeyByPassword, AccountKeyByRecovery, Envelope};
use crate::crypto::kdf::{KdfBlock, Profile, Salt, StretchJob};
use crate::crypto::kek::{Kek, PasswordKeys, derive_password_keys, derive_recovery_seed};
use crate::crypto::opaque::{Registration, ServerKey};
use crate::crypto::recovery::KitNumber;
use crate::flow::Kit;
use crate::flow::stop::LocalTrouble;
use crate::flow::world::World;
use crate::secret::{AccountKey, OpaquePassword, Password, PreKey, RecoveryCode, SecretKey, SessionToken};
use crate::wire::bundle::Bundle;
use crate::wire::change::{KitLock, PasswordLock, Replaces};
use crate::wire::disclose::{Expected, IdempotencyKey, RecoveryPublic};
use crate::wire::inbound;
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;

/// What an account that was opened gives to whoever changes its locks.
pub(super) struct Holder<'a> {
    pub(super) context: &'a AccountContext,
    pub(super) bundle: &'a Bundle,
    pub(super) session: &'a SessionToken,
    pub(super) account_key: &'a AccountKey,
    pub(super) keeps_statements: bool,
}

/// The new password as it logs in and unlocks.
pub(super) struct Fresh {
    pub(super) block: KdfBlock,
    pub(super) auth: OpaquePassword,
    pub(super) pre: PreKey,
}

impl<W: World> Run<'_, W> {
    /// Stretches a new password, with the second secret where the account has one.
    pub(super) async fn stretch_new(
        &mut self,
        context: &AccountContext,
        password: Password,
        profile: Profile,
        secret_key: Option<&SecretKey>,
    ) -> End<Fresh> {
        let block = KdfBlock { profile, salt: Salt::make(self.rng), two_secret: secret_key.is_some() };
        self.stretch_by(context, password, block, secret_key).await
    }

    /// Stretches a password with the settings of this block.
    pub(super) async fn stretch_by(
        &mut self,
        context: &AccountContext,
        password: Password,
        block: KdfBlock,
        secret_key: Option<&SecretKey>,
    ) -> End<Fresh> {
        let stretched = self.world.stretch(StretchJob { password, block }).await?;
        let PasswordKeys { auth, pre } = derive_password_keys(&stretched.0, context, &block, secret_key)
            .map_err(|_| AccountReason::Local(LocalTrouble::SelfCheck))?;
        Ok(Fresh { block, auth, pre })
    }

    /// Registers the new password and seals the account key under it; `server_key` is the server's,
    /// where it is known.
    pub(super) async fn lock_by_password(
        &mut self,
        known: &Known,
        holder: &Holder<'_>,
        fresh: &Fresh,
        server_key: Option<ServerKey>,
    ) -> End<PasswordLock> {
        // EXPOSE: OPAQUE takes it twice, at registration and at the log-in that proves it.
        let auth = OpaquePassword::from_bytes(fresh.auth.expose());
        let (registration, message) = Registration::start(auth, self.rng).map_err(|_| Refusal::Opaque)?;
        let request = Outbound::post(&known.origin, Endpoint::PasswordStart).field("opaque_request", &message).build();
        // Whoever answers here in the server's place could test guesses of the new password.
        let heard = self.send_to_the_realm(holder, &request, inbound::read_opaque_response).await?;
        let Heard::Answer((response, realm_key)) = heard else { return Err(Refusal::Opaque.into()) };
        let registered = registration.finish(&response, holder.context, self.rng).map_err(|_| Refusal::Opaque)?;
        if server_key.is_some_and(|key| registered.server_key != key) {
            return Err(AccountReason::Changed(Change::ServerKey));
        }
        let envelope = Envelope::<AccountKeyByPassword>::seal(
            &Kek::derive_from_password(&fresh.pre, &registered.export_key, holder.context),
            holder.account_key,
            holder.context,
            holder.bundle.identity.key_gen,
            &fresh.block,
            self.rng,
        )
        .map_err(|_| AccountReason::Local(LocalTrouble::SelfCheck))?;
        Ok(PasswordLock { opaque_upload: registered.upload, kdf_block: fresh.block, envelope, realm_key })
    }

    /// Makes a recovery code, has it written down and proven, and seals the account key under it.
    /// The code ends here.
    pub(super) fn lock_by_kit(&mut self, known: &Known, holder: &Holder<'_>) -> End<KitLock> {
        let code = RecoveryCode::make(self.rng);
        let context = holder.context;
        let envelope = Envelope::<AccountKeyByRecovery>::seal(
            &Kek::derive_from_recovery_code(&code, context),
            holder.account_key,
            context,
            holder.bundle.identity.key_gen,
            self.rng,
        )
        .map_err(|_| AccountReason::Local(LocalTrouble::SelfCheck))?;
        let recovery_public = RecoveryPublic::of(&derive_recovery_seed(&code, context));
        self.prove_kept(Kit {
            code,
            origin: known.origin.clone(),
            email: known.email.clone(),
            organisation: known.organisation().cloned(),
            replaces: true,
            realm: context.realm,
            account: context.account,
            fingerprint: holder.bundle.identity.fingerprint(context),
            number: KitNumber::of(&recovery_public.0),
        })?;
        Ok(KitLock { envelope, recovery_public })
    }

    /// Which change it will be: what it replaces, and what the account's key says of the bundle
    /// with the new locks in it.
    pub(super) fn replaces(
        &mut self,
        holder: &Holder<'_>,
        lock: Option<&PasswordLock>,
        kit: Option<&KitLock>,
    ) -> End<Replaces> {
        let idempotency_key = IdempotencyKey::make(&mut self.rng);
        let statement = statement::next(holder, lock, kit)?;
        Ok(Replaces { idempotency_key, expected: Expected::of(holder.bundle), statement })
    }
}
