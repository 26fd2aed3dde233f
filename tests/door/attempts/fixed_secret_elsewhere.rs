//! No other crate says what a secret is: the trait is sealed.

use firstkey_core::secret::FixedSecret;

struct Open(Vec<u8>);

impl FixedSecret for Open {
    const LEN: usize = 32;

    fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.to_vec()))
    }

    fn expose_slice(&self) -> &[u8] {
        &self.0
    }
}

fn main() {}
