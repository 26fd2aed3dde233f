//! What a completed account's new password uploads: a new lock for the same keys.
//!
//! Promise: made from the bundle that it replaces, and says so; if the server holds another one by then, it stores nothing (docs/PROTOCOL.md section 12).
//! Must never: hold anything but ciphertext and public values.

use super::bundle::{Bundle, Envelopes};
use super::disclose::{ByPassword, Expected, IdempotencyKey, OpaqueUpload};
use super::origin::Origin;
use super::outbound::{Endpoint, Outbound};
use crate::crypto::envelope::{AccountKeyByPassword, Envelope};
use crate::crypto::hazmat;
use crate::crypto::kdf::KdfBlock;

/// Everything that `account/password` uploads.
pub struct PasswordChange {
    /// Tells a retry from a second try.
    pub idempotency_key: IdempotencyKey,
    /// What it replaces.
    pub expected: Expected,
    /// The OPAQUE record.
    pub opaque_upload: OpaqueUpload,
    /// New salt and settings.
    pub kdf_block: KdfBlock,
    /// The account key under the new password.
    pub by_password: Envelope<AccountKeyByPassword>,
}

impl PasswordChange {
    /// The request; it takes a session beside it.
    pub fn request(&self, origin: &Origin) -> Outbound {
        Outbound::post(origin, Endpoint::PasswordChange)
            .field("idempotency_key", &self.idempotency_key)
            .field("expected", &self.expected)
            .field("opaque_upload", &self.opaque_upload)
            .field("kdf_block", &self.kdf_block)
            .field("envelopes", &ByPassword(&self.by_password))
            .build()
    }
}

impl Expected {
    /// Of the bundle that a change is made from: SHA-256 of the envelopes 1 and 2, one behind the other.
    pub fn of(bundle: &Bundle) -> Self {
        let Envelopes { by_password, by_recovery, .. } = &bundle.envelopes;
        Self(hazmat::sha256(&[by_password.as_bytes(), by_recovery.as_bytes()].concat()))
    }
}
