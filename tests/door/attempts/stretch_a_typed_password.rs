//! The other dialect's password, which is not prepared, is not stretched for this protocol.

use firstkey_core::crypto::kdf::{KdfBlock, StretchJob};
use firstkey_core::secret::TypedPassword;

fn job(password: TypedPassword, block: KdfBlock) -> StretchJob {
    StretchJob { password, block }
}

fn main() {}
