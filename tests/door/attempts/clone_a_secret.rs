//! Secrets cannot be cloned: the copy would be wiped by nobody.

use firstkey_core::secret::{AccountKey, Password};

fn copy(password: &Password, key: &AccountKey) -> (Password, AccountKey) {
    (password.clone(), key.clone())
}

fn main() {}
