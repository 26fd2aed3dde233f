//! The recovery code cannot be called an `AccountId`, which may leave.

use firstkey_core::crypto::context::AccountId;
use firstkey_core::secret::RecoveryCode;

fn rename(value: &RecoveryCode) -> AccountId {
    AccountId(*value.expose())
}

fn main() {}
