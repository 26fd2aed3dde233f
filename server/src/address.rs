//! E-mail addresses: what is one, and when two are the same.

use crate::names;
use lettre::Address;

/// The key by which an address is found: without blanks around it and without case, like a name.
pub(crate) fn key(address: &str) -> String {
    names::key(address)
}

/// Whether the text is one address that mail can be sent to.
pub(crate) fn is_address(text: &str) -> bool {
    text.len() <= 254 && !text.chars().any(|c| c.is_control() || c.is_whitespace()) && text.parse::<Address>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn only_one_plain_address_is_an_address() {
        for good in ["ada@example.org", "ada+x@example.org", "a@localhost"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "ada", "ada@", "ada@a b", "ada@example.org\r\nBcc: x@y.z", "a@b,c@d", "Ada <ada@example.org>"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
