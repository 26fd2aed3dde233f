//! The server's side of OPAQUE (RFC 9807).
//!
//! Promise: nothing here depends on whether an account exists but the record that goes in; both
//! cases read a record and draw as much randomness. Must never: see a password; keep a session key.

use crate::rng::{SystemRng, random};
use firstkey_core::crypto::context::{AccountContext, AccountId};
use firstkey_core::crypto::opaque::{self, KE1_LEN, KE2_LEN, KE3_LEN, REQUEST_LEN, RESPONSE_LEN, Suite, UPLOAD_LEN};
use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup,
};

/// A message that is none, or a proof that does not hold.
#[derive(Debug)]
pub(crate) struct Refused;

/// Answers a registration: changes nothing.
pub(crate) fn register(
    setup: &ServerSetup<Suite>,
    account: &AccountId,
    request: &[u8; REQUEST_LEN],
) -> Result<[u8; RESPONSE_LEN], Refused> {
    let request = RegistrationRequest::<Suite>::deserialize(request).map_err(|_| Refused)?;
    let started = ServerRegistration::<Suite>::start(setup, request, opaque::credential_identifier(account))
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

/// Whose record it is that was found.
#[derive(Clone, Copy)]
pub(crate) enum Record<'a> {
    /// The account's.
    Own(&'a [u8]),
    /// The account does not exist. A stand-in's record is read and not used: the answer is made up.
    MadeUp(Option<&'a [u8]>),
}

/// Bytes that the library draws for an answer that is made up: the masking key (RFC 9807 section
/// 6.3.2.2).
const MASKING_KEY: usize = 64;

/// Answers a login.
pub(crate) fn start_login(
    setup: &ServerSetup<Suite>,
    context: &AccountContext,
    login_context: &[u8],
    record: Record<'_>,
    ke1: &[u8; KE1_LEN],
) -> Result<LoginStarted, Refused> {
    let request = CredentialRequest::<Suite>::deserialize(ke1).map_err(|_| Refused)?;
    let read = |bytes| ServerRegistration::<Suite>::deserialize(bytes).map_err(|_| Refused);
    let record = match record {
        Record::Own(bytes) => {
            let _ = std::hint::black_box(random::<MASKING_KEY>());
            Some(read(bytes)?)
        }
        Record::MadeUp(stand_in) => {
            let _ = std::hint::black_box(stand_in.map(read).is_some_and(|read| read.is_ok()));
            None
        }
    };
    let parameters = ServerLoginParameters { context: Some(login_context), identifiers: opaque::identifiers(context) };
    let started = ServerLogin::start(
        &mut SystemRng::new(),
        setup,
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

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("invariant: the suite fixes the length of every message")
}
