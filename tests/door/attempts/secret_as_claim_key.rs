//! The account key cannot be called a `ClaimKey`, which may leave.

use firstkey_core::wire::disclose::ClaimKey;
use firstkey_core::secret::AccountKey;

fn rename(value: &AccountKey) -> ClaimKey {
    ClaimKey(*value.expose())
}

fn main() {}
