//! A derived key cannot be called a `LoginRequest`, which may leave.

use firstkey_core::wire::disclose::LoginRequest;
use firstkey_core::secret::PreKey;

fn rename(value: &PreKey) -> LoginRequest {
    LoginRequest([value.expose()[0]; 96])
}

fn main() {}
