//! A password cannot be called an address, nor can its bytes.

use firstkey_core::secret::Password;
use firstkey_core::wire::disclose::{Email, Sought};

fn rename(password: Password, text: String) -> (Email, Sought) {
    let _ = Email::read(&password);
    (Email(text.clone()), Sought(text))
}

fn main() {}
