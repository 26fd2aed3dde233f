//! Making the keys: stretch, register, seal everything, drop the private keys.

use super::choose::Enrolment;
use super::claim::{Sent, again, hear_the_realm};
use super::terms::Terms;
use super::{At, Expect, Next, after, kit};
use crate::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, EnvelopeRejected, X25519ByAccountKey,
};
use crate::crypto::identity::KeyPairs;
use crate::crypto::kdf::KdfBlock;
use crate::crypto::kek::{Kek, PasswordKeys, derive_password_keys, derive_recovery_seed};
use crate::crypto::opaque::{Registered, Registration, ServerKey};
use crate::crypto::statement::Statement;
use crate::flow::retry::Retry;
use crate::flow::stop::{AcceptReason, LocalTrouble};
use crate::flow::{Effect, Notice, Reply};
use crate::secret::{AccountKey, PreKey, RecoveryCode, SecretKey};
use crate::wire::bundle::{Bundle, Envelopes};
use crate::wire::completion::Completion;
use crate::wire::disclose::{IdempotencyKey, RecoveryPublic};
use crate::wire::inbound;
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;

/// The password is being stretched.
pub(super) struct ExpectStretched {
    pub(super) run: Enrolment,
    pub(super) block: KdfBlock,
    /// There exactly if the block says so.
    pub(super) secret_key: Option<SecretKey>,
}

impl Expect for ExpectStretched {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Reply::Stretched(stretched) = reply else { return Err(AcceptReason::OutOfStep) };
        let Self { run, block, secret_key } = *self;
        let PasswordKeys { auth, pre } =
            derive_password_keys(&stretched.0, &run.terms.context, &block, secret_key.as_ref())
                .map_err(|_| AcceptReason::OutOfStep)?;
        let (registration, message) = Registration::start(auth, rng).map_err(|_| Refusal::Opaque)?;
        let request = Outbound::post(&run.terms.introduction.origin, Endpoint::EnrolStart)
            .field("opaque_request", &message)
            .build()
            .signed(&run.terms.context.realm, run.claim.invite, &run.claim.seed);
        let expect = ExpectOpaqueResponse {
            run,
            block,
            secret_key,
            pre,
            registration,
            request: request.clone(),
            retry: Retry::default(),
        };
        Next::effect(Effect::Send(request), expect)
    }
}

/// `enrol/start` was sent; it changes nothing on the server.
struct ExpectOpaqueResponse {
    run: Enrolment,
    block: KdfBlock,
    secret_key: Option<SecretKey>,
    pre: PreKey,
    registration: Registration,
    request: Outbound,
    retry: Retry,
}

impl Expect for ExpectOpaqueResponse {
    fn handle(
        mut self: Box<Self>,
        reply: Reply,
        rng: &mut dyn CryptoRngCore,
        at: &mut At,
    ) -> Result<Next, AcceptReason> {
        let heard =
            hear_the_realm(reply, &self.run.claim, &self.request, &mut self.retry, at, inbound::read_opaque_response);
        // Whoever answers here in the server's place could test guesses of the password.
        let response = match heard? {
            Sent::Heard((response, _)) => response,
            Sent::Again(wait) => {
                let state = *self;
                return again(wait, state.request.clone(), state);
            }
        };
        let Self { run, block, secret_key, pre, registration, .. } = *self;
        let context = run.terms.context;
        let registered = registration.finish(&response, &context, rng).map_err(|_| Refusal::Opaque)?;
        let server_key = registered.server_key;
        let (completion, code) = seal(registered, &pre, &run.terms, &block, rng)
            .map_err(|EnvelopeRejected| AcceptReason::Local(LocalTrouble::SelfCheck))?;
        let made = Made { run, completion, secret_key, server_key };
        let fingerprint = made.completion.bundle.identity.fingerprint(&context);
        after(Effect::Tell(Notice::KeysMade(fingerprint)), move |_, _| kit::show(made, code))
    }
}

/// Everything is sealed and the private keys are gone; a secret key stays until the account was
/// read back.
pub(super) struct Made {
    pub(super) run: Enrolment,
    pub(super) completion: Completion,
    pub(super) secret_key: Option<SecretKey>,
    pub(super) server_key: ServerKey,
}

/// Makes all keys, seals them, signs the identity. The private keys end with this function.
fn seal(
    registered: Registered,
    pre: &PreKey,
    terms: &Terms,
    block: &KdfBlock,
    rng: &mut dyn CryptoRngCore,
) -> Result<(Completion, RecoveryCode), EnvelopeRejected> {
    let (context, key_gen) = (&terms.context, terms.key_gen);
    let account_key = AccountKey::make(rng);
    let code = RecoveryCode::make(rng);
    let pairs = KeyPairs::make(rng);
    let by_password = Kek::derive_from_password(pre, &registered.export_key, context);
    let by_recovery = Kek::derive_from_recovery_code(&code, context);
    let by_account = Kek::derive_from_account_key(&account_key, context);
    let envelopes = Envelopes {
        by_password: Envelope::<AccountKeyByPassword>::seal(&by_password, &account_key, context, key_gen, block, rng)?,
        by_recovery: Envelope::<AccountKeyByRecovery>::seal(&by_recovery, &account_key, context, key_gen, rng)?,
        x25519: Envelope::<X25519ByAccountKey>::seal(&by_account, &pairs.x25519, context, key_gen, rng)?,
        ed25519: Envelope::<Ed25519ByAccountKey>::seal(&by_account, &pairs.ed25519, context, key_gen, rng)?,
    };
    let recovery_seed = derive_recovery_seed(&code, context);
    let recovery_public = RecoveryPublic::of(&recovery_seed);
    let idempotency_key = IdempotencyKey::make(rng);
    let mut bundle = Bundle {
        kdf_block: *block,
        envelopes,
        identity: pairs.public(key_gen),
        signature: pairs.sign(key_gen, context),
        recovery_public,
        statement: None,
    };
    if terms.keeps_statements {
        let mut digests = bundle.digests(context);
        if let Some(realm) = &terms.realm_key {
            digests = digests.naming(realm);
        }
        bundle.statement = Some(Statement::sign(&pairs.ed25519, context, key_gen, 1, digests));
    }
    // The signatures are checked before they leave, as the envelopes are: a fault must not become
    // an account.
    bundle.verify(context).map_err(|_| EnvelopeRejected)?;
    let completion = Completion { idempotency_key, opaque_upload: registered.upload, bundle };
    Ok((completion, code))
}
