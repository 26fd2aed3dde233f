//! The recovery code cannot be called an `InviteId`, which may leave.

use firstkey_core::crypto::context::InviteId;
use firstkey_core::secret::RecoveryCode;

fn rename(value: &RecoveryCode) -> InviteId {
    InviteId(*value.expose())
}

fn main() {}
