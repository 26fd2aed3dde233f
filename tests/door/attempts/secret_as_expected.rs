//! What Argon2id made of the password cannot be called an `Expected`, which may leave.

use firstkey_core::wire::disclose::Expected;
use firstkey_core::secret::MasterKey;

fn rename(value: &MasterKey) -> Expected {
    Expected(*value.expose())
}

fn main() {}
