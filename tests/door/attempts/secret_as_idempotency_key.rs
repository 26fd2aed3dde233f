//! The recovery code cannot be called an `IdempotencyKey`, which may leave.

use firstkey_core::wire::disclose::IdempotencyKey;
use firstkey_core::secret::RecoveryCode;

fn rename(value: &RecoveryCode) -> IdempotencyKey {
    IdempotencyKey(*value.expose())
}

fn main() {}
