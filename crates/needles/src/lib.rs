//! firstkey-needles: secrets to look for wherever a program left anything, in every form in which
//! one might get out by accident. The tests, the fuzz targets, the hostile server and the server's
//! demo look with it.
//!
//! Promises: each secret is looked for in every form of `forms`; a name is all that is said of
//! what was found. Must never: print a secret, or depend on anything of this project.

#![forbid(unsafe_code)]

mod forms;

use std::collections::{BTreeSet, HashMap};

/// The shortest form that is looked for, in bytes: anything shorter is found anywhere by chance.
pub const SHORTEST: usize = 8;

/// A secret in one form.
pub struct Needle {
    /// What it is, and in which form.
    pub name: String,
    /// What is looked for.
    pub bytes: Vec<u8>,
}

/// What must not be found.
#[derive(Default)]
pub struct Needles {
    all: Vec<Needle>,
    /// Places in `all`, by the first bytes of the needle.
    by_start: HashMap<[u8; SHORTEST], Vec<usize>>,
}

impl Needles {
    /// Adds a secret in every form.
    ///
    /// # Panics
    /// If it is shorter than eight bytes: that would be found anywhere by chance, and not looking
    /// for it would be silent.
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= SHORTEST, "invariant: {name} is long enough to be looked for");
        self.add_any(name, secret);
    }

    /// Adds a secret of any length, such as what somebody typed, in every form that is long enough.
    pub fn add_any(&mut self, name: &str, secret: &[u8]) {
        for (form, bytes) in forms::every(secret) {
            self.push(name, &form, bytes);
        }
    }

    /// Adds a secret in every form, and each eight bytes of it, raw, in hexadecimal and in base64:
    /// sixteen bytes of a key are enough of it.
    pub fn add_pieces(&mut self, name: &str, secret: &[u8]) {
        self.add_any(name, secret);
        for piece in secret.chunks_exact(SHORTEST) {
            for (form, bytes) in forms::encoded(piece) {
                self.push(&format!("a piece of {name}"), form, bytes);
            }
        }
    }

    /// Adds each eight bytes of everything that is looked for raw. What was freed without being
    /// wiped loses its first sixteen bytes to the allocator at once, and what is on a stack loses
    /// any of them: nothing whole is left to be found, and yet it is there.
    pub fn add_raw_pieces(&mut self) {
        let raw = self.all.iter().filter_map(|needle| Some((needle.name.strip_suffix(" as raw")?, &needle.bytes)));
        let pieces = raw.flat_map(|(name, bytes)| bytes.chunks_exact(SHORTEST).map(move |piece| (name, piece)));
        for (name, piece) in pieces.map(|(name, piece)| (name.to_owned(), piece.to_vec())).collect::<Vec<_>>() {
            self.push(&name, "a piece", piece);
        }
    }

    /// Adds bytes that have no other form. Less than eight are not looked for.
    pub fn push_raw(&mut self, name: &str, bytes: Vec<u8>) {
        self.push(name, "raw", bytes);
    }

    fn push(&mut self, name: &str, form: &str, bytes: Vec<u8>) {
        let Some(start) = bytes.first_chunk() else { return };
        let alike = self.by_start.entry(*start).or_default();
        if !alike.iter().any(|known| self.all[*known].bytes == bytes) {
            alike.push(self.all.len());
            self.all.push(Needle { name: format!("{name} as {form}"), bytes });
        }
    }

    /// Everything that is looked for, in the order in which it was added.
    pub fn all(&self) -> &[Needle] {
        &self.all
    }

    /// Every place in `all` that is found, as often as it is.
    fn hits<'a>(&'a self, hay: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        hay.windows(SHORTEST).enumerate().flat_map(move |(at, start)| {
            let alike = self.by_start.get(start).into_iter().flatten().copied();
            alike.filter(move |known| hay[at..].starts_with(&self.all[*known].bytes))
        })
    }

    /// The name of the first that is in `hay`.
    pub fn find(&self, hay: &[u8]) -> Option<&str> {
        self.hits(hay).next().map(|known| self.all[known].name.as_str())
    }

    /// The names of those that are in `hay`.
    pub fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        let found: BTreeSet<usize> = self.hits(hay).collect();
        found.into_iter().map(|known| self.all[known].name.as_str()).collect()
    }

    /// What no place may hold.
    ///
    /// # Panics
    /// If any is in `hay`.
    pub fn assert_absent(&self, place: &str, hay: &[u8]) {
        let found = self.found_in(hay);
        assert!(found.is_empty(), "{place} holds {found:?}");
    }

    /// Every form is found where it was planted, in the middle of other bytes.
    ///
    /// # Panics
    /// If one is not: then nothing that was not found says anything.
    pub fn assert_finds_what_is_planted(&self) {
        for needle in &self.all {
            let hay = [&[0x5a; 100], needle.bytes.as_slice(), &[0xa5; 100]].concat();
            assert!(self.found_in(&hay).contains(&needle.name.as_str()), "{} was planted and not found", needle.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};

    const SECRET: &[u8] = b"correct horse battery staple";

    fn looked_for() -> Needles {
        let mut needles = Needles::default();
        needles.add("the secret", SECRET);
        needles
    }

    #[test]
    fn every_form_of_a_secret_is_found_in_the_middle_of_other_bytes() {
        let mut needles = looked_for();
        assert!(needles.all().len() > 45);
        needles.assert_finds_what_is_planted();
        for offset in 0..3 {
            let text = [&b"xyz"[..offset], SECRET].concat();
            let once = Base64UrlUnpadded::encode_string(&text);
            assert!(!needles.found_in(once.as_bytes()).is_empty(), "offset {offset}");
            let secret = Base64UrlUnpadded::encode_string(SECRET);
            let body = [&b"xyz"[..offset], secret.as_bytes(), b"\"}"].concat();
            let twice = Base64Unpadded::encode_string(&body);
            assert!(!needles.found_in(twice.as_bytes()).is_empty(), "offset {offset}, twice");
        }
        assert!(needles.found_in(b"correct horse battery stable").is_empty());
        needles.add_raw_pieces();
        needles.assert_finds_what_is_planted();
        assert_eq!(needles.found_in(b"correct horse battery stable"), ["the secret as a piece"; 3]);
    }

    #[test]
    fn any_fifteen_bytes_of_a_key_are_found_in_every_encoding() {
        let key: Vec<u8> = (0x80..0xa0).collect();
        let mut needles = Needles::default();
        needles.add_pieces("key", &key);
        for part in key.windows(15) {
            for shift in 0..3 {
                let hay = [&b"xyz"[..shift], part, b"tail"].concat();
                let texts = [Base64Unpadded::encode_string(&hay), Base64UrlUnpadded::encode_string(&hay)];
                let hex: String = hay.iter().map(|byte| format!("{byte:02x}")).collect();
                let upper = hex.to_uppercase();
                let [once, other] = texts;
                for form in [hay, once.into_bytes(), other.into_bytes(), hex.into_bytes(), upper.into_bytes()] {
                    let found = needles.find(&form).expect("a piece is found");
                    assert!(found.starts_with("a piece of key as "), "{found}");
                }
            }
        }
    }

    #[test]
    fn every_encoding_at_every_alignment_is_found() {
        let needles = looked_for();
        for shift in 0..4 {
            let hay = [&b"xyzw"[..shift], SECRET, b"tail"].concat();
            let text = String::from_utf8_lossy(&hay).into_owned();
            let hex: String = hay.iter().map(|byte| format!("{byte:02X}")).collect();
            for form in [
                text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                Base64::encode_string(&hay).into_bytes(),
                Base64UrlUnpadded::encode_string(&hay).into_bytes(),
                hex.into_bytes(),
                hay,
            ] {
                assert!(needles.find(&form).is_some(), "{}", String::from_utf8_lossy(&form));
            }
        }
        assert_eq!(needles.find(b"correct horse battery STAPLE"), None);
    }

    #[test]
    fn a_key_that_is_no_text_is_found_where_each_byte_became_a_character() {
        let key: Vec<u8> = (0xf0..=0xff).collect();
        let mut needles = Needles::default();
        needles.add("key", &key);
        let latin: String = key.iter().map(|byte| char::from(*byte)).collect();
        let wide: Vec<u8> = latin.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(needles.find(&wide), Some("key as raw in UTF-16"));
    }

    #[test]
    fn text_that_is_not_ascii_is_found_in_utf_16_of_both_byte_orders() {
        let mut needles = Needles::default();
        needles.add("words", "größer als süß".as_bytes());
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide: Vec<u8> = "größer als süß".encode_utf16().flat_map(order).collect();
            assert_eq!(needles.find(&wide), Some("words as raw in UTF-16"));
        }
    }

    #[test]
    fn a_secret_without_its_ends_is_found_in_base64() {
        let needles = looked_for();
        for offset in 1..3 {
            // The first byte, at least, is in a group with what is before.
            let hay = [&b"xyz"[..offset], b"-", &SECRET[1..]].concat();
            let text = Base64UrlUnpadded::encode_string(&hay);
            assert!(needles.find(text.as_bytes()).is_some(), "offset {offset}");
        }
    }

    #[test]
    fn fewer_symbols_of_base64_than_hold_a_piece_are_chance() {
        let mut needles = Needles::default();
        needles.add_pieces("a key of zeros", &[0; 16]);
        assert_eq!(needles.find(b"AAAAAAAAA"), None);
        assert_eq!(needles.find(b"AAAAAAAAAA"), Some("a piece of a key of zeros as base64"));
    }

    #[test]
    fn what_is_short_is_looked_for_where_its_form_is_long_enough() {
        let mut needles = Needles::default();
        needles.add_any("a typed word", b"seven77");
        for form in ["736576656E3737", "736576656e3737", "c2V2ZW43Nw==", "%73%65%76%65%6e%37%37"] {
            assert!(needles.find(form.as_bytes()).is_some(), "{form}");
        }
        assert_eq!(needles.find(b"seven77"), None, "so little is found anywhere by chance");
    }

    #[test]
    #[should_panic(expected = "long enough to be looked for")]
    fn a_secret_that_has_to_be_found_is_not_too_short_to_be() {
        Needles::default().add("a typed word", b"seven77");
    }
}
