//! A public value is not put together around its private field either.

use firstkey_core::crypto::public::Said;
use firstkey_core::secret::RecoveryCode;
use firstkey_core::wire::disclose::IdempotencyKey;

fn rename(value: &RecoveryCode) -> IdempotencyKey {
    IdempotencyKey { said: Said(*value.expose()) }
}

fn main() {}
