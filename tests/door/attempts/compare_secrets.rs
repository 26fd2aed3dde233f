//! Secrets are compared in constant time by `matches`, never by `==`.

use firstkey_core::secret::{AccountKey, Password};

fn same(a: (&Password, &AccountKey), b: (&Password, &AccountKey)) -> bool {
    a.0 == b.0 && a.1 == b.1
}

fn main() {}
