//! Sending a change of an account's locks, and finding out what became of it.
//!
//! Promise: a change is sent again only byte for byte; "changed" is said only after what is stored
//! was read back with the new lock's secret, or with one that still holds, and compared. A lost
//! answer is found out in the same way. Must never: leave the person without knowing which secret
//! holds, as far as that can be known.

use super::lock::Fresh;
use super::login::Open;
use super::run::{End, Heard, Run};
use super::stop::AccountReason;
use super::{Deed, Done, Known};
use crate::crypto::context::{AccountContext, KeyGen};
use crate::crypto::kdf::KdfBlock;
use crate::crypto::statement::Statement;
use crate::flow::stop::Reach;
use crate::flow::world::World;
use crate::secret::SessionToken;
use crate::wire::bundle::Bundle;
use crate::wire::change::{KitLock, PasswordLock, Replaces};
use crate::wire::disclose::{Expected, RecoveryPublic};
use crate::wire::inbound::{self, LoginParams};
use crate::wire::outbound::Outbound;
use crate::wire::refusal::Refusal;
use subtle::ConstantTimeEq;

/// What must come back.
pub(super) struct Expectation {
    before: Expected,
    kdf_block: KdfBlock,
    by_password: Vec<u8>,
    by_recovery: Vec<u8>,
    sealed: [Vec<u8>; 2],
    recovery_public: RecoveryPublic,
    statement: Option<Statement>,
}

impl Expectation {
    /// The bundle as it is, with these locks in the place of its own.
    pub(super) fn of(bundle: &Bundle, lock: Option<&PasswordLock>, kit: Option<&KitLock>, replaces: &Replaces) -> Self {
        let held = &bundle.envelopes;
        Self {
            before: Expected::of(bundle),
            kdf_block: lock.map_or(bundle.kdf_block, |lock| lock.kdf_block),
            by_password: lock.map_or(held.by_password.as_bytes(), |lock| lock.envelope.as_bytes()).to_vec(),
            by_recovery: kit.map_or(held.by_recovery.as_bytes(), |kit| kit.envelope.as_bytes()).to_vec(),
            sealed: [held.x25519.as_bytes().to_vec(), held.ed25519.as_bytes().to_vec()],
            recovery_public: kit.map_or(bundle.recovery_public, |kit| kit.recovery_public),
            statement: replaces.statement.clone(),
        }
    }

    fn difference(&self, bundle: &Bundle) -> Option<&'static str> {
        let envelopes = &bundle.envelopes;
        [
            ("kdf_block", self.kdf_block == bundle.kdf_block),
            ("envelope 1", self.by_password == envelopes.by_password.as_bytes()),
            ("envelope 2", self.by_recovery == envelopes.by_recovery.as_bytes()),
            ("envelope 3", self.sealed[0] == envelopes.x25519.as_bytes()),
            ("envelope 4", self.sealed[1] == envelopes.ed25519.as_bytes()),
            ("recovery_public", self.recovery_public == bundle.recovery_public),
            ("statement", self.statement == bundle.statement),
        ]
        .into_iter()
        .find_map(|(name, same)| (!same).then_some(name))
    }
}

impl<W: World> Run<'_, W> {
    /// Sends the change until there is an answer; the same session and the same bytes are answered
    /// alike.
    pub(super) async fn upload(&mut self, session: &SessionToken, change: &Outbound) -> End<()> {
        match self.send_change(session, change, inbound::read_receipt).await? {
            Heard::Answer(receipt) if bool::from(receipt.ct_eq(&change.digest())) => Ok(()),
            Heard::Answer(_) => Err(Refusal::Receipt.into()),
            Heard::NotProven { .. } => Err(Refusal::Opaque.into()),
        }
    }

    /// Logs in with the new password, whose stretching is in hand; `None` if it opens nothing.
    pub(super) async fn prove(
        &mut self,
        known: &Known,
        context: AccountContext,
        key_gen: KeyGen,
        fresh: Fresh,
    ) -> End<Option<Open>> {
        let AccountContext { realm, account } = context;
        let params = LoginParams { account, realm, key_gen, kdf_block: fresh.block };
        let proof = self.log_in(known, &params, fresh.auth, fresh.pre).await;
        if let Ok(Some(_)) = proof {
            // It opens, so it is stored, whatever else may be wrong with what came back.
            self.reach = Reach::Stored;
        }
        proof
    }

    /// What became of it: `proof` is what a log-in after the change found, whatever was answered to
    /// the change.
    pub(super) async fn conclude(
        &mut self,
        known: Known,
        expectation: &Expectation,
        sent: End<()>,
        proof: End<Option<Open>>,
        deed: Deed,
    ) -> End<Done> {
        let open = match (proof, &sent) {
            (Ok(Some(open)), _) => open,
            // It said that it stored the change, and did not.
            (Ok(None), Ok(())) => return Err(Refusal::Receipt.into()),
            (Ok(None), Err(why)) => {
                // That the new password opens nothing is only as good as the line that said so,
                // unless the server refused the change in so many words.
                if matches!(why, AccountReason::Problem(_)) {
                    self.reach = Reach::NothingChanged;
                }
                return Err(sent.err().unwrap_or(AccountReason::NotOpened));
            }
            (Err(why), Ok(())) => return Err(why),
            (Err(why), Err(_)) => return Err(sent.err().unwrap_or(why)),
        };
        match (expectation.difference(&open.bundle), sent) {
            // A receipt that was not the right one is a lie, even if the right thing was stored.
            (None, Err(AccountReason::Refused(refused @ Refusal::Receipt))) => {
                self.reach = Reach::Stored;
                Err(refused.into())
            }
            (None, _) => {
                self.reach = Reach::Stored;
                self.remember(known, open, deed).await
            }
            (Some(_), sent) if expectation.before == Expected::of(&open.bundle) => {
                self.reach = Reach::NothingChanged;
                Err(sent.err().unwrap_or(Refusal::Receipt.into()))
            }
            (Some(member), _) => Err(Refusal::Differs(member).into()),
        }
    }
}
