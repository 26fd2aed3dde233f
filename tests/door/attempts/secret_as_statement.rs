//! A key cannot be put into the place of a signature.

use firstkey_core::crypto::statement::{Digests, Statement};
use firstkey_core::secret::PreKey;

fn rename(digests: Digests, key: &PreKey) -> Statement {
    Statement { counter: 1, digests, signature: *key.expose() }
}

fn main() {}
