//! Secrets to look for wherever a client left anything, in every form in which one might get out by
//! accident. The hostile server looks for them, and so do the tests.
//!
//! Promises: each secret is looked for as it is, in hexadecimal, as a list of numbers, in both
//! alphabets of base64 at each of the three offsets that it can have in longer text, percent
//! encoded, as text that was encoded once more, and in UTF-16. Must never: print what it found,
//! only its name.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// The shortest form that is looked for, in bytes: anything shorter is found anywhere by chance.
pub const SHORTEST: usize = 8;

/// A secret in one form.
pub struct Needle {
    /// What it is, and in which form.
    pub name: String,
    /// What is looked for.
    pub bytes: Vec<u8>,
}

/// Every form of every secret.
#[derive(Default)]
pub struct Needles(pub Vec<Needle>);

impl Needles {
    /// Adds a secret: raw, hex, base64 and base64url at each of the three offsets that it can have
    /// in longer text, percent, a list of numbers as `{:?}` prints it; text that holds it, encoded
    /// once more; the textual forms also in UTF-16.
    ///
    /// # Panics
    /// If it is shorter than eight bytes: that would be found anywhere by chance, and not looking
    /// for it would be silent.
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= SHORTEST, "invariant: {name} is long enough to be looked for");
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = secret.iter().map(|byte| format!("%{byte:02x}")).collect();
        let numbers = secret.iter().map(u8::to_string).collect::<Vec<_>>();
        let mut texts = vec![
            ("hex", hex.clone()),
            ("HEX", hex.to_uppercase()),
            ("percent", percent.clone()),
            ("PERCENT", percent.to_uppercase()),
            ("numbers", numbers.join(", ")),
            ("dense numbers", numbers.join(",")),
        ];
        if let Ok(text) = std::str::from_utf8(secret) {
            texts.push(("text", text.to_owned()));
            texts.push(("plus", text.replace(' ', "+")));
            texts.push(("percent blanks", text.replace(' ', "%20")));
            texts.push((
                "JSON",
                serde_json::to_string(text).expect("invariant: text is JSON").trim_matches('"').to_owned(),
            ));
        }
        // Text that holds the secret as text, encoded once more: a body in a record, for one.
        for inner in [hex, Base64Unpadded::encode_string(secret), Base64UrlUnpadded::encode_string(secret)] {
            for offset in 0..3 {
                texts.push(("text in base64", base64_at::<Base64Unpadded>(inner.as_bytes(), offset)));
                texts.push(("text in base64url", base64_at::<Base64UrlUnpadded>(inner.as_bytes(), offset)));
            }
        }
        for offset in 0..3 {
            texts.push(("base64", base64_at::<Base64Unpadded>(secret, offset)));
            texts.push(("base64url", base64_at::<Base64UrlUnpadded>(secret, offset)));
        }
        self.push(name, "raw", secret.to_vec());
        self.push(name, "reversed", secret.iter().rev().copied().collect());
        for (form, text) in texts {
            self.push(name, &format!("{form} in UTF-16"), text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            self.push(name, form, text.into_bytes());
        }
    }

    /// Adds each eight bytes of everything that is looked for raw. What was freed without being
    /// wiped loses its first sixteen bytes to the allocator at once, and what is on a stack loses
    /// any of them: nothing whole is left to be found, and yet it is there.
    pub fn add_pieces(&mut self) {
        let raw = self.0.iter().filter_map(|needle| Some((needle.name.strip_suffix(" as raw")?, &needle.bytes)));
        let pieces = raw.flat_map(|(name, bytes)| bytes.chunks_exact(SHORTEST).map(move |piece| (name, piece)));
        for (name, piece) in pieces.map(|(name, piece)| (name.to_owned(), piece.to_vec())).collect::<Vec<_>>() {
            self.push(&name, "a piece", piece);
        }
    }

    /// Adds bytes that have no other form.
    pub fn push_raw(&mut self, name: &str, bytes: Vec<u8>) {
        self.push(name, "raw", bytes);
    }

    fn push(&mut self, name: &str, form: &str, bytes: Vec<u8>) {
        if !self.0.iter().any(|known| known.bytes == bytes) {
            self.0.push(Needle { name: format!("{name} as {form}"), bytes });
        }
    }

    /// The names of those that are in `hay`.
    pub fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        self.0.iter().filter(|needle| contains(hay, &needle.bytes)).map(|needle| needle.name.as_str()).collect()
    }

    /// What no place may hold.
    ///
    /// # Panics
    /// If any is in `hay`.
    pub fn assert_absent(&self, place: &str, hay: &[u8]) {
        let found = self.found_in(hay);
        assert!(found.is_empty(), "{place} holds {found:?}");
    }
}

/// The symbols that stand for whole bytes of `secret` alone where it begins at that offset, modulo
/// 3, of a longer text.
fn base64_at<E: Encoding>(secret: &[u8], offset: usize) -> String {
    let skipped = (3 - offset) % 3;
    let whole = (secret.len() - skipped) / 3 * 3;
    E::encode_string(&secret[skipped..skipped + whole])
}

/// Whether the bytes are in there.
pub(super) fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = 0;
    while let Some(at) = hay[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if hay[from..].starts_with(rest) {
            return true;
        }
    }
    false
}

/// Every form is found where it was planted, in the middle of other bytes.
///
/// # Panics
/// If one is not: then nothing that was not found says anything.
pub fn assert_finds_what_is_planted(needles: &Needles) {
    for needle in &needles.0 {
        let hay = [&[0x5a; 100], needle.bytes.as_slice(), &[0xa5; 100]].concat();
        assert!(needles.found_in(&hay).contains(&needle.name.as_str()), "{} was planted and not found", needle.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_found_in_the_middle_of_other_bytes() {
        let mut needles = Needles::default();
        needles.add("the secret", b"correct horse battery staple");
        assert!(needles.0.len() > 30);
        assert_finds_what_is_planted(&needles);
        for offset in 0..3 {
            let text = [&b"xyz"[..offset], b"correct horse battery staple"].concat();
            let once = Base64UrlUnpadded::encode_string(&text);
            assert!(!needles.found_in(once.as_bytes()).is_empty(), "offset {offset}");
            let secret = Base64UrlUnpadded::encode_string(b"correct horse battery staple");
            let body = [&b"xyz"[..offset], secret.as_bytes(), b"\"}"].concat();
            let twice = Base64Unpadded::encode_string(&body);
            assert!(!needles.found_in(twice.as_bytes()).is_empty(), "offset {offset}, twice");
        }
        assert!(needles.found_in(b"correct horse battery stable").is_empty());
        needles.add_pieces();
        assert_finds_what_is_planted(&needles);
        assert_eq!(needles.found_in(b"correct horse battery stable"), ["the secret as a piece"; 3]);
    }
}
