//! Secrets cannot be serialised.

use firstkey::secret::{MasterKey, Password};

fn serialisable<T: serde::Serialize>(_: &T) {}

fn write(password: &Password, key: &MasterKey) {
    serialisable(password);
    serialisable(key);
}

fn main() {}
