//! Searching for secrets in every usual encoding.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use std::collections::HashMap;

/// Shorter needles would be found by chance.
const SHORTEST: usize = 8;

/// Things that must not be found.
#[derive(Default)]
pub struct Needles {
    names: Vec<String>,
    by_start: HashMap<[u8; SHORTEST], Vec<(Vec<u8>, usize)>>,
}

impl Needles {
    /// Adds bytes: raw, hex in both cases, both alphabets of base64 at all three alignments.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        self.names.push(name.to_owned());
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.insert(bytes.to_vec());
        self.insert(hex.to_ascii_uppercase().into_bytes());
        self.insert(hex.into_bytes());
        for shift in 0..3 {
            let shifted = [&vec![0; shift], bytes].concat();
            for text in [Base64Unpadded::encode_string(&shifted), Base64UrlUnpadded::encode_string(&shifted)] {
                // Symbols that hold bits of what stands before or behind.
                let behind = usize::from(shifted.len() % 3 != 0);
                let kept = text.as_bytes().get([0, 2, 3][shift]..text.len() - behind).unwrap_or_default();
                self.insert(kept.to_vec());
            }
        }
    }

    /// Adds bytes, and each eight of them: whoever sends sixteen bytes of a key has sent enough of
    /// it.
    pub fn add_pieces(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, bytes);
        for piece in bytes.chunks_exact(SHORTEST) {
            self.add(name, piece);
        }
    }

    /// Adds text: as bytes, and as UTF-16 in both orders.
    pub fn add_text(&mut self, name: &str, text: &str) {
        self.add(name, text.as_bytes());
        self.insert(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        self.insert(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }

    fn insert(&mut self, needle: Vec<u8>) {
        let name = self.names.len() - 1;
        if let Some(start) = needle.first_chunk() {
            self.by_start.entry(*start).or_default().push((needle, name));
        }
    }

    /// The name of the first needle in `hay`.
    pub fn find(&self, hay: &[u8]) -> Option<&str> {
        hay.windows(SHORTEST).enumerate().find_map(|(at, start)| {
            let candidates = self.by_start.get(start)?;
            candidates
                .iter()
                .find(|(needle, _)| hay[at..].starts_with(needle))
                .map(|(_, name)| self.names[*name].as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sixteen_bytes_of_a_key_are_found_in_every_encoding() {
        let key: Vec<u8> = (0x80..0xa0).collect();
        let mut needles = Needles::default();
        needles.add_pieces("key", &key);
        for part in key.windows(15) {
            for shift in 0..3 {
                let hay = [&b"xyz"[..shift], part, b"tail"].concat();
                let texts = [Base64Unpadded::encode_string(&hay), Base64UrlUnpadded::encode_string(&hay)];
                for form in [hay, texts[0].clone().into_bytes(), texts[1].clone().into_bytes()] {
                    assert_eq!(needles.find(&form), Some("key"));
                }
            }
        }
    }

    #[test]
    fn every_encoding_at_every_alignment_is_found() {
        let secret = b"a canary that must not sing";
        let mut needles = Needles::default();
        needles.add_text("canary", "a canary that must not sing");
        for shift in 0..4 {
            let hay = [&b"xyzw"[..shift], secret, b"tail"].concat();
            let wide: Vec<u8> = String::from_utf8_lossy(&hay).encode_utf16().flat_map(u16::to_le_bytes).collect();
            let texts = [Base64Unpadded::encode_string(&hay), Base64UrlUnpadded::encode_string(&hay)];
            let hex: String = hay.iter().map(|byte| format!("{byte:02X}")).collect();
            for form in [hay, wide, texts[0].clone().into_bytes(), texts[1].clone().into_bytes(), hex.into_bytes()] {
                assert_eq!(needles.find(&form), Some("canary"), "{}", String::from_utf8_lossy(&form));
            }
        }
        assert_eq!(needles.find(b"a canary that must not SING"), None);
    }
}
