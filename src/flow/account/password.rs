//! A new password for the same keys: a new salt, a new OPAQUE record, a new envelope 1; everything else stays.
//!
//! ```text
//! opened with the present password -> new password twice -> stretch -> logged in once more -> account/password/start -> sealed and opened again
//!      -> account/password -> receipt -> logged in with the new one -> the bundle compared, byte for byte -> done
//! ```
//!
//! The second log-in is there because a person may think for longer than a session lives. Promise: the old password opens the account until the server has
//! stored the new one, and the new one from then on; "changed" is said only after it opened what is stored. A lost answer is found out by logging in.
//! Must never: send a change twice that is not byte for byte the same, or leave the person without knowing which password holds.

use super::login::Open;
use super::run::{End, Heard, Run};
use super::stop::{Change, Reach, Stop, Why};
use super::{Deed, Done, Known, World};
use crate::crypto::envelope::{AccountKeyByPassword, Envelope};
use crate::crypto::kdf::{KdfBlock, Profile, Salt, StretchJob};
use crate::crypto::kek::{Kek, PasswordKeys, derive_password_keys};
use crate::crypto::opaque::Registration;
use crate::crypto::prepare::{PrepareError, prepare};
use crate::crypto::strength::{Context, Verdict, judge};
use crate::crypto::words::{PASSPHRASE_WORDS, make_passphrase};
use crate::flow::stop::{GaveUp, LocalTrouble};
use crate::flow::{Notice, Question};
use crate::secret::{OpaquePassword, Password, PreKey};
use crate::wire::bundle::Bundle;
use crate::wire::change::PasswordChange;
use crate::wire::disclose::{Expected, IdempotencyKey, OpaqueRequest, OpaqueUpload};
use crate::wire::inbound::{self, LoginParams};
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;

/// Fewest code points; the server's organisations cannot be asked for theirs any more.
const MIN_LENGTH: usize = crate::crypto::prepare::MIN_CODE_POINTS;
/// How many passwords may be refused.
const WEAK_TRIES: u32 = 10;
/// How often two typings may differ.
const PAIR_TRIES: u32 = 5;

/// Runs it; `wish` raises the cost and never lowers it.
pub async fn change_password<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
    wish: Option<Profile>,
) -> Result<Done, Stop> {
    let mut run = Run::new(world, rng);
    let end = run.change_password(known, wish).await;
    run.end(end)
}

/// The new password as it logs in and unlocks.
struct Fresh {
    block: KdfBlock,
    auth: OpaquePassword,
    pre: PreKey,
}

impl<W: World> Run<'_, W> {
    async fn change_password(&mut self, known: Known, wish: Option<Profile>) -> End<Done> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open(&known, &params).await?;
        let present = params.kdf_block.profile;
        let profile = wish.map_or(present, |wish| wish.max(present));
        self.world.prepare(profile).map_err(Why::Local)?;
        let password = self.choose(&known, profile)?;
        let fresh = self.stretch_new(&open, password, profile).await?;
        // The session of the first log-in may be over by now.
        let open = self.log_in_again(&known, &params, open).await?;
        let (change, expectation) = self.make(&known, &open, &fresh).await?;
        self.world.tell(&Notice::Changing { bytes: change.body().len() });
        let sent = self.upload(&known, &open, &change).await;
        if let Err(Why::Cancelled) = sent {
            return Err(Why::Cancelled);
        }
        // Whatever was answered: what the new password opens decides.
        let proof = self.prove(&known, &open, fresh).await;
        self.conclude(known, &expectation, sent, proof)
    }

    /// Asks for the new password, judges it, and asks again.
    fn choose(&mut self, known: &Known, profile: Profile) -> End<Password> {
        let mut refused = 0;
        for pair in 1..=PAIR_TRIES {
            let (password, made) = loop {
                let question = Question::NewPassword { attempt: refused + pair };
                let Some(typed) = self.secret(question)? else { return Err(Why::GaveUp(GaveUp::WeakPasswords)) };
                if typed.is_empty() {
                    let made = make_passphrase(&mut self.rng, PASSPHRASE_WORDS);
                    let password = prepare(made.as_bytes()).map(Password::from_prepared);
                    break (password.map_err(|_| Why::Local(LocalTrouble::SelfCheck))?, Some(made));
                }
                match judged(known, profile, &typed) {
                    Ok((password, notice)) => {
                        self.world.tell(&notice);
                        break (password, None);
                    }
                    Err(notice) => self.world.tell(&notice),
                }
                refused += 1;
                if refused >= WEAK_TRIES {
                    return Err(Why::GaveUp(GaveUp::WeakPasswords));
                }
            };
            let again = self.secret(Question::Again { made })?.unwrap_or_default();
            if prepare(&again).map(Password::from_prepared).is_ok_and(|second| second.matches(&password)) {
                self.world.tell(&Notice::TypingsMatch);
                return Ok(password);
            }
            if pair < PAIR_TRIES {
                self.world.tell(&Notice::TypingsDiffer { attempt: pair + 1, of: PAIR_TRIES });
            }
        }
        Err(Why::GaveUp(GaveUp::TypingsDiffer))
    }

    async fn stretch_new(&mut self, open: &Open, password: Password, profile: Profile) -> End<Fresh> {
        let block = KdfBlock { profile, salt: Salt::make(self.rng), two_secret: false };
        let stretched = self.world.stretch(StretchJob { password, block }).await?;
        let PasswordKeys { auth, pre } = derive_password_keys(&stretched.0, &open.context, &block, None)
            .map_err(|_| Why::Local(LocalTrouble::SelfCheck))?;
        Ok(Fresh { block, auth, pre })
    }

    /// Registers the new password and seals the account key under it; gives the request and what will be stored.
    async fn make(&mut self, known: &Known, open: &Open, fresh: &Fresh) -> End<(Outbound, Expectation)> {
        // EXPOSE: OPAQUE takes it twice, at registration and at the log-in that proves it.
        let auth = OpaquePassword::from_bytes(fresh.auth.expose());
        let (registration, message) = Registration::start(auth, self.rng).map_err(|_| Refusal::Opaque)?;
        let request = Outbound::post(&known.origin, Endpoint::PasswordStart)
            .field("opaque_request", &OpaqueRequest(message))
            .build();
        let Heard::Answer(response) = self.send_in(&open.session, &request, inbound::read_opaque_response).await?
        else {
            return Err(Refusal::Opaque.into());
        };
        let registered = registration.finish(&response, &open.context, self.rng).map_err(|_| Refusal::Opaque)?;
        if registered.server_key != open.server_key {
            return Err(Why::Changed(Change::ServerKey));
        }
        let key_gen = open.bundle.identity.key_gen;
        let kek = Kek::derive_from_password(&fresh.pre, &registered.export_key, &open.context);
        let by_password = Envelope::<AccountKeyByPassword>::seal(
            &kek,
            &open.account_key,
            &open.context,
            key_gen,
            &fresh.block,
            self.rng,
        )
        .map_err(|_| Why::Local(LocalTrouble::SelfCheck))?;
        let mut idempotency_key = [0; 16];
        self.rng.fill_bytes(&mut idempotency_key);
        let expectation = Expectation {
            kdf_block: fresh.block,
            by_password: by_password.as_bytes().to_vec(),
            by_recovery: open.bundle.envelopes.by_recovery.as_bytes().to_vec(),
            sealed: [
                open.bundle.envelopes.x25519.as_bytes().to_vec(),
                open.bundle.envelopes.ed25519.as_bytes().to_vec(),
            ],
        };
        let change = PasswordChange {
            idempotency_key: IdempotencyKey(idempotency_key),
            expected: Expected::of(&open.bundle),
            opaque_upload: OpaqueUpload(registered.upload),
            kdf_block: fresh.block,
            by_password,
        };
        Ok((change.request(&known.origin), expectation))
    }

    /// Sends the change until there is an answer; the same session and the same bytes are answered alike.
    async fn upload(&mut self, known: &Known, open: &Open, change: &Outbound) -> End<()> {
        debug_assert_eq!(change.origin(), &known.origin);
        self.reach = Reach::Unknown;
        match self.send_in(&open.session, change, inbound::read_receipt).await? {
            Heard::Answer(receipt) if bool::from(receipt.ct_eq(&change.digest())) => Ok(()),
            Heard::Answer(_) => Err(Refusal::Receipt.into()),
            Heard::LoginFailed { .. } => Err(Refusal::Opaque.into()),
        }
    }
}

impl<W: World> Run<'_, W> {
    /// Logs in with the new password, whose stretching is in hand; `None` if it opens nothing.
    async fn prove(&mut self, known: &Known, open: &Open, fresh: Fresh) -> End<Option<Open>> {
        let params = LoginParams {
            account: open.context.account,
            realm: open.context.realm,
            key_gen: open.bundle.identity.key_gen,
            kdf_block: fresh.block,
        };
        self.log_in(known, &params, fresh.auth, fresh.pre).await
    }

    /// What became of it.
    fn conclude(
        &mut self,
        known: Known,
        expectation: &Expectation,
        sent: End<()>,
        proof: End<Option<Open>>,
    ) -> End<Done> {
        match (proof, sent) {
            (Ok(Some(open)), sent) => {
                self.reach = Reach::Stored;
                if let Some(member) = expectation.difference(&open.bundle) {
                    return Err(Refusal::Differs(member).into());
                }
                // A receipt that was not the right one is a lie, even if the right thing was stored.
                if let Err(Why::Refused(refused @ Refusal::Receipt)) = sent {
                    return Err(refused.into());
                }
                self.remember(known, open, Deed::PasswordChanged)
            }
            // It said that it stored the change, and did not.
            (Ok(None), Ok(())) => Err(Refusal::Receipt.into()),
            (Ok(None), Err(why)) => {
                self.reach = Reach::Unchanged;
                Err(why)
            }
            (Err(_), Err(why)) | (Err(why), Ok(())) => Err(why),
        }
    }
}

/// What must come back.
struct Expectation {
    kdf_block: KdfBlock,
    by_password: Vec<u8>,
    by_recovery: Vec<u8>,
    sealed: [Vec<u8>; 2],
}

impl Expectation {
    fn difference(&self, bundle: &Bundle) -> Option<&'static str> {
        let envelopes = &bundle.envelopes;
        [
            ("kdf_block", self.kdf_block == bundle.kdf_block),
            ("envelope 1", self.by_password == envelopes.by_password.as_bytes()),
            ("envelope 2", self.by_recovery == envelopes.by_recovery.as_bytes()),
            ("envelope 3", self.sealed[0] == envelopes.x25519.as_bytes()),
            ("envelope 4", self.sealed[1] == envelopes.ed25519.as_bytes()),
        ]
        .into_iter()
        .find_map(|(name, same)| (!same).then_some(name))
    }
}

/// Prepares and judges; the notice says how it was judged.
fn judged(known: &Known, profile: Profile, typed: &[u8]) -> Result<(Password, Notice), Notice> {
    let password = prepare(typed).map(Password::from_prepared).map_err(Notice::Unusable)?;
    let context = Context { name: "", email: &known.email, organisation: "", host: known.origin.host() };
    // EXPOSE: judged here, on this machine.
    let text = std::str::from_utf8(password.expose()).map_err(|_| Notice::Unusable(PrepareError::NotUtf8))?;
    match judge(text, &context, MIN_LENGTH) {
        Verdict::Good(strength) => Ok((password, Notice::Strong(strength, profile))),
        Verdict::Weak { reasons, strength } => Err(Notice::Weak { reasons, strength, profile }),
    }
}
