//! Requests signed by the claim key.
//!
//! Promises: a caller who cannot sign learns one thing, that the claim does not hold; never whether
//! there is such an invite or how it stands. A signature counts in one realm and at one origin: a
//! request that a client signed for another server is no claim here.

use super::b64;
use super::problem::{Name, Problem};
use super::request::Exact;
use crate::http::App;
use crate::store::Enrolment;
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::hazmat::ed25519_verify;
use firstkey_core::crypto::label;

/// A request with a signature by a key that once claimed the invite.
pub(crate) struct Signed {
    pub(crate) invite_id: [u8; 16],
    /// The claim key that signed.
    pub(crate) signer: [u8; 32],
    pub(crate) enrolment: Enrolment,
}

/// Checks the two headers and finds the claim key that signed.
pub(crate) async fn check(app: &App, request: &Exact) -> Result<Signed, Problem> {
    let invite_id = header(request, "firstkey-invite")?;
    let signature: [u8; 64] = header(request, "firstkey-signature")?;
    let (realm, origin, path) = (&app.realm.0, app.origin.as_str().as_bytes(), request.path.as_bytes());
    let message = pae(&[label::REQUEST, realm, origin, b"POST", path, &request.digest(), &invite_id]);
    let enrolment = app.store.enrolment(invite_id).await?.ok_or(Problem::new(Name::ClaimStale))?;
    let signer = enrolment.claim_keys.iter().copied().find(|key| ed25519_verify(key, &message, &signature));
    let signer = signer.ok_or(Problem::new(Name::ClaimStale))?;
    Ok(Signed { invite_id, signer, enrolment })
}

/// The one value of a header, as `N` bytes.
fn header<const N: usize>(request: &Exact, name: &str) -> Result<[u8; N], Problem> {
    let mut values = request.headers.get_all(name).iter();
    let bytes = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(b64::read),
        _ => None,
    };
    bytes.ok_or(Problem::invalid("Firstkey-Invite and Firstkey-Signature must be there once each."))
}
