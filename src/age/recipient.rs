//! Whom a file is sealed to.
//!
//! Promise: only X25519 recipients, `age1` and 58 symbols; none of low order, with which everybody
//! could open the file. Must never: take a recipient twice, or an empty list.

use age::x25519::Recipient;
use bech32::primitives::decode::CheckedHrpstring;
use firstkey_core::crypto::hazmat;

/// At least one recipient.
pub struct Recipients(Vec<(String, Recipient)>);

/// A text that is no recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X25519 recipient of age")]
pub struct NotARecipient;

impl Recipients {
    /// Reads them; the same one twice counts once.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NotARecipient> {
        let mut read: Vec<(String, Recipient)> = Vec::new();
        for text in texts {
            let recipient = recipient(text)?;
            let canonical = recipient.to_string();
            if read.iter().all(|(text, _)| *text != canonical) {
                read.push((canonical, recipient));
            }
        }
        if read.is_empty() { Err(NotARecipient) } else { Ok(Self(read)) }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|(_, recipient)| recipient as &dyn age::Recipient)
    }
}

fn recipient(text: &str) -> Result<Recipient, NotARecipient> {
    let parsed: Recipient = text.parse().map_err(|_| NotARecipient)?;
    let decoded = CheckedHrpstring::new::<bech32::Bech32>(text).map_err(|_| NotARecipient)?;
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    let key: [u8; 32] = bytes.try_into().map_err(|_| NotARecipient)?;
    if hazmat::x25519_is_contributory(&key) { Ok(parsed) } else { Err(NotARecipient) }
}
