//! Storing the emergency kit with the server, and reading it back.
//!
//! Promise: a kit counts as stored only if what the server returns is what it was sent and opens to
//! the private key. Storing takes the place of what was stored, so that after a lost answer the
//! same kit is stored again where the server does not return it.

use super::super::answer;
use super::super::door::{self, Call, Member, Request};
use super::super::keys::{PublicKey, Salt, Unlocked};
use super::super::kit::Kit;
use super::super::pin::Pin;
use super::super::says::Says;
use super::super::srp::{self, Handshake, Verifier};
use super::login::SURE;
use super::look::StoredKit;
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, Refused};
use super::{DialectNotice, Infisical};
use firstkey_core::flow::world::World;
use firstkey_core::secret::{TokenText, TypedPassword};
use firstkey_core::wire::origin::Origin;
use zeroize::Zeroizing;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Issued {
    /// Stored, read back, opened.
    ReadBack,
    /// The server would not store it. The account is whole all the same.
    NotStored,
}

/// The proof of the password that storing something takes.
pub(super) struct Proof {
    pub(super) proof: srp::ClientProof,
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    /// Begins a handshake within a session; the proof is used up by the request that carries it.
    pub(super) async fn proof(
        &mut self,
        origin: &Origin,
        unlocked: &Unlocked,
        token: &TokenText,
    ) -> End<Result<Proof, Says>> {
        let handshake = Handshake::make(self.rng);
        let request =
            Request::to(origin, Call::KitSrp).field(Member::ClientPublicKey, handshake.public()).build().bearing(token);
        let challenge = match self.send(&request).await? {
            Outcome::Good(mut fields) => answer::challenge(&mut fields)?,
            Outcome::Says(says) => return Ok(Err(says)),
            Outcome::Lost(why) => return Err(DialectReason::Unreachable(why)),
        };
        if challenge.salt != unlocked.salt {
            return Err(Refused::OtherSalt.into());
        }
        let proof = handshake.prove(&unlocked.x, &challenge.server).ok_or(Refused::Keys)?;
        Ok(Ok(Proof { proof }))
    }

    /// Stores the kit. Its verifier is of its own secret, as the clients of the time do it; the
    /// servers never use it.
    pub(super) async fn issue(
        &mut self,
        origin: &Origin,
        identity: &str,
        unlocked: &Unlocked,
        kit: &Kit,
        token: &TokenText,
    ) -> End<Issued> {
        let salt = Salt::make(self.rng);
        let secret = TypedPassword::as_typed(Zeroizing::new(kit.secret.key().to_vec()));
        let verifier = Verifier::derive(&srp::exponent(identity, &secret, salt.as_bytes()));
        for attempt in 1..=SURE {
            let proof = match self.proof(origin, unlocked, token).await? {
                Ok(proof) => proof.proof,
                Err(_) => return Ok(Issued::NotStored),
            };
            let request = Request::to(origin, Call::IssueKit)
                .field(Member::ClientProof, &proof)
                .sealed(door::BACKUP, &kit.sealed)
                .field(Member::Salt, &salt)
                .field(Member::Verifier, &verifier)
                .build()
                .bearing(token);
            match self.send(&request).await? {
                Outcome::Good(_) => return self.read_back_kit(origin, kit, token).await,
                // It never arrived, or an older one is there: the same once more.
                Outcome::Lost(_) => match self.read_back_kit(origin, kit, token).await {
                    Ok(Issued::ReadBack) => return Ok(Issued::ReadBack),
                    Ok(Issued::NotStored) | Err(DialectReason::Refused(Refused::Differs(_))) if attempt < SURE => {
                        self.pause(attempt).await?;
                    }
                    end => return end,
                },
                Outcome::Says(Says::WrongProof) if attempt < SURE => self.pause(attempt).await?,
                Outcome::Says(_) => return Ok(Issued::NotStored),
            }
        }
        Ok(Issued::NotStored)
    }

    /// Stores a kit in the place of the one before, which is remembered until that is done.
    pub(super) async fn store_kit(
        &mut self,
        pin: &mut Pin,
        unlocked: &Unlocked,
        kit: &Kit,
        token: &TokenText,
    ) -> End<bool> {
        pin.kit_sent = Some(kit.digest());
        self.keep(pin)?;
        let (origin, identity) = (pin.origin.clone(), pin.identity.clone());
        let stored = self.issue(&origin, &identity, unlocked, kit, token).await? == Issued::ReadBack;
        if stored {
            pin.settle_kit(kit.digest());
            self.keep(pin)?;
        }
        self.tell(if stored { &DialectNotice::KitStored } else { &DialectNotice::KitNotStored });
        Ok(stored)
    }

    async fn read_back_kit(&mut self, origin: &Origin, kit: &Kit, token: &TokenText) -> End<Issued> {
        let StoredKit::One(stored) = self.stored_kit(origin, token).await? else { return Ok(Issued::NotStored) };
        let opens = stored.private(&kit.secret.key()).is_ok_and(|secret| PublicKey::of(&secret) == kit.public_key);
        if stored == kit.sealed && opens { Ok(Issued::ReadBack) } else { Err(Refused::Differs("emergency kit").into()) }
    }
}
