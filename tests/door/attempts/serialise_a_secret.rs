//! Secrets cannot be serialised.

use firstkey_core::secret::{MasterKey, Password};

fn serialisable<T: serde::Serialize>(_: &T) {}

fn write(password: &Password, key: &MasterKey) {
    serialisable(password);
    serialisable(key);
}

fn main() {}
