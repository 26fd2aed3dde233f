//! OPAQUE (RFC 9807): the suite, and the client's side of registration and login. Nothing else.
//!
//! Promise: the OPAQUE password is the stretched `auth`, never what the person typed; stretching
//! happens before, so the suite's own key-stretching function is the identity. Ids and context bind
//! every conversation to realm, origin, account, settings and generation. Must never: leave an
//! export key in a type that is not wiped; say more about a failure than that it failed.

use super::context::{AccountContext, AccountId, KeyGen};
use super::encoding::pae;
use super::kdf::KdfBlock;
use super::public::{Said, said};
use super::stack::{DEEP, wiped_after};
use super::{SUITE, label};
use crate::secret::{ExportKey, OpaquePassword};
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationRequest, RegistrationResponse, Ristretto255, ServerRegistration,
    ServerSetup, TripleDh, ksf,
};
use rand_core::CryptoRngCore;
use sha2::Sha512;
use zeroize::Zeroize;

/// OPAQUE-3DH over ristretto255-SHA512 with the identity KSF.
pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = ksf::Identity;
}

/// Wrong password, wrong server key, wrong context or a message that is none: one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the login did not succeed")]
pub struct OpaqueFailed;

/// Length of the first registration message in bytes.
pub const REQUEST_LEN: usize = 32;
/// Length of the server's registration answer in bytes.
pub const RESPONSE_LEN: usize = 64;
/// Length of the registration record in bytes.
pub const UPLOAD_LEN: usize = 192;
/// Length of the first login message in bytes.
pub const KE1_LEN: usize = 96;
/// Length of the server's login answer in bytes.
pub const KE2_LEN: usize = 320;
/// Length of the last login message in bytes.
pub const KE3_LEN: usize = 64;

said! {
    /// The first registration message.
    OpaqueRequest, REQUEST_LEN
}
said! {
    /// The registration record.
    OpaqueUpload, UPLOAD_LEN
}
said! {
    /// The first login message.
    LoginRequest, KE1_LEN
}
said! {
    /// The last login message.
    LoginProof, KE3_LEN
}

/// The server's long-term public key as OPAQUE authenticated it; worth pinning.
pub type ServerKey = [u8; 32];

/// What both sides of a login must agree on:
/// `PAE("firstkey/v1/opaque", suite, realm_id, origin, account_id, kdf_block, key_gen u32be)`.
pub fn login_context(context: &AccountContext, origin: &str, block: &[u8; KdfBlock::LEN], key_gen: KeyGen) -> Vec<u8> {
    pae(&[
        label::OPAQUE,
        &[SUITE],
        &context.realm.0,
        origin.as_bytes(),
        &context.account.0,
        block,
        &key_gen.0.to_be_bytes(),
    ])
}

/// `identifiers.client = account_id`, `identifiers.server = realm_id`; both sides use this.
pub fn identifiers(context: &AccountContext) -> Identifiers<'_> {
    Identifiers { client: Some(&context.account.0), server: Some(&context.realm.0) }
}

/// `credential_identifier = account_id`.
pub fn credential_identifier(account: &AccountId) -> &[u8] {
    &account.0
}

/// A registration that waits for the server's answer.
pub struct Registration {
    state: ClientRegistration<Suite>,
    auth: OpaquePassword,
}

/// What registration gives.
pub struct Registered {
    /// The record that the server stores.
    pub upload: OpaqueUpload,
    /// The client's half of KEK_pw from the OPRF.
    pub export_key: ExportKey,
    /// The server's key.
    pub server_key: ServerKey,
}

impl Registration {
    /// Blinds `auth`; gives the state and the message.
    pub fn start(auth: OpaquePassword, mut rng: &mut dyn CryptoRngCore) -> Result<(Self, OpaqueRequest), OpaqueFailed> {
        // EXPOSE: OPAQUE blinds it before anything leaves.
        let started = wiped_after::<DEEP, _>(|| ClientRegistration::<Suite>::start(&mut rng, auth.expose()));
        let started = started.map_err(|_| OpaqueFailed)?;
        let message = OpaqueRequest { said: Said(array(&started.message.serialize())) };
        Ok((Self { state: started.state, auth }, message))
    }

    /// Makes the record from the server's answer.
    pub fn finish(
        self,
        response: &[u8; RESPONSE_LEN],
        context: &AccountContext,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Registered, OpaqueFailed> {
        wiped_after::<DEEP, _>(|| self.record(response, context, rng))
    }

    fn record(
        self,
        response: &[u8; RESPONSE_LEN],
        context: &AccountContext,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<Registered, OpaqueFailed> {
        let response = RegistrationResponse::deserialize(response).map_err(|_| OpaqueFailed)?;
        let params = ClientRegistrationFinishParameters::new(identifiers(context), None);
        // EXPOSE: OPAQUE derives the record's keys from it.
        let mut finished =
            self.state.finish(&mut rng, self.auth.expose(), response, params).map_err(|_| OpaqueFailed)?;
        let export_key = ExportKey::filled_by(|out| out.copy_from_slice(&finished.export_key));
        finished.export_key.as_mut_slice().zeroize();
        Ok(Registered {
            upload: OpaqueUpload { said: Said(array(&finished.message.serialize())) },
            export_key,
            server_key: array(&finished.server_s_pk.serialize()),
        })
    }
}

/// The answer to a registration, by a server key that is made for this call and forgotten: what a
/// rehearsal has in the place of a server.
pub fn answer_alone(
    request: &[u8; REQUEST_LEN],
    mut rng: &mut dyn CryptoRngCore,
) -> Result<[u8; RESPONSE_LEN], OpaqueFailed> {
    let request = RegistrationRequest::deserialize(request).map_err(|_| OpaqueFailed)?;
    let setup = ServerSetup::<Suite>::new(&mut rng);
    let started = ServerRegistration::<Suite>::start(&setup, request, b"a rehearsal").map_err(|_| OpaqueFailed)?;
    Ok(array(&started.message.serialize()))
}

/// A login that waits for the server's answer.
pub struct Login {
    state: ClientLogin<Suite>,
    auth: OpaquePassword,
}

/// What login gives.
pub struct LoggedIn {
    /// The proof for the server.
    pub ke3: LoginProof,
    /// The same export key as at registration.
    pub export_key: ExportKey,
    /// The server's key; compare it with a pin.
    pub server_key: ServerKey,
}

impl Login {
    /// Blinds `auth`; gives the state and the message.
    pub fn start(auth: OpaquePassword, mut rng: &mut dyn CryptoRngCore) -> Result<(Self, LoginRequest), OpaqueFailed> {
        // EXPOSE: OPAQUE blinds it before anything leaves.
        let started = wiped_after::<DEEP, _>(|| ClientLogin::<Suite>::start(&mut rng, auth.expose()))
            .map_err(|_| OpaqueFailed)?;
        let message = LoginRequest { said: Said(array(&started.message.serialize())) };
        Ok((Self { state: started.state, auth }, message))
    }

    /// Checks the server's proof in this login context and makes ours.
    pub fn finish(
        self,
        ke2: &[u8; KE2_LEN],
        login_context: &[u8],
        context: &AccountContext,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<LoggedIn, OpaqueFailed> {
        wiped_after::<DEEP, _>(|| self.proof(ke2, login_context, context, rng))
    }

    fn proof(
        self,
        ke2: &[u8; KE2_LEN],
        login_context: &[u8],
        context: &AccountContext,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<LoggedIn, OpaqueFailed> {
        let response = CredentialResponse::deserialize(ke2).map_err(|_| OpaqueFailed)?;
        let params = ClientLoginFinishParameters::new(Some(login_context), identifiers(context), None);
        // EXPOSE: OPAQUE opens its envelope with it.
        let mut finished =
            self.state.finish(&mut rng, self.auth.expose(), response, params).map_err(|_| OpaqueFailed)?;
        let export_key = ExportKey::filled_by(|out| out.copy_from_slice(&finished.export_key));
        finished.export_key.as_mut_slice().zeroize();
        finished.session_key.as_mut_slice().zeroize();
        Ok(LoggedIn {
            ke3: LoginProof { said: Said(array(&finished.message.serialize())) },
            export_key,
            server_key: array(&finished.server_s_pk.serialize()),
        })
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("invariant: the suite fixes the length of every message")
}
