//! The upload that completes an account: built from fresh keys, or read again from a saved request.
//!
//! Promise: [`Completion::read`] accepts exactly what [`Completion::request`] writes. Must never:
//! hold anything but ciphertext and public values.

use super::bundle::{Bundle, read_statement};
use super::disclose::{IdempotencyKey, OpaqueUpload};
use super::fields::Fields;
use super::json;
use super::origin::Origin;
use super::outbound::{Endpoint, Outbound};
use super::refusal::Refusal;

/// Everything that `enrol/complete` uploads.
pub struct Completion {
    /// Tells a retry from a second try.
    pub idempotency_key: IdempotencyKey,
    /// The OPAQUE record.
    pub opaque_upload: OpaqueUpload,
    /// The rest, which comes back at every login.
    pub bundle: Bundle,
}

impl Completion {
    /// The request, unsigned.
    pub fn request(&self, origin: &Origin) -> Outbound {
        Outbound::post(origin, Endpoint::EnrolComplete)
            .field("idempotency_key", &self.idempotency_key)
            .field("opaque_upload", &self.opaque_upload)
            .field("kdf_block", &self.bundle.kdf_block)
            .field("envelopes", &self.bundle.envelopes)
            .field("identity", &self.bundle.identity)
            .field("signature", &self.bundle.signature)
            .field("recovery_public", &self.bundle.recovery_public)
            .field_if_any("statement", self.bundle.statement.as_ref())
            .build()
    }

    /// Reads the body of such a request.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let mut fields = Fields::open("completion", json::read(body).map_err(|_| Refusal::NotJson)?)?;
        let idempotency_key = IdempotencyKey::heard(fields.bytes("idempotency_key")?);
        let opaque_upload = OpaqueUpload::heard(fields.bytes("opaque_upload")?);
        let mut bundle = Bundle::take(&mut fields)?;
        bundle.statement = fields.take_optional("statement").map(read_statement).transpose()?;
        fields.finish()?;
        Ok(Self { idempotency_key, opaque_upload, bundle })
    }
}
