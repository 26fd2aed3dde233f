//! What OPAQUE takes for a password cannot be called a `LoginProof`, which may leave.

use firstkey_core::wire::disclose::LoginProof;
use firstkey_core::secret::OpaquePassword;

fn rename(value: &OpaquePassword) -> LoginProof {
    LoginProof(*value.expose())
}

fn main() {}
