//! Secrets to look for wherever a client left anything, in every form in which one might get out by accident.
//!
//! Promises: each secret is looked for as it is, in hexadecimal, in both alphabets of base64 at each of the three offsets that it can have in longer text, percent
//! encoded and in UTF-16. Must never: print what it found, only its name.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// Anything shorter is found anywhere by chance.
const SHORTEST: usize = 8;

/// Every form of every secret.
#[derive(Default)]
pub(super) struct Canaries(Vec<(String, Vec<u8>)>);

impl Canaries {
    /// Adds a secret.
    pub(super) fn add(&mut self, name: &str, secret: &[u8]) {
        if secret.len() < SHORTEST {
            return;
        }
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = secret.iter().map(|byte| format!("%{byte:02x}")).collect();
        let mut texts =
            vec![("HEX", hex.to_uppercase()), ("hex", hex), ("PERCENT", percent.to_uppercase()), ("percent", percent)];
        if let Ok(text) = std::str::from_utf8(secret) {
            texts.push(("UTF-16", text.to_owned()));
            texts.push(("form", text.replace(' ', "+")));
            texts.push(("percent blanks", text.replace(' ', "%20")));
        }
        for offset in 0..3 {
            texts.push(("base64", base64_at::<Base64Unpadded>(secret, offset)));
            texts.push(("base64url", base64_at::<Base64UrlUnpadded>(secret, offset)));
        }
        self.push(name, "it is", secret.to_vec());
        for (form, text) in texts {
            self.push(name, form, text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            self.push(name, form, text.into_bytes());
        }
    }

    fn push(&mut self, name: &str, form: &str, bytes: Vec<u8>) {
        if bytes.len() >= SHORTEST && !self.0.iter().any(|(_, known)| *known == bytes) {
            self.0.push((format!("{name}, as {form}"), bytes));
        }
    }

    /// The names of those that are in there.
    pub(super) fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        self.0.iter().filter(|(_, needle)| contains(hay, needle)).map(|(name, _)| name.as_str()).collect()
    }
}

/// The symbols that stand for whole bytes of the secret alone where it begins at that offset, modulo 3, of a longer text.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_found_in_the_middle_of_other_bytes() {
        let mut canaries = Canaries::default();
        canaries.add("the secret", b"correct horse battery staple");
        assert!(canaries.0.len() > 15);
        for (name, needle) in &canaries.0 {
            let hay = [&[0x5a; 100], needle.as_slice(), &[0xa5; 100]].concat();
            assert!(canaries.found_in(&hay).contains(&name.as_str()), "{name}");
        }
        for offset in 0..3 {
            let text = [&b"xyz"[..offset], b"correct horse battery staple"].concat();
            let hay = Base64UrlUnpadded::encode_string(&text);
            assert!(!canaries.found_in(hay.as_bytes()).is_empty(), "offset {offset}");
        }
        assert!(canaries.found_in(b"correct horse battery stable").is_empty());
    }
}
