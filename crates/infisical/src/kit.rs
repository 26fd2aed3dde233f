//! The emergency kit: 128 random bits whose hexadecimal text is an AES key, and what they open.
//!
//! Promise: the server gets the private key sealed under that text, as the clients of the time do
//! it; the kit itself holds the same ciphertext too, so that a server that loses or overwrites
//! everything does not take the key with it. It names the identity that the password was computed
//! with, and the fingerprint of the public key. Must never: send the secret, or hold the private
//! key itself.

use super::hexadecimal;
use super::keys::{Backup, PublicKey, Sealed};
use firstkey_core::crypto::hazmat::sha256;
use firstkey_core::crypto::words::phrase_from_digest;
use firstkey_core::secret::{RecoveryCode, X25519Secret};
use firstkey_core::wire::origin::Origin;
use rand_core::CryptoRngCore;
use std::fmt;
use zeroize::Zeroizing;

/// Groups of a secret as it is written down.
pub const GROUPS: u8 = 8;
/// Characters of a group.
const GROUP: usize = 4;
/// Names of lines in a file.
const SECRET: &str = "emergency-secret: ";
const SERVER: &str = "server: ";
const ACCOUNT: &str = "account: ";
const KEY: &str = "public-key: ";
const SEALED: &str = "sealed-key: ";

/// The fingerprint of a public key: eight words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([&'static str; 8]);

impl Fingerprint {
    /// Of this key.
    pub fn of(key: &PublicKey) -> Self {
        Self(phrase_from_digest(&sha256(&[&b"firstkey/infisical/fingerprint\0"[..], key.as_bytes()].concat())))
    }

    /// In two rows of four words.
    pub fn rows(&self) -> [String; 2] {
        [self.0[..4].join(" "), self.0[4..].join(" ")]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// A kit's secret.
pub struct KitSecret(RecoveryCode);

impl KitSecret {
    /// 128 fresh bits.
    pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
        Self(RecoveryCode::make(rng))
    }

    /// Reads it as people type it: 32 hexadecimal digits in either case, blanks and dashes
    /// anywhere.
    pub fn read(typed: &[u8]) -> Option<Self> {
        let mut digits = Zeroizing::new([0; 32]);
        let mut length = 0;
        for byte in typed.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'-') {
            *digits.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        let mut bytes = Zeroizing::new([0; 16]);
        (length == 32 && hexadecimal::read(&*digits, &mut bytes)).then(|| Self(RecoveryCode::from_bytes(&bytes)))
    }

    /// The 32 characters that are the key.
    pub fn key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        // EXPOSE: its text is the AES key and the password of the kit's own verifier.
        key.copy_from_slice(hexadecimal::write(self.0.expose()).as_bytes());
        key
    }

    /// In groups of four, as it is written down.
    pub fn groups(&self) -> Zeroizing<String> {
        let key = self.key();
        let mut text = Zeroizing::new(String::with_capacity(40));
        for (at, byte) in key.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(*byte));
        }
        text
    }

    /// Whether `typed` is that group, 1 to 8, in either case.
    pub fn is_group(&self, group: u8, typed: &[u8]) -> bool {
        let groups = self.groups();
        let expected = groups.split('-').nth(usize::from(group).wrapping_sub(1)).unwrap_or_default();
        typed.trim_ascii().eq_ignore_ascii_case(expected.as_bytes()) && !expected.is_empty()
    }

    /// Another copy, for whoever shows it.
    pub fn copy(&self) -> Self {
        // EXPOSE: copied to be shown to its owner.
        Self(RecoveryCode::from_bytes(self.0.expose()))
    }
}

/// A whole kit.
pub struct Kit {
    /// The secret.
    pub secret: KitSecret,
    /// The server.
    pub origin: Origin,
    /// The identity that the password is computed with.
    pub identity: String,
    /// The public key.
    pub public_key: PublicKey,
    /// The private key, sealed under the secret.
    pub sealed: Sealed<Backup>,
}

impl Kit {
    /// A fresh secret around this key.
    pub fn make(origin: &Origin, identity: &str, key: &X25519Secret, rng: &mut dyn CryptoRngCore) -> Self {
        let secret = KitSecret::make(rng);
        let sealed = Sealed::of_private(&secret.key(), key, rng);
        Self { secret, origin: origin.clone(), identity: identity.to_owned(), public_key: PublicKey::of(key), sealed }
    }

    /// Digest of its ciphertext: remembered, to know it again on the server.
    pub fn digest(&self) -> [u8; 32] {
        self.sealed.digest()
    }

    /// Another copy, for whoever shows it.
    pub fn copy(&self) -> Self {
        Self {
            secret: self.secret.copy(),
            origin: self.origin.clone(),
            identity: self.identity.clone(),
            public_key: self.public_key,
            sealed: self.sealed.clone(),
        }
    }

    /// The page for a file.
    pub fn page(&self) -> Zeroizing<String> {
        let head = "firstkey emergency kit\n\
             ======================\n\n\
             With this secret you can set a new password if you forget yours.\n\
             It works together with your mailbox. It is the only way: nobody at\n\
             your company can reset it. Anyone who has both can take the account,\n\
             so keep it like a passport: on paper or a USB stick in a drawer,\n\
             not in a cloud folder, an e-mail or a photo.\n\n";
        let tail = format!(
            "\n\n{SERVER}{server}\nsign-in: {server}/login\n{ACCOUNT}{account}\n{KEY}{key}\n{SEALED}{sealed}\nfingerprint: {fingerprint}\n\n\
             The sealed key is a copy of your private key that only the secret opens.\n\
             To set a new password, run\n  firstkey recover\n",
            server = self.origin,
            account = self.identity,
            key = self.public_key.text(),
            sealed = self.sealed.texts().join(" "),
            fingerprint = Fingerprint::of(&self.public_key),
        );
        let secret = self.secret.groups();
        let mut page = Zeroizing::new(String::with_capacity(head.len() + SECRET.len() + secret.len() + tail.len()));
        for part in [head, SECRET, &secret, &tail] {
            page.push_str(part);
        }
        page
    }

    /// Reads such a page; `None` if it is none, or was altered so that its key does not open.
    pub fn read(page: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(page).ok()?;
        let value = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()));
        let secret = KitSecret::read(value(SECRET)?.as_bytes())?;
        let mut parts = value(SEALED)?.split(' ');
        let sealed = Sealed::read(parts.next()?, parts.next()?, parts.next()?)?;
        let public_key = PublicKey::read(value(KEY)?)?;
        let opened = sealed.private(&secret.key()).ok()?;
        let kit = Self {
            secret,
            origin: Origin::read(value(SERVER)?).ok()?,
            identity: value(ACCOUNT)?.to_owned(),
            public_key,
            sealed,
        };
        (PublicKey::of(&opened) == public_key).then_some(kit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_testkit::chance::Seeded;

    fn kit() -> (X25519Secret, Kit) {
        let mut rng = Seeded::new(11);
        let key = X25519Secret::make(&mut rng);
        let origin = Origin::read("https://app.example.org").expect("a good origin");
        let kit = Kit::make(&origin, "ada@example.org", &key, &mut rng);
        (key, kit)
    }

    #[test]
    fn w11_the_page_alone_gives_the_private_key_back() {
        let (key, kit) = kit();
        let read = Kit::read(kit.page().as_bytes()).expect("our own page");
        assert!(read.sealed.private(&read.secret.key()).expect("opens").matches(&key));
        assert_eq!((read.identity.as_str(), read.origin.as_str()), ("ada@example.org", "https://app.example.org"));
        for needed in ["/login", "fingerprint: ", "firstkey recover"] {
            assert!(kit.page().contains(needed), "{needed}");
        }
        // EXPOSE: looked for in the page, where it must not be.
        let private = hexadecimal::write(key.expose());
        assert!(!kit.page().contains(&*private));
    }

    #[test]
    fn an_altered_page_is_no_kit() {
        let (_, kit) = kit();
        let page = kit.page();
        let digit = page.find(SECRET).expect("there") + SECRET.len();
        let mut other = page.as_bytes().to_vec();
        other[digit] = if other[digit] == b'0' { b'1' } else { b'0' };
        assert!(Kit::read(&other).is_none());
        assert!(Kit::read(&page.as_bytes()[..page.len() / 2]).is_none());
        assert!(Kit::read(b"my diary").is_none());
    }

    #[test]
    fn a_secret_is_read_as_people_type_it() {
        let (_, kit) = kit();
        let groups = kit.secret.groups();
        assert_eq!(groups.len(), 39);
        for typed in [groups.to_string(), groups.to_uppercase(), groups.replace('-', " "), groups.replace('-', "")] {
            let read = KitSecret::read(typed.as_bytes()).expect("32 digits");
            assert_eq!(*read.key(), *kit.secret.key());
        }
        for bad in [&groups[1..], "", &format!("{}0", *groups), &groups.replace('-', "g")] {
            assert!(KitSecret::read(bad.as_bytes()).is_none());
        }
        for (at, group) in (1..).zip(groups.split('-')) {
            assert!(kit.secret.is_group(at, group.to_uppercase().as_bytes()));
            assert!(!kit.secret.is_group(at, &group.as_bytes()[1..]));
        }
        assert!(!kit.secret.is_group(0, b"") && !kit.secret.is_group(9, b""));
    }
}
