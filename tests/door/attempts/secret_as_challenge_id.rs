//! The recovery code cannot be called a `ChallengeId`, which may leave.

use firstkey_core::crypto::context::ChallengeId;
use firstkey_core::secret::RecoveryCode;

fn rename(value: &RecoveryCode) -> ChallengeId {
    ChallengeId(*value.expose())
}

fn main() {}
