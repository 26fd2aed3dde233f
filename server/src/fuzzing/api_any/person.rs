//! What a person's client makes: locks and uploads by the real crypto and the real writers of
//! messages, without Argon2id.

use super::known::{Claim, Holder};
use super::sent::Sent;
use firstkey_core::crypto::context::{AccountContext, KeyGen};
use firstkey_core::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, X25519ByAccountKey,
};
use firstkey_core::crypto::identity::KeyPairs;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{Kek, derive_password_keys, derive_recovery_seed};
use firstkey_core::crypto::opaque::Registration;
use firstkey_core::secret::{AccountKey, MasterKey, OpaquePassword, PreKey, RecoveryCode, SecretKey};
use firstkey_core::wire::bundle::{Bundle, Envelopes};
use firstkey_core::wire::change::{self, KitLock, PasswordLock, Replaces};
use firstkey_core::wire::completion::Completion;
use firstkey_core::wire::disclose::{Expected, IdempotencyKey, RecoveryPublic};
use firstkey_core::wire::origin::Origin;
use firstkey_testkit::chance::Seeded;
use rand_core::RngCore;

/// A new password, registered half-way.
pub(super) struct Fresh {
    context: AccountContext,
    block: KdfBlock,
    auth: [u8; 64],
    pre: PreKey,
    registration: Registration,
    /// What the server has to answer.
    pub(super) request: [u8; 32],
}

/// N bytes of chance.
pub(super) fn some<const N: usize>(rng: &mut Seeded) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A new password of at least that profile, in the place of Argon2id a draw.
pub(super) fn fresh(context: AccountContext, least: u8, two_secret: bool, rng: &mut Seeded) -> Fresh {
    let profile = Profile::from_id(least.into()).unwrap_or(Profile::DEFAULT);
    let block = KdfBlock { profile, salt: Salt::make(rng), two_secret };
    let key = two_secret.then(|| SecretKey::make(rng));
    let keys = derive_password_keys(&MasterKey::make(rng), &context, &block, key.as_ref());
    let keys = keys.expect("invariant: a second secret exactly where the block says so");
    // EXPOSE: the harness logs in again with it.
    let auth = *keys.auth.expose();
    let (registration, request) = Registration::start(keys.auth, rng).expect("a registration");
    Fresh { context, block, auth, pre: keys.pre, registration, request: request.0 }
}

/// The recovery code's two halves that a server sees.
fn kit(code: &RecoveryCode, key: &AccountKey, context: &AccountContext, key_gen: KeyGen, rng: &mut Seeded) -> KitLock {
    let kek = Kek::derive_from_recovery_code(code, context);
    let envelope = Envelope::<AccountKeyByRecovery>::seal(&kek, key, context, key_gen, rng).expect("an envelope");
    let recovery_public = RecoveryPublic::of(&derive_recovery_seed(code, context));
    KitLock { envelope, recovery_public }
}

impl Fresh {
    /// Envelope 1 and the record, from the server's answer; `None` if that is no OPAQUE message.
    fn lock(self, response: &[u8; 64], key: &AccountKey, key_gen: KeyGen, rng: &mut Seeded) -> Option<PasswordLock> {
        let Self { context, block, pre, registration, .. } = self;
        let registered = registration.finish(response, &context, rng).ok()?;
        let kek = Kek::derive_from_password(&pre, &registered.export_key, &context);
        let envelope = Envelope::<AccountKeyByPassword>::seal(&kek, key, &context, key_gen, &block, rng).ok()?;
        Some(PasswordLock { opaque_upload: registered.upload, kdf_block: block, envelope, realm_key: None })
    }

    /// Keys and the whole upload of an account that is new or reset.
    pub(super) fn complete(
        self,
        response: &[u8; 64],
        claim: &Claim,
        origin: &Origin,
        rng: &mut Seeded,
    ) -> Option<(Sent, Holder)> {
        let (context, block, auth, key_gen) = (self.context, self.block, self.auth, KeyGen(claim.key_gen));
        let (key, code, pairs) = (AccountKey::make(rng), RecoveryCode::make(rng), KeyPairs::make(rng));
        let lock = self.lock(response, &key, key_gen, rng)?;
        let kit = kit(&code, &key, &context, key_gen, rng);
        let by_account = Kek::derive_from_account_key(&key, &context);
        let (x25519, ed25519) = (&pairs.x25519, &pairs.ed25519);
        let bundle = Bundle {
            kdf_block: block,
            envelopes: Envelopes {
                by_password: lock.envelope,
                by_recovery: kit.envelope,
                x25519: Envelope::<X25519ByAccountKey>::seal(&by_account, x25519, &context, key_gen, rng).ok()?,
                ed25519: Envelope::<Ed25519ByAccountKey>::seal(&by_account, ed25519, &context, key_gen, rng).ok()?,
            },
            identity: pairs.public(key_gen),
            signature: pairs.sign(key_gen, &context),
            recovery_public: kit.recovery_public,
            // A client of before; what statements are is judged by the behaviour tests.
            statement: None,
        };
        let holder = Holder {
            email: claim.email.clone(),
            context,
            key_gen: claim.key_gen,
            block,
            auth,
            // EXPOSE: the harness opens the account again with them.
            code: *code.expose(),
            account_key: *key.expose(),
            envelope_1: bundle.envelopes.by_password.as_bytes().to_vec(),
            envelope_2: bundle.envelopes.by_recovery.as_bytes().to_vec(),
        };
        let idempotency_key = IdempotencyKey::make(rng);
        let completion = Completion { idempotency_key, opaque_upload: lock.opaque_upload, bundle };
        Some((Sent::of(&completion.request(origin)), holder))
    }
}

/// What a change takes the place of.
fn replaces(before: &Holder, rng: &mut Seeded) -> Replaces {
    let expected = Expected::of_envelopes(&before.envelope_1, &before.envelope_2);
    Replaces { idempotency_key: IdempotencyKey::make(rng), expected, statement: None }
}

/// A new password for a completed account; with a new kit as well, it is a recovery.
pub(super) fn new_password(
    fresh: Fresh,
    response: &[u8; 64],
    before: &Holder,
    with_kit: bool,
    origin: &Origin,
    rng: &mut Seeded,
) -> Option<(Sent, Holder)> {
    let (block, auth, key_gen) = (fresh.block, fresh.auth, KeyGen(before.key_gen));
    let key = AccountKey::from_bytes(&before.account_key);
    let lock = fresh.lock(response, &key, key_gen, rng)?;
    let replaces = replaces(before, rng);
    let mut holder = Holder { block, auth, envelope_1: lock.envelope.as_bytes().to_vec(), ..before.clone() };
    if !with_kit {
        return Some((Sent::of(&change::password(origin, &replaces, &lock)), holder));
    }
    let code = RecoveryCode::make(rng);
    let kit = kit(&code, &key, &before.context, key_gen, rng);
    // EXPOSE: the harness recovers with it again.
    holder.code = *code.expose();
    holder.envelope_2 = kit.envelope.as_bytes().to_vec();
    Some((Sent::of(&change::recovery(origin, &replaces, &lock, &kit)), holder))
}

/// A new kit for a completed account.
pub(super) fn new_kit(before: &Holder, origin: &Origin, rng: &mut Seeded) -> (Sent, Holder) {
    let (key, code) = (AccountKey::from_bytes(&before.account_key), RecoveryCode::make(rng));
    let lock = kit(&code, &key, &before.context, KeyGen(before.key_gen), rng);
    let sent = Sent::of(&change::kit(origin, &replaces(before, rng), &lock));
    // EXPOSE: the harness recovers with it again.
    let holder = Holder { code: *code.expose(), envelope_2: lock.envelope.as_bytes().to_vec(), ..before.clone() };
    (sent, holder)
}

/// What OPAQUE takes for a password, once.
pub(super) fn auth(holder: &Holder) -> OpaquePassword {
    OpaquePassword::from_bytes(&holder.auth)
}

/// The seed that a recovery is signed with.
pub(super) fn recovery_seed(holder: &Holder) -> [u8; 32] {
    let code = RecoveryCode::from_bytes(&holder.code);
    // EXPOSE: the harness signs with it.
    *derive_recovery_seed(&code, &holder.context).expose()
}
