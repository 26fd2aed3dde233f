//! Secrets have no `Debug` and no `Display`.

use firstkey_core::secret::{AccountKey, Password, RecoveryCode};

fn print(password: &Password, key: &AccountKey, code: &RecoveryCode) -> String {
    format!("{password:?} {key:?} {code}")
}

fn main() {}
