//! OPAQUE from both ends, with the password as the secret; on the server, with the proof that it
//! waits for.
//!
//! Promise: whatever is no secret is made before anything is hidden, by the same functions that the
//! product calls.

use crate::CONTEXT;
use crate::rng::Counting;
use crate::secret::{hide, publish};
use firstkey_core::crypto::opaque::{self, KE1_LEN, KE2_LEN, KE3_LEN, Login, REQUEST_LEN, Registration, Suite, UPLOAD_LEN};
use firstkey_core::secret::OpaquePassword;
use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup,
};

const AGREED: &[u8] = b"what both sides agree on";

/// A server that has one person's record.
struct Server {
    setup: ServerSetup<Suite>,
    record: [u8; UPLOAD_LEN],
}

fn parameters() -> ServerLoginParameters<'static, 'static> {
    ServerLoginParameters { context: Some(AGREED), identifiers: opaque::identifiers(&CONTEXT) }
}

fn password() -> OpaquePassword {
    OpaquePassword::make(&mut Counting::default())
}

impl Server {
    /// With the record of [`password`].
    fn new() -> Option<Self> {
        let setup = ServerSetup::<Suite>::new(&mut Counting::default());
        let (registration, request) = Registration::start(password(), &mut Counting::default()).ok()?;
        let response = answer(&setup, &request.0)?;
        let record = registration.finish(&response, &CONTEXT, &mut Counting::default()).ok()?.upload.0;
        Some(Self { setup, record })
    }

    /// What it sends, and what it keeps until the proof comes.
    fn log_in(&self, ke1: &[u8; KE1_LEN]) -> Option<([u8; KE2_LEN], Vec<u8>)> {
        let request = CredentialRequest::<Suite>::deserialize(ke1).ok()?;
        let upload = RegistrationUpload::<Suite>::deserialize(&self.record).ok()?;
        let started = ServerLogin::start(
            &mut Counting::default(),
            &self.setup,
            Some(ServerRegistration::finish(upload)),
            request,
            opaque::credential_identifier(&CONTEXT.account),
            parameters(),
        )
        .ok()?;
        Some((started.message.serialize().as_slice().try_into().ok()?, started.state.serialize().to_vec()))
    }
}

fn answer(setup: &ServerSetup<Suite>, request: &[u8; REQUEST_LEN]) -> Option<[u8; opaque::RESPONSE_LEN]> {
    let request = RegistrationRequest::<Suite>::deserialize(request).ok()?;
    let started = ServerRegistration::start(setup, request, opaque::credential_identifier(&CONTEXT.account)).ok()?;
    started.message.serialize().as_slice().try_into().ok()
}

/// The end of a registration: the record is made.
pub fn register() {
    let setup = ServerSetup::<Suite>::new(&mut Counting::default());
    let secret = password();
    hide(secret.expose());
    let Ok((registration, request)) = Registration::start(secret, &mut Counting::default()) else { return };
    publish(&request);
    let Some(response) = answer(&setup, &request.0) else { return };
    if let Ok(registered) = registration.finish(&response, &CONTEXT, &mut Counting::default()) {
        publish(&registered.upload);
    }
}

/// The end of a login: the server's proof is looked at and ours is made.
pub fn log_in() {
    let Some(server) = Server::new() else { return };
    let secret = password();
    hide(secret.expose());
    let Ok((login, ke1)) = Login::start(secret, &mut Counting::default()) else { return };
    publish(&ke1);
    let Some((ke2, _)) = server.log_in(&ke1.0) else { return };
    if let Ok(logged_in) = login.finish(&ke2, AGREED, &CONTEXT, &mut Counting::default()) {
        publish(&logged_in.ke3);
    }
}

/// The server's comparison: a guessed proof against the one that it waits for.
pub fn compare_proof() {
    let Some(server) = Server::new() else { return };
    let Ok((_, ke1)) = Login::start(password(), &mut Counting::default()) else { return };
    let Some((_, state)) = server.log_in(&ke1.0) else { return };
    hide(&state);
    let Ok(state) = ServerLogin::<Suite>::deserialize(&state) else { return };
    let Ok(guess) = CredentialFinalization::<Suite>::deserialize(&[7; KE3_LEN]) else { return };
    let refused = state.finish(guess, parameters()).is_err();
    publish(&refused);
    assert!(refused, "invariant: a guess is no proof");
}

/// What the server makes of a blinded password, with its own key as the secret.
pub fn evaluate() {
    let Ok((_, request)) = Registration::start(password(), &mut Counting::default()) else { return };
    let setup = ServerSetup::<Suite>::new(&mut Counting::default());
    let bytes = setup.serialize();
    hide(&bytes);
    let Ok(setup) = ServerSetup::<Suite>::deserialize(&bytes) else { return };
    if let Some(response) = answer(&setup, &request.0) {
        publish(&response);
    }
}
