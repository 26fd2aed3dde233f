//! The server's side of OPAQUE (RFC 9807), and the answers for people who do not exist.
//!
//! Promise: nothing here depends on whether an account exists but the record that goes in. Must
//! never: see a password; keep a session key.

use crate::keys::ServerKeys;
use crate::rng::{SystemRng, as_uuid_v4};
use firstkey_core::crypto::context::{AccountContext, AccountId};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::opaque::{self, KE1_LEN, KE2_LEN, KE3_LEN, REQUEST_LEN, RESPONSE_LEN, Suite, UPLOAD_LEN};
use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration,
};
use ring::hmac;

/// A message that is none, or a proof that does not hold.
#[derive(Debug)]
pub(crate) struct Refused;

/// Answers a registration: changes nothing.
pub(crate) fn register(
    keys: &ServerKeys,
    account: &AccountId,
    request: &[u8; REQUEST_LEN],
) -> Result<[u8; RESPONSE_LEN], Refused> {
    let request = RegistrationRequest::<Suite>::deserialize(request).map_err(|_| Refused)?;
    let started = ServerRegistration::<Suite>::start(&keys.setup, request, opaque::credential_identifier(account))
        .map_err(|_| Refused)?;
    Ok(array(&started.message.serialize()))
}

/// Whether the bytes are a registration record of the suite.
pub(crate) fn is_record(upload: &[u8; UPLOAD_LEN]) -> bool {
    RegistrationUpload::<Suite>::deserialize(upload).is_ok()
}

/// A login that waits for the client's proof.
pub(crate) struct LoginStarted {
    /// For the client.
    pub(crate) ke2: [u8; KE2_LEN],
    /// For the database, until the proof comes.
    pub(crate) state: Vec<u8>,
}

/// Answers a login; `record` is `None` for an account that does not exist.
pub(crate) fn start_login(
    keys: &ServerKeys,
    context: &AccountContext,
    login_context: &[u8],
    record: Option<&[u8]>,
    ke1: &[u8; KE1_LEN],
) -> Result<LoginStarted, Refused> {
    let request = CredentialRequest::<Suite>::deserialize(ke1).map_err(|_| Refused)?;
    let record = record.map(ServerRegistration::<Suite>::deserialize).transpose().map_err(|_| Refused)?;
    let parameters = ServerLoginParameters { context: Some(login_context), identifiers: opaque::identifiers(context) };
    let started = ServerLogin::start(
        &mut SystemRng::new(),
        &keys.setup,
        record,
        request,
        opaque::credential_identifier(&context.account),
        parameters,
    )
    .map_err(|_| Refused)?;
    Ok(LoginStarted { ke2: array(&started.message.serialize()), state: started.state.serialize().to_vec() })
}

/// Checks the client's proof. The session key is not used: the bearer token is independent of it.
pub(crate) fn finish_login(
    state: &[u8],
    context: &AccountContext,
    login_context: &[u8],
    ke3: &[u8; KE3_LEN],
) -> Result<(), Refused> {
    let state = ServerLogin::<Suite>::deserialize(state).map_err(|_| Refused)?;
    let proof = CredentialFinalization::<Suite>::deserialize(ke3).map_err(|_| Refused)?;
    let parameters = ServerLoginParameters { context: Some(login_context), identifiers: opaque::identifiers(context) };
    state.finish(proof, parameters).map(drop).map_err(|_| Refused)
}

/// What a person who does not exist is said to have: the same every time, from the address and a
/// secret.
pub(crate) fn made_up(keys: &ServerKeys, email_key: &str) -> (AccountId, KdfBlock) {
    let derive = |what: &[u8]| -> [u8; 32] {
        let tag = hmac::sign(&keys.fakes, &pae(&[b"firstkey/v1/made-up", what, email_key.as_bytes()]));
        tag.as_ref().try_into().expect("invariant: HMAC-SHA-256 gives 32 bytes")
    };
    let id = derive(b"account");
    let id = *id.first_chunk().expect("invariant: 32 bytes hold 16");
    let block = KdfBlock { profile: Profile::DEFAULT, salt: Salt(derive(b"salt")), two_secret: false };
    (AccountId(as_uuid_v4(id)), block)
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("invariant: the suite fixes the length of every message")
}
