//! What Argon2id made of the password cannot be called a `Salt`, which may leave.

use firstkey_core::crypto::kdf::Salt;
use firstkey_core::secret::MasterKey;

fn rename(value: &MasterKey) -> Salt {
    Salt(*value.expose())
}

fn main() {}
