//! E-mail addresses: what is one, and when two are the same.
//!
//! Promise: one grammar for whoever is invited, for the letter and for the offer that the client
//! reads: an address that is taken here can be mailed, and no client refuses it.

use crate::names;
use firstkey_core::wire::inbound::read_email;
use lettre::Address;
use unicode_normalization::UnicodeNormalization as _;

/// The key by which a mailbox is found: without blanks around it, without case, the domain as the
/// mail system spells it (RFC 5891; full-width letters and dots are those of ASCII), and the part
/// before it with every letter composed, as RFC 6532 section 3.1 wants it. Of a text that is no
/// address it is the text without case.
pub(crate) fn key(address: &str) -> String {
    let lower = names::key(address);
    let is_plain = lower.is_ascii() && !lower.contains("xn--");
    let Some((user, domain)) = lower.rsplit_once('@').filter(|_| !is_plain) else { return lower };
    match idna::domain_to_ascii(domain) {
        Ok(domain) => format!("{}@{domain}", user.nfc().collect::<String>().to_lowercase()),
        Err(_) => lower,
    }
}

/// The address that the text is, without blanks around it; `None` if mail cannot be sent to it or
/// the client would refuse it.
pub(crate) fn read(text: &str) -> Option<&str> {
    let text = text.trim();
    let plain = read_email(text.to_owned()).is_ok() && !is_guest_name(text);
    (plain && mailbox(text).is_some()).then_some(text)
}

/// Whether the text is one address that mail can be sent to, and nothing else.
pub(crate) fn is_address(text: &str) -> bool {
    read(text) == Some(text)
}

/// The address with its domain as the mail system spells it.
pub(crate) fn mailbox(text: &str) -> Option<Address> {
    let address: Address = text.parse().ok()?;
    let domain = idna::domain_to_ascii(address.domain()).ok()?;
    Address::new(address.user(), domain).ok()
}

/// The name that Entra makes for a guest (`ada_gmail.com#EXT#@contoso.onmicrosoft.com`). It has
/// the form of an address, and nobody reads what is sent there.
fn is_guest_name(text: &str) -> bool {
    text.to_ascii_lowercase().contains("#ext#@")
}

#[cfg(test)]
mod tests {
    use super::{is_address, key, read};

    #[test]
    fn only_one_plain_address_is_an_address() {
        for good in ["ada@example.org", "ada+x@example.org", "a@localhost", "用户@例え.jp", "d'arc@example.org"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "ada@",
            "ada@a b",
            "ada@example.org\r\nBcc: x@y.z",
            "a@b,c@d",
            "a@b;c@d",
            "Ada <ada@example.org>",
            "\"a.b\"@example.org",
            "ada@[192.0.2.7]",
            "ada(x)@example.org",
            "a\u{200b}da@example.org",
            "ada@example.org\u{202e}",
            "ada_gmail.com#EXT#@contoso.onmicrosoft.com",
            "ada_gmail.com#ext#@contoso.onmicrosoft.com",
        ] {
            assert!(!is_address(bad) && read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_mailbox_has_one_key_however_its_domain_is_spelled() {
        for (of, others) in [
            (
                "ada@xn--bcher-kva.de",
                &["Ada@bücher.de", "ada@BÜCHER.de", "ada@bu\u{308}cher.de", " ada@XN--BCHER-KVA.de "][..],
            ),
            ("ada@example.org", &["ADA@ｅｘａｍｐｌｅ.org", "ada@example。org", "ada@example｡org"]),
            ("用户@xn--r8jz45g.jp", &["用户@例え.jp"]),
            ("jérôme@example.org", &["Je\u{301}ro\u{302}me@example.org", "JÉRÔME@example.org"]),
        ] {
            assert_eq!(key(of), of);
            for other in others {
                assert_eq!(key(other), of, "{other}");
            }
        }
        // The part before the domain is the mailbox's own affair.
        assert_ne!(key("ａda@example.org"), key("ada@example.org"));
        // What has no such domain is found as it stands.
        for text in ["Ada", "ada@xn--0.de", "ada@b\u{200b}ü.de ", ""] {
            assert_eq!(key(&key(text)), key(text));
        }
    }

    #[test]
    fn blanks_around_an_address_are_none_of_it() {
        for padded in [" ada@example.org", "ada@example.org\t", "\u{a0}ada@example.org\u{a0}", "\r\nada@example.org\n"]
        {
            assert_eq!(read(padded), Some("ada@example.org"));
            assert!(!is_address(padded));
        }
    }
}
