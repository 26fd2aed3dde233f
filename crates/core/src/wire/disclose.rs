//! THE DOOR: everything that may leave this machine, and why each may.
//!
//! Promise: the list of `impl Disclose` below is complete; the trait is sealed, so no other module
//! can add to it, and [`super::outbound`] takes nothing else. Must never: implement `Disclose` for
//! a password, a key, a recovery code, or raw bytes.

use super::json::ObjectWriter;
use super::named::is_address;
use super::refusal::Refusal;
use crate::crypto::context::{AccountId, ChallengeId, InviteId, LoginId, SessionId};
use crate::crypto::envelope::{AccountKeyByPassword, AccountKeyByRecovery, Envelope, Kind};
use crate::crypto::hazmat;
use crate::crypto::identity::{IdentitySignature, PublicIdentity};
use crate::crypto::kdf::KdfBlock;
use crate::crypto::public::{Said, said};
use crate::crypto::statement::Statement;
use crate::secret::{Ed25519Seed, InviteToken};
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRngCore;

pub use crate::crypto::opaque::{LoginProof, LoginRequest, OpaqueRequest, OpaqueUpload};

mod sealed {
    pub trait Sealed {}
}

/// A value that may leave.
pub trait Disclose: sealed::Sealed {
    /// Why it may, in a few words for `audit`.
    const WHY: &'static str;
    /// Whether its text is kept out of the record that `audit` reads: it is worth something until
    /// it was used.
    const UNRECORDED: bool = false;

    /// Writes it as the member `name`.
    fn encode(&self, name: &str, out: &mut ObjectWriter);
}

/// An id that stands in a request's path, behind the endpoint's own.
pub trait DiscloseInPath: sealed::Sealed {
    /// Why it may leave.
    const WHY: &'static str;

    /// Its text, which needs no escaping in a path.
    fn segment(&self) -> String;
}

/// Text form of bytes on the wire.
pub(super) fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

macro_rules! disclose_bytes {
    ($type:ty, $why:literal, |$value:ident| $bytes:expr) => {
        impl sealed::Sealed for $type {}
        impl Disclose for $type {
            const WHY: &'static str = $why;
            fn encode(&self, name: &str, out: &mut ObjectWriter) {
                let $value = self;
                out.member_text(name, &base64url($bytes));
            }
        }
    };
}

said! {
    /// The public half of this run's claim key.
    ClaimKey, 32
}
said! {
    /// The public half of the recovery code's signature key.
    #[derive(Debug)]
    RecoveryPublic, 32
}
said! {
    /// The recovery code's signature over a challenge of the server.
    RecoveryProof, 64
}
said! {
    /// Random bytes that tell a retry from a second try.
    IdempotencyKey, 16
}
said! {
    /// A digest of the sealed keys that a change replaces.
    #[derive(Debug)]
    Expected, 32
}
/// The one sealed key that a new password brings.
pub struct ByPassword<'a>(pub &'a Envelope<AccountKeyByPassword>);
/// The one sealed key that a new kit brings.
pub struct ByRecovery<'a>(pub &'a Envelope<AccountKeyByRecovery>);
/// Both.
pub struct ByBoth<'a>(pub &'a Envelope<AccountKeyByPassword>, pub &'a Envelope<AccountKeyByRecovery>);
/// The person's own address, as the invite or the person named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);
/// The address of somebody whose public keys are asked for.
pub struct Sought(String);

impl ClaimKey {
    /// The public half of `seed`.
    pub fn of(seed: &Ed25519Seed) -> Self {
        // EXPOSE: only the public half leaves.
        Self { said: Said(hazmat::ed25519_public(seed.expose())) }
    }

    /// What a server calls it by: SHA-256.
    pub fn digest(&self) -> [u8; 32] {
        hazmat::sha256(&self.0)
    }
}

impl RecoveryPublic {
    /// The public half of `seed`.
    pub fn of(seed: &Ed25519Seed) -> Self {
        // EXPOSE: only the public half leaves.
        Self { said: Said(hazmat::ed25519_public(seed.expose())) }
    }
}

impl RecoveryProof {
    /// `seed` signs `message`, which names the challenge.
    pub fn sign(seed: &Ed25519Seed, message: &[u8]) -> Self {
        // EXPOSE: signs the challenge.
        Self { said: Said(hazmat::ed25519_sign(seed.expose(), message)) }
    }
}

impl IdempotencyKey {
    /// A fresh one, from the random generator alone.
    pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self { said: Said(bytes) }
    }
}

impl Expected {
    /// SHA-256 of the envelopes 1 and 2, one behind the other.
    pub fn of_envelopes(one: &[u8], two: &[u8]) -> Self {
        Self { said: Said(hazmat::sha256(&[one, two].concat())) }
    }
}

impl Email {
    /// Reads an address: visible characters around one last `@`, at most 254 bytes.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        read_address(text).map(Self)
    }
}

impl Sought {
    /// Reads an address, as [`Email::read`].
    pub fn read(text: &str) -> Result<Self, Refusal> {
        read_address(text).map(Self)
    }
}

fn read_address(text: &str) -> Result<String, Refusal> {
    if is_address(text) { Ok(text.to_owned()) } else { Err(Refusal::Malformed("email")) }
}

disclose_bytes!(InviteId, "names the invite; came from the server", |id| &id.0);
disclose_bytes!(ClaimKey, "a public key of this run", |key| &key.0);
disclose_bytes!(OpaqueRequest, "blinded: tells nothing about the password", |message| &message.0);
disclose_bytes!(OpaqueUpload, "OPAQUE record: useless without the server's key", |message| &message.0);
disclose_bytes!(LoginRequest, "blinded: tells nothing about the password", |message| &message.0);
disclose_bytes!(LoginProof, "proves the password without showing it", |message| &message.0);
disclose_bytes!(RecoveryPublic, "a public key; the recovery code signs for it", |key| &key.0);
disclose_bytes!(IdempotencyKey, "random; tells a retry from a second try", |key| &key.0);
disclose_bytes!(Expected, "digest of the sealed keys that this replaces", |digest| &digest.0);
disclose_bytes!(KdfBlock, "salt and settings: public by design", |block| &block.encode());
disclose_bytes!(AccountId, "names the account; came from the server", |id| &id.0);
disclose_bytes!(LoginId, "names this login; came from the server", |id| &id.0);
disclose_bytes!(ChallengeId, "names this recovery; came from the server", |id| &id.0);
disclose_bytes!(RecoveryProof, "proves the recovery code without showing it", |signature| &signature.0);
disclose_bytes!(IdentitySignature, "a signature by the new identity key", |signature| &signature.0);

impl sealed::Sealed for SessionId {}
impl DiscloseInPath for SessionId {
    const WHY: &'static str = "names a session; came from the server";
    fn segment(&self) -> String {
        base64url(&self.0)
    }
}

impl sealed::Sealed for InviteToken {}
impl Disclose for InviteToken {
    const WHY: &'static str = "came from the server, single use";
    const UNRECORDED: bool = true;
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        // EXPOSE: the server made it, keeps its hash, and takes it back once.
        out.member_text(name, &base64url(self.expose()));
    }
}

impl sealed::Sealed for Email {}
impl Disclose for Email {
    const WHY: &'static str = "your address: names your account";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_text(name, &self.0);
    }
}

impl sealed::Sealed for Sought {}
impl Disclose for Sought {
    const WHY: &'static str = "whose public keys you asked for";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_text(name, &self.0);
    }
}

impl sealed::Sealed for PublicIdentity {}
impl Disclose for PublicIdentity {
    const WHY: &'static str = "public keys";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_object(name, |out| {
            out.member_whole("key_gen", u64::from(self.key_gen.0));
            out.member_text("ed25519", &base64url(&self.ed25519));
            out.member_text("x25519", &base64url(&self.x25519));
        });
    }
}

impl sealed::Sealed for Statement {}
impl Disclose for Statement {
    const WHY: &'static str = "signed count and digests of the sealed keys";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_object(name, |out| {
            out.member_whole("counter", self.counter);
            out.member_text("digests", &base64url(&self.digests.encode()));
            out.member_text("signature", &base64url(&self.signature));
        });
    }
}

impl<K: Kind> sealed::Sealed for Envelope<K> {}
impl<K: Kind> Disclose for Envelope<K> {
    const WHY: &'static str = "encrypted on this machine";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_text(name, &base64url(self.as_bytes()));
    }
}

impl sealed::Sealed for super::bundle::Envelopes {}
impl Disclose for super::bundle::Envelopes {
    const WHY: &'static str = "4 sealed keys, encrypted on this machine";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_object(name, |out| {
            self.by_password.encode("1", out);
            self.by_recovery.encode("2", out);
            self.x25519.encode("3", out);
            self.ed25519.encode("4", out);
        });
    }
}

impl sealed::Sealed for ByPassword<'_> {}
impl Disclose for ByPassword<'_> {
    const WHY: &'static str = "1 sealed key, encrypted on this machine";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_object(name, |out| self.0.encode("1", out));
    }
}

impl sealed::Sealed for ByRecovery<'_> {}
impl Disclose for ByRecovery<'_> {
    const WHY: &'static str = "1 sealed key, encrypted on this machine";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_object(name, |out| self.0.encode("2", out));
    }
}

impl sealed::Sealed for ByBoth<'_> {}
impl Disclose for ByBoth<'_> {
    const WHY: &'static str = "2 sealed keys, encrypted on this machine";
    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_object(name, |out| {
            self.0.encode("1", out);
            self.1.encode("2", out);
        });
    }
}
