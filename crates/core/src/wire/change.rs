//! What changes the locks of a completed account uploads: new locks for the same keys.
//!
//! Promise: each is made from the bundle that it replaces, and says so; if the server holds another
//! one by then, it stores nothing (docs/PROTOCOL.md section 12). Must never: hold anything but
//! ciphertext and public values.

use super::bundle::{Bundle, Envelopes};
use super::disclose::{ByBoth, ByPassword, ByRecovery, Expected, IdempotencyKey, OpaqueUpload, RecoveryPublic};
use super::origin::Origin;
use super::outbound::{Endpoint, Outbound};
use crate::crypto::envelope::{AccountKeyByPassword, AccountKeyByRecovery, Envelope};
use crate::crypto::kdf::KdfBlock;
use crate::crypto::realm_key::RealmKey;
use crate::crypto::statement::Statement;

/// Which change it is.
#[derive(Clone)]
pub struct Replaces {
    /// Tells a retry from a second try.
    pub idempotency_key: IdempotencyKey,
    /// What it replaces.
    pub expected: Expected,
    /// What the account's key says of the bundle as it will be; none for a server that keeps none.
    pub statement: Option<Statement>,
}

/// The lock that a new password opens.
pub struct PasswordLock {
    /// The OPAQUE record.
    pub opaque_upload: OpaqueUpload,
    /// New salt and settings.
    pub kdf_block: KdfBlock,
    /// The account key under the new password.
    pub envelope: Envelope<AccountKeyByPassword>,
    /// Who signed the answer to the registration, for the account's statement to name; never sent.
    pub realm_key: Option<RealmKey>,
}

/// The lock that a new kit opens.
pub struct KitLock {
    /// The account key under the new recovery code.
    pub envelope: Envelope<AccountKeyByRecovery>,
    /// What checks that code's signatures.
    pub recovery_public: RecoveryPublic,
}

/// `account/password`; it takes a session beside it.
pub fn password(origin: &Origin, replaces: &Replaces, lock: &PasswordLock) -> Outbound {
    Outbound::post(origin, Endpoint::PasswordChange)
        .field("idempotency_key", &replaces.idempotency_key)
        .field("expected", &replaces.expected)
        .field("opaque_upload", &lock.opaque_upload)
        .field("kdf_block", &lock.kdf_block)
        .field("envelopes", &ByPassword(&lock.envelope))
        .field_if_any("statement", replaces.statement.as_ref())
        .build()
}

/// `account/kit`; it takes a session beside it.
pub fn kit(origin: &Origin, replaces: &Replaces, lock: &KitLock) -> Outbound {
    Outbound::post(origin, Endpoint::KitChange)
        .field("idempotency_key", &replaces.idempotency_key)
        .field("expected", &replaces.expected)
        .field("envelopes", &ByRecovery(&lock.envelope))
        .field("recovery_public", &lock.recovery_public)
        .field_if_any("statement", replaces.statement.as_ref())
        .build()
}

/// `recovery/complete`: both at once, in a session of a recovery.
pub fn recovery(origin: &Origin, replaces: &Replaces, lock: &PasswordLock, kit: &KitLock) -> Outbound {
    Outbound::post(origin, Endpoint::RecoveryComplete)
        .field("idempotency_key", &replaces.idempotency_key)
        .field("expected", &replaces.expected)
        .field("opaque_upload", &lock.opaque_upload)
        .field("kdf_block", &lock.kdf_block)
        .field("envelopes", &ByBoth(&lock.envelope, &kit.envelope))
        .field("recovery_public", &kit.recovery_public)
        .field_if_any("statement", replaces.statement.as_ref())
        .build()
}

/// `account/statement`: the first statement about an account that has none, made from the bundle as
/// it is. The same request is answered alike.
pub fn statement(origin: &Origin, expected: Expected, statement: &Statement) -> Outbound {
    Outbound::post(origin, Endpoint::Statement).field("expected", &expected).field("statement", statement).build()
}

impl Expected {
    /// Of the bundle that a change is made from: SHA-256 of the envelopes 1 and 2, one behind the
    /// other.
    pub fn of(bundle: &Bundle) -> Self {
        let Envelopes { by_password, by_recovery, .. } = &bundle.envelopes;
        Self::of_envelopes(by_password.as_bytes(), by_recovery.as_bytes())
    }
}
