//! Byte strings of fixed length as base64url without padding.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// Exactly `N` bytes.
#[derive(Clone, Copy)]
pub(crate) struct B64<const N: usize>(pub(crate) [u8; N]);

/// Reads exactly `N` bytes from canonical base64url without padding.
pub(crate) fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    (decoded.len() == N).then_some(bytes)
}

impl<'de, const N: usize> Deserialize<'de> for B64<N> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(reader)?;
        read(&text).map(Self).ok_or_else(|| de::Error::custom("not the right bytes"))
    }
}

impl<const N: usize> Serialize for B64<N> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}
