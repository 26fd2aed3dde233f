//! The recovery code cannot be called a `LoginId`, which may leave.

use firstkey_core::crypto::context::LoginId;
use firstkey_core::secret::RecoveryCode;

fn rename(value: &RecoveryCode) -> LoginId {
    LoginId(*value.expose())
}

fn main() {}
