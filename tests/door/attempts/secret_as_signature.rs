//! The export key cannot be called an `IdentitySignature`, which may leave.

use firstkey_core::crypto::identity::IdentitySignature;
use firstkey_core::secret::ExportKey;

fn rename(value: &ExportKey) -> IdentitySignature {
    IdentitySignature(*value.expose())
}

fn main() {}
