//! What may leave cannot be written into afterwards.

use firstkey_core::secret::RecoveryCode;
use firstkey_core::wire::disclose::IdempotencyKey;

fn overwrite(id: &mut IdempotencyKey, code: &RecoveryCode) {
    id.0 = *code.expose();
}

fn main() {}
