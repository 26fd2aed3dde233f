//! Back in with the recovery code: a new password and a new kit at once; the keys stay.
//!
//! ```text
//! login/params, compared -> code -> recovery/start -> compared with pin and kit -> signed -> recovery/finish -> bundle verified, compared, opened with the code
//!      -> new password twice -> stretch -> the new kit shown and proven (and a new secret key, if there is one) -> proven once more (a session lives ten minutes) -> account/password/start
//!      -> recovery/complete -> receipt -> logged in with the new password -> the bundle compared, byte for byte -> done
//! ```
//!
//! Promise: the code never leaves, only its signature over a challenge of this server; the old
//! password and the old code open the account until the server has stored the new ones. A code that
//! opens nothing and a bundle that was altered are told apart only where the server's own signature
//! check already did. Must never: send a text that is not a code, or believe a bundle that the code
//! does not open.

use super::change::Expectation;
use super::lock::Holder;
use super::login::private_keys;
use super::run::{End, Heard, Run};
use super::statement;
use super::stop::{AccountReason, AccountStop, Change};
use super::{Deed, Done, Known};
use crate::crypto::context::{AccountContext, AccountId, RealmId};
use crate::crypto::kdf::Profile;
use crate::crypto::kek::{Kek, derive_recovery_seed, recovery_proof_message};
use crate::flow::stop::NoAnswer;
use crate::flow::typed::{TYPINGS, typed_code};
use crate::flow::world::World;
use crate::flow::{Locks, Notice, Question};
use crate::secret::{AccountKey, RecoveryCode, SecretKey, SessionToken};
use crate::wire::asked::{Asked, SecretKeys};
use crate::wire::bundle::Bundle;
use crate::wire::change;
use crate::wire::disclose::{Email, Expected, RecoveryProof, RecoveryPublic};
use crate::wire::inbound::{self, Challenge, Opened};
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;

/// How often a code may be shown to the server in one run.
const TRIES: u32 = 3;

/// A kit that was read from a file.
pub struct KitOnFile {
    /// Its code.
    pub code: RecoveryCode,
    /// The account that it names.
    pub account: AccountId,
    /// The realm that it names.
    pub realm: RealmId,
}

/// Runs it; the code is asked for unless a `kit` is given.
pub async fn recover<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
    kit: Option<KitOnFile>,
    wish: Option<Profile>,
) -> Result<Done, AccountStop> {
    let mut run = Run::new(world, rng);
    run.subject = Locks::Both;
    let end = run.recover(known, kit, wish).await;
    run.end(end).await
}

/// An account that the recovery code opened.
struct Recovered {
    context: AccountContext,
    bundle: Bundle,
    session: SessionToken,
    account_key: AccountKey,
    asked: Asked,
    keeps_statements: bool,
}

impl Recovered {
    fn holder(&self) -> Holder<'_> {
        let Self { context, bundle, session, account_key, keeps_statements, .. } = self;
        Holder { context, bundle, session, account_key, keeps_statements: *keeps_statements }
    }
}

impl<W: World> Run<'_, W> {
    async fn recover(&mut self, known: Known, kit: Option<KitOnFile>, wish: Option<Profile>) -> End<Done> {
        self.greet(&known)?;
        let names = kit.as_ref().map(|kit| AccountContext { realm: kit.realm, account: kit.account });
        // Before a code is asked for: is this the server, and the account, that is remembered?
        let params = self.params(&known).await?;
        self.world.prepare(params.kdf_block.profile).map_err(AccountReason::Local)?;
        let (code, first) = self.prove_by_code(&known, kit.map(|kit| kit.code), names).await?;
        self.world.tell(&Notice::CodeOpened);
        // As for a new password: an organisation that was joined since may ask for more.
        let profile = first.asked.profile(first.bundle.kdf_block.profile, wish);
        self.world.prepare(profile).map_err(AccountReason::Local)?;
        let password = self.choose(&known, profile, 0)?;
        // Whoever lost everything but the code has lost the secret key too. If anybody says that
        // there is one, there will be one: none is ever taken away.
        let has_one = params.kdf_block.two_secret || first.bundle.kdf_block.two_secret;
        let wants_one = has_one || first.asked.secret_key == SecretKeys::Required;
        let key = wants_one.then(|| SecretKey::make(self.rng));
        let fresh = self.stretch_new(&first.context, password, profile, key.as_ref()).await?;
        let kit = self.lock_by_kit(&known, &first.holder())?;
        if let Some(key) = key {
            self.prove_secret_key_kept(&known, &first.holder(), key)?;
        }
        // Choosing and writing down may take longer than a session lives.
        let again = self.converse_by_code(&known, &code, names).await?.ok_or(AccountReason::CodeOpensNothing)?;
        if Expected::of(&again.bundle) != Expected::of(&first.bundle) || again.bundle.identity != first.bundle.identity
        {
            return Err(AccountReason::Changed(Change::OtherKeys));
        }
        drop((code, first));
        let holder = again.holder();
        let server_key = known.pin.as_ref().map(|pin| pin.server_key);
        let lock = self.lock_by_password(&known, &holder, &fresh, server_key).await?;
        let replaces = self.replaces(&holder, Some(&lock), Some(&kit))?;
        let expectation = Expectation::of(&again.bundle, Some(&lock), Some(&kit), &replaces);
        self.expect(statement::held(&holder, Some(&lock), Some(&kit), replaces.statement.as_ref()));
        let change = change::recovery(&known.origin, &replaces, &lock, &kit);
        self.world.tell(&Notice::Changing { bytes: change.body().len(), what: Locks::Both });
        // What is left to do goes without the account key.
        let Recovered { context, bundle, session, account_key, .. } = again;
        drop(account_key);
        let sent = self.upload(&session, &change).await;
        if let Err(AccountReason::Cancelled) = sent {
            return Err(AccountReason::Cancelled);
        }
        let proof = self.prove(&known, context, bundle.identity.key_gen, fresh).await;
        self.conclude(known, &expectation, sent, proof, Deed::Recovered).await
    }

    /// Asks for the code until it opens the account.
    async fn prove_by_code(
        &mut self,
        known: &Known,
        given: Option<RecoveryCode>,
        names: Option<AccountContext>,
    ) -> End<(RecoveryCode, Recovered)> {
        if let Some(code) = given {
            let recovered = self.converse_by_code(known, &code, names).await?;
            return recovered.map(|recovered| (code, recovered)).ok_or(AccountReason::CodeOpensNothing);
        }
        for _ in 1..=TRIES {
            let code = self.code(known)?;
            if let Some(recovered) = self.converse_by_code(known, &code, names).await? {
                return Ok((code, recovered));
            }
            self.world.tell(&Notice::CodeOpenedNothing);
        }
        Err(AccountReason::CodeOpensNothing)
    }

    /// A text that is a code, as typed; a slip is named and nothing is sent.
    pub(super) fn code(&mut self, known: &Known) -> End<RecoveryCode> {
        for attempt in 1..=TYPINGS {
            let question = Question::RecoveryCode { email: known.email.clone(), attempt };
            let Some(typed) = self.secret(question)? else { return Err(AccountReason::CodeOpensNothing) };
            match typed_code(&typed) {
                Ok(code) => return Ok(code),
                Err(slip) => self.world.tell(&Notice::NoCode(slip)),
            }
        }
        Err(AccountReason::CodeOpensNothing)
    }

    /// Proves the code and opens what comes back; `None` if the server says that the proof does not
    /// hold.
    async fn converse_by_code(
        &mut self,
        known: &Known,
        code: &RecoveryCode,
        names: Option<AccountContext>,
    ) -> End<Option<Recovered>> {
        // A challenge serves once, so where its answer gets lost only a new one can tell.
        for _ in 0..2 {
            let request = Outbound::post(&known.origin, Endpoint::RecoveryStart)
                .field("email", &Email::read(&known.email)?)
                .build();
            let Heard::Answer(challenge) = self.send(&request, inbound::read_challenge).await? else {
                return Ok(None);
            };
            compare(known, names, &challenge)?;
            let seed = derive_recovery_seed(code, &challenge.context);
            let message = recovery_proof_message(&challenge.context, known.origin.as_str(), &challenge.bytes);
            let proof = RecoveryProof::sign(&seed, &message);
            let public = RecoveryPublic::of(&seed);
            drop(seed);
            let request = Outbound::post(&known.origin, Endpoint::RecoveryFinish)
                .field("challenge_id", &challenge.id)
                .field("signature", &proof)
                .build();
            match self.send(&request, inbound::read_session).await? {
                Heard::Answer(opened) => {
                    let recovered = open(known, code, public, &challenge, opened)?;
                    self.hold(known, &recovered.context, &recovered.bundle)?;
                    return Ok(Some(recovered));
                }
                Heard::NotProven { repeated: false } => return Ok(None),
                Heard::NotProven { repeated: true } => {}
            }
        }
        Err(AccountReason::Unreachable(NoAnswer::Broken))
    }
}

/// The server's word against what is remembered and what stands on the kit.
fn compare(known: &Known, names: Option<AccountContext>, challenge: &Challenge) -> End<()> {
    if names.is_some_and(|names| names != challenge.context) {
        return Err(AccountReason::OtherKit);
    }
    let Some(pin) = &known.pin else { return Ok(()) };
    if pin.context != challenge.context {
        return Err(AccountReason::Changed(Change::Account));
    }
    match challenge.key_gen.cmp(&pin.identity.key_gen) {
        std::cmp::Ordering::Less => Err(AccountReason::Changed(Change::OlderKeys)),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(AccountReason::Changed(Change::OtherKeys)),
    }
}

/// Verifies, compares and opens the bundle: envelope 2 with the code, 3 and 4 with what is in it.
/// Envelope 1 is the forgotten password's.
fn open(
    known: &Known,
    code: &RecoveryCode,
    public: RecoveryPublic,
    challenge: &Challenge,
    opened: Opened,
) -> End<Recovered> {
    let Opened { session, bundle, asked, keeps_statements } = opened;
    let context = challenge.context;
    bundle.verify(&context)?;
    if bundle.identity.key_gen != challenge.key_gen || bundle.recovery_public != public {
        return Err(Refusal::Keys.into());
    }
    if known.pin.as_ref().is_some_and(|pin| pin.identity != bundle.identity) {
        return Err(AccountReason::Changed(Change::OtherKeys));
    }
    let by_recovery = Kek::derive_from_recovery_code(code, &context);
    let account_key = bundle
        .envelopes
        .by_recovery
        .open(&by_recovery, &context, bundle.identity.key_gen)
        .map_err(|_| Refusal::Keys)?;
    private_keys(&bundle, &context, &account_key)?;
    Ok(Recovered { context, bundle, session, account_key, asked, keeps_statements })
}
