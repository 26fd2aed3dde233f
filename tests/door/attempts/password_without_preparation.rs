//! What is stretched is a prepared password; nobody makes one of bytes as they are.

use firstkey_core::secret::Password;
use zeroize::Zeroizing;

fn make(bytes: Zeroizing<Vec<u8>>) -> [Password; 3] {
    [Password::as_typed(bytes.clone()), Password::from_prepared(bytes.clone()), Password(bytes)]
}

fn main() {}
