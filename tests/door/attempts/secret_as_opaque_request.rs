//! The second secret cannot be called an `OpaqueRequest`, which may leave.

use firstkey_core::wire::disclose::OpaqueRequest;
use firstkey_core::secret::SecretKey;

fn rename(value: &SecretKey) -> OpaqueRequest {
    OpaqueRequest(*value.expose())
}

fn main() {}
