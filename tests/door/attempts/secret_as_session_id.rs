//! The recovery code cannot be called a `SessionId`, which may leave.

use firstkey_core::crypto::context::SessionId;
use firstkey_core::secret::RecoveryCode;

fn rename(value: &RecoveryCode) -> SessionId {
    SessionId(*value.expose())
}

fn main() {}
