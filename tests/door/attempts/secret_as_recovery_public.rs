//! The seed of the recovery key cannot be called a `RecoveryPublic`, which may leave.

use firstkey_core::wire::disclose::RecoveryPublic;
use firstkey_core::secret::Ed25519Seed;

fn rename(value: &Ed25519Seed) -> RecoveryPublic {
    RecoveryPublic(*value.expose())
}

fn main() {}
