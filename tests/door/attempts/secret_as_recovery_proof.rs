//! A derived key cannot be called a `RecoveryProof`, which may leave.

use firstkey_core::wire::disclose::RecoveryProof;
use firstkey_core::secret::PreKey;

fn rename(value: &PreKey) -> RecoveryProof {
    RecoveryProof(*value.expose())
}

fn main() {}
