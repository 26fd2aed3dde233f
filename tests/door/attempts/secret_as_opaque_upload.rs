//! A derived key cannot be called an `OpaqueUpload`, which may leave.

use firstkey_core::wire::disclose::OpaqueUpload;
use firstkey_core::secret::PreKey;

fn rename(value: &PreKey) -> OpaqueUpload {
    OpaqueUpload([value.expose()[0]; 192])
}

fn main() {}
